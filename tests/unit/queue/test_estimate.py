"""Estimates: from the pace of this queue, wider the further back, none while closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.queue import commands, policy
from server.queue.estimate import Estimate, estimates, pace
from server.queue.model import Priority, Source
from tests.unit.queue.bench import START, Bench, empty_day


def of(bench: Bench) -> list[Estimate]:
    order = policy.waiting(bench.day)
    found = estimates(bench.day, order, bench.now)
    return [found[ticket.id] for ticket in order]


def test_the_pace_is_todays_then_past_days_then_the_slot_length() -> None:
    day = empty_day()
    assert pace(day)[0] == 15 * 60
    assert pace(replace(day, past_services=(300,) * 9))[0] == 300
    assert pace(replace(day, past_services=(300,) * 9, services=(600,) * 9))[0] == 600


def test_they_grow_with_the_place_and_shrink_with_the_rooms() -> None:
    one, two = Bench(), Bench(empty_day(rooms=("Room 3", "Room 5")))
    two.day = replace(two.day, last_used={"Room 3": START, "Room 5": START})
    for bench in (one, two):
        bench.day = replace(bench.day, services=(600,) * 9)
        for _ in range(4):
            bench.join()
    middles = [(e.earliest + (e.latest - e.earliest) / 2) for e in of(one)]
    assert middles == sorted(middles)
    assert of(one)[0].earliest == START
    assert of(two)[3].latest < of(one)[3].latest
    widths = [e.latest - e.earliest for e in of(one)[1:]]
    assert widths == sorted(widths)


def test_a_pause_with_an_end_moves_them_and_a_closed_queue_has_none() -> None:
    bench = Bench()
    bench.join()
    bench.do(commands.PauseQueue, minutes=30)
    assert of(bench)[0].earliest == START + timedelta(minutes=30)
    bench.do(commands.CloseQueue)
    assert estimates(bench.day, policy.waiting(bench.day), bench.now) == {}


def minutes(bench: Bench) -> list[int]:
    """The middle of each estimate, in whole minutes from now."""
    return [round(((e.earliest + (e.latest - e.earliest) / 2) - bench.now).total_seconds() / 60) for e in of(bench)]


def test_only_the_rooms_at_work_count() -> None:
    bench = Bench(empty_day(rooms=("Room 1", "Room 2", "Room 3", "Room 4")))
    bench.day = replace(bench.day, services=(600,) * 9)
    tickets = [bench.join() for _ in range(4)]
    assert minutes(bench)[1:] == [10, 20, 30], "nobody has begun: one room is sure"
    bench.next(room="Room 1")
    assert minutes(bench) == [10, 20, 30]
    bench.later(minutes=1).on(commands.Finish, tickets[0])
    bench.next(room="Room 2")
    assert minutes(bench)[1] == 10, "the other room was left a moment ago"
    bench.later(minutes=16)
    assert of(bench)[1].earliest > bench.now, "and is at work no more"


def test_a_pause_whose_end_nobody_knows_has_none() -> None:
    bench = Bench()
    bench.join()
    bench.do(commands.PauseQueue)
    assert estimates(bench.day, policy.waiting(bench.day), bench.now) == {}
    bench.do(commands.OpenQueue)
    bench.do(commands.PauseQueue, minutes=10)
    assert len(of(bench)) == 1
    bench.later(minutes=11)
    assert estimates(bench.day, policy.waiting(bench.day), bench.now) == {}
    bench.next()
    bench.join()
    assert len(of(bench)) == 1


def test_who_came_early_for_a_booking_is_expected_at_its_time() -> None:
    bench = Bench()
    bench.day = replace(bench.day, services=(600,) * 9)
    bench.join(source=Source.APPOINTMENT, due_at=START + timedelta(hours=3))
    bench.join(source=Source.APPOINTMENT, due_at=START + timedelta(hours=3, minutes=30))
    assert minutes(bench) == [180, 210]
    bench.join()
    assert bench.order() == ["A003", "A001", "A002"]
    assert minutes(bench)[1:] == [180, 210]


def test_nobody_waits_for_a_booked_time_while_others_are_here() -> None:
    bench = Bench()
    bench.day = replace(bench.day, services=(600,) * 9)
    bench.join(source=Source.APPOINTMENT, due_at=START + timedelta(hours=3), priority=Priority.PRIORITY)
    bench.join()
    assert bench.order() == ["A001", "A002"]
    assert of(bench)[0].earliest == START
    assert minutes(bench)[1] == 10
