"""Takes what Twilio reports of its messages and writes it into their rows, whatever way and order it comes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from server.clock import Clock
from server.sms.courier import StillTrue
from server.sms.model import Message, MessageState
from server.sms.reports import Report, found_by_mistake, reported
from server.sms.store import MessageStore
from server.sms.suppression import Suppression

log = structlog.get_logger(__name__)


class Receipts:
    """One per process. `changed` is told of every row that came into another state; `wake(at)` makes the pump run."""

    def __init__(
        self,
        store: MessageStore,
        suppression: Suppression,
        clock: Clock,
        *,
        still_true: StillTrue,
        changed: Callable[[Message], None],
        wake: Callable[[datetime], None],
    ) -> None:
        self._store = store
        self._suppression = suppression
        self._clock = clock
        self._still_true = still_true
        self._changed = changed
        self._wake = wake

    async def callback(self, id: str, token: str, sid: str, status: str, code: int | None) -> bool:
        """Take a status callback: by our ids `id` and `token`, or else by Twilio's. False if the message is unknown."""
        report = Report("receipt", sid, status.lower(), code, self._clock.now())
        if not id:
            rows = await self._store.with_sids([sid]) if sid else []
            id = rows[0].id if rows else ""
        mistaken = await self._mistaken(id, token, sid)
        known = bool(id) and await self.take(id, token, report) is not None
        if not known:
            log.warning("sms_receipt_of_unknown_message", sid=sid, status=status, code=code)
        for row in mistaken if known else ():
            await self._look_again(row, sid)
        return known

    async def _mistaken(self, id: str, token: str, sid: str) -> list[Message]:
        """The texts that were taken to have become this message, found in the list by number, words and time alone.

        Only if its own row has no message yet: where two have changed places, each counts once all the same.
        """
        row = await self._store.get(id) if id and sid else None
        attempt = row.attempt_of(token=token) if row is not None else None
        if attempt is None or attempt.sid:
            return []
        return [other for other in await self._store.with_sids([sid]) if other.id != id]

    async def _look_again(self, row: Message, sid: str) -> None:
        """Its own message is still to be found, or it never became one."""
        mistaken: Message | None = row
        while mistaken is not None and mistaken.sid == sid and mistaken.attempt_of(sid=sid) is not None:
            after = found_by_mistake(mistaken, sid, self._clock.now())
            if (saved := await self._store.replace(after)) is not None:
                await self.moved(mistaken, saved)
                return
            mistaken = await self._store.get(row.id)

    async def take(self, id: str, token: str, report: Report) -> Message | None:
        """Write a report into the row; None if there is no such row, or no such attempt in it."""
        while (row := await self._store.get(id)) is not None:
            attempt = row.attempt_of(token=token, sid=report.sid)
            if attempt is None:
                return None
            after = reported(row, attempt, report, may_resend=await self.holds_true(row))
            if (saved := await self._store.replace(after)) is not None:
                await self.moved(row, saved)
                return saved
        return None

    async def moved(self, before: Message, after: Message) -> None:
        """Tell the rest of the product where a saved row has gone."""
        if (before.state, before.code) == (after.state, after.code):
            return
        self._changed(after)
        if after.state is MessageState.QUEUED:
            self._wake(after.next_at)
        if after.state is MessageState.SUPPRESSED:
            await self._suppression.stop(after.to, after.code or "")

    async def holds_true(self, row: Message) -> bool:
        """Whether the text may be sent once more as far as its content goes."""
        return not self._suppression.holds(row.to) and await self._still_true(row)
