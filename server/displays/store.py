"""Displays in the database. Owns the document's shape; knows no rule."""

from __future__ import annotations

from collections.abc import Iterable

from server.displays.model import Display
from server.storage.port import Document, Range, Storage

DISPLAYS = "displays"


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


def _document(display: Display) -> Document:
    return {
        "_id": display.id,
        "rev": display.rev,
        "order": display.order,
        "name": display.name,
        "doctor_ids": list(display.doctor_ids),
        "token_hash": display.token_hash,
        "created_at": display.created_at,
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
    )
