"""Displays, and screens that are not paired yet, in the database. Owns the documents' shape; knows no rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from server.displays.model import Display, Look
from server.displays.pairing import Pairing
from server.storage.port import Document, DuplicateKey, Range, Storage

DISPLAYS = "displays"
PAIRINGS = "pairings"


class DisplayStore:
    """The collection `displays`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, display_id: str) -> Display | None:
        """The display, or None."""
        document = await self._storage.get(DISPLAYS, display_id)
        return _display(document) if document else None

    async def page(self, after: str | None, limit: int) -> list[Display]:
        """Displays by the time they were added, behind the one whose `order` is `after`."""
        where = {"order": Range(gt=after)} if after else {}
        return [_display(document) for document in await self._storage.find(DISPLAYS, where, sort="order", limit=limit)]

    async def insert(self, display: Display) -> None:
        """Add it."""
        await self._storage.insert(DISPLAYS, _document(display))

    async def replace(self, display: Display) -> bool:
        """Write it unless somebody else has since; False then."""
        return await self._storage.replace_if_unchanged(DISPLAYS, _document(display))

    async def delete(self, display_id: str) -> bool:
        """Remove it; False if it was not there."""
        return await self._storage.delete(DISPLAYS, display_id)

    async def revs(self, display_ids: Iterable[str]) -> dict[str, int]:
        """The current `rev` of those that exist."""
        return await self._storage.revs(DISPLAYS, list(display_ids))


class PairingStore:
    """The collection `pairings`; their code is their `_id`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def insert(self, pairing: Pairing) -> bool:
        """Add it; False if another screen has its code."""
        document = {
            "_id": pairing.code,
            "rev": 1,
            "display_id": pairing.display_id,
            "token_hash": pairing.token_hash,
            "expires_at": pairing.expires_at,
        }
        try:
            await self._storage.insert(PAIRINGS, document)
        except DuplicateKey:
            return False
        return True

    async def by_code(self, code: str) -> Pairing | None:
        """The pairing with this code, expired or not."""
        document = await self._storage.get(PAIRINGS, code)
        return _pairing(document) if document else None

    async def by_display(self, display_id: str) -> Pairing | None:
        """The pairing of this screen."""
        found = await self._storage.find(PAIRINGS, {"display_id": display_id}, limit=1)
        return _pairing(found[0]) if found else None

    async def expiring(
        self, *, after: datetime | None = None, before: datetime | None = None, limit: int
    ) -> list[Pairing]:
        """Pairings by when they expire."""
        found = await self._storage.find(PAIRINGS, {"expires_at": Range(gt=after, lte=before)}, limit=limit)
        return [_pairing(document) for document in found]

    async def delete(self, code: str) -> bool:
        """Remove it; False if it was not there."""
        return await self._storage.delete(PAIRINGS, code)


def _pairing(document: Document) -> Pairing:
    return Pairing(document["_id"], document["display_id"], document["token_hash"], document["expires_at"])


def _document(display: Display) -> Document:
    return {
        "_id": display.id,
        "rev": display.rev,
        "order": display.order,
        "name": display.name,
        "doctor_ids": list(display.doctor_ids),
        "token_hash": display.token_hash,
        "created_at": display.created_at,
        "look": {**asdict(display.look), "languages": list(display.look.languages)},
        "reloads": display.reloads,
        "identifications": display.identifications,
    }


def _display(document: Document) -> Display:
    return Display(
        id=document["_id"],
        rev=document["rev"],
        order=document["order"],
        name=document["name"],
        doctor_ids=tuple(document["doctor_ids"]),
        token_hash=document["token_hash"],
        created_at=document["created_at"],
        # A document of an earlier version lacks what came later.
        look=Look(**{**look, "languages": tuple(look["languages"])}) if (look := document.get("look")) else Look(),
        reloads=document.get("reloads", 0),
        identifications=document.get("identifications", 0),
    )
