"""What may be booked and what may be done with a booking. Pure: time comes in as `now`, refusals say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from server.appointments.model import Appointment, BookingState, Place
from server.clock import ClinicTime, iso
from server.doctors.closures import Closed, ClosedOn, closure_on
from server.doctors.hours import Slot, slot_at, slots_on
from server.doctors.model import Doctor
from server.errors import AlreadyQueued, CannotUndo, Forbidden, Invalid, QueueClosed, SlotTaken, WrongState
from server.queue.model import IN_QUEUE, UNDO_WINDOW, Source, State, Ticket

HORIZON = timedelta(days=90)
MOST_AHEAD = 10  # bookings a patient may make without the desk


def never_closed(day: date, language: str) -> None:
    """What holds where no calendar is known."""
    return


def bookable(
    doctor: Doctor, start: datetime, clinic_time: ClinicTime, now: datetime, closed: ClosedOn = never_closed
) -> Slot:
    """The doctor's time that begins at `start`. Raises Invalid on `start`."""
    if start <= now:
        raise Invalid.field("start", "is in the past; choose a later time")
    if start > now + HORIZON:
        raise Invalid.field("start", f"is more than {HORIZON.days} days ahead; choose an earlier time")
    day = start.astimezone(clinic_time.zone).date()
    if (why := why_closed(doctor, day, closed)) is not None:
        raise Invalid.field("start", f"is on a day without appointments ({why}); choose another day")
    slot = slot_at(start, doctor.hours, doctor.slot_minutes, clinic_time.zone)
    if slot is None:
        raise Invalid.field("start", f"is not one of {doctor.name}'s times; choose one of /api/doctors/<id>/slots/")
    return slot


def why_closed(doctor: Doctor, day: date, closed: ClosedOn, language: str = "en") -> Closed | None:
    """Why nobody can be booked with the doctor on the clinic's date `day`; None: it is a day like others."""
    if closure_on(day, doctor.days_off) is not None:
        return Closed("away")
    return closed(day, language)


def free_slots(
    doctor: Doctor,
    day: date,
    kept: Iterable[Appointment],
    clinic_time: ClinicTime,
    now: datetime,
    closed: ClosedOn = never_closed,
) -> list[Slot]:
    """The times of `day` (the clinic's date) that can still be booked; `kept` are that day's appointments."""
    if why_closed(doctor, day, closed) is not None:
        return []
    taken = [appointment for appointment in kept if appointment.state is not BookingState.CANCELLED]
    return [
        slot
        for slot in slots_on(day, doctor.hours, doctor.slot_minutes, clinic_time.zone)
        if now < slot.start <= now + HORIZON and not any(_overlap(slot, appointment) for appointment in taken)
    ]


def refuse_overlap(slot: Slot, kept: Iterable[Appointment], own_id: str) -> None:
    """Raises SlotTaken if another appointment needs part of `slot`, as after a change of the doctor's hours."""
    for appointment in kept:
        if appointment.id != own_id and appointment.state is not BookingState.CANCELLED and _overlap(slot, appointment):
            raise taken(slot.start)


def taken(start: datetime) -> SlotTaken:
    """The refusal of a time that somebody has."""
    return SlotTaken("Somebody has just booked this time. Choose another one.", start=iso(start))


def day_bounds(day: date, clinic_time: ClinicTime) -> tuple[datetime, datetime]:
    """The instants at which the clinic's calendar date `day` begins and ends."""
    begin = datetime.combine(day, time(0), clinic_time.zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(0), clinic_time.zone).astimezone(UTC)
    return begin, end


def cancelled(appointment: Appointment, by: str, now: datetime) -> Appointment:
    """The appointment given back. Raises WrongState unless it is booked."""
    _must_be_booked(appointment, "be cancelled")
    return replace(appointment, state=BookingState.CANCELLED, changed_at=now, changed_by=by)


def may_move(appointment: Appointment) -> None:
    """Raises WrongState unless it is booked."""
    _must_be_booked(appointment, "be moved")


def refuse_moved(appointment: Appointment, seen: Place | None, clinic_time: ClinicTime) -> None:
    """Raises WrongState if it is no longer where somebody has `seen` it: nobody undoes a move they do not know of."""
    if seen is None or seen == Place(appointment.doctor_id, appointment.start):
        return
    by, at = appointment.changed_by or "Somebody", appointment.changed_at
    when = f"{at.astimezone(clinic_time.zone):%H:%M}"
    raise WrongState(
        f"{by} moved this appointment meanwhile, at {when}. Look at where it is now.",
        state=appointment.state.value,
        by=by,
        at=iso(at),
        limit="moved_meanwhile",
    )


def rescheduled(appointment: Appointment, doctor_id: str, slot: Slot, by: str, now: datetime) -> Appointment:
    """The appointment at another time, perhaps with another doctor. Raises WrongState unless it is booked."""
    may_move(appointment)
    if (appointment.doctor_id, appointment.start, appointment.end) == (doctor_id, slot.start, slot.end):
        return appointment
    return replace(
        appointment,
        doctor_id=doctor_id,
        start=slot.start,
        end=slot.end,
        moves=appointment.moves + 1,
        changed_at=now,
        changed_by=by,
    )


def refuse_many(ahead: Iterable[Appointment]) -> None:
    """Raises Forbidden if a patient who books by themselves has enough of `ahead`, their bookings to come."""
    booked = sum(appointment.state is BookingState.BOOKED for appointment in ahead)
    if booked >= MOST_AHEAD:
        detail = f"You have {booked} appointments ahead. Cancel one first, or ask at the desk."
        raise Forbidden(detail, limit="bookings_ahead")


def may_check_in(appointment: Appointment, ticket: Ticket | None) -> None:
    """Raises WrongState if it is cancelled, or if its `ticket` says that the patient was seen; AlreadyQueued if
    that was transferred and waits in another queue.

    The day does not matter: who comes on another one is taken. A ticket that was missed, given up or cancelled
    does not matter either.
    """
    if appointment.state is BookingState.CANCELLED:
        raise _refusal(appointment, "be checked in")
    if ticket is not None and ticket.state is State.DONE:
        seen = ticket.last
        raise WrongState(
            "The patient has been seen for this appointment; it can no longer be checked in.",
            state=ticket.state.value,
            by=seen.actor or None,
            at=iso(seen.start),
        )
    if ticket is not None and ticket.state in IN_QUEUE and ticket.source is Source.TRANSFER:
        raise AlreadyQueued(
            f"The patient has been transferred and is in the queue as {ticket.code}.",
            ticket_id=ticket.id,
            ticket_code=ticket.code,
        )


def refuse_before_its_day(appointment: Appointment, clinic_time: ClinicTime, now: datetime) -> None:
    """Raises QueueClosed in the night before the booking's service day begins: the queue of now ends with the night.

    Who comes days before is another matter, and waits in the queue of the day they come.
    """
    same_date = appointment.start.astimezone(clinic_time.zone).date() == now.astimezone(clinic_time.zone).date()
    if same_date and clinic_time.service_day(appointment.start) > clinic_time.service_day(now):
        begins = f"{clinic_time.day_starts_at:%H:%M}"
        detail = f"The queue for this appointment opens at {begins}. Check in from then on."
        raise QueueClosed(detail, limit="before_its_day")


def checked_in(appointment: Appointment, ticket_id: str, by: str, now: datetime) -> Appointment:
    """The appointment with its ticket. Raises WrongState if it was cancelled meanwhile."""
    if appointment.state is BookingState.CANCELLED:
        raise _refusal(appointment, "be checked in")
    return replace(appointment, state=BookingState.CHECKED_IN, ticket_id=ticket_id, changed_at=now, changed_by=by)


def may_undo_check_in(appointment: Appointment, ticket: Ticket | None, now: datetime) -> None:
    """Raises CannotUndo unless the appointment was checked in just now and its ticket has done nothing but wait or end.

    A ticket that was cancelled by itself leaves the appointment to be set back.
    """
    if appointment.state is not BookingState.CHECKED_IN or ticket is None:
        raise CannotUndo("This appointment is not checked in.")
    if ticket.state is State.CANCELLED:
        return
    if ticket.state is not State.WAITING or ticket.calls or ticket.source is not Source.APPOINTMENT:
        state = ticket.state.value.replace("_", " ")
        raise CannotUndo(f"{ticket.code} is {state} since; the check-in can no longer be taken back.")
    if now - ticket.arrived_at >= UNDO_WINDOW:
        raise CannotUndo(f"A check-in can be taken back for two minutes. Cancel the visit of {ticket.code} instead.")


def check_in_undone(appointment: Appointment, ticket_id: str, by: str, now: datetime) -> Appointment:
    """The appointment as booked, if that ticket is still the one it has."""
    if appointment.state is not BookingState.CHECKED_IN or appointment.ticket_id != ticket_id:
        return appointment
    return replace(appointment, state=BookingState.BOOKED, ticket_id="", changed_at=now, changed_by=by)


def _must_be_booked(appointment: Appointment, what: str) -> None:
    if appointment.state is not BookingState.BOOKED:
        raise _refusal(appointment, what)


def _refusal(appointment: Appointment, what: str) -> WrongState:
    state = appointment.state.value
    was = "was cancelled" if appointment.state is BookingState.CANCELLED else "is checked in"
    by = f" ({appointment.changed_by})" if appointment.changed_by else ""
    return WrongState(
        f"This appointment {was}{by}; it can no longer {what}.",
        state=state,
        by=appointment.changed_by or None,
        at=iso(appointment.changed_at),
    )


def _overlap(slot: Slot, appointment: Appointment) -> bool:
    return slot.start < appointment.end and appointment.start < slot.end
