"""Writes and lists the audit. Rows in the background keep queue commands at one write each.

`record` returns once the row is on disk; `record_soon` puts it in line, and `close` writes what waits. A row whose `id`
is derived from a command's is written once, however often the command is repeated.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from server.accounts.roles import Actor
from server.audit.model import AuditRow, Detail
from server.clock import Clock
from server.errors import StorageUnavailable
from server.ids import new_id, order_key
from server.storage import aged
from server.storage.port import Condition, Document, DuplicateKey, Range, Storage

AUDIT: Final = "audit"
RETRY_SECONDS: Final = 2.0
AT_ONCE: Final = 50
PAGE: Final = 200
MOST_LOOKED_AT: Final = 2000

log = structlog.get_logger("audit")


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the audit; `next_cursor` None: nothing after it."""

    rows: tuple[AuditRow, ...]
    next_cursor: str | None


class AuditLog:
    """The collection `audit`."""

    def __init__(self, storage: Storage, clock: Clock, retry_seconds: float = RETRY_SECONDS) -> None:
        self._storage = storage
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._waiting: deque[AuditRow] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def record(self, actor: Actor, action: str, subject_id: str, detail: Detail | None = None) -> None:
        """Keep a row; on disk when this returns."""
        await self._insert(self._row(actor, action, subject_id, detail))

    def record_soon(
        self, actor: Actor, action: str, subject_id: str, detail: Detail | None = None, *, id: str | None = None
    ) -> None:
        """Keep a row in the background, under `id` at most one; tried until the database takes it."""
        self._waiting.append(self._row(actor, action, subject_id, detail, id))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_waiting())

    async def page(
        self,
        *,
        actor_id: str | None = None,
        subject_id: str | None = None,
        action: str | None = None,
        since: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> AuditPage:
        """Newest first; `since` and `before` are `order`s. One filter is served by its index, the others look at a
        bounded number of rows: a page may be short and still have a next one."""
        wanted = {"subject_id": subject_id, "actor_id": actor_id, "action": action}
        given = {name: value for name, value in wanted.items() if value is not None}
        first = next((name for name in given if name != "action"), None)
        rest = {name: value for name, value in given.items() if name != first}
        rows: list[AuditRow] = []
        looked_at = 0
        while looked_at < MOST_LOOKED_AT:
            where: dict[str, Condition] = {first: given[first]} if first else {}
            if before is not None or since is not None:
                where["order"] = Range(gte=since, lt=before)
            read = PAGE if rest else limit + 1 - len(rows)
            found = await self._storage.find(AUDIT, where, sort="order", descending=True, limit=read)
            for document in found:
                if all(document[name] == value for name, value in rest.items()):
                    if len(rows) == limit:
                        return AuditPage(tuple(rows), rows[-1].order)
                    rows.append(_row(document))
                before = document["order"]
            looked_at += len(found)
            if len(found) < read:
                return AuditPage(tuple(rows), None)
        return AuditPage(tuple(rows), before)

    async def forget_older(self, before: datetime) -> None:
        """Delete the rows written before `before`, a bounded number at once. For the retention job alone."""
        async for document in aged.older(self._storage, AUDIT, before):
            await self._storage.delete(AUDIT, document["_id"])

    async def flush(self) -> None:
        """Wait until nothing is in line."""
        if self._writer is not None:
            await self._writer

    async def close(self) -> None:
        """Write what is in line, without waiting for a database that is away."""
        self._closing.set()
        await self.flush()

    def _row(
        self, actor: Actor, action: str, subject_id: str, detail: Detail | None, id: str | None = None
    ) -> AuditRow:
        now, id = self._clock.now(), id or new_id()
        return AuditRow(
            id=id,
            order=order_key(now, id),
            at=now,
            actor_id=actor.id,
            actor_role=actor.role,
            action=action,
            subject_id=subject_id,
            detail=dict(detail or {}),
        )

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            results = await asyncio.gather(*(self._insert(row) for row in batch), return_exceptions=True)
            failed = [row for row, result in zip(batch, results, strict=True) if isinstance(result, BaseException)]
            for result in results:
                if isinstance(result, BaseException) and not isinstance(result, StorageUnavailable):
                    raise result
            if not failed:
                continue
            self._waiting.extendleft(reversed(failed))
            if self._closing.is_set():
                log.error("audit rows were not written", rows=len(self._waiting))
                return
            await self._pause()

    async def _pause(self) -> None:
        """Until the next try, or until somebody closes."""
        try:
            async with asyncio.timeout(self._retry_seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _insert(self, row: AuditRow) -> None:
        try:
            await self._storage.insert(AUDIT, _document(row))
        except DuplicateKey:
            return  # an earlier try of the same row arrived after all, or one of the same command


def _document(row: AuditRow) -> Document:
    return {
        "_id": row.id,
        "order": row.order,
        "at": row.at,
        "actor_id": row.actor_id,
        "actor_role": row.actor_role,
        "action": row.action,
        "subject_id": row.subject_id,
        "detail": dict(row.detail),
    }


def _row(document: Document) -> AuditRow:
    return AuditRow(
        id=document["_id"],
        order=document["order"],
        at=document["at"],
        actor_id=document["actor_id"],
        actor_role=document["actor_role"],
        action=document["action"],
        subject_id=document["subject_id"],
        detail=document["detail"],
    )
