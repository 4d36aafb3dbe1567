"""Every queue of this process: one line per doctor and service day, and where a ticket is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from server.clock import ClinicTime, Clock
from server.errors import NotFound
from server.queue import documents
from server.queue.line import Line
from server.queue.model import DoctorCopy, Policy, QueueDay, Ticket, queue_day_id
from server.queue.store import QueueStore

PAST_DAYS = 7


class Doctor(Protocol):
    """What a queue copies of its doctor or team."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def letter(self) -> str: ...
    @property
    def room(self) -> str: ...
    @property
    def rooms(self) -> tuple[str, ...]: ...
    @property
    def slot_minutes(self) -> int: ...


class Doctors(Protocol):
    """The doctors there are; `get` raises NotFound."""

    def get(self, doctor_id: str) -> Doctor: ...
    def all(self) -> Sequence[Doctor]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket and the queue it belongs to; `live` is False once it is only in `visits`."""

    ticket: Ticket
    day: QueueDay
    live: bool


class Lines:
    """Opens a line for each queue when it is first asked for. `shared`: other processes write the same queues."""

    def __init__(
        self,
        store: QueueStore,
        doctors: Doctors,
        clock: Clock,
        clinic_time: ClinicTime,
        policy_now: Callable[[], Policy],
        committed: Callable[[Line, QueueDay], None],
        *,
        shared: bool,
    ) -> None:
        self._store = store
        self._doctors = doctors
        self._clock = clock
        self._clinic_time = clinic_time
        self._policy_now = policy_now
        self._committed = committed
        self._shared = shared
        self._lines: dict[str, Line] = {}

    def today(self) -> date:
        """The current service day."""
        return self._clinic_time.service_day(self._clock.now())

    def is_today(self, moment: datetime) -> bool:
        """Whether `moment` is on the current service day."""
        return self._clinic_time.service_day(moment) == self.today()

    def next_day(self) -> datetime:
        """The instant at which the current service day will be over."""
        return self._clinic_time.day_start(self.today() + timedelta(days=1))

    def of(self, doctor_id: str) -> Line:
        """The doctor's queue of today. Raises NotFound."""
        doctor = self._doctors.get(doctor_id)
        today = self.today()
        id = queue_day_id(doctor.id, today)
        return self._lines.get(id) or self._new(id, partial(self._today_of, doctor.id, today))

    def of_day(self, day: QueueDay) -> Line:
        """The line of a day that was read, such as one that is over."""
        return self._lines.get(day.id) or self._new(day.id, partial(self._known, day))

    def get(self, queue_day: str) -> Line | None:
        """The line of this `_id`, if it is open here."""
        return self._lines.get(queue_day)

    def all(self) -> list[Line]:
        """Every open line, of today and of days being finished."""
        return list(self._lines.values())

    def days(self) -> list[QueueDay]:
        """Today's queues as they are shown."""
        today = self.today()
        return [line.shown for line in self._lines.values() if line.shown and line.shown.day == today]

    async def open_today(self) -> None:
        """Today's queue of every doctor."""
        for doctor in self._doctors.all():
            await self.of(doctor.id).loaded()

    def close(self, queue_day: str) -> None:
        """Let go of a line and of what is kept for it."""
        self._lines.pop(queue_day, None)
        self._store.forget(queue_day)

    def close_past(self) -> None:
        """Let go of the lines of earlier days that nothing is left to do for, idle ones among them."""
        today = self.today().isoformat()
        for id, line in list(self._lines.items()):
            idle = line.shown is None or not line.shown.rev or line.shown.settled
            if idle and not line.busy and id.rpartition(":")[2] < today:
                self.close(id)

    def changed_copies(self, day: QueueDay) -> tuple[DoctorCopy, Policy] | None:
        """The doctor and the policy as they are now, if today's queue has older copies. Raises NotFound."""
        now = copy_of(self._doctors.get(day.doctor.id)), self._policy_now()
        return now if now != (day.doctor, day.policy) else None

    def in_memory(self, ticket_id: str) -> Found | None:
        """The ticket, if a queue here still has it."""
        for line in self._lines.values():
            if line.shown is not None and (ticket := line.shown.tickets.get(ticket_id)) is not None:
                return Found(ticket, line.shown, live=True)
        return None

    async def find(self, ticket_id: str) -> Found:
        """The ticket, from memory or else from `visits`. Raises NotFound."""
        if (found := self.in_memory(ticket_id)) is not None:
            return found
        if (visit := await self._store.visit(ticket_id)) is not None:
            return Found(documents.ticket_from_visit(visit), documents.day_of_visit(visit), live=False)
        if self._shared:
            await self.follow()
            if (found := self.in_memory(ticket_id)) is not None:
                return found
        raise NotFound("There is no such ticket.")

    async def accepted(self, doctor_id: str, day: date, ticket_id: str) -> int | None:
        """The `seq` of the doctor's queue of `day` if it took this ticket, now perhaps in `visits`; else None."""
        stored = await self._store.load(queue_day_id(doctor_id, day))
        if stored is not None and ticket_id in stored.tickets:
            return stored.seq
        visit = await self._store.visit(ticket_id)
        return documents.day_of_visit(visit).seq if visit is not None else None

    async def follow(self) -> None:
        """Read again those queues that another process has written."""
        revs = await self._store.revs(self._lines)
        await self._refresh(id for id, rev in revs.items() if self._is_older(id, rev))

    def _is_older(self, id: str, rev: int) -> bool:
        line = self._lines.get(id)
        return line is not None and (line.shown is None or rev > line.shown.rev)

    async def _refresh(self, ids: Iterable[str]) -> None:
        for id in ids:
            if (line := self._lines.get(id)) is not None:
                await line.refresh()

    def _new(self, id: str, fetch: Callable[[], Awaitable[QueueDay]]) -> Line:
        line = self._lines[id] = Line(self._store, self._clock, fetch, self._committed, self.today, shared=self._shared)
        return line

    async def _known(self, day: QueueDay) -> QueueDay:
        return await self._store.load(day.id) or day

    async def _today_of(self, doctor_id: str, today: date) -> QueueDay:
        """The stored day, or a new one with the doctor's pace of the last days it worked."""
        stored = await self._store.load(queue_day_id(doctor_id, today))
        if stored is not None:
            return stored
        fresh = QueueDay(
            doctor=copy_of(self._doctors.get(doctor_id)),
            day=today,
            zone=self._clinic_time.zone.key,
            updated_at=self._clock.now(),
            policy=self._policy_now(),
        )
        for back in range(1, PAST_DAYS + 1):
            past = await self._store.load(queue_day_id(doctor_id, today - timedelta(days=back)))
            if past is not None and past.services:
                return replace(fresh, past_services=past.services)
        return fresh


def copy_of(doctor: Doctor) -> DoctorCopy:
    """What a queue keeps of the doctor."""
    return DoctorCopy(
        id=doctor.id,
        name=doctor.name,
        letter=doctor.letter,
        room=doctor.room,
        rooms=tuple(doctor.rooms) or (doctor.room,),
        slot_minutes=doctor.slot_minutes,
    )
