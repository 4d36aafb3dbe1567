"""`/api/appointments/…`: booking a doctor's time, moving it, giving it back, and checking in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handlers import joining
from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.joining import JoinCode
from handlers.queue_models import JOIN_ERRORS, PublicTicket, StaffTicket
from handlers.schemas import Answer, Body, Day, Id, Instant, PageQuery
from server.accounts.roles import Role
from server.appointments.model import Appointment, BookingState, Place
from server.errors import CannotUndo, Forbidden, Invalid, NotFound, SlotTaken, WrongState


class BookBody(Body):
    """Patients leave `patient_id` out or name themselves. `start` is one of the doctor's free times."""

    doctor_id: Id
    start: Instant
    patient_id: Id | None = None


class PlaceBody(Body):
    """Where the caller sees the appointment."""

    start: Instant
    doctor_id: Id


class RescheduleBody(Body):
    """The new time, perhaps with another doctor.

    With `from`, what somebody else has moved meanwhile stays where it is: the answer is `wrong_state`, with who moved
    it (`by`) and when (`at`).
    """

    start: Instant
    doctor_id: Id | None = None
    from_: Annotated[PlaceBody | None, Field(alias="from")] = None


class EmptyBody(Body):
    """Nothing needs to be said."""


class CheckInBody(Body):
    """A patient where joining is on site only gives the code from the waiting-room screen."""

    join_code: JoinCode = None


class AppointmentQuery(PageQuery):
    """With `date` (the clinic's), that day by time; else the latest first. Patients see their own."""

    doctor_id: Id | None = None
    patient_id: Id | None = None
    date: Day | None = None
    state: BookingState | None = None


class AppointmentPatient(Answer):
    """The patient, as staff see them on an appointment."""

    id: str
    name: str
    phone_masked: str


class AppointmentAnswer(Answer):
    """One appointment; `patient` for staff only. `ticket_state`: what has become of the ticket of its check-in."""

    id: str
    patient_id: str
    doctor_id: str
    doctor: str
    start: str
    end: str
    state: str
    ticket_id: str | None
    ticket_state: str | None
    created_at: str
    patient: AppointmentPatient | None = None


class CheckedInAnswer(AppointmentAnswer):
    """The appointment, its ticket and the queue's `seq`."""

    ticket: Annotated[StaffTicket | PublicTicket, Field(union_mode="left_to_right")]
    seq: int


class UndoneAnswer(AppointmentAnswer):
    """The appointment as booked; `seq` unless its ticket had been cancelled before."""

    seq: int | None


class AppointmentList(Answer):
    """One page; filters beside the first can make it shorter than `limit`."""

    items: list[AppointmentAnswer]
    next_cursor: str | None


class AppointmentBase(ApiHandler):
    """What the appointment handlers share."""

    async def own(self, appointment_id: str) -> Appointment:
        """The appointment, if it may be the caller's to see. To a patient, everybody else's does not exist."""
        appointment = await self.services.appointments.get(appointment_id)
        if not self.signed_in().acts_for(appointment.patient_id):
            raise NotFound("There is no such appointment.")
        return appointment

    async def answer_with(self, appointment: Appointment, status: int = 200, *, replayed: bool = False) -> None:
        """Answer with the appointment as the caller may see it."""
        shown = await self.services.appointments.view(appointment, staff=self.signed_in().is_staff)
        self.answer(shown, status, replayed=replayed)


class AppointmentsHandler(AppointmentBase):
    @operation(summary="Appointments", query=AppointmentQuery, answer=AppointmentList)
    async def get(self) -> None:
        query, caller = self.query(AppointmentQuery), self.signed_in()
        if not caller.is_staff and query.patient_id not in (None, caller.patient_id):
            raise Forbidden("You see your own appointments only.")
        patient_id = query.patient_id if caller.is_staff else caller.patient_id
        appointments = self.services.appointments
        found, cursor = await appointments.page(
            doctor_id=query.doctor_id,
            patient_id=patient_id,
            day=query.date,
            state=query.state,
            cursor=query.cursor,
            limit=query.limit,
        )
        items = await appointments.views(found, staff=caller.is_staff)
        self.answer({"items": items, "next_cursor": sealed(cursor)})

    @operation(
        summary="Book a time",
        body=BookBody,
        answer=AppointmentAnswer,
        status=201,
        errors=(NotFound, SlotTaken),
        idempotent=True,
    )
    async def post(self) -> None:
        """Of several who ask for one time at once, one gets it and the others `slot_taken`."""
        body, caller = self.body(BookBody), self.signed_in()
        if caller.role is Role.PATIENT and body.patient_id not in (None, caller.patient_id):
            raise Forbidden("You can book for yourself only.")
        patient_id = body.patient_id or caller.patient_id
        if patient_id is None:
            raise Invalid.field("patient_id", "is required; name the patient who comes")
        booked = await self.services.appointments.book(
            patient_id, body.doctor_id, body.start, actor=caller.actor, command_id=self.command_id()
        )
        if caller.is_staff:
            self.audit("book appointment", booked.appointment.id)
        await self.answer_with(booked.appointment, 201, replayed=booked.replayed)


class AppointmentHandler(AppointmentBase):
    @operation(summary="One appointment", answer=AppointmentAnswer, errors=(NotFound,))
    async def get(self, appointment_id: str) -> None:
        await self.answer_with(await self.own(appointment_id))


class CancelHandler(AppointmentBase):
    @operation(
        summary="Cancel an appointment",
        body=EmptyBody,
        answer=AppointmentAnswer,
        errors=(NotFound, WrongState),
        idempotent=True,
    )
    async def post(self, appointment_id: str) -> None:
        """The time is free at once."""
        self.body(EmptyBody)
        await self.own(appointment_id)
        actor = self.signed_in().actor
        await self.answer_with(await self.services.appointments.cancel(appointment_id, actor=actor))


class RescheduleHandler(AppointmentBase):
    @operation(
        summary="Move an appointment",
        body=RescheduleBody,
        answer=AppointmentAnswer,
        errors=(NotFound, WrongState, SlotTaken),
        idempotent=True,
    )
    async def post(self, appointment_id: str) -> None:
        """If the new time is taken, the old one is kept."""
        body = self.body(RescheduleBody)
        await self.own(appointment_id)
        seen = Place(body.from_.doctor_id, body.from_.start) if body.from_ else None
        moved = await self.services.appointments.reschedule(
            appointment_id, body.start, doctor_id=body.doctor_id, seen=seen, actor=self.signed_in().actor
        )
        await self.answer_with(moved)


class CheckInHandler(AppointmentBase):
    @operation(
        summary="Check in: join the doctor's queue at the booked time",
        body=CheckInBody,
        answer=CheckedInAnswer,
        errors=(WrongState, *JOIN_ERRORS),
        idempotent=True,
    )
    async def post(self, appointment_id: str) -> None:
        """Asked again it answers with the same ticket while that is in the queue; who missed it gets a new one.

        Patients may as they may join: with the waiting room's code, from anywhere, or at the desk only.
        """
        body = self.body(CheckInBody)
        await self.own(appointment_id)
        if not self.signed_in().is_staff:
            joining.check(self.services, body.join_code)
        caller, queues, appointments = self.signed_in(), self.services.queues, self.services.appointments
        appointment, applied = await appointments.check_in(
            appointment_id, actor=caller.actor, command_id=self.command_id(), fingerprint=self.fingerprint()
        )
        ticket = await queues.ticket_after(applied, appointment.ticket_id, staff=caller.is_staff)
        shown = await appointments.view(appointment, staff=caller.is_staff)
        self.answer({**shown, "ticket": ticket, "seq": ticket["seq"]}, replayed=applied.replayed)


class UndoCheckInHandler(AppointmentBase):
    @operation(
        summary="Take back a check-in",
        body=EmptyBody,
        answer=UndoneAnswer,
        errors=(NotFound, WrongState, CannotUndo),
        idempotent=True,
    )
    async def post(self, appointment_id: str) -> None:
        """For two minutes, while the ticket waits: it is cancelled without a text, and the appointment stands again."""
        self.body(EmptyBody)
        appointments, caller = self.services.appointments, self.signed_in()
        if not caller.commands((await self.own(appointment_id)).doctor_id):
            raise Forbidden("This is another doctor's queue. Ask reception.")
        undone, seq = await appointments.undo_check_in(appointment_id, actor=caller.actor, command_id=self.command_id())
        self.answer({**await appointments.view(undone, staff=True), "seq": seq})


routes = [
    ("/api/appointments/", AppointmentsHandler),
    ("/api/appointments/{appointment_id}/", AppointmentHandler),
    ("/api/appointments/{appointment_id}/cancel/", CancelHandler),
    ("/api/appointments/{appointment_id}/reschedule/", RescheduleHandler),
    ("/api/appointments/{appointment_id}/check-in/", CheckInHandler),
    ("/api/appointments/{appointment_id}/undo-check-in/", UndoCheckInHandler),
]
