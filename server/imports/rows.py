"""A row of a file read as a patient or as an appointment, by the columns that were chosen. Pure.

The id of an imported patient is made from the row alone, so that the same file makes nobody twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from server.clock import whole_milliseconds
from server.errors import Invalid
from server.ids import derived_id
from server.imports.columns import read_date, read_time, split_start
from server.imports.model import Choices, Refusal
from server.patients.likeness import keys_of, name_key
from server.patients.model import Consent, NewPatient, Patient, clean_birth_date, clean_name
from server.patients.phones import parse_phone
from server.patients.record import Desk, build
from server.patients.terms import plain, words_of

# What a patient's consent says of the wording that was shown: it was not ours.
IMPORTED_WORDING: Final = "imported"

_YES: Final = frozenset(("yes", "y", "true", "1", "x", "ok", "si", "s", "verdadero", "oui", "o", "vrai", "نعم", "✓"))
_LANGUAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("en", "eng", "english", "ingles", "anglais", "الانجليزيه", "الانجليزية"), "en"),
    **dict.fromkeys(("es", "spa", "spanish", "espanol", "castellano", "espagnol", "الاسبانيه", "الاسبانية"), "es"),
    **dict.fromkeys(("fr", "fra", "fre", "french", "frances", "francais", "الفرنسيه", "الفرنسية"), "fr"),
    **dict.fromkeys(("ar", "ara", "arabic", "arabe", "العربيه", "العربية"), "ar"),
}
_TITLES: Final = frozenset(
    (
        *("dr", "dra", "drs", "doctor", "doctora", "docteur", "prof", "professor", "profesor", "profesora"),
        *("professeur", "د", "دكتور", "الدكتور", "الدكتوره", "الدكتورة"),
    )
)
_FORMULA: Final = ("=", "+", "-", "@")
_YEARS: Final = range(1970, 2201)


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever a row is about. `id` is what an import of patients calls them; `phone` is E.164 or empty."""

    id: str
    by_reference: bool
    name: str
    phone: str
    date_of_birth: str | None

    @property
    def keys(self) -> frozenset[str]:
        """What another row about the same person shares with this one."""
        return keys_of(self.name, self.phone, self.date_of_birth) | {self.id}


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient to be."""

    row: int
    person: Person
    patient: Patient


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """A booking to be; `doctor` is as it was written."""

    row: int
    person: Person
    doctor: str
    start: datetime


def read_patient(row: int, cells: Sequence[str], width: int, choices: Choices, desk: Desk) -> PatientRow | Refusal:
    """The patient a row describes, or every reason why it is not taken."""
    get = _Cells(cells, choices.columns)
    person, reasons = _person(get, choices, desk)
    if not person.name and "name" not in reasons:
        reasons.append("name_missing")
    if reasons := _overfull(cells, width) or reasons or _too_little(person):
        return Refusal(row, tuple(reasons))
    new = NewPatient(
        name=person.name,
        sms_consent=plain(get["sms_consent"]) in _YES,
        phone=person.phone or None,
        date_of_birth=person.date_of_birth,
        language=_LANGUAGES.get(plain(get["language"]), choices.language),
        number_confirmed=True,
    )
    patient = build(new, person.id, desk)
    consent = Consent(patient.consent.given, desk.now, IMPORTED_WORDING)
    return PatientRow(row, person, replace(patient, consent=consent))


def read_appointment(
    row: int, cells: Sequence[str], width: int, choices: Choices, desk: Desk
) -> AppointmentRow | Refusal:
    """The booking a row describes, or every reason why it is not taken."""
    get = _Cells(cells, choices.columns)
    person, reasons = _person(get, choices, desk)
    if not get["doctor"]:
        reasons.append("doctor_missing")
    start = _start(get, choices, desk)
    if start is None:
        reasons.append("start")
    if reasons := _overfull(cells, width) or reasons or _too_little(person):
        return Refusal(row, tuple(reasons))
    assert start is not None  # else there was a reason
    return AppointmentRow(row, person, get["doctor"], start)


def names_doctor(text: str, name: str) -> bool:
    """Whether `text` is the doctor's name, with or without a title and in any order."""
    asked, known = ({*words_of(one)} - _TITLES for one in (text, name))
    return bool(asked) and asked == known


class _Cells:
    """A row's cells by field; empty where the row is short or the field has no column."""

    def __init__(self, cells: Sequence[str], columns: Mapping[str, int]) -> None:
        self._cells = cells
        self._columns = columns

    def __getitem__(self, field: str) -> str:
        index = self._columns.get(field, len(self._cells))
        text = self._cells[index] if index < len(self._cells) else ""
        # As our own files and others' keep spreadsheets from calculating.
        return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _person(get: _Cells, choices: Choices, desk: Desk) -> tuple[Person, list[str]]:
    reasons: list[str] = []
    name, phone, born = "", "", None
    text = get["name"] or f"{get['given_name']} {get['family_name']}".strip()
    try:
        name = clean_name(text) if text else ""
    except Invalid:
        reasons.append("name")
    try:
        phone = parse_phone(get["phone"], desk.country) if get["phone"] else ""
    except Invalid:
        reasons.append("phone")
    if get["date_of_birth"]:
        born = _birth_date(get["date_of_birth"], choices, desk)
        if born is None:
            reasons.append("date_of_birth")
    reference = "".join(words_of(get["reference"]))
    id = derived_id("imported patient", *((reference,) if reference else (name_key(name), phone, born or "")))
    return Person(id, bool(reference), name, phone, born), reasons


def _birth_date(text: str, choices: Choices, desk: Desk) -> str | None:
    # Spreadsheets write a midnight behind it.
    found = read_date(split_start(text)[0], choices.date_order)
    try:
        return clean_birth_date(found.isoformat(), desk.today) if found else None
    except Invalid:
        return None


def _overfull(cells: Sequence[str], width: int) -> list[str]:
    """More cells than columns: a delimiter stands where it should not, so that no cell is where it belongs."""
    return ["cells"] if any(cells[width:]) else []


def _too_little(person: Person) -> list[str]:
    return [] if person.by_reference or person.phone or person.date_of_birth else ["too_little"]


def _start(get: _Cells, choices: Choices, desk: Desk) -> datetime | None:
    day, hour = split_start(get["start"]) if get["start"] else (split_start(get["date"])[0], get["time"])
    if "T" in day:
        try:
            return whole_milliseconds(datetime.fromisoformat(day))
        except ValueError:
            return None
    on, at = read_date(day, choices.date_order), read_time(hour)
    if on is None or at is None or not _YEARS.start <= on.year < _YEARS.stop:
        return None
    return datetime.combine(on, at, desk.zone).astimezone(UTC)


def samples(rows: Sequence[Sequence[str]], column: int, most: int = 3) -> list[str]:
    """The first few things that stand in a column, for people to see what it holds."""
    return list(dict.fromkeys(cells[column] for cells in rows if column < len(cells) and cells[column]))[:most]
