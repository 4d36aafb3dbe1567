"""Finds out what became of requests without an outcome, by Twilio's list of messages to their number.

Looked for 3, 10 and 30 seconds after the request. What is in the list was sent. What is not, after the
last look, was not: a `your_turn` still in time goes out once more, everything else stays `unknown`,
which reception is shown. Without an answer nothing is decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from server.clock import Clock
from server.sms.lifecycle import again, due, in_time, next_check, unclear_since
from server.sms.matching import earliest, known_sids, match, open_requests
from server.sms.model import Event, Kind, Lane, Message, MessageState
from server.sms.provider import Carried, NoAnswer, Provider
from server.sms.receipts import Receipts
from server.sms.reports import Report
from server.sms.store import MessageStore

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 200
NUMBERS_AT_ONCE = 16
# How far back the list of a number is read: always one page.
LISTED = 100
ASK_AGAIN_AFTER = timedelta(seconds=2)


class Reconciler:
    """One per process; two at work on the same row do no harm, for every decision is one guarded write."""

    def __init__(
        self,
        store: MessageStore,
        provider: Provider,
        receipts: Receipts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._provider = provider
        self._receipts = receipts
        self._clock = clock
        self._running = asyncio.Lock()
        self._stopped = False

    async def run(self) -> None:
        """Job: look for every row whose time has come."""
        async with self._running:
            if self._stopped:
                return
            rows = await self._store.in_lane(Lane.UNCLEAR, until=self._clock.now(), limit=ROWS_AT_ONCE)
            by_number: dict[str, list[Message]] = {}
            for row in sorted(rows, key=lambda row: not row.urgent):
                by_number.setdefault(row.to, []).append(row)
            free = asyncio.Semaphore(NUMBERS_AT_ONCE)

            async def look(number: str, of_number: list[Message]) -> None:
                async with free:
                    await self._look(number, of_number)

            done = await asyncio.gather(*(look(*each) for each in by_number.items()), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def stop(self) -> None:
        """Look for nothing any more; returns once the last look has ended."""
        self._stopped = True
        async with self._running:
            return

    async def _look(self, number: str, rows: Sequence[Message]) -> None:
        if not number:  # anonymised meanwhile
            for row in rows:
                await self._save(row, _given_up(row, self._clock.now()))
            return
        asked_at = self._clock.now()
        try:
            listed = await self._provider.sent_to(number, LISTED)
        except NoAnswer as refusal:
            log.warning("sms_list_not_answered", status=refusal.reply.status, error=refusal.reply.error)
            for row in rows:
                await self._save(row, _later(row, self._clock.now()))
            return
        # Read after the answer came, so that a SID that another sender saved meanwhile is known.
        of_number = await self._store.of_number(number, ROWS_AT_ONCE)
        owners = [*of_number, *await self._store.with_sids([message.sid for message in listed])]
        requests = open_requests({row.id: row for row in (*rows, *of_number)}.values())
        found = match(requests, listed, known_sids(owners))
        for request in requests:
            message = found.get(request.attempt.token)
            if message is not None and request.row.state is not MessageState.SENDING:
                await self._found(request.row, request.attempt.token, message)
        under_way = {request.row.body for request in requests if request.attempt.outcome is None}
        for row in (row for row in rows if row.attempt.token not in found):
            if row.body in under_way:
                # Its message may be the one that the other request is waiting to name.
                await self._save(row, _later(row, self._clock.now()))
            else:
                await self._missed(row, listed, asked_at)

    async def _found(self, row: Message, token: str, message: Carried) -> None:
        report = Report("found", message.sid, message.status.lower(), message.code, self._clock.now())
        await self._receipts.take(row.id, token, report)

    async def _missed(self, row: Message, listed: Sequence[Carried], asked_at: datetime) -> None:
        if (at := next_check(row, asked_at)) is not None:
            await self._save(row, replace(row, next_at=due(at)))
            return
        now = self._clock.now()
        whole = len(listed) < LISTED or listed[-1].created < earliest(row.attempts[0])
        resend = row.kind is Kind.YOUR_TURN and in_time(row, now) and await self._receipts.holds_true(row)
        if whole and resend:
            await self._save(row, again(row, now, now, "not_found"))
        else:
            await self._save(row, _given_up(row, now))

    async def _save(self, row: Message, changed: Message) -> None:
        """Unless the row has moved on meanwhile: then there is nothing to decide, or it comes up again."""
        if (saved := await self._store.replace(changed)) is not None:
            await self._receipts.moved(row, saved)


def _later(row: Message, now: datetime) -> Message:
    """Not answered: asked again while a text could still be of use, the longer it takes the less often."""
    if now >= row.expires_at:
        return _given_up(row, now)
    return replace(row, next_at=due(now + max(ASK_AGAIN_AFTER, (now - unclear_since(row)) / 20)))


def _given_up(row: Message, now: datetime) -> Message:
    return replace(row, lane=Lane.NONE).with_event(Event(now, "not_found"))
