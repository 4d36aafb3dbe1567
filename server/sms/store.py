"""Keeps texts in `notifications`, the outbox and log in one, behind the storage port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from server.sms.model import Attempt, Event, Kind, Lane, Message, MessageState
from server.storage import aged
from server.storage.port import Condition, Document, In, Range, Storage

COLLECTION = "notifications"
# How many rows one page of a list may look at when several filters are set: only one of them is
# served by its index, the others are checked row by row.
MOST_LOOKED_AT = 2000
# The filters that have an index, the most selective first.
_INDEXED = ("ticket_id", "patient_id", "state", "day", "kind")

Filters = Mapping[str, str | tuple[str, ...]]

_PLAIN = tuple(field.name for field in fields(Message) if field.name not in ("id", "attempts", "events"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first; `next_cursor` None: nothing after it."""

    items: tuple[Message, ...]
    next_cursor: str | None


class MessageStore:
    """Rows in and out; every write is guarded by `rev`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def insert(self, message: Message) -> None:
        """Raises DuplicateKey if there is a text with this id."""
        await self._storage.insert(COLLECTION, to_document(message))

    async def get(self, id: str) -> Message | None:
        document = await self._storage.get(COLLECTION, id)
        return from_document(document) if document else None

    async def replace(self, message: Message) -> Message | None:
        """Write `message` over the row it was read from; None if that has changed since."""
        if await self._storage.replace_if_unchanged(COLLECTION, to_document(message)):
            return replace(message, rev=message.rev + 1)
        return None

    async def older(self, before: datetime, *, after: str = "") -> AsyncIterator[Message]:
        """Rows written before `before` and past `after`, oldest first; see `aged.older`."""
        async for document in aged.older(self._storage, COLLECTION, before, after=after):
            yield from_document(document)

    async def move_patient(self, patient_id: str, to: str) -> None:
        """Bring every text of a patient under another record of theirs; what changes meanwhile, the next time round."""
        while rows := (await self.page({"patient_id": patient_id}, None, 200)).items:
            for row in rows:
                await self.replace(replace(row, patient_id=to))

    async def delete(self, id: str) -> None:
        """For the retention job alone."""
        await self._storage.delete(COLLECTION, id)

    async def in_lane(self, lane: Lane, *, until: datetime | None = None, limit: int = 100) -> list[Message]:
        """Rows of a lane that are due by `until`, or all of them; oldest first within what was read."""
        where: dict[str, Condition] = {"lane": lane.value}
        if until is not None:
            where["next_at"] = Range(lte=until)
        found = await self._storage.find(COLLECTION, where, limit=limit)
        return sorted(map(from_document, found), key=lambda message: message.order)

    async def of_number(self, number: str, limit: int) -> list[Message]:
        """The latest rows to a number, newest first."""
        found = await self._storage.find(COLLECTION, {"to": number}, sort="order", descending=True, limit=limit)
        return [from_document(document) for document in found]

    async def with_sids(self, sids: Sequence[str]) -> list[Message]:
        """The rows whose latest message is one of `sids` (at most some hundreds)."""
        if not sids:
            return []
        found = await self._storage.find(COLLECTION, {"sid": In(sids)}, limit=len(sids))
        return [from_document(document) for document in found]

    async def page(self, filters: Filters, cursor: str | None, limit: int, *, since: str | None = None) -> Page:
        """Texts that meet every filter (`ticket_id`, `state`, `code`, any plain field), newest first.

        A tuple means any of its values. `since` is the `order` of the oldest text that counts. With several filters
        a page may hold fewer than `limit` items and still have a next one.
        """
        first = next((name for name in _INDEXED if isinstance(filters.get(name), str)), None)
        rest = {name: (v,) if isinstance(v, str) else v for name, v in filters.items() if name != first}
        items: list[Message] = []
        looked_at = 0
        while looked_at < MOST_LOOKED_AT:
            where: dict[str, Condition] = {first: str(filters[first])} if first else {}
            if cursor is not None or since is not None:
                where["order"] = Range(gte=since, lt=cursor)
            read = min(200, limit + 1) if not rest else 200
            found = await self._storage.find(COLLECTION, where, sort="order", descending=True, limit=read)
            for document in found:
                if all(document[name] in values for name, values in rest.items()):
                    if len(items) == limit:
                        return Page(tuple(items), items[-1].order)
                    items.append(from_document(document))
                cursor = document["order"]
            looked_at += len(found)
            if len(found) < read:
                return Page(tuple(items), None)
        return Page(tuple(items), cursor)


def to_document(message: Message) -> Document:
    """The row as BSON types."""
    document: Document = {name: getattr(message, name) for name in _PLAIN}
    document["_id"] = message.id
    for name in ("kind", "state", "lane"):
        document[name] = document[name].value
    document["attempts"] = [asdict(attempt) for attempt in message.attempts]
    document["events"] = [asdict(event) for event in message.events]
    return document


def from_document(document: Document) -> Message:
    """The row that `to_document` wrote."""
    plain = {name: document[name] for name in _PLAIN if name in document}
    plain["kind"] = Kind(plain["kind"])
    plain["state"] = MessageState(plain["state"])
    plain["lane"] = Lane(plain["lane"])
    return Message(
        id=document["_id"],
        attempts=tuple(Attempt(**attempt) for attempt in document["attempts"]),
        events=tuple(Event(**event) for event in document["events"]),
        **plain,
    )
