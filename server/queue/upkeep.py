"""What time does to queues: ageing, archive, the end of the day, estimates. Called by jobs and at the start.

Every piece is idempotent and may run in every process, twice, or late. One faulty queue never keeps the
others from theirs.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from server.clock import Clock
from server.errors import StorageUnavailable
from server.ids import new_id
from server.queue import commands, notices, policy
from server.queue.line import Line
from server.queue.lines import Lines
from server.queue.model import ENDED, UNDO_WINDOW, QueueDay, Ticket
from server.queue.relay import Relay
from server.queue.showcase import Showcase
from server.queue.store import QueueStore

log = logging.getLogger(__name__)

# Past the undo window by more than two machines' clocks differ: nobody can still undo what is archived.
ARCHIVE_AFTER = UNDO_WINDOW + timedelta(seconds=10)


class Upkeep:
    """The jobs of the queues."""

    def __init__(self, lines: Lines, store: QueueStore, relay: Relay, showcase: Showcase, clock: Clock) -> None:
        self._lines = lines
        self._store = store
        self._relay = relay
        self._showcase = showcase
        self._clock = clock

    async def sweep(self) -> None:
        """Every 5 s: carry out what is pending, age and archive tickets, heal old copies, tidy the documents."""
        for line in self._lines.all():
            try:
                await self._sweep(line, self._clock.now())
            except StorageUnavailable:
                log.warning("sweep waits for the database")
                return
            except Exception:  # the other queues have theirs
                log.exception("sweep of a queue failed")

    async def rollover(self) -> None:
        """Begin today's queues and finish every earlier day, also what a crash left of it.

        What is new is shown first: to finish and archive a full day takes a large clinic seconds.
        """
        today = self._lines.today()
        await self._lines.open_today()
        for day in await self._store.unsettled(today):
            try:
                await self._finish(self._lines.of_day(day))
            except StorageUnavailable:
                raise
            except Exception:  # one bad day keeps no new one from being begun
                log.exception("day could not be finished", extra={"queue_day": day.id})
        self._lines.close_past()

    async def _finish(self, line: Line) -> None:
        day = await line.loaded()
        await line.run(commands.FinishDay(id=f"finish-{day.id}", actor=commands.SYSTEM))
        await self._sweep(line, self._clock.now())

    async def _sweep(self, line: Line, now: datetime) -> None:
        if line.unsure:
            await line.refresh()
        day = line.shown
        if day is None:
            return
        self._relay.carry(line, day)
        for ticket in _to_archive(day, now):
            if not line.is_archived(ticket.id):
                await self._store.archive(day, ticket, self._showcase.promised(ticket.id))
                line.mark_archived(ticket.id)
        if not day.finished and day.day == self._lines.today():
            await self._keep_up(line, day, now)
        if (tidying := line.tidying(now)) is not None:
            await line.run(tidying)

    async def _keep_up(self, line: Line, day: QueueDay, now: datetime) -> None:
        due = policy.next_promotion(day)
        if (due is not None and due <= now) or notices.overdue(day, now):
            await line.run(commands.Promote(id=new_id(), actor=commands.SYSTEM))
        if day.rev and (copies := self._lines.changed_copies(day)) is not None:
            doctor, rules = copies
            await line.run(commands.ChangeDoctor(id=new_id(), actor=commands.SYSTEM, doctor=doctor, policy=rules))

    async def tick(self) -> None:
        """Every 30 s: encode the views of queues with somebody waiting anew, since estimates move with the clock."""
        for day in self._lines.days():
            if policy.waiting(day) or day.calls:
                self._showcase.again(day.doctor.id)


def _to_archive(day: QueueDay, now: datetime) -> list[Ticket]:
    """Ended tickets that nothing can change any more: past undo, and not on their way to another queue."""
    on_their_way = {effect.data["ticket"]["id"] for effect in day.effects if effect.kind == "accept"}
    return [
        ticket
        for ticket in day.tickets.values()
        if ticket.state in ENDED
        and ticket.id not in on_their_way
        and (day.finished or now - ticket.last.start > ARCHIVE_AFTER)
    ]
