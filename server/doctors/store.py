"""Doctors in the database: the documents' shape and the unique letter. Knows no rule.

`letter_key` is the letter of an active doctor and the document's own `_id` once deleted, so that the
unique index gives a letter to one active doctor at a time.
"""

from __future__ import annotations

from server.doctors.closures import closure_from
from server.doctors.hours import parse_hours
from server.doctors.model import Doctor, Kind
from server.storage import certain
from server.storage.port import Document, DuplicateKey, Range, Storage

DOCTORS = "doctors"
PAGE = 200


class LetterTaken(Exception):
    """Another active doctor has the letter."""


class DoctorStore:
    """The collection `doctors`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def all(self, *, after: str = "") -> list[Doctor]:
        """Every doctor there ever was (past `after` in their order), oldest first: a clinic's worth, held in memory."""
        found: list[Doctor] = []
        while True:
            where = {"order": Range(gt=found[-1].order if found else after)}
            page = await self._storage.find(DOCTORS, where, sort="order", limit=PAGE)
            found.extend(_doctor(document) for document in page)
            if len(page) < PAGE:
                return found

    async def revs(self, doctor_ids: list[str]) -> dict[str, int]:
        """The `rev` of each of these doctors who exists."""
        return await self._storage.revs(DOCTORS, doctor_ids)

    async def get(self, doctor_id: str) -> Doctor | None:
        """The doctor, also a deleted one."""
        document = await self._storage.get(DOCTORS, doctor_id)
        return _doctor(document) if document else None

    async def insert(self, doctor: Doctor) -> None:
        """Raises LetterTaken, and DuplicateKey if this very doctor exists."""
        try:
            await certain.insert(self._storage, DOCTORS, _document(doctor))
        except DuplicateKey as refusal:
            if refusal.fields == ("letter_key",):
                raise LetterTaken from refusal
            raise

    async def replace(self, doctor: Doctor) -> bool:
        """Write `doctor` unless somebody changed it since it was read. Raises LetterTaken."""
        try:
            return await certain.replace_if_unchanged(self._storage, DOCTORS, _document(doctor))
        except DuplicateKey as refusal:
            raise LetterTaken from refusal

    async def remove(self, doctor_id: str) -> None:
        """Take back a doctor who could not be finished."""
        await self._storage.delete(DOCTORS, doctor_id)


def _document(doctor: Doctor) -> Document:
    return {
        "_id": doctor.id,
        "rev": doctor.rev,
        "order": doctor.order,
        "letter_key": doctor.id if doctor.deleted else doctor.letter,
        "kind": doctor.kind.value,
        "name": doctor.name,
        "specialty": doctor.specialty,
        "room": doctor.room,
        "rooms": list(doctor.rooms),
        "letter": doctor.letter,
        "slot_minutes": doctor.slot_minutes,
        "hours": doctor.hours.as_json(),
        "days_off": [closure.view() for closure in doctor.days_off],
        "deleted": doctor.deleted,
        "request_hash": doctor.request_hash,
    }


def _doctor(document: Document) -> Doctor:
    return Doctor(
        id=document["_id"],
        rev=document["rev"],
        order=document["order"],
        kind=Kind(document["kind"]),
        name=document["name"],
        specialty=document["specialty"],
        room=document["room"],
        rooms=tuple(document["rooms"]),
        letter=document["letter"],
        slot_minutes=document["slot_minutes"],
        hours=parse_hours(document["hours"]),
        days_off=tuple(closure_from(view) for view in document.get("days_off", ())),
        deleted=document["deleted"],
        request_hash=document["request_hash"],
    )
