"""Weekly hours: read from JSON, checked, and turned into a day's bookable times. Pure.

Hours are the clinic's wall-clock times. On the days clocks change, a time that is skipped is not offered
and one that comes twice is offered once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from server.errors import FieldError, Invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 8
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|(24):(00)")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` to `end`, in minutes after local midnight; `end` may be 1440."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One bookable time, as UTC instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The spans of each weekday, in order; a weekday that is missing has none."""

    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans of the weekday of `day`."""
        return self.spans.get(WEEKDAYS[day.weekday()], ())

    def as_json(self) -> dict[str, list[list[str]]]:
        """The shape of DESIGN 5: `{"mon": [["09:00", "12:30"], …], …}`, weekdays without hours left out."""
        return {
            weekday: [[_clock_time(span.start), _clock_time(span.end)] for span in self.spans[weekday]]
            for weekday in WEEKDAYS
            if self.spans.get(weekday)
        }


def parse_hours(value: Mapping[str, Sequence[Sequence[str]]]) -> WeeklyHours:
    """Weekly hours from their JSON shape. Raises Invalid that names every wrong weekday or span."""
    errors: list[FieldError] = []
    spans: dict[str, tuple[Span, ...]] = {}
    for weekday, pairs in value.items():
        if weekday not in WEEKDAYS:
            errors.append(FieldError(f"hours.{weekday}", f"is not a weekday; use {', '.join(WEEKDAYS)}"))
            continue
        try:
            spans[weekday] = _day(weekday, pairs)
        except Invalid as refusal:
            errors.extend(refusal.errors)
    if errors:
        raise Invalid("The opening hours cannot be used.", errors=errors)
    return WeeklyHours(spans)


def default_hours() -> WeeklyHours:
    """Monday to Friday with a midday break: what a new doctor has until somebody sets other hours."""
    return parse_hours({weekday: [["09:00", "12:30"], ["13:30", "17:00"]] for weekday in WEEKDAYS[:5]})


def slots_on(day: date, hours: WeeklyHours, minutes: int, zone: ZoneInfo) -> Iterator[Slot]:
    """The times of `day` that can be booked at all, `minutes` long, in order and never overlapping."""
    free_from: datetime | None = None
    for span in hours.on(day):
        for at in range(span.start, span.end - minutes + 1, minutes):
            start = _instant(day, at, zone)
            if start is None or (free_from is not None and start < free_from):
                continue
            free_from = start + timedelta(minutes=minutes)
            yield Slot(start, free_from)


def slot_at(start: datetime, hours: WeeklyHours, minutes: int, zone: ZoneInfo) -> Slot | None:
    """The bookable time that begins at the instant `start`, or None."""
    day = start.astimezone(zone).date()
    return next((slot for slot in slots_on(day, hours, minutes, zone) if slot.start == start), None)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime | None:
    """The UTC instant of a wall-clock time; None if the clocks skip it, the first if they repeat it."""
    local = datetime.combine(day, time(minute // 60, minute % 60))
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None


def _day(weekday: str, pairs: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    where = f"hours.{weekday}"
    if len(pairs) > MOST_SPANS:
        raise Invalid.field(where, f"has more than {MOST_SPANS} spans; join some")
    spans = sorted(_span(f"{where}.{number}", pair) for number, pair in enumerate(pairs))
    for earlier, later in pairwise(spans):
        if later.start < earlier.end:
            raise Invalid.field(where, "has spans that overlap; let each begin when the one before has ended")
    return tuple(spans)


def _span(where: str, pair: Sequence[str]) -> Span:
    if len(pair) != 2:
        raise Invalid.field(where, 'takes a start and an end, such as ["09:00", "12:30"]')
    start, end = (_minutes(where, text) for text in pair)
    if end <= start:
        raise Invalid.field(where, "ends before it begins; a span past midnight is two, one on each day")
    return Span(start, end)


def _minutes(where: str, text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Invalid.field(where, f"{text[:20]!r} is not a time between 00:00 and 24:00, such as 09:30")
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
