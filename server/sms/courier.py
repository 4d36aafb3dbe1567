"""Carries claimed texts to the provider and writes down what became of them. Knows what is in flight.

A text reaches this module claimed: its lease and attempt are on disk. From the moment its request may
have left until its outcome is on disk its token stays in `_unsaved`, so that nothing in this process
sends it a second time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from server.clock import Clock
from server.errors import StorageUnavailable
from server.sms.gate import Blame, Gate
from server.sms.lifecycle import LEASE, LOST, OPTED_OUT, ended, settled, unsent
from server.sms.model import Attempt, Message, MessageState
from server.sms.provider import Outgoing, Provider, Reply
from server.sms.retry import Outcome, judge, of_account, reason
from server.sms.store import MessageStore
from server.sms.suppression import Suppression

log = structlog.get_logger(__name__)

StillTrue = Callable[[Message], Awaitable[bool]]
SAVE_AGAIN_AFTER = 0.5
LONGEST_VALIDITY = 36_000  # seconds; what Twilio accepts as ValidityPeriod


class Courier:
    """One per process. `changed` is told of every row that reached a new state on disk."""

    def __init__(
        self,
        store: MessageStore,
        provider: Provider,
        gate: Gate,
        clock: Clock,
        suppression: Suppression,
        *,
        still_true: StillTrue,
        changed: Callable[[Message], None],
        wake: Callable[[datetime], None],
        roll: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._provider = provider
        self._gate = gate
        self._clock = clock
        self._suppression = suppression
        self._still_true = still_true
        self._changed = changed
        self._wake = wake
        self._roll = roll
        self._reserved: dict[str, asyncio.Event] = {}
        self._unsaved: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def in_flight(self) -> int:
        """How many texts are on their way this instant."""
        return len(self._tasks)

    def reserve(self, token: str) -> None:
        """Before a claim is written: the row is spoken for, whoever reads it meanwhile."""
        self._reserved[token] = asyncio.Event()

    def release(self, token: str) -> None:
        """The claim is carried, or was not written, or it is not known whether: then nothing has left under it."""
        if (claim := self._reserved.pop(token, None)) is not None:
            claim.set()

    def carries(self, token: str) -> bool:
        """Whether a task is at work on this attempt."""
        return token in self._tasks or token in self._reserved

    def may_have_left(self, token: str) -> bool:
        """Whether this process sent, or may still send, a request under this token."""
        return self.carries(token) or token in self._unsaved

    def carry(self, message: Message) -> None:
        """Send a claimed text in the background, beginning at once."""
        token = message.attempt.token
        task = asyncio.create_task(self._carry(message))
        self._tasks[token] = task
        self.release(token)
        task.add_done_callback(partial(self._done, token))

    async def room(self, at_once: int) -> None:
        """Wait until fewer than `at_once` texts are on their way."""
        while len(self._tasks) >= at_once:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    async def outcome(self, token: str) -> None:
        """Wait until what became of an attempt of this process is written down."""
        if (claim := self._reserved.get(token)) is not None:
            await claim.wait()
        if (task := self._tasks.get(token)) is not None:
            await asyncio.wait([task])

    async def drain(self, grace: float) -> None:
        """Wait until everything in flight is written down; after `grace` seconds leave the rest to the next start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._idle()
        late = list(self._tasks.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _idle(self) -> None:
        """Until nothing is on its way, nor about to be: a claim that is being written is carried once it is."""
        while self._reserved or self._tasks:
            if self._reserved:
                await next(iter(self._reserved.values())).wait()
            else:
                await asyncio.wait(set(self._tasks.values()))

    async def _carry(self, message: Message) -> None:
        now = self._clock.now()
        seconds_left = int((message.expires_at - now).total_seconds())
        if seconds_left < 1:
            await self._write(message, lambda row: ended(row, MessageState.EXPIRED, now, row.code))
        elif self._suppression.holds(message.to):
            await self._write(message, lambda row: ended(row, MessageState.SUPPRESSED, now, OPTED_OUT))
        elif now - message.attempt.started > LEASE / 2:
            # The claim took so long to be written that its lease may run out under the request.
            await self._write(message, lambda row: unsent(row, now))
        elif (holds := await self._holds_true(message)) is None:
            await self._write(message, lambda row: unsent(row, now))
        elif not holds:
            await self._write(message, lambda row: ended(row, MessageState.CANCELLED, now, "no_longer_true"))
        else:
            await self._send(message, min(seconds_left, LONGEST_VALIDITY))

    async def _holds_true(self, message: Message) -> bool | None:
        """Whether what it says still holds; None while the database cannot tell."""
        try:
            return await self._still_true(message)
        except StorageUnavailable:
            return None

    async def _send(self, message: Message, validity_seconds: int) -> None:
        token = message.attempt.token
        self._unsaved.add(token)
        reply = await self._provider.send(Outgoing(message.to, message.body, validity_seconds, message.id, token))
        now, roll = self._clock.now(), self._roll()
        blame = self._gate.weigh(message, reason(reply), now) if judge(reply) is Outcome.ACCOUNT else None
        if blame in (None, Blame.ACCOUNT) and self._learn(reply, now):
            self._wake(now)
        own_fault = blame is Blame.NUMBER
        opens_at = self._gate.opens_at(now)

        def end(row: Message) -> Message:
            attempt = row.attempt_of(token=token) or message.attempt
            return settled(row, attempt, reply, now, roll=roll, opens_at=opens_at, own_fault=own_fault)

        await self._write(message, end)
        if judge(reply) is Outcome.OPTED_OUT:
            await self._suppression.stop(message.to, reason(reply) or "")

    def _learn(self, reply: Reply, now: datetime) -> bool:
        """Tell the gate; True if it has just opened again."""
        code = reason(reply)
        if judge(reply) is Outcome.ACCOUNT and not of_account(code):
            code = f"http_{reply.status}"  # what waits is told by this code that the account is at fault
        if not self._gate.learn(judge(reply), code, now):
            return False
        alert = self._gate.alert
        if alert is None:
            log.info("sms_account_works_again")
            return True
        log.error("sms_account_fault", code=alert.code, meaning=alert.meaning)
        return False

    async def _write(self, message: Message, change: Callable[[Message], Message]) -> None:
        """Save what became of an attempt. A database that is away is waited for: the outcome is known only here."""
        token = message.attempt.token
        row: Message | None = message
        while row is not None and _open(row, token):
            try:
                row = await self._store.replace(change(row)) or await self._store.get(message.id)
            except StorageUnavailable:
                await asyncio.sleep(SAVE_AGAIN_AFTER)
                row = await self._read_again(message)
        self._unsaved.discard(token)
        if row is not None and row.attempt.token == token:
            self._changed(row)
            if row.state is MessageState.QUEUED:
                self._wake(row.next_at)

    async def _read_again(self, message: Message) -> Message | None:
        while True:
            try:
                return await self._store.get(message.id)
            except StorageUnavailable:
                await asyncio.sleep(SAVE_AGAIN_AFTER)

    def _done(self, token: str, task: asyncio.Task[None]) -> None:
        del self._tasks[token]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out and the sweep shows the row as unknown; it is never sent again.
            log.error("sms_carry_failed", token=token, exc_info=error)


def _open(row: Message, token: str) -> bool:
    """Whether the outcome of `token` is still to be written. A row given up for lost meanwhile is corrected."""
    attempt: Attempt | None = row.attempt_of(token=token)
    if attempt is None:
        return False
    lost = row.state is MessageState.UNKNOWN and row.code == LOST and row.attempt.token == token
    return attempt.ended is None or lost
