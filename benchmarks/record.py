"""A recorded clinic day as journeys through rooms, and the order in which its events can be played. Pure.

The record: one row per stage of a ticket with `day, ticket, stage, room, joined, called, ended, valid`; an empty room
is the reception step. A journey ends as `done` (its last stage was served in a room), `left` (called to reception,
never to a room) or `cancelled` (its last stage is void).
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

RECEPTION = "Reception"


@dataclass(frozen=True, slots=True)
class Stage:
    """One room's part of a journey; seconds since midnight, never running backwards within a journey."""

    room: str
    joined: int
    called: int
    ended: int
    void: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """One ticket through the day."""

    ticket: str
    stages: tuple[Stage, ...]

    @property
    def end(self) -> str:
        """How it ends, as the product says it."""
        last = self.stages[-1]
        if last.void:
            return "cancelled"
        return "left" if last.room == RECEPTION else "done"


class Kind(StrEnum):
    JOIN = "join"
    CALL = "call"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to a journey at one of its stages."""

    at: int
    kind: Kind
    journey: Journey
    stage: int
    number: int  # of the journey's events

    @property
    def here(self) -> Stage:
        """The stage it happens at."""
        return self.journey.stages[self.stage]

    @property
    def following(self) -> Stage | None:
        """The next stage, if there is one."""
        later = self.journey.stages[self.stage + 1 :]
        return later[0] if later else None

    @property
    def rooms(self) -> tuple[str, ...]:
        """Whose queues it touches."""
        moved_to = self.following if self.kind is Kind.END else None
        return (self.here.room, moved_to.room) if moved_to else (self.here.room,)


def busiest_day(path: Path) -> str:
    """The day with the most tickets."""
    with path.open(encoding="utf-8", newline="") as file:
        tickets = {(row["day"], row["ticket"]) for row in csv.DictReader(file)}
    return Counter(day for day, _ in tickets).most_common(1)[0][0]


def read_day(path: Path, day: str) -> list[Journey]:
    """The journeys of one day, in the order of their first join."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["day"] == day:
                rows[row["ticket"]].append(row)
    journeys = [Journey(ticket, _stages(found)) for ticket, found in rows.items()]
    return sorted(journeys, key=lambda journey: journey.stages[0].joined)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _stages(rows: Iterable[dict[str, str]]) -> tuple[Stage, ...]:
    stages, now = [], 0
    for row in sorted(rows, key=lambda row: _seconds(row["joined"])):
        joined = max(now, _seconds(row["joined"]))
        called = max(joined, _seconds(row["called"]))
        now = max(called, _seconds(row["ended"]))
        stages.append(Stage(row["room"] or RECEPTION, joined, called, now, row["valid"] == "N"))
    return tuple(stages)


def in_order(journeys: Sequence[Journey]) -> list[Event]:
    """Every event in time order, and so that each journey keeps its own and no room holds two at once.

    Within a second the record does not say what came first: whoever leaves a room makes place for the next.
    """
    waiting = sorted((event for journey in journeys for event in _events(journey)), key=lambda event: event.at)
    played: list[Event] = []
    done: Counter[str] = Counter()
    occupied: dict[str, str] = {}
    while waiting:
        now = waiting[0].at
        ready = [
            event
            for event in waiting
            if event.number == done[event.journey.ticket]
            and not (event.kind is Kind.CALL and event.here.room in occupied)
        ]
        event = min(ready, key=lambda event: (max(event.at, now), event.kind is not Kind.END))
        waiting.remove(event)
        played.append(event)
        done[event.journey.ticket] += 1
        if event.kind is Kind.CALL:
            occupied[event.here.room] = event.journey.ticket
        elif event.kind is Kind.END and occupied.get(event.here.room) == event.journey.ticket:
            del occupied[event.here.room]
    return played


def _events(journey: Journey) -> list[Event]:
    happened = [(journey.stages[0].joined, Kind.JOIN, 0)]
    for stage, at in enumerate(journey.stages):
        if not at.void:
            happened.append((at.called, Kind.CALL, stage))
        happened.append((at.ended, Kind.END, stage))
    return [Event(at, kind, journey, stage, number) for number, (at, kind, stage) in enumerate(happened)]
