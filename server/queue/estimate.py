"""When each waiting patient can expect to be called: a range, from this queue's own recent pace. Pure.

The queue is played forward over the rooms at work at the typical service time; the range widens with the
square root of the people ahead, since their deviations partly cancel out.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles

from server.queue import policy
from server.queue.model import Priority, QueueDay, State, Status, Ticket

ENOUGH = 5
# A room that was left so long ago, with people waiting, is not at work.
AT_WORK_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Between which two instants a ticket will probably be called, as Unix seconds until somebody asks."""

    from_second: int
    to_second: int

    @property
    def earliest(self) -> datetime:
        """Not before this."""
        return datetime.fromtimestamp(self.from_second, UTC)

    @property
    def latest(self) -> datetime:
        """Hardly after this."""
        return datetime.fromtimestamp(self.to_second, UTC)


def estimates(day: QueueDay, order: Sequence[Ticket], now: datetime) -> Mapping[str, Estimate]:
    """An estimate for each of the waiting tickets `order`, by id.

    None while the queue is closed, or pauses without an end that is still to come: nobody knows then.
    """
    if day.status is Status.CLOSED or not order:
        return {}
    begin = day.pause.until if day.pause else now
    if begin is None or begin < now:
        return {}
    typical, spread = pace(day)
    start = begin.timestamp()
    free = [_free_at(occupant, typical, start) for occupant in _at_work(day, now)]
    heapq.heapify(free)
    found = {}
    for ahead, (ticket, ready) in enumerate(zip(order, _ready(day, order, now), strict=True), start=1):
        at = max(free[0], ready)
        heapq.heapreplace(free, at + typical)
        give = spread * ahead**0.5
        found[ticket.id] = Estimate(int(max(start, at - give)), int(at + give))
    return found


def pace(day: QueueDay) -> tuple[float, float]:
    """The typical service time and half its usual spread (seconds): of today, then past days, then the slot length."""
    seen = [*day.services]
    if len(seen) < ENOUGH:
        seen += day.past_services
    if len(seen) < ENOUGH:
        seen += [day.doctor.slot_minutes * 60] * (ENOUGH - len(seen))
    lower, middle, upper = quantiles(seen, n=4)
    return max(middle, 30.0), max((upper - lower) / 2, middle / 4, 30.0)


def _at_work(day: QueueDay, now: datetime) -> list[Ticket | None]:
    """Whoever is in each room that is at work: where somebody is or was a while ago. One room always is."""
    rooms = [(room, day.occupant(room)) for room in day.doctor.rooms]
    return [
        occupant
        for room, occupant in rooms
        if occupant or ((left := day.last_used.get(room)) is not None and now - left <= AT_WORK_FOR)
    ] or [None]


def _ready(day: QueueDay, order: Sequence[Ticket], now: datetime) -> list[float]:
    """Before which instant (Unix seconds) each is hardly called: a booking's own time, if its patient came early.

    Nobody waits for that time while somebody further behind can be seen at once, so it holds for no longer.
    """
    ready: list[float] = []
    earliest = float("inf")
    for ticket in reversed(order):
        early = ticket.place is None and ticket.priority is not Priority.EMERGENCY
        own = policy.effective_time(ticket, day.policy) if early else now
        earliest = min(earliest, own.timestamp())
        ready.append(earliest)
    return ready[::-1]


def _free_at(occupant: Ticket | None, typical: float, start: float) -> float:
    """When (Unix seconds) the room can call again."""
    if occupant is None:
        return start
    begun = occupant.last.start.timestamp() if occupant.state is State.IN_ROOM else start
    return max(start, begun + typical)
