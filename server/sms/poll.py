"""Asks Twilio about messages whose final status nobody has reported: a callback can be lost, or have nowhere to go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import Clock
from server.sms.lifecycle import due, watched
from server.sms.model import Event, Lane, Message
from server.sms.provider import Carried, NoAnswer, Provider
from server.sms.receipts import Receipts
from server.sms.reports import Report, without_receipt
from server.sms.store import MessageStore

ROWS_AT_ONCE = 100
QUESTIONS_AT_ONCE = 8
ASK_AGAIN_AFTER = timedelta(seconds=30)
# A message has its final status long before; a Twilio that did not answer for a day is not asked for ever.
ASKED_FOR = timedelta(days=1)


class Poller:
    """One per process."""

    def __init__(self, store: MessageStore, provider: Provider, receipts: Receipts, clock: Clock) -> None:
        self._store = store
        self._provider = provider
        self._receipts = receipts
        self._clock = clock
        self._running = asyncio.Lock()
        self._stopped = False

    async def run(self) -> None:
        """Job: ask about every row whose time has come."""
        async with self._running:
            if self._stopped:
                return
            rows = await self._store.in_lane(Lane.AWAITED, until=self._clock.now(), limit=ROWS_AT_ONCE)
            free = asyncio.Semaphore(QUESTIONS_AT_ONCE)

            async def ask(row: Message) -> None:
                async with free:
                    if not self._stopped:
                        await self._ask(row)

            done = await asyncio.gather(*map(ask, rows), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def stop(self) -> None:
        """Ask nothing any more; returns once the last question has its answer."""
        self._stopped = True
        async with self._running:
            return

    async def _ask(self, row: Message) -> None:
        try:
            message = await self._provider.look_up(row.sid)
        except NoAnswer:
            await self._save(row, _later(row, self._clock.now()))
            return
        now = self._clock.now()
        if message is None:
            await self._save(row, replace(row, lane=Lane.NONE).with_event(Event(now, "gone_at_twilio")))
            return
        current = await self._tell(row, message)
        if current is not None and current.lane is Lane.AWAITED and current.next_at <= now:
            later = watched(current, now)
            await self._save(current, later if later.lane is Lane.AWAITED else without_receipt(current, now))

    async def _tell(self, row: Message, message: Carried) -> Message | None:
        """The row as it is after the answer; what is not new is not written down."""
        if message.status == row.provider_status:
            return row
        report = Report("polled", message.sid, message.status.lower(), message.code, self._clock.now())
        return await self._receipts.take(row.id, "", report)

    async def _save(self, row: Message, changed: Message) -> None:
        if (saved := await self._store.replace(changed)) is not None:
            await self._receipts.moved(row, saved)


def _later(row: Message, now: datetime) -> Message:
    """Not answered: asked again, the longer it takes the less often, and not for ever."""
    since = now - row.attempt.started
    if since >= ASKED_FOR:
        return without_receipt(row, now)
    return replace(row, next_at=due(now + max(ASK_AGAIN_AFTER, since / 10)))
