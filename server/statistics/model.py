"""One visit as the statistics see it, and what many of them come to. Pure.

Times are kept in whole minutes, so that a median is right to a minute and a day's figures stay small.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from server.queue.model import ENDED, Source, State, Ticket

# A room's step that was put in because somebody pressed "next" twice is no visit.
SHORTEST_INFERRED = timedelta(seconds=30)
TRANSFER: Final = "transfer"

AT_ONCE: Final = 10_000

K = TypeVar("K", bound=Hashable)


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
class Visit:
    """`hour` is the clinic's hour of arrival; `wait` until the first call or room, `service` in rooms, `off` how far
    outside the promise the call came (below zero: too early), each in minutes; None where there is none."""

    hour: int
    source: str
    priority: str
    outcome: Outcome
    wait: int | None
    service: int | None
    off: int | None


@dataclass(slots=True)
class Visits:
    """Many visits, a column for each thing known of them: so a year of them is read and counted at once."""

    hours: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    priorities: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    waits: list[int | None] = field(default_factory=list)
    services: list[int | None] = field(default_factory=list)
    offs: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.hours)

    def add(self, visit: Visit) -> None:
        """One more."""
        self.hours.append(visit.hour)
        self.sources.append(visit.source)
        self.priorities.append(visit.priority)
        self.outcomes.append(visit.outcome.value)
        self.waits.append(visit.wait)
        self.services.append(visit.service)
        self.offs.append(visit.off)

    def extend(self, other: Visits) -> None:
        """All of another's as well."""
        self.hours += other.hours
        self.sources += other.sources
        self.priorities += other.priorities
        self.outcomes += other.outcomes
        self.waits += other.waits
        self.services += other.services
        self.offs += other.offs


@dataclass(slots=True)
class Tally:
    """What many visits come to: how often each outcome and source, and each minute, occurred."""

    outcomes: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    services: Counter[int] = field(default_factory=Counter)
    offs: Counter[int] = field(default_factory=Counter)

    def arrived(self, *, stages: bool) -> int:
        """Everybody who came; `stages`: a part of a visit that began with another doctor counts as well."""
        return self.sources.total() - (0 if stages else self.sources[TRANSFER])


def tallied(keys: Sequence[K], visits: Visits) -> dict[K, Tally]:
    """What the visits of each key come to; `keys` has one for every visit."""
    found: defaultdict[K, Tally] = defaultdict(Tally)
    for (key, outcome, source), count in _counted(keys, visits.outcomes, visits.sources):
        found[key].outcomes[outcome] += count
        found[key].sources[source] += count
    for (key, value), count in _counted(keys, visits.waits):
        if value is not None:
            found[key].waits[value] = count
    for (key, value), count in _counted(keys, visits.services):
        if value is not None:
            found[key].services[value] = count
    for (key, value), count in _counted(keys, visits.offs):
        if value is not None:
            found[key].offs[value] = count
    return dict(found)


def together(tallies: Iterable[Tally]) -> Tally:
    """What they come to as one."""
    whole = Tally()
    for tally in tallies:
        whole.outcomes.update(tally.outcomes)
        whole.sources.update(tally.sources)
        whole.waits.update(tally.waits)
        whole.services.update(tally.services)
        whole.offs.update(tally.offs)
    return whole


def _counted(*columns: Sequence[Any]) -> Iterable[tuple[tuple[Any, ...], int]]:
    """How often each row of these columns occurs.

    Counting is the interpreter's own, which lets nobody else work meanwhile: so not all at once.
    """
    found: Counter[tuple[Any, ...]] = Counter()
    for first in range(0, len(columns[0]), AT_ONCE):
        found.update(zip(*(column[first : first + AT_ONCE] for column in columns), strict=True))
    return found.items()


def visit_of(ticket: Ticket, promise: Promise | None, zone: ZoneInfo) -> Visit:
    """The visit that `ticket` is or was."""
    called = next((step.start for step in ticket.steps if step.state in (State.CALLED, State.IN_ROOM)), None)
    began = _began(ticket)
    return Visit(
        hour=ticket.arrived_at.astimezone(zone).hour,
        source=_source(ticket),
        priority=ticket.priority.value,
        outcome=_outcome(ticket),
        wait=_minutes(called - began) if called is not None else None,
        service=_service(ticket),
        off=_off(called, promise) if called is not None and promise is not None else None,
    )


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The value that `share` of those counted do not exceed; None of nothing."""
    total = sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total:
            return value
    return None


def _began(ticket: Ticket) -> datetime:
    """From when the wait counts: the arrival, in a later stage the transfer, of the booked not before their time."""
    began = ticket.steps[0].start if ticket.source is Source.TRANSFER else ticket.arrived_at
    return max(began, ticket.due_at) if ticket.due_at is not None else began


def _source(ticket: Ticket) -> str:
    return TRANSFER if ticket.source is Source.TRANSFER else "booked" if ticket.due_at is not None else "walk_in"


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
