"""Days off and closed days: whole days, first and last included."""

from __future__ import annotations

from datetime import date

import pytest

from server.doctors.closures import Closure, closure_from, closure_on, parse_closures
from server.errors import Invalid

EVE, NEW_YEAR = date(2026, 12, 24), date(2027, 1, 1)


def test_first_and_last_day_belong_to_it() -> None:
    closures = parse_closures("days_off", [(NEW_YEAR, NEW_YEAR, ""), (EVE, date(2026, 12, 26), "  Christmas ")])
    assert closures == (Closure(EVE, date(2026, 12, 26), "Christmas"), Closure(NEW_YEAR, NEW_YEAR))
    assert [closure_on(day, closures) is not None for day in (date(2026, 12, 23), EVE, date(2026, 12, 26))] == [
        False,
        True,
        True,
    ]
    assert closure_on(date(2026, 12, 27), closures) is None
    assert tuple(closure_from(closure.view()) for closure in closures) == closures


def test_what_cannot_be_meant_is_refused_where_it_stands() -> None:
    with pytest.raises(Invalid) as refused:
        parse_closures("days_off", [(EVE, NEW_YEAR, ""), (NEW_YEAR, EVE, "x" * 81), (EVE, date(2028, 1, 1), "")])
    assert [error.field for error in refused.value.errors] == ["days_off.1.last", "days_off.1.note", "days_off.2.last"]
    with pytest.raises(Invalid):
        parse_closures("days_off", [(EVE, EVE, "")] * 101)
