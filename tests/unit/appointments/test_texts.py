"""The texts about a booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from server.appointments import texts
from server.appointments.model import BookingState
from server.patients.model import NewPatient
from server.patients.record import Desk, build
from server.sms.model import Kind, News
from tests.unit.appointments.test_rules import NOW, TUESDAY, appointment

MADRID = ZoneInfo("Europe/Madrid")
ROBIN = build(
    NewPatient(name="Robin", sms_consent=True, phone="+12025550147", number_confirmed=True),
    "p" * 22,
    Desk("US", MADRID, NOW),
)


def test_booked_tells_the_clinics_time_and_nothing_personal() -> None:
    message = texts.booked(appointment(), ROBIN, MADRID, NOW)
    assert message.id == f"{'a' * 22}:booked:0" == texts.booked_id(appointment())
    assert message.values == {"when": "2026-03-03 09:00"}
    assert (message.to, message.consent, message.confirmed) == ("+12025550147", True, True)


def test_it_is_worth_nothing_once_the_time_has_come() -> None:
    soon = appointment(NOW + timedelta(minutes=20))
    assert texts.booked(soon, ROBIN, MADRID, NOW).expires_at == soon.start
    assert texts.booked(appointment(), ROBIN, MADRID, NOW).expires_at < TUESDAY


def test_a_moved_one_has_a_text_of_its_own() -> None:
    moved = replace(appointment(), moves=2)
    assert texts.booked_id(moved) != texts.booked_id(appointment())
    assert texts.cancelled(moved, ROBIN, datetime(2026, 3, 2, tzinfo=UTC)).id == f"{'a' * 22}:cancelled:2"


def test_what_a_text_says_must_still_be_so_when_it_leaves() -> None:
    booked = appointment()
    moved = replace(booked, moves=1)
    gone = replace(booked, state=BookingState.CANCELLED)
    here = replace(booked, state=BookingState.CHECKED_IN)
    for kind in (Kind.BOOKED, Kind.REMINDER):
        assert texts.still_true(kind, booked, 0)
        assert not any(texts.still_true(kind, now_is, 0) for now_is in (moved, gone, here, None))
        assert texts.still_true(kind, moved, texts.booked(moved, ROBIN, MADRID, NOW).call)
    assert texts.still_true(Kind.CANCELLED, gone, 0)
    assert texts.still_true(Kind.CANCELLED, None, 0)
    assert not texts.still_true(Kind.CANCELLED, booked, 0)


def test_it_is_sent_again_only_until_the_booked_time() -> None:
    booked = appointment()
    gone = replace(booked, state=BookingState.CANCELLED)
    assert texts.news(Kind.BOOKED, booked, 0, NOW) == News(0, booked.start)
    assert texts.news(Kind.CANCELLED, gone, 0, NOW) == News(0, booked.start)
    for kind, now_is in ((Kind.REMINDER, booked), (Kind.CANCELLED, gone)):
        assert texts.news(kind, now_is, 0, booked.start) is None
    assert texts.news(Kind.BOOKED, gone, 0, NOW) is None
    assert texts.news(Kind.CANCELLED, None, 0, NOW) is None
