"""`/api/statistics/`: what happened on the clinic's days, for administrators, and the same as CSV."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import Field

from handlers import csv_lines
from handlers.base import ApiHandler, operation
from handlers.schemas import Answer, Day, Query
from server.errors import Invalid
from server.sms.model import MessageState
from server.statistics.model import Group, Outcome, Tally, merged, percentile
from server.statistics.service import MOST_DAYS, Figures
from server.statistics.store import DayFigures

_ARRIVED_TEXTS = (MessageState.DELIVERED, MessageState.SENT, MessageState.ACCEPTED)
_LOST_TEXTS = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.UNKNOWN, MessageState.EXPIRED)
_COLUMNS = (
    *("day", "doctor", "arrived", "seen", "no_show", "left", "cancelled", "transferred"),
    *("wait_median", "wait_p90", "service_median", "service_p90", "texts_reached", "texts_not_reached"),
)


class StatisticsQuery(Query):
    """Service days, first and last included; both today if left out, and at most 400."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    doctor_id: Annotated[str | None, Field(max_length=64)] = None


class SpreadAnswer(Answer):
    """Whole minutes that half, and nine of ten, did not exceed."""

    median: int
    p90: int


class EstimatesAnswer(Answer):
    """How the estimate given at joining fared: `told` of those called, `inside` it, and by how many minutes half of all
    were off at most."""

    told: int
    inside: int
    off_median: int


class FiguresAnswer(Answer):
    """`arrived` counts a patient who was moved to another doctor once, in `by_doctor` at each. `open`: still here."""

    key: str
    name: str
    arrived: int
    seen: int
    no_show: int
    left: int
    cancelled: int
    transferred: int
    open: int
    wait: SpreadAnswer | None
    service: SpreadAnswer | None
    estimates: EstimatesAnswer | None


class TextsAnswer(Answer):
    """`reached`: taken by Twilio or delivered; `not_reached`: failed, expired or unknown; `other`: not to leave."""

    reached: int
    not_reached: int
    other: int


class StatisticsAnswer(Answer):
    """`uncounted` are days of long ago whose figures are still being made; ask again later."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    uncounted: int
    total: FiguresAnswer
    by_day: list[FiguresAnswer]
    by_hour: list[FiguresAnswer]
    by_doctor: list[FiguresAnswer]
    by_source: list[FiguresAnswer]
    by_priority: list[FiguresAnswer]
    texts: TextsAnswer


class StatisticsHandler(ApiHandler):
    @operation(summary="Arrivals, waits, visits and texts", query=StatisticsQuery, answer=StatisticsAnswer)
    async def get(self) -> None:
        """Minutes are whole ones; waits count from the arrival, of the booked not before their time."""
        figures = await asked_for(self)
        # A year's figures take a while to add up, which no board must wait for.
        self.answer(await asyncio.to_thread(summary, figures))


class ExportHandler(ApiHandler):
    @operation(
        summary="The figures as CSV, a line per doctor and day",
        query=StatisticsQuery,
        answer=str,
        media_type=csv_lines.MEDIA_TYPE,
    )
    async def get(self) -> None:
        figures = await asked_for(self)
        self.set_header("Content-Type", f"{csv_lines.MEDIA_TYPE}; charset=utf-8")
        name = f"statistics-{figures.first.isoformat()}-{figures.last.isoformat()}.csv"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.write(csv_lines.MARK + csv_lines.line(_COLUMNS))
        for day in sorted(figures.days, key=lambda each: (each.day, each.doctor)):
            if day.doctor_id:
                self.write(csv_lines.line(_row(day)))


async def asked_for(handler: ApiHandler) -> Figures:
    """The figures of the request's days and doctor. Raises Invalid."""
    query, statistics = handler.query(StatisticsQuery), handler.services.statistics
    last = query.to or statistics.today()
    first = query.from_ or (statistics.today() if query.to is None else last)
    if last < first:
        raise Invalid.field("to", "is before the first day; give the later day here")
    if (last - first).days >= MOST_DAYS:
        raise Invalid.field("from", f"is more than {MOST_DAYS} days before the last; ask for a shorter time")
    figures = await statistics.between(first, last)
    if query.doctor_id:
        figures.days[:] = [day for day in figures.days if day.doctor_id == query.doctor_id]
    return figures


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


def _row(day: DayFigures) -> list[object]:
    figures, told = block("", day.tallies.items(), stages=True), texts([day])
    counts = [figures[name] for name in _COLUMNS[2:8]]
    spreads = [(figures[what] or {}).get(which) for what in ("wait", "service") for which in ("median", "p90")]
    return [day.day.isoformat(), day.doctor, *counts, *spreads, told["reached"], told["not_reached"]]


routes = [
    ("/api/statistics/", StatisticsHandler),
    ("/api/statistics/export/", ExportHandler),
]
