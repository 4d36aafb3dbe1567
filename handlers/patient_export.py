"""`/api/patients/<id>/export/`: everything that is kept about a patient, for the patient (a right of access)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from handlers.appointments import AppointmentAnswer
from handlers.base import ApiHandler, operation
from handlers.patients import PatientDetails, details
from handlers.schemas import Answer
from handlers.services import Services
from server.clock import iso
from server.errors import NotFound
from server.patients.model import Patient
from server.queue.model import Ticket
from server.sms.model import Message
from server.sms.views import message_view

PAGE: Final = 200


class OwnConsent(Answer):
    """What was agreed to, when, and under which wording."""

    given: bool
    at: str
    wording: str


class OwnAccount(Answer):
    """What the patient signs in with."""

    username: str
    created_at: str


class OwnVisitStep(Answer):
    """One state a visit was in."""

    state: str
    start: str
    end: str | None
    room: str | None


class OwnVisit(Answer):
    """One visit, also one that is under way."""

    id: str
    code: str
    doctor: str
    reason: str | None
    arrived_at: str
    steps: list[OwnVisitStep]


class OwnText(Answer):
    """One text; number and wording are gone once the clinic has forgotten them."""

    kind: str
    to: str
    body: str
    state: str
    created_at: str


class PatientExport(Answer):
    """The record, and all that hangs on it, newest first."""

    patient: PatientDetails
    consent: OwnConsent
    account: OwnAccount | None
    appointments: list[AppointmentAnswer]
    visits: list[OwnVisit]
    texts: list[OwnText]


class ExportHandler(ApiHandler):
    @operation(summary="Everything that is kept about a patient", answer=PatientExport, errors=(NotFound,))
    async def get(self, patient_id: str) -> None:
        """For administrators, and the patient. As a file; of staff it is audited."""
        caller, services = self.signed_in(), self.services
        if not caller.acts_for(patient_id):
            raise NotFound("There is no such patient.")
        patient = await services.patients.get(patient_id)
        account = await services.accounts.of_patient(patient_id)
        consent = patient.consent
        everything = {
            "patient": details(self, patient),
            "consent": {"given": consent.given, "at": iso(consent.at), "wording": consent.wording},
            "account": account and {"username": account.username, "created_at": iso(account.created_at)},
            "appointments": await _appointments(services, patient),
            "visits": [_visit(ticket, doctor) async for ticket, doctor in services.queues.visits_of(patient_id)],
            "texts": [_text(message) async for message in _messages(services, patient)],
        }
        if caller.is_staff:
            self.audit("export patient", patient_id)
        self.set_header("Content-Disposition", 'attachment; filename="patient.json"')
        self.answer(everything)


async def _appointments(services: Services, patient: Patient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page, cursor = await services.appointments.page(
            doctor_id=None, patient_id=patient.id, day=None, state=None, cursor=cursor, limit=PAGE
        )
        found += await services.appointments.views(page, staff=False)
        if cursor is None:
            return found


async def _messages(services: Services, patient: Patient) -> AsyncIterator[Message]:
    cursor: str | None = None
    while True:
        page = await services.outbox.page({"patient_id": patient.id}, cursor, PAGE)
        for message in page.items:
            yield message
        if (cursor := page.next_cursor) is None:
            return


def _visit(ticket: Ticket, doctor: str) -> dict[str, Any]:
    steps = [
        {
            "state": step.state.value,
            "start": iso(step.start),
            "end": iso(step.end) if step.end else None,
            "room": step.room,
        }
        for step in ticket.steps
    ]
    return {
        "id": ticket.id,
        "code": ticket.code,
        "doctor": doctor,
        "reason": ticket.reason,
        "arrived_at": iso(ticket.arrived_at),
        "steps": steps,
    }


def _text(message: Message) -> dict[str, Any]:
    return {
        "kind": message.kind.value,
        "to": message.to,
        "body": message_view(message)["body"],  # a code that proves who holds the phone is not told here either
        "state": message.state.value,
        "created_at": iso(message.created_at),
    }


routes = [("/api/patients/{patient_id}/export/", ExportHandler)]
