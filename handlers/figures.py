"""What the clinic's days come to, as the statistics' answer has it and as a file: the same figures in both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from handlers import csv_lines
from server.sms.model import MessageState
from server.statistics.model import Group, Outcome, Tally, merged, percentile
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

    def by(key: Callable[[DayFigures, Group], str], *, stages: bool = False) -> list[dict[str, Any]]:
        parts: defaultdict[str, list[tuple[Group, Tally]]] = defaultdict(list)
        for day in figures.days:
            for group, tally in day.tallies.items():
                parts[key(day, group)].append((group, tally))
        return [block(name, part, stages=stages) for name, part in sorted(parts.items())]

    names = {day.doctor_id: day.doctor for day in figures.days}
    doctors = by(lambda day, _: day.doctor_id, stages=True)
    return {
        "from": figures.first.isoformat(),
        "to": figures.last.isoformat(),
        "uncounted": figures.uncounted,
        "total": block("", [item for day in figures.days for item in day.tallies.items()]),
        "by_day": by(lambda day, _: day.day.isoformat()),
        "by_hour": by(lambda _, group: f"{group.hour:02}"),
        "by_doctor": [{**each, "name": names[each["key"]]} for each in doctors],
        "by_source": by(lambda _, group: group.source, stages=True),
        "by_priority": by(lambda _, group: group.priority),
        "texts": texts(figures.days),
    }


def block(key: str, parts: Iterable[tuple[Group, Tally]], *, stages: bool = False) -> dict[str, Any]:
    """What `parts` come to; `stages`: a patient moved from another doctor counts here too."""
    parts = list(parts)
    whole = merged(tally for _, tally in parts)
    arrived = sum(tally.arrived for group, tally in parts if stages or group.source != "transfer")
    inside = whole.offs[0]
    absolute: Counter[int] = Counter()
    for minutes, count in whole.offs.items():
        absolute[abs(minutes)] += count
    off = percentile(absolute, 0.5)
    outcomes = {outcome.value: whole.outcomes[outcome.value] for outcome in Outcome}
    return {
        "key": key,
        "name": "",
        "arrived": arrived,
        **outcomes,
        "wait": spread(whole.waits),
        "service": spread(whole.services),
        "estimates": {"told": absolute.total(), "inside": inside, "off_median": off} if off is not None else None,
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
            yield _line("day and doctor", of, block("", day.tallies.items(), stages=True), [day])


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
