"""What appointments ask of doctors, patients, queues and the outbox. Pure: types only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from server.accounts.roles import Actor
from server.doctors.model import Doctor
from server.patients.model import Patient
from server.queue.commands import TicketCommand
from server.queue.model import PatientCopy, Source, Ticket
from server.queue.rules import Applied
from server.sms.model import NewMessage


class Doctors(Protocol):
    """`get` raises NotFound for one who is gone, `find` still knows them."""

    def get(self, doctor_id: str) -> Doctor: ...
    def find(self, doctor_id: str) -> Doctor | None: ...


class Patients(Protocol):
    """`get` raises NotFound."""

    async def get(self, patient_id: str) -> Patient: ...
    async def get_many(self, patient_ids: Iterable[str]) -> dict[str, Patient]: ...


class Found(Protocol):
    """A ticket somewhere."""

    @property
    def ticket(self) -> Ticket: ...


class Queues(Protocol):
    """What is asked of the queues."""

    async def join(
        self,
        doctor_id: str,
        *,
        patient: PatientCopy,
        actor: Actor,
        command_id: str,
        fingerprint: str,
        source: Source,
        due_at: datetime,
        appointment_id: str,
    ) -> Applied: ...

    async def find(self, ticket_id: str) -> Found: ...

    async def run_on_ticket(self, command: TicketCommand) -> Applied: ...


class Outbox(Protocol):
    """Where texts go, and where those that have not left are taken back."""

    async def put(self, message: NewMessage) -> Any: ...
    async def retract(self, id: str, reason: str) -> Any: ...
