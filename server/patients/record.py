"""How a patient's record is made and changed from what somebody typed. Pure: every wrong field is named at once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.encoding import encode
from server.errors import Faults, Invalid, WrongState
from server.ids import derived_id, order_key
from server.patients.model import (
    CODE_PAUSE,
    Consent,
    NewPatient,
    Patient,
    PatientChanges,
    clean_birth_date,
    clean_language,
    clean_name,
    next_code,
)
from server.patients.phones import parse_phone


@dataclass(frozen=True, slots=True)
class Desk:
    """Where and when the record is written: the country of numbers without +, and the clinic's time zone."""

    country: str
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        """The clinic's date."""
        return self.now.astimezone(self.zone).date()


def build(new: NewPatient, patient_id: str, desk: Desk) -> Patient:
    """The patient `new` describes. Raises Invalid naming every wrong field."""
    faults = Faults()
    name = faults.read(lambda: clean_name(new.name), "")
    phone = faults.read(lambda: _phone(new.phone, desk), "")
    born = faults.read(lambda: _birth_date(new.date_of_birth, desk), None)
    language = faults.read(lambda: clean_language(new.language), "")
    if new.username is not None and new.password is None:
        faults.add("password", "is required with a username")
    if new.password is not None and new.username is None:
        faults.add("username", "is required with a password")
    faults.settle()
    return Patient(
        id=patient_id,
        order=order_key(desk.now, patient_id),
        name=name,
        phone=phone,
        date_of_birth=born,
        language=language,
        consent=Consent(new.sms_consent, desk.now),
        number_confirmed=bool(phone) and new.number_confirmed,
        created_at=desk.now,
        account_id=derived_id("account", patient_id) if new.username is not None else "",
        request_hash=request_hash(new),
    )


def change(patient: Patient, changes: PatientChanges, desk: Desk) -> Patient:
    """`patient` with `changes` made; a new number is unconfirmed unless they say otherwise. Raises Invalid."""
    faults = Faults()
    name, phone, born, language = patient.name, patient.phone, patient.date_of_birth, patient.language
    if (text := changes.name) is not None:
        name = faults.read(lambda: clean_name(text), name)
    if changes.phone is not None:
        phone = faults.read(lambda: _phone(changes.phone, desk), phone)
    if changes.date_of_birth is not None:
        born = faults.read(lambda: _birth_date(changes.date_of_birth, desk), born)
    if (tag := changes.language) is not None:
        language = faults.read(lambda: clean_language(tag), language)
    if changes.number_confirmed and not phone:
        faults.add("number_confirmed", "cannot be set without a phone number; give one too")
    faults.settle()
    moved = phone != patient.phone
    confirmed = patient.number_confirmed and not moved
    consent = patient.consent
    if changes.sms_consent not in (None, consent.given):
        consent = Consent(bool(changes.sms_consent), desk.now)
    return replace(
        patient,
        name=name,
        phone=phone,
        date_of_birth=born,
        language=language,
        number_confirmed=confirmed if changes.number_confirmed is None else changes.number_confirmed,
        # A code sent to the old number must not confirm the new one.
        code=patient.code.spent() if moved and patient.code else patient.code,
        consent=consent,
    )


def wants_code(patient: Patient) -> bool:
    """Whether the number is to be confirmed by its owner; who wants no texts gets no code either."""
    return bool(patient.account_id and patient.phone and patient.sms_consent) and not patient.number_confirmed


def may_send_code(patient: Patient, now: datetime) -> bool:
    """Whether the pause since the last code is over."""
    return patient.code is None or now >= patient.code.sent_at + CODE_PAUSE


def with_code(patient: Patient, code: str, now: datetime) -> Patient:
    """`patient` with a new code on its way, as somebody asked. Raises WrongState, Invalid, SlowDown."""
    if patient.number_confirmed:
        raise WrongState("This number is confirmed already.", state="confirmed", by=None, at=None)
    if not patient.phone:
        raise Invalid.field("phone", "is missing; give a phone number first")
    if not patient.sms_consent:
        raise Invalid.field("sms_consent", "is not given; agree to texts first, the code comes as one")
    return next_code(patient, code, now)


def request_hash(new: NewPatient) -> str:
    """What tells a repeated request from another; without the password, which no fast hash may hold."""
    return hashlib.sha256(encode({**asdict(new), "password": None}).encode()).hexdigest()


def _phone(text: str | None, desk: Desk) -> str:
    return parse_phone(text, desk.country) if text else ""


def _birth_date(text: str | None, desk: Desk) -> str | None:
    return clean_birth_date(text, desk.today) if text else None
