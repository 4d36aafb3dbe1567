"""The figures of past days, one small document per doctor and day, and the visits and texts they are made of.

A day that has been counted has a document of no doctor (`doctor_id` empty), even if nobody came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any, Final

from server.queue import documents
from server.queue.model import Ticket
from server.sms.model import OPEN_STATES
from server.statistics.model import Promise, Visits
from server.storage.port import Condition, Document, DuplicateKey, In, Range, Storage

FIGURES: Final = "day_figures"
PAGE: Final = 200
# Those that are read into values on the loop come few at once.
FIGURES_PAGE: Final = 40
VISITS_PAGE: Final = 100


@dataclass(slots=True)
class DayFigures:
    """A doctor's day. `texts` counts the day's texts by state."""

    day: date
    doctor_id: str
    doctor: str = ""
    visits: Visits = field(default_factory=Visits)
    texts: Counter[str] = field(default_factory=Counter)


class StatisticsStore:
    """Reads `visits`, `notifications` and `queue_days`; the collection `day_figures` is its own."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def of_days(self, first: date, last: date) -> list[DayFigures]:
        """What was counted of the days from `first` to `last`."""
        found: list[DayFigures] = []
        after = Range(gte=first.isoformat(), lt=(last + timedelta(days=1)).isoformat())
        while True:
            page = await self._storage.find(FIGURES, {"order": after}, sort="order", limit=FIGURES_PAGE)
            found.extend(_figures(document) for document in page)
            if len(page) < FIGURES_PAGE:
                return found
            after = Range(gt=page[-1]["order"], lt=(last + timedelta(days=1)).isoformat())

    async def counted(self, first: date, last: date) -> set[date]:
        """Which of these days have been counted; `last - first` is at most a year and some."""
        days = Range(gte=first.isoformat(), lt=(last + timedelta(days=1)).isoformat())
        found: set[date] = set()
        while True:
            page = await self._storage.find(FIGURES, {"doctor_id": "", "order": days}, sort="order", limit=PAGE)
            found.update(_day(document) for document in page)
            if len(page) < PAGE:
                return found
            days = Range(gt=page[-1]["order"], lt=(last + timedelta(days=1)).isoformat())

    async def first_day(self) -> date | None:
        """The day of the visit that ended first; None while there was none."""
        found = await self._storage.find("visits", {}, sort="order", limit=1)
        return date.fromisoformat(found[0]["day"]) if found else None

    async def keep(self, figures: DayFigures) -> None:
        """Once; counted again they would be the same."""
        with suppress(DuplicateKey):
            await self._storage.insert(FIGURES, _document(figures))

    async def is_settled(self, day: date) -> bool:
        """Whether every queue of the day is finished and in `visits` to the end."""
        where: dict[str, Condition] = {"settled": 0, "day": day.isoformat()}
        return not await self._storage.find("queue_days", where, limit=1)

    async def has_open_texts(self, day: date) -> bool:
        """Whether a text of the day has not left yet and may."""
        where: dict[str, Condition] = {"day": day.isoformat(), "state": In([state.value for state in OPEN_STATES])}
        return bool(await self._storage.find("notifications", where, limit=1))

    async def visits(self, day: date) -> AsyncIterator[tuple[str, str, Ticket, Promise | None]]:
        """Doctor's id and name, ticket and promise of every visit of the day; a page at a time."""
        async for visit in self._pages("visits", {"day": day.isoformat()}, VISITS_PAGE):
            told = visit.get("promised")
            promise = Promise(told["from"], told["to"]) if told else None
            yield visit["doctor_id"], visit["doctor"]["name"], documents.ticket_from_visit(visit), promise

    async def texts(self, day: date) -> AsyncIterator[tuple[str, str]]:
        """Doctor's id and state of every text of the day."""
        async for row in self._pages("notifications", {"day": day.isoformat()}, PAGE):
            yield row["doctor_id"], row["state"]

    async def _pages(self, collection: str, where: Mapping[str, Condition], size: int) -> AsyncIterator[Document]:
        after: dict[str, Condition] = {}
        while True:
            page = await self._storage.find(collection, {**where, **after}, sort="order", limit=size)
            for document in page:
                yield document
            if len(page) < size:
                return
            after = {"order": Range(gt=page[-1]["order"])}


def _document(figures: DayFigures) -> Document:
    order = f"{figures.day.isoformat()}:{figures.doctor_id}"
    return {
        "_id": order,
        "rev": 1,
        "order": order,
        "doctor_id": figures.doctor_id,
        "doctor": figures.doctor,
        "texts": dict(figures.texts),
        "visits": {column.name: getattr(figures.visits, column.name) for column in fields(Visits)},
    }


def _figures(document: Mapping[str, Any]) -> DayFigures:
    return DayFigures(
        day=_day(document),
        doctor_id=document["doctor_id"],
        doctor=document["doctor"],
        texts=Counter(document["texts"]),
        visits=Visits(**document["visits"]),
    )


def _day(document: Mapping[str, Any]) -> date:
    return date.fromisoformat(document["order"].split(":", 1)[0])
