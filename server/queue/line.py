"""One queue's writer: commands wait in line, and all that wait share the next single write (DESIGN 2).

Nothing is answered, sent or published before the write is acknowledged. After a lost guard, an error or a
timeout the document is read again, and each command finds out from it whether it was carried out already.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from server.clock import Clock
from server.errors import DomainError, StorageUnavailable
from server.queue import rules
from server.queue.commands import SYSTEM, Command, FinishDay, Join, Tidy
from server.queue.model import QueueDay
from server.queue.standing import undo_expired
from server.queue.store import QueueStore

log = logging.getLogger(__name__)

UNCLEAR_WRITES: Final = 6
PATIENCE_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 0.005
MOST_AT_ONCE: Final = 200

Outcome = Literal["unchanged", "written", "lost", "unclear"]


@dataclass(slots=True)
class _Waiting:
    """`attempted`: a write that may have carried it out was begun, so finding it done is no repetition."""

    command: Command
    answer: asyncio.Future[rules.Applied]
    attempted: bool = False


class Line:
    """The only writer of one queue's day in this process, and its memory of that day.

    `fetch` reads the day (or makes a new one); `committed` is called with every day that is now known to be in
    the database. `shown` is the last of them: what reads are served from. With `shared`, other processes write
    the same queue: nothing is refused from memory alone. `today` is the current service day: once it is a later
    one, the first command to be drafted ends this day, and is told so like every later one.
    """

    def __init__(
        self,
        store: QueueStore,
        clock: Clock,
        fetch: Callable[[], Awaitable[QueueDay]],
        committed: Callable[[Line, QueueDay], None],
        today: Callable[[], date],
        *,
        shared: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fetch = fetch
        self._committed = committed
        self._today = today
        self._shared = shared
        self._day: QueueDay | None = None
        self._waiting: list[_Waiting] = []
        self._expected = 0
        self._moved = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._carried: set[int] = set()
        self._archived: set[str] = set()
        self.shown: QueueDay | None = None

    async def run(self, command: Command) -> rules.Applied:
        """Carry out `command` with the next write. Raises the DomainError that refuses it, or StorageUnavailable."""
        waiting = _Waiting(command, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._moved.set()
        if not self.busy:
            self._worker = asyncio.create_task(self._work())
        return await waiting.answer

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """A request that will probably bring a join is at the door: the next write waits for it a moment."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._moved.set()

    async def loaded(self) -> QueueDay:
        """The day, read if it is not in memory. Raises StorageUnavailable only if it was never read."""
        if self.shown is None:
            day = await self._fetch()
            if self.shown is None:
                self._adopt(day)
        assert self.shown is not None
        return self.shown

    async def refresh(self) -> None:
        """Read the day again and show it if somebody else has written it since."""
        day = await self._fetch()
        if self.shown is None or day.rev > self.shown.rev:
            self._adopt(day)
        elif self._day is None and day.rev == self.shown.rev:
            self._day = self.shown

    @property
    def unsure(self) -> bool:
        """Whether the last write was unclear and the day has not been read again since."""
        return self._day is None and self.shown is not None

    @property
    def busy(self) -> bool:
        """Whether a command is in line or being written."""
        return self._worker is not None and not self._worker.done()

    async def settle(self) -> None:
        """Wait until every command in line has been answered."""
        while self._worker is not None and self.busy:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            # A group's own commands must all be remembered when its reply is lost.
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            await self._answered(group)

    async def _gather(self) -> None:
        """Give those who are at the door a moment to get in line, while nobody waits but others who join."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                seen = 0
                while all(isinstance(waiting.command, Join) for waiting in self._waiting[seen:]):
                    seen = len(self._waiting)
                    self._moved.clear()
                    await asyncio.sleep(0)
                    if len(self._waiting) > seen:
                        continue
                    if not self._expected:
                        return
                    await self._moved.wait()

    async def _answered(self, group: list[_Waiting]) -> None:
        """Commit the group and answer each of it; a group that cannot be saved as one is tried singly."""
        try:
            await self._commit(group)
        except Exception as error:
            self._day = None
            if len(group) == 1 or isinstance(error, StorageUnavailable):
                _fail(group, error)
                return
            log.exception("a group of commands could not be saved; trying them singly")
            for waiting in group:
                await self._answered([waiting])

    async def _commit(self, group: list[_Waiting]) -> None:
        """Write until it is known to be written: what others wrote in between is read and built upon."""
        give_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        lost, unclear, looked = 0, 0, not self._shared
        while True:
            before = await self._current()
            draft, results = self._drafted(before, group)
            if draft is before and not looked:
                looked = True
                await self.refresh()
                continue
            if draft is before:
                outcome: Outcome = "unchanged"
            else:
                _mark_attempted(group, results)
                outcome = await self._write(before, draft)
            if outcome in ("unchanged", "written"):
                _answer(group, results)
                return
            self._day = None
            lost, unclear = lost + (outcome == "lost"), unclear + (outcome == "unclear")
            if unclear >= UNCLEAR_WRITES or asyncio.get_running_loop().time() > give_up:
                raise StorageUnavailable
            if outcome == "lost":
                await asyncio.sleep(random.random() * min(0.1, 0.005 * 2**lost))

    async def _write(self, before: QueueDay, draft: QueueDay) -> Outcome:
        """`lost`: somebody else wrote first; `unclear`: it is not known whether it was written."""
        try:
            saved = await self._store.save(draft)
        except StorageUnavailable:
            log.warning("queue write unclear, reading again", extra={"queue_day": before.id})
            return "unclear"
        if saved is None:
            return "lost"
        if self.shown is None or saved.rev > self.shown.rev:
            self._adopt(saved)
        else:
            self._day = self.shown
        return "written"

    async def _current(self) -> QueueDay:
        if self._day is None:
            day = await self._fetch()
            if self.shown is None or day.rev > self.shown.rev:
                self._adopt(day)
            else:
                self._day = self.shown
        assert self._day is not None
        return self._day

    def _drafted(self, before: QueueDay, group: list[_Waiting]) -> tuple[QueueDay, list[rules.Applied | Exception]]:
        """Apply the group one by one; one that fails, fails alone. Housekeeping rides along."""
        now = self._clock.now()
        draft = before
        if before.day < self._today():
            draft = rules.apply(before, FinishDay(id=f"finish-{before.id}", actor=SYSTEM), now).day
        results: list[rules.Applied | Exception] = []
        for waiting in group:
            try:
                applied = rules.apply(draft, waiting.command, now)
            except DomainError as refusal:
                results.append(refusal)
            except Exception as bug:  # it must not take the others with it
                log.exception("a queue rule failed", extra={"command": waiting.command.name})
                results.append(bug)
            else:
                draft = applied.day
                results.append(replace(applied, replayed=applied.replayed and not waiting.attempted))
        if draft is not before and (self._carried or self._archived):
            draft = rules.apply(draft, self._tidy(), now).day
        return draft, results

    def mark_carried(self, number: int) -> None:
        """The effect of this number was carried out: it leaves the document with the next write."""
        self._carried.add(number)

    def mark_archived(self, ticket_id: str) -> None:
        """The ended ticket is in `visits`: it leaves the document with the next write."""
        self._archived.add(ticket_id)

    def is_carried(self, number: int) -> bool:
        """Whether the effect of this number was carried out."""
        return number in self._carried

    def is_archived(self, ticket_id: str) -> bool:
        """Whether the ticket is in `visits`."""
        return ticket_id in self._archived

    def tidying(self, now: datetime) -> Tidy | None:
        """The housekeeping that waits for a write, as a command of its own; None if there is none."""
        expired = self.shown is not None and undo_expired(self.shown, now)
        return self._tidy() if self._carried or self._archived or expired else None

    def _tidy(self) -> Tidy:
        return Tidy(id="tidy", actor=SYSTEM, effects=frozenset(self._carried), archived=frozenset(self._archived))

    def _adopt(self, day: QueueDay) -> None:
        self.shown = self._day = day
        self._carried &= {effect.number for effect in day.effects}
        self._archived &= set(day.tickets)
        self._committed(self, day)


def _mark_attempted(group: list[_Waiting], results: list[rules.Applied | Exception]) -> None:
    for waiting, result in zip(group, results, strict=True):
        waiting.attempted |= isinstance(result, rules.Applied) and not result.replayed


def _answer(group: list[_Waiting], results: list[rules.Applied | Exception]) -> None:
    for waiting, result in zip(group, results, strict=True):
        if waiting.answer.done():
            continue
        if isinstance(result, Exception):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)


def _fail(group: list[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
