"""A row becomes a patient or a booking, or says every reason why not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server.imports.columns import DateOrder
from server.imports.model import Choices, Refusal
from server.imports.rows import AppointmentRow, PatientRow, names_doctor, read_appointment, read_patient
from server.patients.record import Desk

DESK = Desk("US", ZoneInfo("Europe/Madrid"), datetime(2026, 3, 2, 12, tzinfo=UTC))
COLUMNS = {"name": 0, "phone": 1, "date_of_birth": 2, "language": 3, "sms_consent": 4, "reference": 5}
PATIENT = Choices(COLUMNS, DateOrder.DAY_FIRST, language="es")
BOOKING = Choices({"name": 0, "phone": 1, "doctor": 2, "date": 3, "time": 4}, DateOrder.DAY_FIRST)


def patient(*cells: str) -> PatientRow | Refusal:
    return read_patient(7, cells, 6, PATIENT, DESK)


def made(*cells: str) -> PatientRow:
    row = patient(*cells)
    assert isinstance(row, PatientRow), row
    return row


def test_a_row_is_a_patient_as_the_desk_would_have_registered_one() -> None:
    record = made("  Núñez  Ana", "'+1 (202) 555-0147", "17/05/1980", "Français", "Sí").patient
    assert (record.name, record.phone, record.date_of_birth) == ("Núñez Ana", "+12025550147", "1980-05-17")
    assert (record.language, record.sms_consent, record.number_confirmed) == ("fr", True, True)
    assert record.consent.wording == "imported"


def test_what_is_not_said_is_not_assumed() -> None:
    record = made("Ana", "2025550147").patient
    assert (record.language, record.sms_consent, record.date_of_birth) == ("es", False, None)
    assert made("Ana", "2025550147", "", "Klingon", "perhaps").patient.sms_consent is False


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        (("", "2025550147"), ("name_missing",)),
        (("7\u202e", "12", "31/02/1980"), ("name", "phone", "date_of_birth")),
        (("Ana", "", "17/05/2030"), ("date_of_birth",)),
        (("Ana", "", "17/05/1780"), ("date_of_birth",)),
        (("Ana",), ("too_little",)),
        (("Ana", "2025550147", "", "", "", "", "more"), ("cells",)),
    ],
)
def test_every_reason_is_said(cells: tuple[str, ...], reasons: tuple[str, ...]) -> None:
    assert patient(*cells) == Refusal(7, reasons)


def test_the_same_person_has_the_same_id_however_the_row_is_written() -> None:
    ana = made("Ana Núñez", "2025550147", "17/05/1980")
    assert made("NUNEZ, ana", "+1 202 555 0147", "1980-05-17").person.id == ana.person.id
    assert made("Ana Núñez", "2025550148", "17/05/1980").person.id != ana.person.id
    assert (
        made("Ana", "", "", "", "", "P 12").person.id
        == made("Anna", "2025550147", "", "", "", "p-12".replace("-", " ")).person.id
    )


def test_a_booking_is_read_on_the_clinic_s_clock() -> None:
    row = read_appointment(2, ("Ana", "2025550147", "Dr Rao", "04/03/2026", "10:30"), 5, BOOKING, DESK)
    assert isinstance(row, AppointmentRow)
    assert (row.doctor, row.start) == ("Dr Rao", datetime(2026, 3, 4, 9, 30, tzinfo=UTC))
    refused = read_appointment(2, ("Ana", "2025550147", "", "04/03/2026", "late"), 5, BOOKING, DESK)
    assert refused == Refusal(2, ("doctor_missing", "start"))
    at = Choices({"reference": 0, "doctor": 1, "start": 2}, DateOrder.DAY_FIRST)
    other = read_appointment(2, ("12", "Rao", "2026-03-04T10:30:00+01:00"), 3, at, DESK)
    assert isinstance(other, AppointmentRow)
    assert other.start == row.start


def test_doctors_are_known_with_and_without_title() -> None:
    assert names_doctor("Rao", "Dr Rao")
    assert names_doctor("SILVA Maria", "Dra. María Silva")
    assert not names_doctor("Silva", "Dra. María Silva")
    assert not names_doctor("Dr", "Dr Rao")
