"""When each waiting patient can expect to be called: a range, from this queue's own recent pace. Pure.

The queue is played forward twice per room at the typical service time; the range widens with the
square root of the people ahead, since their deviations partly cancel out.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

from server.queue.model import QueueDay, State, Status, Ticket

ENOUGH = 5


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
    """An estimate for each of the waiting tickets `order`, by id; none while the queue is closed."""
    if day.status is Status.CLOSED or not order:
        return {}
    typical, spread = pace(day)
    start = max(now, day.pause.until).timestamp() if day.pause and day.pause.until else now.timestamp()
    free = [_free_at(day.occupant(room), typical, start) for room in day.doctor.rooms]
    heapq.heapify(free)
    found = {}
    for ahead, ticket in enumerate(order, start=1):
        at = heapq.heapreplace(free, free[0] + typical)
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


def _free_at(occupant: Ticket | None, typical: float, start: float) -> float:
    """When (Unix seconds) the room can call again."""
    if occupant is None:
        return start
    begun = occupant.last.start.timestamp() if occupant.state is State.IN_ROOM else start
    return max(start, begun + typical)
