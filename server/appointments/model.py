"""An appointment: a patient's booked time with a doctor, and what has become of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.clock import iso


class BookingState(StrEnum):
    """`checked_in` has a ticket in the doctor's queue; `cancelled` has given its time back."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"


class Owed(StrEnum):
    """What the patient is still to be told of the last change; written with it, so that a crash loses no text.

    `SILENCE`: only that what was said before no longer holds.
    """

    NOTHING = ""
    BOOKED = "booked"
    SILENCE = "silence"
    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the calendar somebody sees an appointment."""

    doctor_id: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """One booking. `moves` counts how often its time was changed; `changed_*` say who brought it into its state.

    `slot` is unique over all appointments: the doctor and the start while the time is kept, the
    appointment's own id once it is given back. That alone makes booking the same time twice impossible.
    """

    id: str
    patient_id: str
    doctor_id: str
    start: datetime
    end: datetime
    created_at: datetime
    changed_at: datetime
    changed_by: str
    state: BookingState = BookingState.BOOKED
    ticket_id: str = ""
    moves: int = 0
    request_hash: str = ""
    owed: Owed = Owed.NOTHING
    rev: int = 0

    @property
    def slot(self) -> str:
        """What the unique index guards."""
        return self.id if self.state is BookingState.CANCELLED else slot_key(self.doctor_id, self.start)


def slot_key(doctor_id: str, start: datetime) -> str:
    """The name of a doctor's time."""
    return f"{doctor_id}:{iso(start)}"


@dataclass(frozen=True, slots=True)
class PatientShown:
    """The patient as staff see them beside an appointment."""

    id: str
    name: str
    phone_masked: str


def view(
    appointment: Appointment, doctor: str, patient: PatientShown | None, ticket_state: str | None
) -> dict[str, Any]:
    """The appointment as JSON; `patient` is None for whoever is not staff (DESIGN 5)."""
    shown: dict[str, Any] = {
        "id": appointment.id,
        "patient_id": appointment.patient_id,
        "doctor_id": appointment.doctor_id,
        "doctor": doctor,
        "start": iso(appointment.start),
        "end": iso(appointment.end),
        "state": appointment.state.value,
        "ticket_id": appointment.ticket_id or None,
        "ticket_state": ticket_state,
        "created_at": iso(appointment.created_at),
    }
    if patient is not None:
        shown["patient"] = {"id": patient.id, "name": patient.name, "phone_masked": patient.phone_masked}
    return shown
