"""The service day: begins once, at its time, whatever the clocks of the clinic's zone do that night."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from server.clock import ClinicTime


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/New_York", "America/Havana", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("starts", [time(0), time(0, 30), time(1, 30), time(1, 45), time(2, 30), time(4), time(23, 30)])
def test_it_never_goes_back_and_changes_where_it_starts(zone: str, starts: time) -> None:
    clinic = ClinicTime(ZoneInfo(zone), starts)
    for begin in (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 10, 11)):
        days = [(at, clinic.service_day(at)) for at in (begin + timedelta(minutes=15 * n) for n in range(31 * 96))]
        for (_, before), (at, day) in pairwise(days):
            assert day in (before, before + timedelta(days=1))
            assert clinic.day_start(day) <= at < clinic.day_start(day + timedelta(days=1))


def test_the_repeated_hour_of_madrid() -> None:
    clinic = ClinicTime(ZoneInfo("Europe/Madrid"), time(2, 30))
    first, again = datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert clinic.service_day(first) == clinic.service_day(again) == date(2026, 10, 25)
