"""The use cases of the queue: what handlers, other services and jobs ask for.

"Call next" reads straight through: `handlers/queues.py` → `run` here → `line.py` (rules and the one write) →
`showcase.py` → the hub. Rules live in the pure modules beside this one, what time does in `upkeep.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from server.accounts.roles import Actor
from server.clock import ClinicTime, Clock
from server.errors import DayOver, DomainError, NotFound
from server.ids import new_id
from server.live.hub import Hub
from server.queue import commands, documents, texts
from server.queue.line import Line
from server.queue.lines import Doctors, Found, Lines, copy_of
from server.queue.model import ENDED, DoctorCopy, PatientCopy, Policy, Priority, QueueDay, Source, Ticket, queue_day_id
from server.queue.relay import Messenger, Relay
from server.queue.rules import Applied
from server.queue.showcase import EncodedView, Showcase
from server.queue.store import QueueStore
from server.queue.transition import wrong_state
from server.queue.truth import Truth
from server.queue.upkeep import Upkeep

TRANSFER_PATIENCE_SECONDS = 2.0


class QueueService:
    """All queues of the clinic. `shared`: several processes serve them from one database."""

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
        *,
        shared: bool = False,
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._doctors = doctors
        self._policy_now = policy_now
        self._shared = shared
        self._showcase = Showcase(clock, hub, public_url)
        self._lines = Lines(store, doctors, clock, clinic_time, policy_now, self._committed, shared=shared)
        self._relay = Relay(messenger, self.run, self._lines.accepted)
        self._upkeep = Upkeep(self._lines, store, self._relay, self._showcase, clock)
        self.sweep = self._upkeep.sweep
        self.rollover = self._upkeep.rollover
        self.next_day = self._lines.next_day
        self.follow = self._lines.follow
        truth = Truth(self._lines, shared=shared)
        self.still_true = truth.still_true
        self.news = truth.news
        self.today: Callable[[], date] = self._lines.today
        self.days: Callable[[], list[QueueDay]] = self._lines.days

    async def start(self) -> None:
        """Finish days that are over, load today's queues, and carry out what a crash left."""
        await self.rollover()
        await self._note_texts()

    async def close(self) -> None:
        """Wait for the commands in line and what they have set going."""
        for line in self._lines.all():
            await line.settle()
        await self._relay.drain()

    # Commands

    async def run(self, doctor_id: str, command: commands.Command) -> Applied:
        """Carry out `command` on the doctor's queue of today. Raises NotFound and the command's refusals.

        If the service day changes while it waits in line, it is carried out on the new day.
        """
        line = self._lines.of(doctor_id)
        try:
            return await line.run(command)
        except DayOver:
            if (of_today := self._lines.of(doctor_id)) is line:
                raise
            return await of_today.run(command)

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
        """A new ticket for `patient`. Raises QueueClosed, AlreadyQueued, NotFound.

        A booking of another day (`due_at`) counts from its arrival: for its own time it would wait for ever.
        """
        command = commands.Join(
            id=command_id,
            actor=actor,
            fingerprint=fingerprint,
            ticket_id=new_id(),
            patient=patient,
            source=source,
            priority=priority,
            reason=reason,
            due_at=due_at if due_at and self._lines.is_today(due_at) else None,
            appointment_id=appointment_id,
        )
        return await self.run(doctor_id, command)

    async def run_on_ticket(self, command: commands.TicketCommand) -> Applied:
        """Carry out a command on the queue its ticket is in. Raises NotFound, DayOver, WrongState …"""
        found = await self._lines.find(command.ticket_id)
        line = self._lines.get(found.day.id)
        known = line is not None and line.shown is not None and command.id in line.shown.commands
        if line is None or not (found.live or known):
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
        accept = applied.done.effects[-1]
        waiting = asyncio.ensure_future(self._relay.result(applied.day.id, accept))
        await asyncio.wait([waiting], timeout=TRANSFER_PATIENCE_SECONDS)
        result = waiting.result() if waiting.done() else None
        if isinstance(result, DomainError):
            raise result
        found = await self._lines.find(command.ticket_id)
        if found.ticket.moved_to != applied.done.outcome["moved_to"]:
            raise wrong_state(found.day, found.ticket)
        pending = any(effect.number == accept for effect in found.day.effects)
        return applied, result is not None or not pending

    async def undo(self, doctor_id: str, command: commands.UndoLast) -> tuple[Applied, str | None, bool]:
        """Take back the last staff command.

        Answers also whether a text had left (cancelled, already_sent or None), and whether the patients it concerned
        get another one for it.
        """
        applied = await self.run(doctor_id, command)
        effects = {effect.number: effect for effect in applied.day.effects}
        sms, texted = None, False
        for number in applied.done.effects:
            result = await self._relay.result(applied.day.id, number)
            if result in ("already_sent", "cancelled"):
                sms = sms or str(result)
            texted = texted or (number in effects and texts.corrects(effects[number], result))
        return applied, sms, texted

    def expecting(self, doctor_id: str) -> AbstractContextManager[None]:
        """Say that a command for this queue is on its way, so that the next write can take it along."""
        return self._lines.of(doctor_id).expecting()

    # Reading

    async def view(self, doctor_id: str, *, staff: bool) -> EncodedView:
        """The queue's encoded view, from memory. Raises NotFound."""
        await self._lines.of(doctor_id).loaded()
        return self._showcase.view(doctor_id, staff=staff)

    async def card(self, doctor_id: str) -> dict[str, Any]:
        """Status, number waiting and estimate for somebody choosing a doctor."""
        await self._lines.of(doctor_id).loaded()
        return self._showcase.card(doctor_id)

    async def day(self, doctor_id: str) -> QueueDay:
        """The doctor's queue of today, for those who need more than a view. Raises NotFound."""
        return await self._lines.of(doctor_id).loaded()

    async def find(self, ticket_id: str) -> Found:
        """The ticket, from memory or else from `visits`. Raises NotFound."""
        return await self._lines.find(ticket_id)

    async def ticket(self, ticket_id: str, *, staff: bool) -> dict[str, Any]:
        """The ticket as the world sees it. Raises NotFound."""
        return self._shape(await self.find(ticket_id), staff=staff)

    async def ticket_after(self, applied: Applied, ticket_id: str, *, staff: bool) -> dict[str, Any]:
        """A ticket as a command left it (of a command repeated late: as it is), with that command's `seq`."""
        ticket = applied.day.tickets.get(ticket_id)
        found = Found(ticket, applied.day, live=True) if ticket else await self.find(ticket_id)
        return {**self._shape(found, staff=staff), "seq": applied.done.seq}

    async def ticket_view(self, ticket_id: str) -> EncodedView:
        """The public view of a ticket, encoded, for its socket. Raises NotFound."""
        found = await self.find(ticket_id)
        if found.live and self._is_today(found.day):
            return self._showcase.ticket_view(found.day.doctor.id, found.ticket)
        return self._showcase.past_ticket_view(found.day, found.ticket)

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]:
        """`(doctor_id, ticket_id)` of every queue the patient is in now."""
        return self._showcase.open_tickets_of(patient_id)

    def holds(self, patient_id: str) -> bool:
        """Whether any queue of today still has a ticket of the patient, ended and missed ones among them."""
        return any(ticket.patient.id == patient_id for ticket in self.open_tickets())

    async def visits_of(self, patient_id: str) -> AsyncIterator[tuple[Ticket, str]]:
        """Every ticket of the patient with its doctor's name: those of today's queues, then the past, latest first."""
        here: dict[str, tuple[Ticket, str]] = {}
        for day in self._lines.days():
            here |= {
                id: (ticket, day.doctor.name) for id, ticket in day.tickets.items() if ticket.patient.id == patient_id
            }
        for known in here.values():
            yield known
        async for visit in self._store.visits_of(patient_id):
            if visit["_id"] not in here:
                yield documents.ticket_from_visit(visit), visit["doctor"]["name"]

    async def move_patient(self, patient_id: str, to: str) -> None:
        """Bring the patient's past visits under another record of theirs."""
        await self._store.move_visits(patient_id, to)

    def open_tickets(self) -> list[Ticket]:
        """Every ticket of today that its queue still holds, just ended ones among them."""
        return [ticket for day in self._lines.days() for ticket in day.tickets.values()]

    def places(self) -> list[tuple[Ticket, DoctorCopy]]:
        """Every ticket of today that has not ended, missed ones among them, with its doctor."""
        tickets = ((ticket, day.doctor) for day in self._lines.days() for ticket in day.tickets.values())
        return [(ticket, doctor) for ticket, doctor in tickets if ticket.state not in ENDED]

    async def occupied(self, doctor_id: str) -> bool:
        """Whether anybody is in the doctor's queue of today, those included whose join is under way.

        Answers for a doctor who is being deleted too, whom no command reaches any more.
        """
        line = self._lines.get(queue_day_id(doctor_id, self.today()))
        if line is None:
            return False
        await line.settle()
        return line.shown is not None and any(ticket.state not in ENDED for ticket in line.shown.tickets.values())

    def _shape(self, found: Found, *, staff: bool) -> dict[str, Any]:
        if found.live and self._is_today(found.day):
            return self._showcase.ticket(found.day.doctor.id, found.ticket, staff=staff)
        return self._showcase.past_ticket(found.day, found.ticket, staff=staff)

    # What happens around the queues

    async def doctor_changed(self, doctor_id: str) -> None:
        """The doctor's data or the clinic's policy has changed, or the doctor is gone."""
        try:
            doctor = self._doctors.get(doctor_id)
        except NotFound:
            self._lines.close(queue_day_id(doctor_id, self.today()))
            self._showcase.drop(doctor_id)
            return
        policy = self._policy_now()
        command = commands.ChangeDoctor(id=new_id(), actor=commands.SYSTEM, doctor=copy_of(doctor), policy=policy)
        await self.run(doctor_id, command)

    async def forget_patient(self, patient_id: str) -> None:
        """The patient's record was anonymised: no queue keeps the name. They are in none any more."""
        for line in self._lines.all():
            day = line.shown
            if day is not None and any(ticket.patient.id == patient_id for ticket in day.tickets.values()):
                await line.run(commands.ForgetPatient(id=new_id(), actor=commands.SYSTEM, patient_id=patient_id))

    def note_sms(self, ticket_id: str, state: str, code: str | None) -> None:
        """The outbox tells the state of the ticket's latest text."""
        self._showcase.note_sms(ticket_id, state, code)

    async def tick(self) -> None:
        """Every 30 s: estimates move with the clock, and other processes send texts too."""
        if self._shared:
            await self._note_texts()
        await self._upkeep.tick()

    async def _note_texts(self) -> None:
        """The latest text of each ticket, where it was sent by another process or before the start."""
        for ticket in self.open_tickets():
            if ticket.patient.phone and (latest := await self._messenger.latest(ticket.id)) is not None:
                self.note_sms(ticket.id, *latest)

    def _committed(self, line: Line, day: QueueDay) -> None:
        self._relay.carry(line, day)
        self._showcase.show(day)

    def _is_today(self, day: QueueDay) -> bool:
        return day.day == self.today()
