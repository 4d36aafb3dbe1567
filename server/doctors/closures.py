"""Days without appointments: a doctor's days off and the days a clinic is closed. Pure.

Whole days of the clinic's calendar, first and last included.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from server.errors import Faults, Invalid

MOST_CLOSURES = 100
LONGEST = timedelta(days=366)
LONGEST_NOTE = 80


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """From `first` to `last`; `note` says why, for everybody to read."""

    first: date
    last: date
    note: str = ""

    def view(self) -> dict[str, str]:
        """As JSON."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat(), "note": self.note}


@dataclass(frozen=True, slots=True)
class Closed:
    """Why nobody is booked on a day; `name` is the holiday's, or what the clinic says of the day it is closed."""

    why: Literal["away", "closed", "holiday"]
    name: str = ""

    def __str__(self) -> str:
        return self.name or {"away": "the doctor is away", "closed": "the clinic is closed"}[self.why]


# Why the clinic is closed on a date of its calendar, in a language; None: it is open.
ClosedOn = Callable[[date, str], Closed | None]


def parse_closures(field: str, wanted: Sequence[tuple[date, date, str]]) -> tuple[Closure, ...]:
    """First day, last day and note of each, in order. Raises Invalid naming every wrong one."""
    if len(wanted) > MOST_CLOSURES:
        raise Invalid.field(field, f"are more than {MOST_CLOSURES}; take out those that are over")
    faults = Faults()
    closures = []
    for number, (first, last, note) in enumerate(wanted):
        words = " ".join(unicodedata.normalize("NFC", note).split())
        if last < first:
            faults.add(f"{field}.{number}.last", "is before the first day")
        elif last - first > LONGEST:
            faults.add(f"{field}.{number}.last", "is more than a year after the first day")
        if len(words) > LONGEST_NOTE or not words.isprintable():
            faults.add(f"{field}.{number}.note", f"is not a text of at most {LONGEST_NOTE} printable characters")
        closures.append(Closure(first, last, words))
    faults.settle()
    return tuple(sorted(closures))


def closure_on(day: date, closures: Iterable[Closure]) -> Closure | None:
    """The first of `closures` that `day` lies in."""
    return next((closure for closure in closures if closure.first <= day <= closure.last), None)


def closure_from(view: dict[str, str]) -> Closure:
    """The closure that `view` was made of."""
    return Closure(date.fromisoformat(view["first"]), date.fromisoformat(view["last"]), view["note"])
