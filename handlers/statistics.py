"""`/api/statistics/`: what happened on the clinic's days, for administrators, and the same as CSV."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from handlers import csv_lines
from handlers.base import ApiHandler, operation
from handlers.figures import as_file, summary
from handlers.schemas import Answer, Day, Query
from server.errors import Invalid
from server.statistics.service import MOST_DAYS, Figures


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
        summary="The figures as CSV",
        query=StatisticsQuery,
        answer=str,
        media_type=csv_lines.MEDIA_TYPE,
    )
    async def get(self) -> None:
        """What the answer says, and every doctor's days: `breakdown` says what a line is of."""
        figures = await asked_for(self)
        self.set_header("Content-Type", f"{csv_lines.MEDIA_TYPE}; charset=utf-8")
        name = f"statistics-{figures.first.isoformat()}-{figures.last.isoformat()}.csv"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.write(await asyncio.to_thread(as_file, figures))


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


routes = [
    ("/api/statistics/", StatisticsHandler),
    ("/api/statistics/export/", ExportHandler),
]
