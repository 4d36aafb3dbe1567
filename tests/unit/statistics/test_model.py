"""What one visit is to the statistics, and what many come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.queue.model import PatientCopy, Priority, Source, State, Step, Ticket
from server.statistics.model import Outcome, Promise, Visits, percentile, tallied, visit_of

MADRID = ZoneInfo("Europe/Madrid")
NINE = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)  # on Madrid's clocks


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def ticket(*steps: tuple[State, float], inferred: bool = False, **fields: object) -> Ticket:
    """A ticket whose steps begin after so many minutes."""
    made = [
        Step(state, after(at), after(steps[index + 1][1]) if index + 1 < len(steps) else None, inferred=inferred)
        for index, (state, at) in enumerate(steps)
    ]
    arrived = Ticket("t", "A001", 1, PatientCopy("p", "N"), Source.WALK_IN, Priority.NORMAL, NINE, tuple(made))
    return replace(arrived, **fields)  # type: ignore[arg-type]


SEEN = ticket((State.WAITING, 0), (State.CALLED, 20), (State.IN_ROOM, 22), (State.DONE, 32))


def test_a_visit_is_told_by_its_hour_and_waited_until_its_first_call() -> None:
    visit = visit_of(SEEN, None, MADRID)
    assert (visit.hour, visit.source, visit.priority) == (9, "walk_in", "normal")
    assert (visit.outcome, visit.wait, visit.service, visit.off) == (Outcome.SEEN, 20, 10, None)


def test_the_booked_do_not_wait_before_their_time() -> None:
    booked = replace(SEEN, due_at=after(15), source=Source.APPOINTMENT)
    visit = visit_of(booked, None, MADRID)
    assert (visit.source, visit.wait) == ("booked", 5)


def test_a_later_stage_waits_from_its_transfer() -> None:
    moved = ticket((State.WAITING, 40), (State.CALLED, 45), (State.DONE, 50), source=Source.TRANSFER)
    visit = visit_of(moved, None, MADRID)
    assert (visit.source, visit.wait, visit.service) == ("transfer", 5, None)


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        (((State.WAITING, 0), (State.CALLED, 5), (State.NO_SHOW, 8), (State.LEFT, 60)), Outcome.NO_SHOW),
        (((State.WAITING, 0), (State.CALLED, 5), (State.NO_SHOW, 8)), Outcome.NO_SHOW),
        (((State.WAITING, 0), (State.NO_SHOW, 8), (State.WAITING, 20), (State.LEFT, 60)), Outcome.LEFT),
        (((State.WAITING, 0), (State.NO_SHOW, 8), (State.WAITING, 20)), Outcome.OPEN),
        (((State.WAITING, 0), (State.LEFT, 60)), Outcome.LEFT),
        (((State.WAITING, 0), (State.CANCELLED, 60)), Outcome.CANCELLED),
        (((State.WAITING, 0), (State.TRANSFERRED, 60)), Outcome.TRANSFERRED),
        (((State.WAITING, 0), (State.CALLED, 60)), Outcome.OPEN),
        (
            ((State.WAITING, 0), (State.NO_SHOW, 5), (State.WAITING, 9), (State.IN_ROOM, 12), (State.DONE, 20)),
            Outcome.SEEN,
        ),
    ],
)
def test_how_it_ended(steps: tuple[tuple[State, float], ...], outcome: Outcome) -> None:
    assert visit_of(ticket(*steps), None, MADRID).outcome is outcome


def test_a_room_that_was_only_inferred_for_a_moment_is_no_visit() -> None:
    passed = ticket((State.WAITING, 0), (State.IN_ROOM, 10), (State.DONE, 10.2), inferred=True)
    assert visit_of(passed, None, MADRID).service is None


def test_a_visit_that_only_the_day_s_end_finished_has_no_service_time() -> None:
    *steps, end = SEEN.steps
    forgotten = replace(SEEN, steps=(*steps, replace(end, inferred=True)))
    visit = visit_of(forgotten, None, MADRID)
    assert (visit.outcome, visit.wait, visit.service) == (Outcome.SEEN, 20, None)


@pytest.mark.parametrize(("earliest", "latest", "off"), [(15, 25, 0), (25, 40, -5), (5, 12, 8)])
def test_how_far_the_call_was_from_what_was_said(earliest: int, latest: int, off: int) -> None:
    assert visit_of(SEEN, Promise(after(earliest), after(latest)), MADRID).off == off


def test_percentiles_and_sums() -> None:
    visits, more = Visits(), Visits()
    for minutes in range(1, 11):
        (visits if minutes % 2 else more).add(
            visit_of(ticket((State.WAITING, 0), (State.IN_ROOM, minutes), (State.DONE, minutes + 5)), None, MADRID)
        )
    visits.extend(more)
    whole = tallied(["all"] * len(visits), visits)["all"]
    found = (whole.arrived(stages=False), percentile(whole.waits, 0.5), percentile(whole.waits, 0.9))
    assert found == (10, 5, 9)
    assert percentile({}, 0.5) is None


def test_each_part_has_its_own_visits() -> None:
    visits = Visits()
    for at, source in enumerate((Source.WALK_IN, Source.TRANSFER, Source.WALK_IN)):
        seen = ticket((State.WAITING, 0), (State.CALLED, at), (State.DONE, 30), source=source)
        visits.add(visit_of(seen, Promise(after(1), after(1)) if at else None, MADRID))
    one, other = (tally for _, tally in sorted(tallied(["one", "other", "one"], visits).items()))
    assert (one.waits, one.offs, one.outcomes) == ({0: 1, 2: 1}, {1: 1}, {"seen": 2})
    assert (other.waits, other.services) == ({1: 1}, {})
    assert (other.arrived(stages=False), other.arrived(stages=True)) == (0, 1)
    assert tallied([], Visits()) == {}
