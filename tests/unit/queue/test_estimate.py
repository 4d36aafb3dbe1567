"""Estimates: from the pace of this queue, wider the further back, none while closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.queue import commands, policy
from server.queue.estimate import Estimate, estimates, pace
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
