"""What imports ask of patients, doctors and appointments. Pure: types only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from server.accounts.roles import Actor
from server.appointments.model import Appointment
from server.doctors.model import Doctor
from server.patients.model import Patient


class Patients(Protocol):
    """`get_many` knows those who are gone too."""

    async def get_many(self, patient_ids: Iterable[str]) -> dict[str, Patient]: ...
    async def like(self, name: str, phone: str, date_of_birth: str | None) -> list[Patient]: ...
    async def add(self, patient: Patient) -> None: ...


class Doctors(Protocol):
    """Every doctor there is."""

    def all(self) -> Sequence[Doctor]: ...


class Appointments(Protocol):
    """`check` raises what `book` would, and writes nothing."""

    async def at(self, doctor_id: str, start: datetime) -> Appointment | None: ...
    async def made_by(self, command_id: str) -> Appointment | None: ...
    async def check(self, doctor_id: str, start: datetime) -> None: ...

    async def book(
        self, patient_id: str, doctor_id: str, start: datetime, *, actor: Actor, command_id: str, tell: bool
    ) -> Any: ...
