"""Taking a text back before it has left, and knowing whether it had: for whoever undoes what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from server.clock import Clock
from server.sms.courier import Courier
from server.sms.lifecycle import ended
from server.sms.model import HANDLED, LEFT_STATES, RESENT, TAKEN_BACK, Event, Message, MessageState
from server.sms.store import MessageStore

Retracted = Literal["cancelled", "already_sent", "none"]
# Of several texts that are taken back the answer that counts is the last of these.
_HOW_FAR: tuple[Retracted, ...] = ("none", "cancelled", "already_sent")
# Longer than the longest request (`gateway.TOTAL_TIMEOUT`); whoever takes a text back waits no longer for the database.
OUTCOME_PATIENCE_SECONDS = 11.0
# How often a row that another process is sending is looked at.
LOOK_AGAIN_SECONDS = 0.25


class TakingBack:
    """One per process. `sole`: no other process sends; `changed` is told of every row that reached a new state."""

    def __init__(
        self,
        store: MessageStore,
        courier: Courier,
        clock: Clock,
        *,
        sole: bool,
        changed: Callable[[Message], None],
    ) -> None:
        self._store = store
        self._courier = courier
        self._clock = clock
        self._sole = sole
        self._changed = changed

    async def retract(self, id: str, reason: str) -> Retracted:
        """Cancel a text that has not left; `already_sent` if it has, or may have; `none` if it never will.

        One that is just being sent is waited for: it may yet turn out not to have left. What staff sent again in its
        place goes with it.
        """
        answer, row = await self._retract(id, reason)
        for event in row.events if row is not None else ():
            if event.what == RESENT:
                answer = max(answer, await self.retract(event.detail, reason), key=_HOW_FAR.index)
        return answer

    async def _retract(self, id: str, reason: str) -> tuple[Retracted, Message | None]:
        """What became of this row alone, and the row."""
        with suppress(TimeoutError):
            async with asyncio.timeout(OUTCOME_PATIENCE_SECONDS):
                while (row := await self._outcome(id)) is not None and row.state is MessageState.QUEUED:
                    if (saved := await self._cancelled(row, reason)) is not None:
                        return "cancelled", saved
        row = await self._store.get(id)
        while row is not None and row.state is MessageState.QUEUED:  # its outcome came as the patience ran out
            row = await self._cancelled(row, reason) or await self._store.get(id)
        if row is None:
            return "none", None
        if any(event.what == HANDLED for event in row.events):
            return "already_sent", row
        if row.state is MessageState.CANCELLED:
            return "cancelled", row
        if row.state not in LEFT_STATES:
            return "none", row
        await self._never_again(row, reason)
        return "already_sent", row

    async def _cancelled(self, row: Message, reason: str) -> Message | None:
        saved = await self._store.replace(ended(row, MessageState.CANCELLED, self._clock.now(), None, reason))
        if saved is not None:
            self._changed(saved)
        return saved

    async def has_told(self, ids: Sequence[str], number: str) -> bool:
        """Whether one of these texts has left for this number, sent again by hand perhaps, or was said in person."""
        for id in ids:
            row = await self._store.get(id)
            if row is None:
                continue
            in_person = any(event.what == HANDLED for event in row.events)
            if in_person or (row.to == number and row.state in LEFT_STATES):
                return True
            if await self.has_told([event.detail for event in row.events if event.what == RESENT], number):
                return True
        return False

    async def _outcome(self, id: str) -> Message | None:
        """The row, once it is not being sent any more, by this process or another one."""
        while (row := await self._store.get(id)) is not None and row.state is MessageState.SENDING:
            if self._courier.carries(row.attempt.token):
                await self._courier.outcome(row.attempt.token)
            elif self._sole:
                return row  # nobody sends it: its process is gone, or its outcome waits for the database
            else:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return row

    async def _never_again(self, message: Message, reason: str) -> None:
        """What it said is no longer so: should it turn out not to have arrived, it is not sent once more."""
        row: Message | None = message
        while row is not None and not row.resends:
            noted = replace(row, resends=1).with_event(Event(self._clock.now(), TAKEN_BACK, reason))
            row = await self._store.get(row.id) if await self._store.replace(noted) is None else None
