"""What one record takes from the other: what was chosen, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.patients.likeness import Alike, alike, contradict, same_person
from server.patients.model import Consent, Patient
from server.patients.union import Part, united

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def record(id: str = "kept", **given: Any) -> Patient:
    plain = Patient(id, id, "Ana Núñez", "", None, "en", Consent(False, NOON), False, NOON)
    return replace(plain, **given)


OTHER = record(
    "other",
    name="Ana Ruiz",
    phone="+12025550142",
    date_of_birth="1980-05-17",
    language="es",
    consent=Consent(True, NOON - timedelta(days=1)),
    number_confirmed=True,
)


def test_what_is_missing_comes_over_and_nothing_else() -> None:
    made = united(record(), OTHER, ())
    assert (made.id, made.name, made.language) == ("kept", "Ana Núñez", "en")
    assert (made.phone, made.date_of_birth) == ("+12025550142", "1980-05-17")
    assert (made.sms_consent, made.number_confirmed) == (True, True)
    own = record(phone="+12025550141", date_of_birth="1980-05-18")
    assert united(own, OTHER, ()) == own


def test_what_was_chosen_comes_over() -> None:
    own = record(phone="+12025550141", date_of_birth="1980-05-18", number_confirmed=True)
    made = united(own, OTHER, tuple(Part))
    assert replace(made, id="other", order="other") == OTHER
    assert united(own, record("other"), (Part.PHONE, Part.BIRTH_DATE)) == own


@pytest.mark.parametrize(("days", "given"), [(1, True), (-1, False)])
def test_of_two_words_about_one_number_the_later_counts(days: int, given: bool) -> None:
    own = record(phone=OTHER.phone, consent=Consent(False, NOON))
    other = replace(OTHER, consent=Consent(True, NOON + timedelta(days=days)))
    made = united(own, other, ())
    assert (made.sms_consent, made.number_confirmed) == (given, True)


def test_made_again_it_changes_nothing_more() -> None:
    for take in ((), (Part.NAME,), tuple(Part)):
        once = united(record(phone="+12025550141"), OTHER, take)
        assert united(once, OTHER, take) == once


def test_who_may_be_one_person() -> None:
    ana = record(name="Ana Núñez", date_of_birth="1980-05-17")
    assert alike(ana, record(name="NUNEZ, ana", date_of_birth="1980-05-17")) == (Alike.NAME, Alike.BIRTH_DATE)
    assert alike(ana, record(name="Ana Núñez")) == ()
    assert alike(ana, record(name="Bo", date_of_birth="1980-05-17")) == ()
    family = record(name="Bo", phone="+12025550141")
    assert alike(record(phone="+12025550141"), family) == (Alike.PHONE,)
    assert same_person(ana, "Nunez Ana", "", "1980-05-17")
    assert not same_person(replace(ana, phone="+1"), "Ana Núñez", "+1", "1990-01-01")
    assert not same_person(family, "Ana", "+12025550141", None)


@pytest.mark.parametrize(
    ("said", "two"),
    [
        ({"name": "Bo"}, True),
        ({"date_of_birth": "1990-01-01"}, True),
        ({"date_of_birth": None, "phone": "+12025550142"}, True),
        ({"phone": "+12025550142"}, False),
        ({"name": "NUNEZ, ana", "phone": ""}, False),
        ({"name": "Ana Núñes", "date_of_birth": None, "phone": ""}, False),
        ({"name": "Ana Ruiz"}, False),
        ({"name": "Ana Ruiz", "date_of_birth": None, "phone": ""}, True),
        ({"name": "", "date_of_birth": None, "phone": ""}, False),
    ],
)
def test_what_speaks_against_one_person(said: dict[str, Any], two: bool) -> None:
    ana = record(phone="+12025550141", date_of_birth="1980-05-17")
    assert contradict(ana, replace(ana, **said)) is two
    assert contradict(replace(ana, **said), ana) is two
