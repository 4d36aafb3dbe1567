"""How a record is made and changed; the rules of its fields and of the confirming code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.errors import Invalid, SlowDown, WrongState
from server.patients.model import (
    CODE_LIFETIME,
    CODE_PAUSE,
    CODE_TRIES,
    CONSENT_WORDING,
    NewPatient,
    Patient,
    PatientChanges,
    next_code,
    try_code,
)
from server.patients.record import Desk, build, change, may_send_code, request_hash, wants_code, with_code

NOW = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
DESK = Desk("US", ZoneInfo("Asia/Tokyo"), NOW)


def patient(**given: object) -> Patient:
    new = NewPatient(**{"name": "Robin Example", "sms_consent": True, "phone": "+12025550147", **given})  # type: ignore[arg-type]
    return build(new, "p" * 22, DESK)


def fields(refusal: Invalid) -> list[str]:
    return [error.field for error in refusal.errors]


@pytest.mark.parametrize(
    "name", ["Ø", "李", "محمد عبد الله", "José  María ", "J. R. O'Neil-Smith III", "x" * 100, "می‌خواهم"]
)
def test_names_of_any_script_are_kept(name: str) -> None:
    assert patient(name=name).name == " ".join(name.split())


@pytest.mark.parametrize("name", ["", "   ", "-", "\u200b", "x" * 101, "Rob\nin", "Rob\u202ein", "a\x07b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        patient(name=name)
    assert fields(refusal.value) == ["name"]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        patient(name="", phone="12", date_of_birth="17.5.1980", language="xx", username="robin")
    assert fields(refusal.value) == ["name", "phone", "date_of_birth", "language", "password"]
    assert refusal.value.detail.startswith("name: is empty")
    assert "(and 4 more)" in refusal.value.detail


def test_the_clinics_date_decides_what_is_in_the_future() -> None:
    assert patient(date_of_birth="2026-03-04").date_of_birth == "2026-03-04"  # it is the 4th in Tokyo already
    for born in ("2026-03-05", "1890-01-01", "2001-02-29", "20010228", "2001-2-3", "0000-00-00", "2001-W05-1"):
        with pytest.raises(Invalid) as refusal:
            patient(date_of_birth=born)
        assert fields(refusal.value) == ["date_of_birth"]


def test_consent_is_kept_with_its_time_and_wording() -> None:
    given = patient().consent
    assert (given.given, given.at, given.wording) == (True, NOW, CONSENT_WORDING)
    later = replace(DESK, now=NOW + timedelta(days=1))
    same = change(patient(), PatientChanges(sms_consent=True), later)
    assert same.consent.at == NOW
    withdrawn = change(patient(), PatientChanges(sms_consent=False), later)
    assert (withdrawn.consent.given, withdrawn.consent.at) == (False, later.now)


def test_a_number_the_desk_takes_down_is_confirmed_and_a_new_one_is_not() -> None:
    known = patient(number_confirmed=True)
    assert known.number_confirmed
    assert change(known, PatientChanges(phone="+1 (202) 555-0147"), DESK).number_confirmed
    assert not change(known, PatientChanges(phone="+12025550148"), DESK).number_confirmed
    assert change(known, PatientChanges(phone="+12025550148", number_confirmed=True), DESK).number_confirmed
    gone = change(known, PatientChanges(phone=""), DESK)
    assert (gone.phone, gone.number_confirmed) == ("", False)
    with pytest.raises(Invalid):
        change(gone, PatientChanges(number_confirmed=True), DESK)
    assert not patient(phone=None, number_confirmed=True).number_confirmed


def test_unchanged_fields_stay() -> None:
    before = patient(date_of_birth="1980-05-17")
    assert change(before, PatientChanges(), DESK) == before
    assert change(before, PatientChanges(date_of_birth=""), DESK).date_of_birth is None


def test_the_repeated_request_is_recognised_without_its_password() -> None:
    one = NewPatient(name="Robin", sms_consent=True, username="robin", password="first-secret")
    assert request_hash(one) == request_hash(replace(one, password="other-secret"))
    assert request_hash(one) != request_hash(replace(one, name="Robyn"))


class TestCode:
    def sent(self) -> Patient:
        return next_code(patient(username="robin", password="x"), "123456", NOW)

    def test_only_an_account_with_number_and_consent_gets_one(self) -> None:
        own = patient(username="robin", password="x")
        assert wants_code(own)
        assert not wants_code(patient())
        assert not wants_code(replace(own, phone=""))
        assert not wants_code(replace(own, number_confirmed=True))
        assert not wants_code(patient(username="robin", password="x", sms_consent=False))

    def test_the_right_code_confirms_once(self) -> None:
        after, refusal = try_code(self.sent(), "123456", NOW)
        assert refusal is None
        assert after.number_confirmed
        assert try_code(replace(after, number_confirmed=False), "123456", NOW)[1] is not None

    def test_it_is_not_kept_in_clear(self) -> None:
        assert "123456" not in repr(self.sent())

    def test_wrong_ones_are_counted_until_none_is_accepted(self) -> None:
        current = self.sent()
        for _ in range(CODE_TRIES):
            current, refusal = try_code(current, "654321", NOW)
            assert refusal is not None
            assert fields(refusal) == ["code"]
        after, refusal = try_code(current, "123456", NOW)
        assert refusal is not None
        assert not after.number_confirmed

    def test_it_expires(self) -> None:
        assert try_code(self.sent(), "123456", NOW + CODE_LIFETIME - timedelta(seconds=1))[1] is None
        assert try_code(self.sent(), "123456", NOW + CODE_LIFETIME)[1] is not None

    def test_another_number_needs_another_code(self) -> None:
        moved = change(self.sent(), PatientChanges(phone="+12025550148"), DESK)
        assert try_code(moved, "123456", NOW)[1] is not None

    def test_a_new_one_takes_a_minute(self) -> None:
        assert not may_send_code(self.sent(), NOW)
        with pytest.raises(SlowDown) as refusal:
            with_code(self.sent(), "111111", NOW + timedelta(seconds=20))
        assert refusal.value.retry_after == 41
        again = with_code(self.sent(), "111111", NOW + CODE_PAUSE)
        assert again.code is not None
        assert again.code.number == 2
        assert try_code(again, "123456", NOW + CODE_PAUSE)[1] is not None

    def test_none_is_sent_where_it_makes_no_sense(self) -> None:
        with pytest.raises(WrongState):
            with_code(replace(patient(), number_confirmed=True), "1", NOW)
        with pytest.raises(Invalid):
            with_code(patient(phone=None), "1", NOW)
        with pytest.raises(Invalid):
            with_code(patient(sms_consent=False), "1", NOW)


def test_anonymising_leaves_nothing_personal() -> None:
    gone = next_code(patient(date_of_birth="1980-05-17", username="robin", password="x"), "123456", NOW).anonymised(NOW)
    text = repr(gone)
    assert not any(secret in text for secret in ("Robin", "0147", "1980"))
    assert gone.terms == frozenset()
    assert gone.summary()["anonymised"] is True
    assert gone.anonymised(NOW + timedelta(days=1)).anonymised_at == NOW


def test_lists_show_no_number() -> None:
    assert "2025550147" not in repr(patient().summary())
    assert patient().details()["phone"] == "+12025550147"
    assert patient().summary()["phone_masked"] == "•••• 0147"
