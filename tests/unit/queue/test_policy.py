"""The order: classes, effective times, ageing and explicit places."""

from __future__ import annotations

from datetime import timedelta

from server.queue import commands, policy
from server.queue.model import Priority, Source
from tests.unit.queue.bench import START, Bench


def booked(bench: Bench, minutes: int) -> None:
    """Somebody booked for so many minutes after the start of the bench, arriving now."""
    bench.join(source=Source.APPOINTMENT, due_at=START + timedelta(minutes=minutes))


def test_classes_come_before_arrival() -> None:
    bench = Bench()
    bench.join()
    bench.later(minutes=1).join(priority=Priority.PRIORITY)
    bench.later(minutes=1).join(priority=Priority.EMERGENCY)
    assert bench.order() == ["A003", "A002", "A001"]


def test_a_booking_counts_from_its_start_if_its_patient_came_in_time() -> None:
    bench = Bench()
    booked(bench, 20)  # early: stands at 09:20
    bench.later(minutes=15).join()  # walk-in at 09:15
    bench.later(minutes=15)
    booked(bench, 20)  # 09:30, ten minutes late: still in grace, stands at 09:20
    bench.later(seconds=1)
    booked(bench, 20)  # a second past the grace: stands at its arrival
    assert bench.order() == ["A002", "A001", "A003", "A004"]


def test_waiting_too_long_enters_the_class_above_behind_those_in_it() -> None:
    bench = Bench()
    bench.join()
    bench.later(minutes=30).join(priority=Priority.PRIORITY)
    bench.later(minutes=29)
    bench.do(commands.Promote)
    assert bench.order() == ["A002", "A001"]
    assert policy.next_promotion(bench.day) == START + timedelta(minutes=60)
    bench.later(minutes=2).join(priority=Priority.PRIORITY)
    assert bench.order() == ["A002", "A001", "A003"]


def test_ageing_counts_from_the_due_time_of_an_early_patient() -> None:
    bench = Bench()
    booked(bench, 45)
    assert policy.next_promotion(bench.day) == START + timedelta(minutes=105)


def test_priority_never_ages_into_emergency() -> None:
    bench = Bench()
    bench.join(priority=Priority.PRIORITY)
    bench.later(hours=3).join(priority=Priority.EMERGENCY)
    bench.do(commands.Promote)
    assert bench.order() == ["A002", "A001"]
    assert policy.next_promotion(bench.day) is None


def test_a_placed_ticket_no_longer_ages_and_keeps_its_place_when_the_one_before_it_goes() -> None:
    bench = Bench()
    first, second, _ = bench.join(), bench.join(), bench.join()
    bench.on(commands.Move, first, behind=second.id)
    bench.later(minutes=1)
    bench.on(commands.Cancel, second)
    assert bench.order() == ["A001", "A003"]
    bench.later(minutes=90)
    bench.do(commands.Promote)
    assert bench.order() == ["A003", "A001"]


def test_of_two_put_behind_the_same_one_the_later_is_the_nearer() -> None:
    bench = Bench()
    first, second, third = bench.join(), bench.join(), bench.join()
    bench.on(commands.Move, second, behind=first.id)
    bench.on(commands.Move, third, behind=first.id)
    assert bench.order() == ["A001", "A003", "A002"]


def test_in_front_is_in_front_however_often() -> None:
    bench = Bench()
    tickets = [bench.join() for _ in range(3)]
    for ticket in tickets:
        bench.on(commands.Move, ticket, after=0)
    assert bench.order() == ["A003", "A002", "A001"]


def test_a_change_of_class_gives_up_the_place() -> None:
    bench = Bench()
    first = bench.join()
    bench.join()
    bench.on(commands.Move, first, after=1)
    bench.on(commands.SetPriority, first, priority=Priority.NORMAL)
    assert bench.order() == ["A001", "A002"]


def test_of_one_instant_those_already_in_the_class_stand_before_who_enters_it() -> None:
    bench = Bench()
    first, second = bench.join(), bench.join()
    due = START + timedelta(minutes=60)
    bench.later(minutes=30).join(priority=Priority.PRIORITY, source=Source.APPOINTMENT, due_at=due)
    bench.later(minutes=30).do(commands.Promote)
    assert bench.order() == ["A003", "A001", "A002"]
    bench.on(commands.Move, first, behind=second.id)
    bench.on(commands.SetPriority, first, priority=Priority.NORMAL)
    bench.do(commands.Promote)
    assert bench.order() == ["A003", "A002", "A001"]
    assert all(ticket.place is None for ticket in bench.day.tickets.values())


def test_housekeeping_moves_nobody_unseen() -> None:
    bench = Bench()
    bench.join()
    bench.later(minutes=30).join(priority=Priority.PRIORITY)
    before, _ = bench.order(), bench.later(minutes=31)
    bench.do(commands.Tidy, effects=frozenset({1}), archived=frozenset())
    assert (bench.order(), bench.day.seq % 1_000_000) == (before, 2)
    assert not any(ticket.promoted_at for ticket in bench.day.tickets.values())
    bench.do(commands.Promote)
    assert bench.day.seq % 1_000_000 == 3


def test_places_stay_short_however_often_two_change_places() -> None:
    bench = Bench()
    tickets = [bench.join() for _ in range(5)]
    bench.on(commands.Move, tickets[4], behind=tickets[3].id)
    for turn in range(100):
        bench.on(commands.Move, tickets[turn % 3], behind=tickets[(turn + 1) % 3].id)
        before = bench.order()
        bench.on(commands.Move, tickets[(turn + 1) % 3], behind=tickets[turn % 3].id)
        bench.do(commands.UndoLast)
        assert bench.order() == before
        assert set(before[3:]) == {"A004", "A005"}
        assert bench.order().index("A005") == bench.order().index("A004") + 1
        for ticket in bench.day.tickets.values():
            assert len(ticket.place.path if ticket.place else ()) <= policy.LONGEST_PATH + 1
