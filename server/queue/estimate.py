"""When each waiting patient can expect to be called: a range, from this queue's own recent pace. Pure.

The queue is played forward twice per room at the typical service time; the range widens with the
square root of the people ahead, since their deviations partly cancel out.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from server.queue.model import QueueDay, State, Status, Ticket

ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """Between which two instants a ticket will probably be called."""

    earliest: datetime
    latest: datetime


def estimates(day: QueueDay, order: Sequence[Ticket], now: datetime) -> Mapping[str, Estimate]:
    """An estimate for each of the waiting tickets `order`, by id; none while the queue is closed."""
    if day.status is Status.CLOSED or not order:
        return {}
    typical, spread = pace(day)
    start = max(now, day.pause.until) if day.pause and day.pause.until else now
    free = [_free_at(day.occupant(room), typical, start) for room in day.doctor.rooms]
    heapq.heapify(free)
    found = {}
    for ahead, ticket in enumerate(order):
        at = heapq.heappop(free)
        heapq.heappush(free, at + timedelta(seconds=typical))
        give = timedelta(seconds=spread * (ahead + 1) ** 0.5)
        found[ticket.id] = Estimate(_whole(max(start, at - give)), _whole(at + give))
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


def _free_at(occupant: Ticket | None, typical: float, start: datetime) -> datetime:
    if occupant is None:
        return start
    begun = occupant.last.start if occupant.state is State.IN_ROOM else start
    return max(start, begun + timedelta(seconds=typical))


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
