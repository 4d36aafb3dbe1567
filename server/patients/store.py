"""Patients and their search terms in the database. Owns both documents' shape; knows no rule.

Terms are written before the patient they lead to, and taken away after: whatever a crash leaves, no
patient is there that cannot be found. A term that leads to nobody is passed over by the search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.patients.model import Consent, NumberCode, Patient
from server.patients.terms import Need
from server.storage import certain
from server.storage.port import Document, DuplicateKey, In, Range, Storage

PATIENTS = "patients"
TERMS = "patient_terms"
PAGE = 200
# How many terms one search may pass over (a common word beside a rare one) before it answers with what it has.
LONGEST_LOOK = 2000
# How many of those who share a number or a birth date are looked at: more of them share a stopgap, not a person.
MOST_ALIKE = 100
_AFTER_EVERY_TERM = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search; `next_term` continues it (None: that was all)."""

    patients: tuple[Patient, ...]
    next_term: str | None


class PatientStore:
    """The collections `patients` and `patient_terms`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, patient_id: str) -> Patient | None:
        """The patient, also an anonymised one, or None."""
        document = await self._storage.get(PATIENTS, patient_id)
        return _patient(document) if document else None

    async def get_many(self, patient_ids: Iterable[str]) -> dict[str, Patient]:
        """Those of `patient_ids` that exist; one query for as many as a page holds."""
        wanted = sorted(set(patient_ids))
        if not wanted:
            return {}
        documents = await self._storage.find(PATIENTS, {"_id": In(wanted)}, limit=len(wanted))
        return {document["_id"]: _patient(document) for document in documents}

    async def sharing(self, phone: str, date_of_birth: str | None) -> dict[str, Patient]:
        """Patients, by id, with this number or this birth date; a bounded number of them, those who are gone too."""
        found: dict[str, Patient] = {}
        if phone:
            documents = await self._storage.find(PATIENTS, {"phone": phone}, limit=MOST_ALIKE)
            found |= {document["_id"]: _patient(document) for document in documents}
        if date_of_birth:
            term = f"d:{date_of_birth}|"
            where = {"_id": Range(gte=term, lt=term + _AFTER_EVERY_TERM)}
            terms = await self._storage.find(TERMS, where, sort="_id", limit=MOST_ALIKE)
            found |= await self.get_many({_owner(row["_id"]) for row in terms} - found.keys())
        return found

    async def insert(self, patient: Patient) -> None:
        """Add the terms, then the patient. Raises DuplicateKey if the patient exists."""
        await self._add_terms(patient.id, patient.terms)
        await certain.insert(self._storage, PATIENTS, _document(patient))

    async def replace(self, before: Patient, after: Patient) -> Patient | None:
        """Write `after` if nobody changed the patient since `before` was read; None if somebody did."""
        await self._add_terms(after.id, after.terms - before.terms)
        if not await certain.replace_if_unchanged(self._storage, PATIENTS, _document(after)):
            return None
        await self._remove_terms(after.id, before.terms - after.terms)
        return replace(after, rev=after.rev + 1)

    async def remove(self, patient: Patient) -> None:
        """Take back a registration that could not be finished."""
        await self._storage.delete(PATIENTS, patient.id)
        await self._remove_terms(patient.id, patient.terms)

    async def forget_terms(self, patient_id: str) -> None:
        """Remove every term of the patient, also what an interrupted change left behind."""
        while found := await self._storage.find(TERMS, {"patient_id": patient_id}, limit=PAGE):
            await asyncio.gather(*(self._storage.delete(TERMS, document["_id"]) for document in found))

    async def newest(self, before: str | None, limit: int) -> list[Patient]:
        """Patients by the time they were registered, newest first; `before` is the last one's `order`."""
        where = {"order": Range(lt=before)} if before else {}
        documents = await self._storage.find(PATIENTS, where, sort="order", descending=True, limit=limit)
        return [_patient(document) for document in documents]

    async def search(self, needs: Sequence[Need], after: str | None, limit: int) -> Found:
        """Up to `limit` patients who meet all of `needs`, in the order of their first term for the first need."""
        found: list[Patient] = []
        looked_at = 0
        for prefix in _disjoint(needs[0].prefixes):
            while True:
                terms = await self._terms_from(prefix, after)
                patients = await self.get_many(_owner(term) for term in terms)
                for term in terms:
                    after = term
                    patient = patients.get(_owner(term))
                    if patient and _first_match(patient, needs[0]) == _word(term) and _meets(patient, needs):
                        found.append(patient)
                        if len(found) == limit:
                            return Found(tuple(found), after)
                looked_at += len(terms)
                if len(terms) < PAGE:
                    break
                if looked_at >= LONGEST_LOOK:
                    return Found(tuple(found), after)
        return Found(tuple(found), None)

    async def _terms_from(self, prefix: str, after: str | None) -> list[str]:
        end = prefix + _AFTER_EVERY_TERM
        condition = Range(gt=after, lt=end) if after and after >= prefix else Range(gte=prefix, lt=end)
        found = await self._storage.find(TERMS, {"_id": condition}, sort="_id", limit=PAGE)
        return [document["_id"] for document in found]

    async def _add_terms(self, patient_id: str, terms: Iterable[str]) -> None:
        await asyncio.gather(*(self._add_term(patient_id, term) for term in terms))

    async def _add_term(self, patient_id: str, term: str) -> None:
        try:
            await self._storage.insert(TERMS, {"_id": f"{term}|{patient_id}", "patient_id": patient_id})
        except DuplicateKey:
            return  # an earlier try of the same write got this far

    async def _remove_terms(self, patient_id: str, terms: Iterable[str]) -> None:
        await asyncio.gather(*(self._storage.delete(TERMS, f"{term}|{patient_id}") for term in terms))


def _owner(term_id: str) -> str:
    return term_id.rpartition("|")[2]


def _word(term_id: str) -> str:
    return term_id.rpartition("|")[0]


def _disjoint(prefixes: Sequence[str]) -> list[str]:
    """In order, without those that another one covers."""
    return [
        prefix
        for prefix in sorted(set(prefixes))
        if not any(prefix != other and prefix.startswith(other) for other in prefixes)
    ]


def _first_match(patient: Patient, need: Need) -> str | None:
    """The term under which a search lists the patient, so that two words alike do not list somebody twice."""
    return min((term for term in patient.terms if term.startswith(need.prefixes)), default=None)


def _meets(patient: Patient, needs: Sequence[Need]) -> bool:
    return all(need.met_by(patient.terms) for need in needs)


def _document(patient: Patient) -> Document:
    code = patient.code
    return {
        "_id": patient.id,
        "rev": patient.rev,
        "order": patient.order,
        "name": patient.name,
        "phone": patient.phone,
        "date_of_birth": patient.date_of_birth,
        "language": patient.language,
        "consent": {"given": patient.consent.given, "at": patient.consent.at, "wording": patient.consent.wording},
        "number_confirmed": patient.number_confirmed,
        "created_at": patient.created_at,
        "account_id": patient.account_id,
        "code": code and {"number": code.number, "digest": code.digest, "sent_at": code.sent_at, "tries": code.tries},
        "anonymised_at": patient.anonymised_at,
        "merged_into": patient.merged_into,
        "request_hash": patient.request_hash,
    }


def _patient(document: Document) -> Patient:
    return Patient(
        id=document["_id"],
        rev=document["rev"],
        order=document["order"],
        name=document["name"],
        phone=document["phone"],
        date_of_birth=document["date_of_birth"],
        language=document["language"],
        consent=Consent(**document["consent"]),
        number_confirmed=document["number_confirmed"],
        created_at=document["created_at"],
        account_id=document["account_id"],
        code=NumberCode(**document["code"]) if document["code"] else None,
        anonymised_at=document["anonymised_at"],
        merged_into=document.get("merged_into", ""),
        request_hash=document["request_hash"],
    )
