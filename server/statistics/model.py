"""One visit as the statistics see it, and what many of them come to. Pure.

Times are kept in whole minutes, so that a median is right to a minute and a day's figures stay small: counts of
minutes by hour of arrival, source and priority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from server.queue.model import ENDED, Source, State, Ticket

# A room's step that was put in because somebody pressed "next" twice is no visit.
SHORTEST_INFERRED = timedelta(seconds=30)


class Outcome(StrEnum):
    """How a visit ended. `no_show`: called and never there; `left`: gone without being seen."""

    OPEN = "open"
    SEEN = "seen"
    NO_SHOW = "no_show"
    LEFT = "left"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


@dataclass(frozen=True, slots=True)
class Promise:
    """Between when and when a patient was told at joining that the call would come."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What visits are told apart by; `hour` is the clinic's hour of arrival."""

    hour: int
    source: str
    priority: str


@dataclass(frozen=True, slots=True)
class Visit:
    """`wait` until the first call or room, `service` in rooms, `off` how far outside the promise the call came (below
    zero: too early), each in minutes; None where there is none."""

    group: Group
    outcome: Outcome
    wait: int | None
    service: int | None
    off: int | None


@dataclass(slots=True)
class Tally:
    """What many visits come to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    services: Counter[int] = field(default_factory=Counter)
    offs: Counter[int] = field(default_factory=Counter)

    def add(self, visit: Visit) -> None:
        """Count one more."""
        self.outcomes[visit.outcome.value] += 1
        for counter, value in ((self.waits, visit.wait), (self.services, visit.service), (self.offs, visit.off)):
            if value is not None:
                counter[value] += 1

    def merge(self, other: Tally) -> None:
        """Count another's as well."""
        self.outcomes.update(other.outcomes)
        self.waits.update(other.waits)
        self.services.update(other.services)
        self.offs.update(other.offs)

    @property
    def arrived(self) -> int:
        """Everybody who came; a stage of a visit that began with another doctor counts there as well."""
        return self.outcomes.total()


def visit_of(ticket: Ticket, promise: Promise | None, zone: ZoneInfo) -> Visit:
    """The visit that `ticket` is or was."""
    called = next((step.start for step in ticket.steps if step.state in (State.CALLED, State.IN_ROOM)), None)
    group = Group(ticket.arrived_at.astimezone(zone).hour, _source(ticket), ticket.priority.value)
    began = _began(ticket)
    wait = _minutes(called - began) if called is not None else None
    off = _off(called, promise) if called is not None and promise is not None else None
    return Visit(group, _outcome(ticket), wait, _service(ticket), off)


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The value that `share` of those counted do not exceed; None of nothing."""
    total = sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total:
            return value
    return None


def merged(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    whole = Tally()
    for tally in tallies:
        whole.merge(tally)
    return whole


def _began(ticket: Ticket) -> datetime:
    """From when the wait counts: the arrival, in a later stage the transfer, of the booked not before their time."""
    began = ticket.steps[0].start if ticket.source is Source.TRANSFER else ticket.arrived_at
    return max(began, ticket.due_at) if ticket.due_at is not None else began


def _source(ticket: Ticket) -> str:
    return "transfer" if ticket.source is Source.TRANSFER else "booked" if ticket.due_at is not None else "walk_in"


def _outcome(ticket: Ticket) -> Outcome:
    if ticket.state is State.NO_SHOW:  # not here, unless they come back
        return Outcome.NO_SHOW
    if ticket.state not in ENDED:
        return Outcome.OPEN
    if ticket.state is State.DONE:
        return Outcome.SEEN
    if ticket.state is State.LEFT and len(ticket.steps) > 1 and ticket.steps[-2].state is State.NO_SHOW:
        return Outcome.NO_SHOW
    return Outcome(ticket.state.value)


def _service(ticket: Ticket) -> int | None:
    rooms = [
        step
        for step in ticket.steps
        if step.state is State.IN_ROOM
        and step.end is not None
        and not (step.inferred and step.end - step.start < SHORTEST_INFERRED)
    ]
    # Whom only the day's end took out of the room had been forgotten there.
    if not rooms or ticket.state is not State.DONE or ticket.last.inferred:
        return None
    return _minutes(sum(((step.end or step.start) - step.start for step in rooms), timedelta()))


def _off(called: datetime, promise: Promise) -> int:
    if called < promise.earliest:
        return -_minutes(promise.earliest - called)
    return _minutes(called - promise.latest) if called > promise.latest else 0


def _minutes(span: timedelta) -> int:
    return max(0, round(span.total_seconds() / 60))
