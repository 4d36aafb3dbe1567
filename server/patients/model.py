"""A patient, what registering one takes, and what the field rules are. Pure.

A name may be in any script. Consent to texts is kept with its time and the version of the wording that
was shown; the code that confirms a phone number is kept hashed, expires, and allows few tries.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from server.clock import date_written, iso
from server.errors import Invalid, SlowDown
from server.patients.phones import mask
from server.patients.terms import terms_of
from server.queue.model import PatientCopy

LANGUAGES = ("en", "es", "fr", "ar")
CONSENT_WORDING = "2025-1"
LONGEST_NAME = 100
OLDEST_YEARS = 130
CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5
CODE_PAUSE = timedelta(seconds=60)

# Characters that turn the reading direction of everything after them: a name with one breaks a list.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether texts may be sent, since when, and under which wording."""

    given: bool
    at: datetime
    wording: str = CONSENT_WORDING


@dataclass(frozen=True, slots=True)
class NumberCode:
    """The code sent to a number that is not confirmed yet; `number` counts the codes sent to this patient."""

    number: int
    digest: str
    sent_at: datetime
    tries: int = 0

    @property
    def expires_at(self) -> datetime:
        """When it stops being accepted."""
        return self.sent_at + CODE_LIFETIME

    def spent(self) -> NumberCode:
        """This code, no longer accepted; it still counts and still asks for a pause."""
        return replace(self, tries=CODE_TRIES)


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient. `phone` is E.164 or empty; `account_id` is empty for those who have no login.

    `merged_into` is the record that has taken this one's place.
    """

    id: str
    order: str
    name: str
    phone: str
    date_of_birth: str | None
    language: str
    consent: Consent
    number_confirmed: bool
    created_at: datetime
    account_id: str = ""
    code: NumberCode | None = None
    anonymised_at: datetime | None = None
    merged_into: str = ""
    request_hash: str = ""
    rev: int = 0

    @property
    def sms_consent(self) -> bool:
        """Whether this patient agreed to texts."""
        return self.consent.given

    @property
    def gone(self) -> bool:
        """Whether nothing can be done with this record any more."""
        return self.anonymised_at is not None or bool(self.merged_into)

    @property
    def phone_masked(self) -> str:
        """The number as lists and logs may show it."""
        return mask(self.phone)

    @property
    def terms(self) -> frozenset[str]:
        """What this patient is found by; nothing once anonymised."""
        return frozenset() if self.gone else terms_of(self.name, self.phone, self.date_of_birth)

    def copy_for_queue(self) -> PatientCopy:
        """What a queue keeps of this patient while the ticket is open."""
        return PatientCopy(
            id=self.id,
            name=self.name,
            phone=self.phone,
            phone_masked=self.phone_masked,
            language=self.language,
            sms_consent=self.sms_consent,
            number_confirmed=self.number_confirmed,
        )

    def anonymised(self, now: datetime) -> Patient:
        """This patient with everything personal gone; the id stays, so that past visits still count."""
        return replace(
            self,
            name="",
            phone="",
            date_of_birth=None,
            consent=Consent(given=False, at=now),
            number_confirmed=False,
            account_id="",
            code=None,
            request_hash="",
            anonymised_at=self.anonymised_at or now,
        )

    def summary(self) -> dict[str, Any]:
        """The patient as lists show them, the number masked (DESIGN 5: shapes)."""
        return {
            "id": self.id,
            "name": self.name,
            "phone_masked": self.phone_masked,
            "date_of_birth": self.date_of_birth,
            "language": self.language,
            "sms_consent": self.sms_consent,
            "number_confirmed": self.number_confirmed,
            "has_account": bool(self.account_id),
            "created_at": iso(self.created_at),
            "anonymised": self.anonymised_at is not None,
        }

    def details(self) -> dict[str, Any]:
        """The patient as staff who opened the record, and the patient, see it: with the whole number."""
        return {**self.summary(), "phone": self.phone or None, "merged_into": self.merged_into or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """What registering takes, as it was typed; `number_confirmed` is the desk's word for the number."""

    name: str
    sms_consent: bool
    phone: str | None = None
    date_of_birth: str | None = None
    language: str = "en"
    number_confirmed: bool = False
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChanges:
    """What a change of a record says: None means unchanged; an empty phone or birth date takes it away."""

    name: str | None = None
    phone: str | None = None
    date_of_birth: str | None = None
    language: str | None = None
    sms_consent: bool | None = None
    number_confirmed: bool | None = None


def clean_name(text: str, *, field: str = "name") -> str:
    """A person's name in composed form and single spaces. Raises Invalid."""
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text) or _DIRECTION_CONTROLS & set(text):
        raise Invalid.field(field, "has characters that cannot be printed; write the name in letters")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(char.isalnum() for char in name):
        raise Invalid.field(field, "is empty; write the name as the patient is called")
    if len(name) > LONGEST_NAME:
        raise Invalid.field(field, f"is longer than {LONGEST_NAME} characters; shorten it")
    return name


def clean_birth_date(text: str, today: date) -> str:
    """An ISO date from `OLDEST_YEARS` ago up to `today`. Raises Invalid."""
    born = date_written(text)
    if born is None:
        raise Invalid.field("date_of_birth", "is not a date; write year-month-day, such as 1980-05-17")
    if born > today:
        raise Invalid.field("date_of_birth", "is in the future; check the year")
    if born.year < today.year - OLDEST_YEARS:
        raise Invalid.field("date_of_birth", f"is more than {OLDEST_YEARS} years ago; check the year")
    return born.isoformat()


def clean_language(text: str) -> str:
    """One of `LANGUAGES`. Raises Invalid."""
    if text not in LANGUAGES:
        raise Invalid.field("language", f"is not one of {', '.join(LANGUAGES)}")
    return text


def code_digest(patient_id: str, number: int, code: str) -> str:
    """How a code is kept: bound to its patient and its turn, so that no other code opens it."""
    return hashlib.sha256(f"{patient_id}\x1f{number}\x1f{code}".encode()).hexdigest()


def next_code(patient: Patient, code: str, now: datetime) -> Patient:
    """`patient` with `code` on its way. Raises SlowDown within a minute of the last one."""
    last = patient.code
    if last and now < last.sent_at + CODE_PAUSE:
        wait = int((last.sent_at + CODE_PAUSE - now).total_seconds()) + 1
        raise SlowDown("A code was sent a moment ago. Wait a little before asking for another.", retry_after=wait)
    number = (last.number if last else 0) + 1
    return replace(patient, code=NumberCode(number, code_digest(patient.id, number, code), now))


def try_code(patient: Patient, code: str, now: datetime) -> tuple[Patient, Invalid | None]:
    """The patient after one try, and why it failed (None: the number is confirmed). A try is always counted."""
    sent = patient.code
    if sent is None or now >= sent.expires_at or sent.tries >= CODE_TRIES:
        return patient, Invalid.field("code", "is no longer valid; ask for a new one")
    if sent.digest != code_digest(patient.id, sent.number, code):
        left = CODE_TRIES - sent.tries - 1
        tried = replace(patient, code=replace(sent, tries=sent.tries + 1))
        advice = f"try again ({left} left)" if left else "ask for a new one"
        return tried, Invalid.field("code", f"is not the code that was sent; {advice}")
    return replace(patient, number_confirmed=True, code=sent.spent()), None
