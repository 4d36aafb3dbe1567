"""Carries out what commands asked for outside their document: texts, texts taken back, transfers (DESIGN 2: effects).

Idempotent: every effect may be carried out again after a crash, and ends the same. What is done is marked on
the line and leaves the document with its next write.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Protocol

from server.accounts.roles import Actor
from server.errors import AlreadyQueued, DomainError, NotFound, StorageUnavailable
from server.queue.commands import SYSTEM, Accept, Command, ReturnTransfer
from server.queue.line import Line
from server.queue.model import Effect, QueueDay
from server.queue.rules import Applied
from server.queue.texts import TEXTED

log = logging.getLogger(__name__)

Retracted = Literal["cancelled", "already_sent", "none"]


class Messenger(Protocol):
    """The SMS side as the queue needs it; `server/wiring.py` hands one in."""

    async def text(self, data: Mapping[str, Any]) -> None:
        """Put the text into the outbox under `data["message_id"]`; a second time is no harm."""
        ...

    async def retract(self, message_id: str, reason: str) -> Retracted:
        """Cancel the text if it has not left; says whether it had."""
        ...

    async def told(self, message_ids: Sequence[str], number: str) -> bool:
        """Whether one of these texts has left for this number, sent again by hand perhaps."""
        ...

    async def latest(self, ticket_id: str) -> tuple[str, str | None] | None:
        """State and code of the ticket's latest text, or None if it has none."""
        ...


class Relay:
    """`run` carries out a command on the queue that a doctor has today.

    `accepted` says at which `seq` that doctor's queue of a day took a ticket; None if it never did.
    """

    def __init__(
        self,
        messenger: Messenger,
        run: Callable[[str, Command], Awaitable[Applied]],
        accepted: Callable[[str, date, str], Awaitable[int | None]],
    ) -> None:
        self._messenger = messenger
        self._run = run
        self._accepted = accepted
        self._running: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._texts: dict[str, asyncio.Task[None]] = {}
        self._results: dict[tuple[str, int], Any] = {}

    def carry(self, line: Line, day: QueueDay) -> None:
        """Begin every effect of `day` that is neither done nor under way."""
        for effect in day.effects:
            key = (day.id, effect.number)
            if line.is_carried(effect.number) or key in self._running:
                continue
            task = asyncio.create_task(self._carry(line, day, effect))
            self._running[key] = task
            if (message_id := _asked_for(effect)) is not None:
                self._texts[message_id] = task
            task.add_done_callback(functools.partial(self._ended, key, effect))

    def _ended(self, key: tuple[str, int], effect: Effect, _: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        if (message_id := _asked_for(effect)) is not None:
            self._texts.pop(message_id, None)

    async def _carry(self, line: Line, day: QueueDay, effect: Effect) -> None:
        try:
            result = await self._done(line, day, effect)
        except StorageUnavailable:
            log.warning("effect waits for the database", extra={"queue_day": day.id, "effect": effect.kind})
            return
        except Exception:  # it stays in the document, and the sweep tries again
            log.exception("effect failed", extra={"queue_day": day.id, "effect": effect.kind})
            return
        line.mark_carried(effect.number)
        self._results[(day.id, effect.number)] = result
        while len(self._results) > 1000:
            del self._results[next(iter(self._results))]

    async def _done(self, line: Line, day: QueueDay, effect: Effect) -> Any:
        match effect.kind:
            case "text":
                return await self._text(line, effect.data)
            case "withdraw":
                await self._retract(line, effect.data)
                return None
            case "retract":
                return await self._retract(line, effect.data)
            case "accept":
                return await self._transfer(line, day, effect)
        raise ValueError(f"unknown effect {effect.kind!r}")

    async def _text(self, line: Line, data: Mapping[str, Any]) -> str | None:
        """Text it, unless an earlier text that said the same has left, and none later that said otherwise."""
        if (told := data.get("unless_told")) and await self._messenger.told(told, data["to"]):
            return None
        otherwise = 0
        for contrary in data.get("contrary", ()):
            if await self._taken_back(line, contrary) == "already_sent":
                otherwise = max(otherwise, _version(contrary))
        for earlier in data.get("unless_left", ()):
            if await self._taken_back(line, earlier) == "already_sent" and _version(earlier) > otherwise:
                return None
        await self._messenger.text(data)
        return TEXTED

    async def _retract(self, line: Line, data: Mapping[str, Any]) -> Retracted:
        answer: Retracted = "none"
        for message_id in data["message_ids"]:
            one = await self._taken_back(line, message_id)
            answer = "already_sent" if "already_sent" in (one, answer) else one if one != "none" else answer
        if answer == "already_sent" and data["instead"]:
            await self._messenger.text(data["instead"])
        return answer

    async def _taken_back(self, line: Line, message_id: str) -> Retracted:
        """Raises StorageUnavailable while the text is still to be asked for: nothing can be said of it before."""
        if (still_going := self._texts.get(message_id)) is not None:
            await asyncio.wait([still_going])
        effects = line.shown.effects if line.shown is not None else ()
        if any(_asked_for(each) == message_id and not line.is_carried(each.number) for each in effects):
            raise StorageUnavailable
        return await self._messenger.retract(message_id, "taken back")

    async def _transfer(self, line: Line, day: QueueDay, effect: Effect) -> DomainError | int:
        """The `seq` of the accepting queue; or, after the ticket was given back, why it was refused.

        Carried again on a later day, after a crash, it may have been accepted on its own day.
        """
        data = effect.data
        actor = Actor(*data["actor"])
        new_id = data["ticket_id"]
        given_back = f"return-{new_id}"
        if line.shown is not None and given_back in line.shown.commands:
            return AlreadyQueued("The other queue could not take this ticket.")
        accept = Accept(
            id=f"accept-{new_id}",
            actor=actor,
            day=day.day,
            ticket_id=new_id,
            ticket=data["ticket"],
            above=data.get("version", 0),
        )
        try:
            return (await self._run(data["to"], accept)).done.seq
        except StorageUnavailable:
            raise
        except DomainError as refusal:
            if (seq := await self._accepted(data["to"], day.day, new_id)) is not None:
                return seq
            old_id = data["ticket"]["id"]
            reason = "That doctor is not here any more." if isinstance(refusal, NotFound) else refusal.detail
            await line.run(ReturnTransfer(id=given_back, actor=SYSTEM, ticket_id=old_id, reason=reason))
            return refusal

    async def result(self, queue_day: str, number: int) -> Any:
        """Wait for an effect that is under way; its result, or None if there is none (yet, or any more)."""
        key = (queue_day, number)
        if (task := self._running.get(key)) is not None:
            await asyncio.wait([task])
        return self._results.get(key)

    async def drain(self) -> None:
        """Wait for everything under way."""
        while self._running:
            await asyncio.wait(list(self._running.values()))


def _asked_for(effect: Effect) -> str | None:
    """The id of the text the effect brings, be it only if another one has left."""
    text = effect.data if effect.kind == "text" else effect.data.get("instead") if effect.kind == "retract" else None
    return str(text["message_id"]) if text else None


def _version(message_id: str) -> int:
    """At which version of its queue a text was asked for; it is the last part of the id."""
    return int(message_id.rpartition(":")[2])
