"""What happened on a clinic's days: past ones from their kept figures, today from what stands now.

A job counts each day once it is over and settled and its texts are out; what it has not come to yet is counted when
it is asked for, some days at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.clock import ClinicTime, Clock
from server.queue.model import QueueDay
from server.statistics.model import visit_of
from server.statistics.store import DayFigures, StatisticsStore
from server.storage.port import Storage

MOST_DAYS: Final = 400
COUNTED_WHEN_ASKED: Final = 31
COUNTED_PER_RUN: Final = 60
WAITS_FOR_TEXTS: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Figures:
    """Every doctor's days from `first` to `last`; `uncounted` are days that the job has still to count."""

    first: date
    last: date
    days: list[DayFigures]
    uncounted: int


class StatisticsService:
    """`live()` are the queues in memory."""

    def __init__(
        self, storage: Storage, clock: Clock, clinic_time: ClinicTime, live: Callable[[], Iterable[QueueDay]]
    ) -> None:
        self._store = StatisticsStore(storage)
        self._clock = clock
        self._clinic_time = clinic_time
        self._live = live
        self._counted: set[date] | None = None

    def today(self) -> date:
        """The service day."""
        return self._clinic_time.service_day(self._clock.now())

    async def between(self, first: date, last: date) -> Figures:
        """The figures of the days from `first` to `last`, at most `MOST_DAYS`; nothing is known of days to come."""
        today = self.today()
        found = await self._store.of_days(first, min(last, today - timedelta(days=1)))
        counted = {figures.day for figures in found if not figures.doctor_id}
        begun = await self._store.first_day() or today
        missing = [day for day in _days(max(first, begun), min(last, today)) if day not in counted]
        now = missing[-COUNTED_WHEN_ASKED:]
        found = [figures for figures in found if figures.day not in now]
        for day in now:
            found += await self._count(day)
        return Figures(first, last, found, len(missing) - len(now))

    async def count_days(self) -> None:
        """Job: keep the figures of days that are over, some at a time, the latest first."""
        yesterday = self.today() - timedelta(days=1)
        begun = await self._store.first_day()
        if begun is None:
            return
        first = max(begun, yesterday - timedelta(days=MOST_DAYS))
        if self._counted is None:
            self._counted = await self._store.counted(first, yesterday)
        missing = [day for day in _days(first, yesterday) if day not in self._counted]
        for day in reversed(missing[-COUNTED_PER_RUN:]):
            if await self._store.is_settled(day) and await self._texts_are_out(day):
                # The document of no doctor comes last: with it the day counts as counted.
                for figures in sorted(await self._count(day), key=lambda each: not each.doctor_id):
                    await self._store.keep(figures)
                self._counted.add(day)

    async def _texts_are_out(self, day: date) -> bool:
        """Whether no text of the day, as one that quiet hours held back, can still leave; after a while none can."""
        ended = self._clinic_time.day_start(day + timedelta(days=1))
        return self._clock.now() >= ended + WAITS_FOR_TEXTS or not await self._store.has_open_texts(day)

    async def _count(self, day: date) -> list[DayFigures]:
        """The day's figures, and one of no doctor."""
        found: dict[str, DayFigures] = {"": DayFigures(day, "")}
        seen: set[str] = set()
        zone = self._clinic_time.zone
        async for doctor_id, doctor, ticket, promise in self._store.visits(day):
            seen.add(ticket.id)
            if ticket.mistaken:
                continue
            found.setdefault(doctor_id, DayFigures(day, doctor_id, doctor)).visits.add(visit_of(ticket, promise, zone))
        for queue in self._live() if day == self.today() else ():
            figures = found.setdefault(queue.doctor.id, DayFigures(day, queue.doctor.id, queue.doctor.name))
            for ticket in queue.tickets.values():
                if ticket.id not in seen and not ticket.mistaken:
                    figures.visits.add(visit_of(ticket, None, zone))
        async for doctor_id, state in self._store.texts(day):
            texts = found[doctor_id].texts if doctor_id in found else found[""].texts
            texts.update(Counter({state: 1}))
        return list(found.values())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
