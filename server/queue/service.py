"""The use cases of the queue: what handlers, other services and jobs ask for.

"Call next" reads straight through: `handlers/queues.py` → `run` here → `line.py` (rules and the one write) →
`showcase.py` → the hub. Rules live in the pure modules beside this one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from server.accounts.roles import Actor
from server.clock import ClinicTime, Clock
from server.errors import DayOver, DomainError, NotFound, StorageUnavailable
from server.ids import new_id
from server.live.hub import Hub
from server.queue import commands, documents, policy, texts
from server.queue.line import Line
from server.queue.model import (
    ENDED,
    UNDO_WINDOW,
    DoctorCopy,
    PatientCopy,
    Policy,
    Priority,
    QueueDay,
    Source,
    Ticket,
    queue_day_id,
)
from server.queue.relay import Messenger, Relay
from server.queue.rules import Applied
from server.queue.showcase import EncodedView, Showcase
from server.queue.store import QueueStore
from server.queue.transition import wrong_state

log = logging.getLogger(__name__)

PAST_DAYS = 7
TRANSFER_PATIENCE_SECONDS = 2.0


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


class QueueService:
    """All queues of the clinic."""

    def __init__(
        self,
        store: QueueStore,
        hub: Hub,
        messenger: Messenger,
        doctors: Doctors,
        clock: Clock,
        clinic_time: ClinicTime,
        policy_now: Callable[[], Policy],
        public_url: str,
    ) -> None:
        self._store = store
        self._doctors = doctors
        self._clock = clock
        self._clinic_time = clinic_time
        self._policy_now = policy_now
        self._lines: dict[str, Line] = {}
        self._showcase = Showcase(clock, hub, public_url)
        self._relay = Relay(messenger, self.run)

    async def start(self) -> None:
        """Finish days that are over, load today's queues, and carry out what a crash left."""
        await self.rollover()
        await asyncio.gather(*(self._line(doctor.id).loaded() for doctor in self._doctors.all()))

    async def close(self) -> None:
        """Wait for the commands in line and what they have set going."""
        for line in list(self._lines.values()):
            await line.settle()
        await self._relay.drain()

    def today(self) -> date:
        """The current service day."""
        return self._clinic_time.service_day(self._clock.now())

    # Commands

    async def run(self, doctor_id: str, command: commands.Command) -> Applied:
        """Carry out `command` on the doctor's queue of today. Raises NotFound and the command's refusals."""
        return await self._line(doctor_id).run(command)

    async def join(
        self,
        doctor_id: str,
        *,
        patient: PatientCopy,
        actor: Actor,
        command_id: str,
        fingerprint: str = "",
        source: Source = Source.WALK_IN,
        priority: Priority = Priority.NORMAL,
        reason: str | None = None,
        due_at: datetime | None = None,
        appointment_id: str | None = None,
    ) -> Applied:
        """A new ticket for `patient`. Raises QueueClosed, AlreadyQueued, NotFound."""
        command = commands.Join(
            id=command_id,
            actor=actor,
            fingerprint=fingerprint,
            ticket_id=new_id(),
            patient=patient,
            source=source,
            priority=priority,
            reason=reason,
            due_at=due_at,
            appointment_id=appointment_id,
        )
        return await self.run(doctor_id, command)

    async def run_on_ticket(self, command: commands.TicketCommand) -> Applied:
        """Carry out a command on the queue its ticket is in. Raises NotFound, DayOver, WrongState …"""
        found = await self.find(command.ticket_id)
        line = self._lines.get(found.day.id)
        if line is None or not found.live:
            raise self._too_late(found)
        return await line.run(command)

    def _too_late(self, found: Found) -> DomainError:
        if not self._is_today(found.day):
            return DayOver(f"The service day {found.day.day.isoformat()} of {found.day.doctor.name} is over.")
        return wrong_state(found.day, found.ticket)

    async def transfer(self, command: commands.Transfer) -> tuple[Applied, bool]:
        """Move a ticket to another queue; whether the other queue has accepted within two seconds.

        Raises the other queue's refusal, after the ticket was given back.
        """
        applied = await self.run_on_ticket(command)
        if applied.replayed:
            return applied, True
        effect = next(effect for effect in applied.effects if effect.kind == "accept")
        waiting = asyncio.ensure_future(self._relay.result(applied.day, effect))
        await asyncio.wait([waiting], timeout=TRANSFER_PATIENCE_SECONDS)
        result = waiting.result() if waiting.done() else None
        if isinstance(result, DomainError):
            raise result
        return applied, result is not None

    async def undo(self, doctor_id: str, command: commands.UndoLast) -> tuple[Applied, str | None]:
        """Take back the last staff command; and whether a text had left: cancelled, already_sent or None."""
        applied = await self.run(doctor_id, command)
        retracts = [effect for effect in applied.effects if effect.kind == "retract"]
        answers = [await self._relay.result(applied.day, effect) for effect in retracts]
        return applied, next((answer for answer in answers if answer in ("already_sent", "cancelled")), None)

    def expecting(self, doctor_id: str) -> AbstractContextManager[None]:
        """Say that a command for this queue is on its way, so that the next write can take it along."""
        return self._line(doctor_id).expecting()

    # Reading

    async def view(self, doctor_id: str, *, staff: bool) -> EncodedView:
        """The queue's encoded view, from memory. Raises NotFound."""
        await self._line(doctor_id).loaded()
        return self._showcase.view(doctor_id, staff=staff)

    async def card(self, doctor_id: str) -> dict[str, Any]:
        """Status, number waiting and estimate for somebody choosing a doctor."""
        await self._line(doctor_id).loaded()
        return self._showcase.card(doctor_id)

    async def find(self, ticket_id: str) -> Found:
        """The ticket, from memory or else from `visits`. Raises NotFound."""
        if (found := self._in_memory(ticket_id)) is not None:
            return found
        visit = await self._store.visit(ticket_id)
        if visit is None:
            raise NotFound("There is no such ticket.")
        return Found(documents.ticket_from_visit(visit), documents.day_of_visit(visit), live=False)

    async def ticket(self, ticket_id: str, *, staff: bool) -> dict[str, Any]:
        """The ticket as the world sees it. Raises NotFound."""
        return self.shape(await self.find(ticket_id), staff=staff)

    def shape(self, found: Found, *, staff: bool) -> dict[str, Any]:
        """A found ticket as the world sees it."""
        if found.live and self._is_today(found.day):
            return self._showcase.ticket(found.day.doctor.id, found.ticket, staff=staff)
        return self._showcase.past_ticket(found.day, found.ticket, staff=staff)

    async def ticket_after(self, applied: Applied, ticket_id: str, *, staff: bool) -> dict[str, Any]:
        """A ticket as a command left it (of a command repeated late: as it is), with that command's `seq`."""
        ticket = applied.day.tickets.get(ticket_id)
        found = Found(ticket, applied.day, live=True) if ticket else await self.find(ticket_id)
        return {**self.shape(found, staff=staff), "seq": applied.done.seq}

    async def day(self, doctor_id: str) -> QueueDay:
        """The doctor's queue of today, for those who need more than a view. Raises NotFound."""
        return await self._line(doctor_id).loaded()

    async def ticket_view(self, ticket_id: str) -> EncodedView:
        """The public view of a ticket, encoded, for its socket. Raises NotFound."""
        found = await self.find(ticket_id)
        if found.live and self._is_today(found.day):
            return self._showcase.ticket_view(found.day.doctor.id, found.ticket)
        return self._showcase.past_ticket_view(found.day, found.ticket)

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]:
        """`(doctor_id, ticket_id)` of every queue the patient is in now."""
        return self._showcase.open_tickets_of(patient_id)

    def open_tickets(self) -> list[Ticket]:
        """Every ticket of today that is still in memory."""
        return [ticket for line in self._lines.values() if line.shown for ticket in line.shown.tickets.values()]

    def days(self) -> list[QueueDay]:
        """Today's queues as they are shown."""
        today = self.today()
        return [line.shown for line in self._lines.values() if line.shown and line.shown.day == today]

    def still_true(self, ticket_id: str, kind: str, call: int) -> bool:
        """Whether a text about the ticket still holds, right before it is sent."""
        found = self._in_memory(ticket_id)
        return texts.still_true(kind, found.ticket if found else None, call)

    def note_sms(self, ticket_id: str, state: str, code: str | None) -> None:
        """The outbox tells the state of the ticket's latest text."""
        self._showcase.note_sms(ticket_id, state, code)

    # Changes around the queues

    async def doctor_changed(self, doctor_id: str) -> None:
        """The doctor's data or the clinic's policy has changed, or the doctor is gone."""
        try:
            doctor = self._doctors.get(doctor_id)
        except NotFound:
            self._lines.pop(queue_day_id(doctor_id, self.today()), None)
            self._showcase.drop(doctor_id)
            return
        await self.run(
            doctor_id,
            commands.ChangeDoctor(id=new_id(), actor=commands.SYSTEM, doctor=_copy(doctor), policy=self._policy_now()),
        )

    async def forget_patient(self, patient_id: str) -> None:
        """The patient's record was anonymised: no queue keeps the name. They are in none any more."""
        for line in list(self._lines.values()):
            day = line.shown
            if day is not None and any(ticket.patient.id == patient_id for ticket in day.tickets.values()):
                await line.run(commands.ForgetPatient(id=new_id(), actor=commands.SYSTEM, patient_id=patient_id))

    # Jobs

    async def sweep(self) -> None:
        """Every 5 s: age tickets, carry out what is pending, archive what ended, tidy the documents."""
        now = self._clock.now()
        for line in list(self._lines.values()):
            try:
                await self._sweep(line, now)
            except StorageUnavailable:
                log.warning("sweep waits for the database")
                return

    async def _sweep(self, line: Line, now: datetime) -> None:
        if line.unsure:
            await line.refresh()
        day = line.shown
        if day is None:
            return
        self._relay.carry(line, day)
        pending = {effect.data["ticket"]["id"] for effect in day.effects if effect.kind == "accept"}
        for ticket in list(day.tickets.values()):
            ended = ticket.ended_at if ticket.state in ENDED else None
            over = ended is not None and (day.finished or now - ended > UNDO_WINDOW)
            if over and ticket.id not in line.archived and ticket.id not in pending:
                await self._store.archive(day, ticket)
                line.archived.add(ticket.id)
        due = policy.next_promotion(day)
        if due is not None and due <= now and not day.finished:
            await line.run(commands.Promote(id=new_id(), actor=commands.SYSTEM))
        if (tidying := line.tidying()) is not None:
            await line.run(tidying)

    async def tick(self) -> None:
        """Every 30 s: encode the views of queues with somebody waiting anew, since estimates move with the clock."""
        for day in self.days():
            if policy.waiting(day) or day.calls:
                self._showcase.again(day.doctor.id)

    async def rollover(self) -> None:
        """Finish every earlier day (idempotent, also across processes) and begin today's queues."""
        today = self.today()
        for day in await self._store.unfinished(today):
            line = self._lines.get(day.id) or self._new_line(day.id, partial(self._known, day))
            await line.run(commands.FinishDay(id=f"finish-{day.id}", actor=commands.SYSTEM))
            await self._sweep(line, self._clock.now())
        for id, line in list(self._lines.items()):
            shown = line.shown
            if shown is not None and shown.day < today and not shown.effects and not shown.tickets:
                self._lines.pop(id)
                self._store.forget(id)
        for doctor in self._doctors.all():
            await self._line(doctor.id).loaded()

    async def follow(self) -> None:
        """Read again those queues that another process has written."""
        lines = dict(self._lines)
        for id, rev in (await self._store.revs(lines)).items():
            shown = lines[id].shown
            if shown is None or rev > shown.rev:
                await lines[id].refresh()

    # Lines

    def _in_memory(self, ticket_id: str) -> Found | None:
        for line in self._lines.values():
            if line.shown is not None and (ticket := line.shown.tickets.get(ticket_id)) is not None:
                return Found(ticket, line.shown, live=True)
        return None

    def _line(self, doctor_id: str) -> Line:
        doctor = self._doctors.get(doctor_id)
        today = self.today()
        id = queue_day_id(doctor.id, today)
        return self._lines.get(id) or self._new_line(id, partial(self._today_of, doctor.id, today))

    def _new_line(self, id: str, fetch: Callable[[], Awaitable[QueueDay]]) -> Line:
        line = self._lines[id] = Line(self._store, self._clock, fetch, self._committed)
        return line

    def _committed(self, line: Line, before: QueueDay | None, day: QueueDay) -> None:
        self._showcase.show(day)
        self._relay.carry(line, day)

    async def _known(self, day: QueueDay) -> QueueDay:
        return await self._store.load(day.id) or day

    async def _today_of(self, doctor_id: str, today: date) -> QueueDay:
        """The stored day, or a new one with the doctor's pace of the last days it worked."""
        stored = await self._store.load(queue_day_id(doctor_id, today))
        if stored is not None:
            return stored
        fresh = QueueDay(
            doctor=_copy(self._doctors.get(doctor_id)),
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

    def _is_today(self, day: QueueDay) -> bool:
        return day.day == self.today()


def _copy(doctor: Doctor) -> DoctorCopy:
    return DoctorCopy(
        id=doctor.id,
        name=doctor.name,
        letter=doctor.letter,
        room=doctor.room,
        rooms=tuple(doctor.rooms) or (doctor.room,),
        slot_minutes=doctor.slot_minutes,
    )
