"""Weekly hours and the times they offer, also on the days the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.doctors.hours import WEEKDAYS, default_hours, parse_hours, slot_at, slots_on
from server.errors import Invalid

MADRID = ZoneInfo("Europe/Madrid")
UTC_ZONE = ZoneInfo("UTC")
EVERY_DAY = {weekday: [["00:00", "24:00"]] for weekday in WEEKDAYS}


def local(day: date, hours: dict[str, list[list[str]]], minutes: int, zone: ZoneInfo) -> list[str]:
    return [f"{slot.start.astimezone(zone):%H:%M}" for slot in slots_on(day, parse_hours(hours), minutes, zone)]


def test_slots_fill_each_span_and_never_reach_over_its_end() -> None:
    hours = {"tue": [["13:00", "13:50"], ["09:00", "10:00"]]}
    assert local(date(2026, 3, 3), hours, 20, MADRID) == ["09:00", "09:20", "09:40", "13:00", "13:20"]
    assert local(date(2026, 3, 4), hours, 20, MADRID) == []


def test_a_skipped_hour_is_not_offered() -> None:
    times = local(date(2026, 3, 29), {"sun": [["01:00", "04:00"]]}, 30, MADRID)
    assert times == ["01:00", "01:30", "03:00", "03:30"]


def test_an_hour_that_comes_twice_is_offered_once_and_the_first_time() -> None:
    day, hours = date(2026, 10, 25), {"sun": [["01:00", "04:00"]]}
    assert local(day, hours, 30, MADRID) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    slots = list(slots_on(day, parse_hours(hours), 30, MADRID))
    assert slots[2].start == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert slots[4].start == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


@settings(deadline=None)
@given(
    zone=st.sampled_from(["Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    day=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    minutes=st.integers(5, 240),
)
def test_slots_never_overlap_and_each_is_found_by_its_start(zone: str, day: date, minutes: int) -> None:
    hours = parse_hours(EVERY_DAY)
    slots = list(slots_on(day, hours, minutes, ZoneInfo(zone)))
    for slot in slots:
        assert slot.end - slot.start == timedelta(minutes=minutes)
        assert slot.start.astimezone(ZoneInfo(zone)).date() == day
    assert slot_at(slots[-1].start, hours, minutes, ZoneInfo(zone)) == slots[-1]
    assert all(earlier.end <= later.start for earlier, later in pairwise(slots))


def test_a_time_off_the_grid_is_no_slot() -> None:
    hours = parse_hours({"tue": [["09:00", "10:00"]]})
    assert slot_at(datetime(2026, 3, 3, 9, 5, tzinfo=UTC), hours, 15, UTC_ZONE) is None
    assert slot_at(datetime(2026, 3, 3, 9, 15, 0, 1000, tzinfo=UTC), hours, 15, UTC_ZONE) is None
    assert slot_at(datetime(2026, 3, 3, 10, 0, tzinfo=UTC), hours, 15, UTC_ZONE) is None


def test_default_hours_leave_times_in_every_fortnight() -> None:
    for start in range(7):
        days = [date(2026, 3, 2) + timedelta(days=start + ahead) for ahead in range(1, 4)]
        assert any(list(slots_on(day, default_hours(), 15, UTC_ZONE)) for day in days)


def test_hours_come_back_as_they_were_given() -> None:
    given_hours = {"mon": [["09:00", "12:30"], ["13:30", "24:00"]], "sun": []}
    assert parse_hours(given_hours).as_json() == {"mon": [["09:00", "12:30"], ["13:30", "24:00"]]}
    assert parse_hours({}).as_json() == {}


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"monday": []}, "hours.monday"),
        ({"mon": [["9:00", "10:00"]]}, "hours.mon.0"),
        ({"mon": [["09:00", "25:00"]]}, "hours.mon.0"),
        ({"mon": [["09:00", "24:30"]]}, "hours.mon.0"),
        ({"mon": [["10:00", "09:00"]]}, "hours.mon.0"),
        ({"mon": [["10:00", "10:00"]]}, "hours.mon.0"),
        ({"mon": [["10:00"]]}, "hours.mon.0"),
        ({"mon": [["09:00", "11:00"], ["10:00", "12:00"]]}, "hours.mon"),
        ({"mon": [["09:00", "09:10"]] * 9}, "hours.mon"),
    ],
)
def test_wrong_hours_are_refused_where_they_are_wrong(hours: dict[str, list[list[str]]], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_hours(hours)
    assert [error.field for error in refusal.value.errors] == [field]


def test_every_wrong_weekday_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_hours({"mon": [["x", "y"]], "tue": [["10:00", "09:00"]], "wed": [["09:00", "10:00"]]})
    assert [error.field for error in refusal.value.errors] == ["hours.mon.0", "hours.tue.0"]
