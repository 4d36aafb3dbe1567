"""Which column holds what, guessed from its name in four languages; dates and times as files write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from enum import StrEnum
from typing import Final

from server.clock import date_written
from server.errors import Faults
from server.patients.terms import plain


class ImportKind(StrEnum):
    """What the rows of a file are."""

    PATIENTS = "patients"
    APPOINTMENTS = "appointments"


class DateOrder(StrEnum):
    """How a date such as 03/04/1980 is read; with the year in front it says so itself."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


PERSON: Final = ("reference", "name", "given_name", "family_name", "phone", "date_of_birth")
FIELDS: Final[Mapping[ImportKind, tuple[str, ...]]] = {
    ImportKind.PATIENTS: (*PERSON, "language", "sms_consent"),
    ImportKind.APPOINTMENTS: (*PERSON, "doctor", "start", "date", "time"),
}
DATES: Final = frozenset({"date_of_birth", "start", "date"})

# Names as `_folded` leaves them.
_NAMES: Final[Mapping[str, str]] = {
    "reference": "id|patientid|patientno|patientnumber|number|no|reference|ref|mrn|externalid|numero|nhc|historia|"
    "numerodehistoria|idpaciente|dossier|numerodedossier|idpatient|ipp|رقم|رقمالملف|رقمالمريض|المعرف",
    "name": "name|fullname|patient|patientname|nombrecompleto|paciente|nombreyapellidos|nomcomplet|nometprenom|"
    "prenometnom|الاسم|الاسمالكامل|المريض|اسمالمريض",
    "given_name": "firstname|givenname|forename|first|nombre|nombres|prenom|prenoms|الاسمالاول",
    "family_name": "lastname|familyname|surname|last|apellido|apellidos|nom|nomdefamille|"
    "اسمالعائله|اسمالعائلة|اللقب|الكنيه|الكنية",
    "phone": "phone|phonenumber|mobile|mobilephone|mobilenumber|cell|cellphone|telephone|tel|telefono|movil|celular|"
    "telefonomovil|portable|numerodetelephone|telephoneportable|الهاتف|رقمالهاتف|الجوال|المحمول|هاتف",
    "date_of_birth": "dateofbirth|birthdate|birthday|dob|born|fechadenacimiento|nacimiento|fnacimiento|"
    "datedenaissance|naissance|nele|تاريخالميلاد|الميلاد",
    "language": "language|lang|preferredlanguage|idioma|lengua|langue|اللغه|اللغة",
    "sms_consent": "smsconsent|consent|sms|texts|textmessages|agreestotexts|consentimiento|consentimientosms|"
    "aceptasms|consentement|consentementsms|accordsms|الموافقه|الموافقة|موافقه|رسائل",
    "doctor": "doctor|physician|provider|clinician|doctorname|medico|medica|doctora|medecin|docteur|praticien|"
    "الطبيب|الدكتور|اسمالطبيب",
    "start": "start|starts|startsat|starttime|datetime|appointment|appointmenttime|fechayhora|inicio|cita|"
    "dateetheure|debut|rendezvous|rdv|الموعد|التاريخوالوقت|البدايه|البداية",
    "date": "date|day|appointmentdate|fecha|dia|fechadelacita|jour|datedurendezvous|التاريخ|اليوم|تاريخالموعد",
    "time": "time|hour|at|hora|heure|horaire|الوقت|الساعه|الساعة|وقتالموعد",
}
_MEANING: Final = {name: field for field, names in _NAMES.items() for name in names.split("|")}

_LOCAL_DATE: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2})[:.h](\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap]\.?\s?m\.?|[صم])?", re.IGNORECASE)
_ISO_OFFSET: Final = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")


def guessed(kind: ImportKind, header: Sequence[str]) -> dict[str, int]:
    """Field → column, the first that fits; what nothing is named after is left out."""
    found: dict[str, int] = {}
    for index, name in enumerate(header):
        field = _MEANING.get(_folded(name))
        if field in FIELDS[kind]:
            found.setdefault(field, index)
    if "name" not in found and "given_name" in found and "family_name" not in found:
        # Where there is one column for the name it is called so in Spanish.
        found["name"] = found.pop("given_name")
    if "name" not in found and "family_name" in found and "given_name" not in found:
        found["name"] = found.pop("family_name")
    return found


def check(kind: ImportKind, columns: Mapping[str, int], width: int) -> None:
    """Raises Invalid for a choice of columns that the rows of this kind cannot be read by."""
    faults = Faults()
    for field, index in columns.items():
        if field not in FIELDS[kind]:
            faults.add(f"columns.{field}", f"is nothing that {kind.value} have")
        elif not 0 <= index < width:
            faults.add(f"columns.{field}", "is a column that the file does not have")
    named = "name" in columns or columns.keys() >= {"given_name", "family_name"}
    if not named and not (kind is ImportKind.APPOINTMENTS and "reference" in columns):
        faults.add("columns.name", "is needed: say which column holds the name")
    if not columns.keys() & {"phone", "date_of_birth", "reference"}:
        faults.add("columns.phone", "or a birth date or a number is needed, to tell people of one name apart")
    if kind is ImportKind.APPOINTMENTS:
        if "doctor" not in columns:
            faults.add("columns.doctor", "is needed: say which column names the doctor")
        if "start" not in columns and not columns.keys() >= {"date", "time"}:
            faults.add("columns.start", "or a date and a time is needed")
    faults.settle()


def dates_in(values: Iterable[str]) -> str:
    """How the dates among `values` that do not begin with the year read: `dmy`, `mdy`, `either`, where they contradict
    each other `mixed`, and empty where there are none. Dots stand between day, month and year everywhere.
    """
    possible, found = set(DateOrder), False
    for value in values:
        if (match := _LOCAL_DATE.match(western_digits(value))) is None:
            continue
        found = True
        if int(match[1]) > 12 or match[2] == ".":
            possible.discard(DateOrder.MONTH_FIRST)
        elif int(match[3]) > 12:
            possible.discard(DateOrder.DAY_FIRST)
    if not found:
        return ""
    return "either" if len(possible) == 2 else possible.pop().value if possible else "mixed"


def date_order(dates: Iterable[str]) -> DateOrder | None:
    """The one order in which columns that read as `dates_in` says can be read; None where somebody has to say it."""
    read = {each for each in dates if each}
    certain = read - {"either"}
    if not read:
        return DateOrder.DAY_FIRST
    return DateOrder(certain.pop()) if len(certain) == 1 and "mixed" not in certain else None


def read_date(text: str, order: DateOrder) -> date | None:
    """The date `text` is: year-month-day in any spelling, or in `order`; None for all else."""
    plain_text = western_digits(text).strip()
    if match := _YEAR_FIRST.fullmatch(plain_text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _LOCAL_DATE.fullmatch(plain_text):
        one, other, year = int(match[1]), int(match[3]), int(match[4])
        day, month = (one, other) if order is DateOrder.DAY_FIRST or match[2] == "." else (other, one)
    else:
        return None
    return date_written(f"{year:04d}-{month:02d}-{day:02d}")


def read_time(text: str) -> time | None:
    """The time of day `text` is, on the 24-hour clock or with am and pm; None for all else."""
    match = _TIME.fullmatch(western_digits(text).strip())
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith(("p", "م")) else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def split_start(text: str) -> tuple[str, str]:
    """Date and time of one cell: `2026-03-02T10:30:00`, `02/03/2026 10:30`. An offset would need another reading."""
    if _ISO_OFFSET.search(text) and "T" in text:
        return text, ""
    day, _, hour = text.strip().replace("T", " ", 1).partition(" ")
    return day, hour.strip()


def western_digits(text: str) -> str:
    """`text` with the digits of any script as 0–9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _folded(name: str) -> str:
    return "".join(char for char in plain(name) if char.isalnum())
