"""Appointments in the database: the document's shape, its unique slot, and its lists. Knows no rule.

`order` is the start and the id, so that a day, a doctor's days and a patient's history are all ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from server.appointments.model import Appointment, BookingState, Owed, slot_key
from server.ids import order_key
from server.storage import certain
from server.storage.port import Condition, Document, DuplicateKey, In, Range, Storage

APPOINTMENTS = "appointments"
PAGE = 200


class SlotInUse(Exception):
    """Another appointment keeps the time."""


class AppointmentStore:
    """The collection `appointments`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, appointment_id: str) -> Appointment | None:
        """The appointment or None."""
        document = await self._storage.get(APPOINTMENTS, appointment_id)
        return _appointment(document) if document else None

    async def at(self, doctor_id: str, start: datetime) -> Appointment | None:
        """The appointment that keeps this time of the doctor, or None."""
        found = await self._storage.find(APPOINTMENTS, {"slot": slot_key(doctor_id, start)}, limit=1)
        return _appointment(found[0]) if found else None

    async def insert(self, appointment: Appointment) -> None:
        """Raises SlotInUse, and DuplicateKey if this very appointment exists."""
        try:
            await certain.insert(self._storage, APPOINTMENTS, _document(appointment))
        except DuplicateKey as refusal:
            if refusal.fields == ("slot",):
                raise SlotInUse from refusal
            raise

    async def replace(self, appointment: Appointment) -> Appointment | None:
        """Write it unless somebody changed it since it was read (None). Raises SlotInUse."""
        try:
            won = await certain.replace_if_unchanged(self._storage, APPOINTMENTS, _document(appointment))
        except DuplicateKey as refusal:
            raise SlotInUse from refusal
        return replace(appointment, rev=appointment.rev + 1) if won else None

    async def of_doctor(self, doctor_id: str, begin: datetime, end: datetime | None = None) -> list[Appointment]:
        """Every appointment of the doctor that starts from `begin` until before `end`, cancelled ones too."""
        return await self._all({"doctor_id": doctor_id}, begin, end)

    async def of_patient_from(self, patient_id: str, begin: datetime) -> list[Appointment]:
        """Every appointment of the patient that starts from `begin` on, cancelled ones too."""
        return await self._all({"patient_id": patient_id}, begin, None)

    async def page(
        self,
        equal: Mapping[str, str],
        between: tuple[datetime, datetime] | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[Appointment], str | None]:
        """One page and the cursor of the next: within `between` by time, else the latest start first.

        `equal` holds `doctor_id` or `patient_id` or nothing.
        """
        where: dict[str, Condition] = {**equal}
        if between is not None:
            begin, end = (order_key(moment, "") for moment in between)
            where["order"] = Range(gt=max(begin, cursor or ""), lt=end)
        elif cursor is not None:
            where["order"] = Range(lt=cursor)
        found = await self._storage.find(APPOINTMENTS, where, sort="order", descending=between is None, limit=limit + 1)
        following = found[limit - 1]["order"] if len(found) > limit else None
        return [_appointment(document) for document in found[:limit]], following

    async def owed(self, limit: int) -> list[Appointment]:
        """Those whose patients are still to be told something."""
        kinds = [owed.value for owed in Owed if owed is not Owed.NOTHING]
        found = await self._storage.find(APPOINTMENTS, {"owed": In(kinds)}, limit=limit)
        return [_appointment(document) for document in found]

    async def _all(self, equal: Mapping[str, str], begin: datetime, end: datetime | None) -> list[Appointment]:
        after = order_key(begin, "")
        before = order_key(end, "") if end else None
        found: list[Appointment] = []
        while True:
            where: dict[str, Condition] = {**equal, "order": Range(gt=after, lt=before)}
            page = await self._storage.find(APPOINTMENTS, where, sort="order", limit=PAGE)
            found.extend(_appointment(document) for document in page)
            if len(page) < PAGE:
                return found
            after = page[-1]["order"]


def _document(appointment: Appointment) -> Document:
    return {
        "_id": appointment.id,
        "rev": appointment.rev,
        "order": order_key(appointment.start, appointment.id),
        "slot": appointment.slot,
        "patient_id": appointment.patient_id,
        "doctor_id": appointment.doctor_id,
        "start": appointment.start,
        "end": appointment.end,
        "created_at": appointment.created_at,
        "changed_at": appointment.changed_at,
        "changed_by": appointment.changed_by,
        "state": appointment.state.value,
        "ticket_id": appointment.ticket_id,
        "moves": appointment.moves,
        "request_hash": appointment.request_hash,
        "owed": appointment.owed.value,
    }


def _appointment(document: Document) -> Appointment:
    return Appointment(
        id=document["_id"],
        rev=document["rev"],
        patient_id=document["patient_id"],
        doctor_id=document["doctor_id"],
        start=document["start"],
        end=document["end"],
        created_at=document["created_at"],
        changed_at=document["changed_at"],
        changed_by=document["changed_by"],
        state=BookingState(document["state"]),
        ticket_id=document["ticket_id"],
        moves=document["moves"],
        request_hash=document["request_hash"],
        owed=Owed(document.get("owed", "")),
    )
