"""Queue days and visits in the database, through the storage port. Knows nothing of rules or sockets."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import date, datetime

from server.queue import documents
from server.queue.estimate import Estimate
from server.queue.model import QueueDay, Ticket
from server.storage import aged
from server.storage.port import Condition, Document, DuplicateKey, Range, Storage

UNSETTLED_AT_ONCE = 200


class QueueStore:
    """Reads and guarded writes of `queue_days`, inserts into `visits`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._made: dict[str, documents.DayDocuments] = {}

    async def load(self, id: str) -> QueueDay | None:
        """The day with this `_id`, or None."""
        document = await self._storage.get("queue_days", id)
        return documents.day_from(document) if document else None

    async def save(self, day: QueueDay) -> QueueDay | None:
        """Write the day if nobody wrote it since it was read; the day as it now stands, or None if it lost.

        Raises StorageUnavailable when it is not known whether it was written.
        """
        document = documents.day_document(day, self._made.setdefault(day.id, documents.DayDocuments()))
        if day.rev:
            won = await self._storage.replace_if_unchanged("queue_days", document)
        else:
            won = await self._inserted({**document, "rev": 1})
        return replace(day, rev=day.rev + 1) if won else None

    async def _inserted(self, document: Document) -> bool:
        try:
            await self._storage.insert("queue_days", document)
        except DuplicateKey:
            return False
        return True

    async def revs(self, ids: Iterable[str]) -> dict[str, int]:
        """The `rev` of each of the days that exist."""
        return await self._storage.revs("queue_days", list(ids))

    async def unsettled(self, before: date) -> list[QueueDay]:
        """Days earlier than `before` that are not finished, or not archived to the end; a page at a time."""
        found = await self._storage.find(
            "queue_days", {"settled": 0, "day": Range(lt=before.isoformat())}, limit=UNSETTLED_AT_ONCE
        )
        return [documents.day_from(document) for document in found]

    async def archive(self, day: QueueDay, ticket: Ticket, promised: Estimate | None) -> None:
        """The ended ticket's lasting record; done already is done. `promised`: see `documents.visit_document`."""
        with contextlib.suppress(DuplicateKey):
            await self._storage.insert("visits", documents.visit_document(day, ticket, promised))

    async def visit(self, ticket_id: str) -> Document | None:
        """The visit that a ticket became, or None."""
        return await self._storage.get("visits", ticket_id)

    async def visits_of(self, patient_id: str) -> AsyncIterator[Document]:
        """Every visit of a patient, the latest first."""
        before: str | None = None
        while True:
            where: dict[str, Condition] = {"patient_id": patient_id, "order": Range(lt=before)}
            found = await self._storage.find("visits", where, sort="order", descending=True, limit=UNSETTLED_AT_ONCE)
            for visit in found:
                yield visit
            if len(found) < UNSETTLED_AT_ONCE:
                return
            before = found[-1]["order"]

    def visits_older(self, before: datetime, *, after: str) -> AsyncIterator[Document]:
        """Visits that ended before `before` and past `after`, oldest first; see `aged.older`."""
        return aged.older(self._storage, "visits", before, after=after)

    async def anonymise_visit(self, visit: Document) -> None:
        """Write it back without the person. Nothing else changes a visit, so whoever was faster has done the same."""
        anonymous = documents.anonymous_visit(visit)
        if anonymous != visit:
            await self._storage.replace_if_unchanged("visits", anonymous)

    async def move_visits(self, patient_id: str, to: str) -> None:
        """Bring every visit under another record of the same patient; one that somebody anonymises has left already."""
        where = {"patient_id": patient_id}
        while found := await self._storage.find("visits", where, sort="order", limit=UNSETTLED_AT_ONCE):
            for visit in found:
                await self._storage.replace_if_unchanged("visits", documents.visit_of(visit, to))

    def forget(self, id: str) -> None:
        """Let go of what is kept in memory for a day that is over."""
        self._made.pop(id, None)
