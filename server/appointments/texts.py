"""The texts about a booking: what is asked of the outbox, under which id. Pure.

Id: `<appointment>:<kind>:<number of moves>`, so that a booking has one text for each of its times.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from server.appointments.model import Appointment, BookingState
from server.patients.model import Patient
from server.sms.model import Kind, NewMessage, News, expiry


def booked(appointment: Appointment, patient: Patient, zone: ZoneInfo, now: datetime) -> NewMessage:
    """Tells the date and time, on the clinic's clock; worth nothing once the time has come."""
    when = f"{appointment.start.astimezone(zone):%Y-%m-%d %H:%M}"
    expires_at = min(expiry(Kind.BOOKED, now), appointment.start)
    return _message(appointment, patient, Kind.BOOKED, expires_at, {"when": when})


def reminder(appointment: Appointment, patient: Patient, zone: ZoneInfo) -> NewMessage:
    """Tells the date and time again; worth something until then."""
    when = f"{appointment.start.astimezone(zone):%Y-%m-%d %H:%M}"
    return _message(appointment, patient, Kind.REMINDER, appointment.start, {"when": when})


def cancelled(appointment: Appointment, patient: Patient, now: datetime) -> NewMessage:
    """Tells a patient whose booking the clinic took back; worth something until the patient would come."""
    expires_at = max(expiry(Kind.CANCELLED, now), appointment.start)
    return _message(appointment, patient, Kind.CANCELLED, expires_at, {})


def booked_id(appointment: Appointment) -> str:
    """The id of the text that told the appointment's present time."""
    return _id(appointment, Kind.BOOKED)


def reminder_id(appointment: Appointment) -> str:
    """The id of the text that reminds of the appointment's present time."""
    return _id(appointment, Kind.REMINDER)


def still_true(kind: Kind, appointment: Appointment | None, moves: int) -> bool:
    """Whether what the text says still holds right before it is sent; `moves` is which of the booking's times it tells.

    Whoever has checked in need not be told or reminded any more.
    """
    if kind is Kind.CANCELLED:
        return appointment is None or appointment.state is BookingState.CANCELLED
    return appointment is not None and appointment.state is BookingState.BOOKED and appointment.moves == moves


def news(kind: Kind, appointment: Appointment | None, moves: int, now: datetime) -> News | None:
    """What the text would tell if it were sent again, worth something until the booked time; None if that is over."""
    if appointment is None or appointment.start <= now or not still_true(kind, appointment, moves):
        return None
    return News(appointment.moves, appointment.start)


def _id(appointment: Appointment, kind: Kind) -> str:
    return f"{appointment.id}:{kind.value}:{appointment.moves}"


def _message(
    appointment: Appointment, patient: Patient, kind: Kind, expires_at: datetime, values: Mapping[str, str]
) -> NewMessage:
    return NewMessage(
        id=_id(appointment, kind),
        kind=kind.value,
        to=patient.phone,
        language=patient.language,
        patient_id=patient.id,
        expires_at=expires_at,
        consent=patient.sms_consent,
        confirmed=patient.number_confirmed,
        doctor_id=appointment.doctor_id,
        appointment_id=appointment.id,
        values=values,
        call=appointment.moves,
    )
