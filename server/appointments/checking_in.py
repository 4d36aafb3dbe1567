"""Checking in: a booking becomes a ticket in its doctor's queue, and back where that was a mistake.

The queue is joined first, and then the ticket noted: the queue knows the booking, so that a repetition finds both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from server.accounts.roles import Actor
from server.appointments import rules
from server.appointments.model import Appointment
from server.appointments.neighbours import Patients, Queues
from server.clock import ClinicTime, Clock
from server.errors import Invalid, NotFound
from server.queue.commands import Cancel
from server.queue.model import PatientCopy, Source, State, Ticket
from server.queue.rules import Applied


class CheckIns:
    """`get` reads an appointment (NotFound), `change` writes what a function makes of it, as often as it takes."""

    def __init__(
        self,
        patients: Patients,
        queues: Queues,
        clock: Clock,
        clinic_time: ClinicTime,
        *,
        get: Callable[[str], Awaitable[Appointment]],
        change: Callable[[str, Callable[[Appointment], Appointment]], Awaitable[Appointment]],
    ) -> None:
        self._patients = patients
        self._queues = queues
        self._clock = clock
        self._clinic_time = clinic_time
        self._get = get
        self._change = change

    async def check_in(
        self, appointment_id: str, *, actor: Actor, command_id: str, fingerprint: str = ""
    ) -> tuple[Appointment, Applied]:
        """Join the doctor's queue at the booked time; once, however often it is asked while the ticket is there.

        Answers the appointment with its ticket's id, and what the queue did. Raises NotFound, WrongState,
        QueueClosed, AlreadyQueued.
        """
        appointment = await self._get(appointment_id)
        patient = (await self._patients.get(appointment.patient_id)).copy_for_queue()
        return await self._check_in(appointment, patient, actor, command_id, fingerprint)

    async def check_in_as(
        self,
        appointment_id: str,
        patient: PatientCopy,
        doctor_id: str,
        actor: Actor,
        command_id: str,
        fingerprint: str = "",
    ) -> Applied:
        """Check in by joining that doctor's queue as that patient. Raises also Invalid if the booking is another's."""
        appointment = await self._get(appointment_id)
        if appointment.patient_id != patient.id:
            raise NotFound("There is no such appointment of this patient.")
        if appointment.doctor_id != doctor_id:
            raise Invalid.field("doctor_id", "is not the doctor of this appointment; join that doctor's queue")
        return (await self._check_in(appointment, patient, actor, command_id, fingerprint))[1]

    async def undo(self, appointment_id: str, *, actor: Actor, command_id: str) -> tuple[Appointment, int | None]:
        """Take a mistaken check-in back: its ticket ends without a word to the patient, and the booking stands again.

        Answers the appointment and the queue's `seq` (None if the ticket had been cancelled before). Repeated after a
        crash it does the rest. Raises NotFound, CannotUndo.
        """
        appointment = await self._get(appointment_id)
        ticket = await self.last_ticket(appointment)
        rules.may_undo_check_in(appointment, ticket, self._clock.now())
        seq = None
        if ticket is not None and ticket.state is not State.CANCELLED:
            cancel = Cancel(id=command_id, actor=actor, ticket_id=ticket.id, reason="check-in undone", mistaken=True)
            seq = (await self._queues.run_on_ticket(cancel)).done.seq
        ticket_id, now = appointment.ticket_id, self._clock.now()
        undone = await self._change(
            appointment_id, lambda current: rules.check_in_undone(current, ticket_id, actor.name, now)
        )
        return undone, seq

    async def last_ticket(self, appointment: Appointment) -> Ticket | None:
        """The booking's ticket, where it was transferred the one it became; None before the first check-in."""
        ticket, ticket_id = None, appointment.ticket_id or None
        while ticket_id:
            try:
                ticket = (await self._queues.find(ticket_id)).ticket
            except NotFound:
                break  # on its way into the other queue
            ticket_id = ticket.moved_to
        return ticket

    async def _check_in(
        self, appointment: Appointment, patient: PatientCopy, actor: Actor, command_id: str, fingerprint: str
    ) -> tuple[Appointment, Applied]:
        """Join, then note the ticket. The queue knows the booking, so that a repetition finds the same ticket."""
        rules.may_check_in(appointment, await self.last_ticket(appointment))
        rules.refuse_before_its_day(appointment, self._clinic_time, self._clock.now())
        applied = await self._queues.join(
            appointment.doctor_id,
            patient=patient,
            actor=actor,
            command_id=command_id,
            fingerprint=fingerprint,
            source=Source.APPOINTMENT,
            due_at=appointment.start,
            appointment_id=appointment.id,
        )
        ticket_id = str(applied.done.ticket_id)

        def note(current: Appointment) -> Appointment:
            if current.ticket_id == ticket_id:
                return current
            return rules.checked_in(current, ticket_id, actor.name, self._clock.now())

        return await self._change(appointment.id, note), applied
