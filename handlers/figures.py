"""What the clinic's days come to, as the statistics' answer has it and as a file: the same figures in both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from handlers import csv_lines
from server.sms.model import MessageState
from server.statistics.model import Outcome, Tally, Visits, percentile, tallied, together
from server.statistics.service import Figures
from server.statistics.store import DayFigures

_ARRIVED_TEXTS = (MessageState.DELIVERED, MessageState.SENT, MessageState.ACCEPTED)
_LOST_TEXTS = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.UNKNOWN, MessageState.EXPIRED)
# What a line of the file is of, and the figures of it.
_PARTS: Final = ("day", "doctor", "hour", "source", "priority")
_COUNTS: Final = ("arrived", "seen", "no_show", "left", "cancelled", "transferred", "open")
_GROUPS: Final = {
    "wait": ("median", "p90"),
    "service": ("median", "p90"),
    "estimates": ("told", "inside", "off_median"),
}
_TEXTS: Final = ("reached", "not_reached")
_COLUMNS: Final = (
    *("breakdown", *_PARTS, *_COUNTS),
    *(f"{group}_{name}" for group, names in _GROUPS.items() for name in names),
    *(f"texts_{name}" for name in _TEXTS),
)


def summary(figures: Figures) -> dict[str, Any]:
    """The answer's shape."""
    visits, days, doctors = Visits(), list[str](), list[str]()
    for day in figures.days:
        visits.extend(day.visits)
        days += [day.day.isoformat()] * len(day.visits)
        doctors += [day.doctor_id] * len(day.visits)

    def by(keys: Sequence[str], *, stages: bool = False) -> list[dict[str, Any]]:
        return blocks(tallied(keys, visits), stages=stages)

    sources = tallied(visits.sources, visits)
    names = {day.doctor_id: day.doctor for day in figures.days}
    return {
        "from": figures.first.isoformat(),
        "to": figures.last.isoformat(),
        "uncounted": figures.uncounted,
        "total": block("", together(sources.values())),
        "by_day": by(days),
        "by_hour": by([f"{hour:02}" for hour in visits.hours]),
        "by_doctor": [{**each, "name": names[each["key"]]} for each in by(doctors, stages=True)],
        "by_source": blocks(sources, stages=True),
        "by_priority": by(visits.priorities),
        "texts": texts(figures.days),
    }


def blocks(parts: Mapping[str, Tally], *, stages: bool = False) -> list[dict[str, Any]]:
    """What each part comes to, in their order."""
    return [block(key, tally, stages=stages) for key, tally in sorted(parts.items())]


def block(key: str, tally: Tally, *, stages: bool = False) -> dict[str, Any]:
    """What a part comes to; `stages`: a patient moved from another doctor counts here too."""
    absolute: Counter[int] = Counter()
    for minutes, count in tally.offs.items():
        absolute[abs(minutes)] += count
    off = percentile(absolute, 0.5)
    told = {"told": absolute.total(), "inside": tally.offs[0], "off_median": off}
    return {
        "key": key,
        "name": "",
        "arrived": tally.arrived(stages=stages),
        **{outcome.value: tally.outcomes[outcome.value] for outcome in Outcome},
        "wait": spread(tally.waits),
        "service": spread(tally.services),
        "estimates": told if off is not None else None,
    }


def spread(minutes: Counter[int]) -> dict[str, int] | None:
    """Median and ninth decile."""
    median, p90 = percentile(minutes, 0.5), percentile(minutes, 0.9)
    return {"median": median, "p90": p90} if median is not None and p90 is not None else None


def texts(days: Iterable[DayFigures]) -> dict[str, int]:
    """How the days' texts fared."""
    states: Counter[str] = Counter()
    for day in days:
        states.update(day.texts)
    reached = sum(states[state.value] for state in _ARRIVED_TEXTS)
    lost = sum(states[state.value] for state in _LOST_TEXTS)
    return {"reached": reached, "not_reached": lost, "other": states.total() - reached - lost}


def as_file(figures: Figures) -> str:
    """The figures as CSV: all that the answer says, and every doctor's days."""
    return csv_lines.MARK + "".join(map(csv_lines.line, (_COLUMNS, *_lines(figures))))


def _lines(figures: Figures) -> Iterator[list[object]]:
    found = summary(figures)
    of_day, of_doctor = defaultdict(list), defaultdict(list)
    for day in figures.days:
        of_day[day.day.isoformat()].append(day)
        of_doctor[day.doctor_id].append(day)
    yield _line("total", {}, found["total"], figures.days)
    for each in found["by_day"]:
        yield _line("day", {"day": each["key"]}, each, of_day[each["key"]])
    for each in found["by_hour"]:
        yield _line("hour", {"hour": each["key"]}, each)
    for each in found["by_doctor"]:
        yield _line("doctor", {"doctor": each["name"]}, each, of_doctor[each["key"]])
    for part in ("source", "priority"):
        for each in found[f"by_{part}"]:
            yield _line(part, {part: each["key"]}, each)
    for day in sorted(figures.days, key=lambda each: (each.day, each.doctor)):
        if day.doctor_id:
            of = {"day": day.day.isoformat(), "doctor": day.doctor}
            yield _line("day and doctor", of, _all_of(day.visits), [day])


def _all_of(visits: Visits) -> dict[str, Any]:
    return block("", together(tallied(visits.sources, visits).values()), stages=True)


def _line(
    breakdown: str, of: dict[str, str], each: dict[str, Any], days: Iterable[DayFigures] | None = None
) -> list[object]:
    """`days` are those whose texts belong to the line; None where texts are not told apart so."""
    told = texts(days) if days is not None else {}
    return [
        breakdown,
        *(of.get(part) for part in _PARTS),
        *(each[count] for count in _COUNTS),
        *((each[group] or {}).get(name) for group, names in _GROUPS.items() for name in names),
        *(told.get(name) for name in _TEXTS),
    ]
