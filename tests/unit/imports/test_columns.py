"""Columns are known by their names in four languages; dates are read one way or asked about."""

from __future__ import annotations

from datetime import date, time

import pytest

from server.errors import Invalid
from server.imports.columns import (
    DateOrder,
    ImportKind,
    check,
    date_order,
    dates_in,
    guessed,
    read_date,
    read_time,
    split_start,
)

PATIENTS, APPOINTMENTS = ImportKind.PATIENTS, ImportKind.APPOINTMENTS


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Patient ID|First name|Last Name|Mobile|Date of Birth|SMS consent|Colour",
            "reference given_name family_name phone date_of_birth sms_consent",
        ),
        ("Nombre|Apellidos|Teléfono móvil|F. nacimiento|Idioma", "given_name family_name phone date_of_birth language"),
        ("Nombre|Teléfono", "name phone"),
        ("NOM|PRÉNOM|Tél.|Date de naissance", "family_name given_name phone date_of_birth"),
        ("الاسم|رقم الهاتف|تاريخ الميلاد|اللغة", "name phone date_of_birth language"),
    ],
)
def test_columns_are_guessed_by_their_names(header: str, fields: str) -> None:
    assert " ".join(sorted(guessed(PATIENTS, header.split("|")))) == " ".join(sorted(fields.split()))


def test_a_field_of_the_other_kind_is_not_guessed() -> None:
    header = ("Patient", "Phone", "Doctor", "Date", "Time")
    assert guessed(APPOINTMENTS, header) == {"name": 0, "phone": 1, "doctor": 2, "date": 3, "time": 4}
    assert guessed(PATIENTS, header) == {"name": 0, "phone": 1}


@pytest.mark.parametrize(
    ("kind", "columns", "wrong"),
    [
        (PATIENTS, {"name": 0}, ["columns.phone"]),
        (PATIENTS, {"given_name": 0, "phone": 1}, ["columns.name"]),
        (PATIENTS, {"name": 0, "phone": 9}, ["columns.phone"]),
        (PATIENTS, {"name": 0, "phone": 1, "doctor": 2}, ["columns.doctor"]),
        (APPOINTMENTS, {"reference": 0, "start": 1}, ["columns.doctor"]),
        (APPOINTMENTS, {"name": 0, "phone": 1, "doctor": 2, "date": 0}, ["columns.start"]),
    ],
)
def test_what_cannot_be_read_by_is_named(kind: ImportKind, columns: dict[str, int], wrong: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        check(kind, columns, 3)
    assert [error.field for error in refusal.value.errors] == wrong


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1980-05-17", "", "unknown"], ""),
        (["03/04/1980", "01/02/1990"], "either"),
        (["03/04/1980", "17/05/1980"], "dmy"),
        (["03/04/1980", "05/17/1980"], "mdy"),
        (["17/05/1980", "05/17/1980"], "mixed"),
        (["03.04.1980"], "dmy"),
        (["٠٣/٠٤/١٩٨٠", "١٧/٠٤/١٩٨٠"], "dmy"),
    ],
)
def test_how_dates_read(values: list[str], read: str) -> None:
    assert dates_in(values) == read


def test_an_order_is_taken_only_where_there_is_no_doubt() -> None:
    assert date_order(["", ""]) is DateOrder.DAY_FIRST
    assert date_order(["either", "mdy"]) is DateOrder.MONTH_FIRST
    assert date_order(["either"]) is None
    assert date_order(["mixed"]) is None
    assert date_order(["dmy", "mdy"]) is None


def test_dates_and_times() -> None:
    assert read_date("03/04/1980", DateOrder.DAY_FIRST) == date(1980, 4, 3)
    assert read_date("03/04/1980", DateOrder.MONTH_FIRST) == date(1980, 3, 4)
    assert read_date("3.4.1980", DateOrder.MONTH_FIRST) == date(1980, 4, 3)
    assert read_date("1980/4/3", DateOrder.MONTH_FIRST) == date(1980, 4, 3)
    for text in ("31/02/1980", "03/04/80", "tomorrow", "03/04.1980", ""):
        assert read_date(text, DateOrder.DAY_FIRST) is None
    for text, read in (
        ("9:05", time(9, 5)),
        ("14h30", time(14, 30)),
        ("2:30 PM", time(14, 30)),
        ("12:00am", time(0, 0)),
    ):
        assert read_time(text) == read
    for text in ("24:00", "13:00 pm", "half past", "9"):
        assert read_time(text) is None
    assert split_start("2026-03-02 10:30:00") == ("2026-03-02", "10:30:00")
    assert split_start("2026-03-02T10:30") == ("2026-03-02", "10:30")
    assert split_start("2026-03-02T10:30:00+01:00") == ("2026-03-02T10:30:00+01:00", "")
