"""Claims texts that may leave and hands them to the courier; finds claims that nobody works on any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from server.clock import Clock
from server.ids import new_id
from server.sms.courier import Courier
from server.sms.gate import SET_BACK, Gate
from server.sms.lifecycle import LEASE, claimed, ended, held, lost, redated
from server.sms.model import Lane, Message, MessageState
from server.sms.quiet import quieted
from server.sms.retry import of_account
from server.sms.segments import measure
from server.sms.store import MessageStore

log = structlog.get_logger(__name__)

PAGE = 50
REDATED_AT_ONCE = 1000
AT_ONCE = 32  # texts the pump has on their way at the same time; a new urgent one does not ask it


class Pump:
    """One per process. `wake(at)` makes `run` be called no later than `at`; `quiet_until(row, now)` says until when
    a row waits for the end of the quiet hours.

    `sole`: no other process shares the storage, so every claim of another instance is an earlier one's.
    """

    def __init__(
        self,
        store: MessageStore,
        courier: Courier,
        gate: Gate,
        clock: Clock,
        *,
        quiet_until: Callable[[Message, datetime], datetime | None],
        changed: Callable[[Message], None],
        wake: Callable[[datetime], None],
        sole: bool,
    ) -> None:
        self._store = store
        self._courier = courier
        self._gate = gate
        self._clock = clock
        self._quiet_until = quiet_until
        self._changed = changed
        self._wake = wake
        self._sole = sole
        self._instance = new_id()
        self._running = asyncio.Lock()
        self._stopped = False
        self._latest: datetime | None = None
        self.backlog: dict[Lane, int] = {Lane.URGENT: 0, Lane.PACED: 0, Lane.LATER: 0}

    def stop(self) -> None:
        """Claim nothing any more; texts that still come in stay queued for the next start."""
        self._stopped = True

    async def insert(self, row: Message) -> Message:
        """Add a queued row: already claimed and on its way if it may leave now. Raises DuplicateKey."""
        now = self._clock.now()
        held_until = now if self._stopped else self._enter(row, now)
        if held_until is not None:
            row = held(row, held_until, self._gate.alert.code if self._gate.alert else None)
            await self._store.insert(row)
            self._wake(row.next_at)
            return row
        row = claimed(row, new_id(), self._instance, now)
        self._courier.reserve(row.attempt.token)
        try:
            await self._store.insert(row)
            self._courier.carry(row)
        finally:
            self._courier.release(row.attempt.token)
        return row

    async def run(self) -> None:
        """Send what is due, urgent ones first, as far as rate limit and breaker let it."""
        async with self._running:
            await self._follow_clock()
            for lane in self.backlog:
                rows = await self._store.in_lane(lane, until=self._clock.now(), limit=PAGE)
                self.backlog[lane] = len(rows)
                if not await self._take_all(rows):
                    await self._explain(rows)
                elif len(rows) == PAGE:
                    self._wake(self._clock.now())

    async def _explain(self, rows: list[Message]) -> None:
        """Note in calls that wait because Twilio refuses the account why they do, so that reception is told."""
        for row in rows:
            if (alert := self._gate.alert) is None or not row.urgent or row.code == alert.code or of_account(row.code):
                continue
            if (saved := await self._store.replace(replace(row, code=alert.code))) is not None:
                self._changed(saved)

    async def _follow_clock(self) -> None:
        """After a start, and once the clock was set back: rows written in what is now the future do not wait for it."""
        now, before = self._clock.now(), self._latest
        if before is not None and before - now <= SET_BACK:
            self._latest = now
            return
        # The clocks of several machines differ a little; what they write is not from before a set-back.
        ahead = SET_BACK if self._sole else LEASE
        for lane in (*self.backlog, Lane.LEASED, Lane.UNCLEAR, Lane.AWAITED):
            for row in await self._store.in_lane(lane, limit=REDATED_AT_ONCE):
                if row.created_at - now > ahead:
                    await self._store.replace(redated(row, now))
        self._latest = now

    async def sweep(self) -> None:
        """Settle claims nobody works on.

        One of this instance whose request never left (its claim was written although the database said
        it was not) is sent now. One whose lease ran out, or whose process is gone, becomes `unknown`.
        """
        now = self._clock.now()
        for row in await self._store.in_lane(Lane.LEASED, limit=200):
            mine = row.owner == self._instance
            if self._courier.carries(row.attempt.token):
                continue
            if mine and not self._courier.may_have_left(row.attempt.token):
                await self.adopt(row)
            elif row.next_at <= now or (self._sole and not mine):
                await self._lose(row, now)

    async def adopt(self, row: Message) -> None:
        """Send a row of this instance if no request of its latest claim ever left; else leave it alone."""
        known = row.state is MessageState.SENDING and row.owner == self._instance
        if known and not self._stopped and not self._courier.may_have_left(row.attempt.token):
            await self._claim(row, self._clock.now())

    async def _take_all(self, rows: list[Message]) -> bool:
        """Whether every one of `rows` was dealt with; False where the gate stopped it."""
        for row in rows:
            await self._courier.room(AT_ONCE)
            if self._stopped or not await self._take(row):
                return False
        return True

    async def _take(self, row: Message) -> bool:
        now = self._clock.now()
        if row.expires_at <= now:
            await self._end(row, MessageState.EXPIRED, now, row.code)
            return True
        if (morning := self._quiet_until(row, now)) is not None:
            if (saved := await self._store.replace(quieted(row, morning, now))) is not None:
                self._changed(saved)
            return True
        if (held_until := self._enter(row, now)) is not None:
            self._wake(held_until)
            return False
        await self._claim(row, now)
        return True

    def _enter(self, row: Message, now: datetime) -> datetime | None:
        return self._gate.enter(now, urgent=row.urgent, segments=measure(row.body).segments)

    async def _claim(self, row: Message, now: datetime) -> None:
        row = claimed(row, new_id(), self._instance, now)
        token = row.attempt.token
        self._courier.reserve(token)
        try:
            if (won := await self._store.replace(row)) is not None:
                self._changed(won)
                self._courier.carry(won)
        finally:
            self._courier.release(token)

    async def _lose(self, row: Message, now: datetime) -> None:
        if (saved := await self._store.replace(lost(row, now))) is not None:
            self._changed(saved)
            log.warning("sms_ended", kind=row.kind.value, state=saved.state.value, code=saved.code)

    async def _end(self, row: Message, state: MessageState, now: datetime, code: str | None) -> None:
        if (saved := await self._store.replace(ended(row, state, now, code))) is not None:
            self._changed(saved)
            log.warning("sms_ended", kind=row.kind.value, state=state.value, code=code)
