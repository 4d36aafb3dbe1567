"""Patients, doctors and appointments of one process on a given storage; queues and texts are stood in for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.accounts.passwords import Passwords
from server.accounts.roles import Actor
from server.accounts.service import AccountService
from server.accounts.tokens import Tokens
from server.appointments.service import AppointmentService
from server.clock import ClinicTime
from server.doctors.model import Doctor, NewDoctor
from server.doctors.service import DoctorService
from server.errors import StorageUnavailable
from server.patients.model import NewPatient, Patient
from server.patients.service import PatientService
from server.sms.model import NewMessage
from server.storage.port import Storage
from tests.clocks import TurnedClock

DESK = Actor("desk", "Desk", "receptionist")
ALL_DAY = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass
class NoQueues:
    """Nobody waits, unless the test says so."""

    waiting: list[tuple[str, str]] = field(default_factory=list)

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]:
        return self.waiting

    async def join(self, doctor_id: str, **given: Any) -> Any:
        raise AssertionError("nobody checks in here")

    async def find(self, ticket_id: str) -> Any:
        raise AssertionError("there are no tickets here")

    async def run_on_ticket(self, command: Any) -> Any:
        raise AssertionError("there are no tickets here")


@dataclass
class WrittenDown:
    """An outbox that keeps what it was asked, each id once."""

    messages: dict[str, NewMessage] = field(default_factory=dict)
    down: bool = False

    async def put(self, message: NewMessage) -> None:
        self._check()
        self.messages.setdefault(message.id, message)

    async def retract(self, id: str, reason: str) -> str:
        self._check()
        return "cancelled" if self.messages.pop(id, None) else "none"

    def _check(self) -> None:
        if self.down:
            raise StorageUnavailable("The database is away.")


class Office:
    """One process. Two on one storage are two processes on one database."""

    def __init__(self, storage: Storage, clock: TurnedClock | None = None) -> None:
        self.storage = storage
        self.clock = clock or TurnedClock()
        self.queues = NoQueues()
        self.outbox = WrittenDown()
        clinic_time = ClinicTime(ZoneInfo("UTC"))
        tokens = Tokens(b"a secret of tests, long enough for HS256", self.clock)
        self.accounts = AccountService(storage, self.clock, Passwords(4), tokens)
        self.doctors = DoctorService(storage, self.clock, self.accounts)
        self.patients = PatientService(
            storage, self.clock, clinic_time, self.accounts, self.outbox, self.queues, country="US"
        )
        self.appointments = AppointmentService(
            storage, self.clock, clinic_time, self.doctors, self.patients, self.queues, self.outbox
        )
        self.patients.before_anonymise = self.appointments.end_for_patient
        self.doctors.before_delete = self.appointments.end_for_doctor

    async def patient(self, name: str = "Robin Example", *, command_id: str, **given: Any) -> Patient:
        """Register somebody."""
        new = NewPatient(**{"name": name, "sms_consent": True, **given})
        return (await self.patients.register(new, command_id=command_id)).patient

    async def doctor(self, *, command_id: str = "doctor", **given: Any) -> Doctor:
        """Add a doctor with hours all day."""
        new = NewDoctor(**{"name": "Dr Rao", "specialty": "Cardiology", "room": "3", "hours": ALL_DAY, **given})
        return (await self.doctors.create(new, command_id=command_id))[0]

    async def first_slot(self, doctor: Doctor) -> datetime:
        """The doctor's next free time."""
        return (await self.appointments.free_slots(doctor.id, self.appointments.today()))[0].start


async def dies(work: Awaitable[object]) -> None:
    """`work` ends as when the process or the database goes away in the middle of it."""
    with pytest.raises(StorageUnavailable):
        await work


async def at_once(*work: Awaitable[Any]) -> list[Any]:
    """What each of them gives or raises."""
    return await asyncio.gather(*work, return_exceptions=True)
