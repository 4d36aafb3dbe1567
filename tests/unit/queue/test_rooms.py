"""A doctor's room changes while somebody is in it: still one patient at a time, nobody in a room that is gone."""

from __future__ import annotations

import pytest

from server.errors import CannotUndo, WrongState
from server.queue import commands
from server.queue.model import DoctorCopy, Policy, State
from tests.unit.queue.bench import Bench, empty_day


def change_rooms(bench: Bench, *rooms: str) -> None:
    doctor = DoctorCopy("doctor-rao", "Dr Rao", "A", rooms[0], rooms)
    bench.do(commands.ChangeDoctor, doctor=doctor, policy=Policy())


def busy(bench: Bench) -> list[tuple[str, str | None]]:
    return [(ticket.code, ticket.room) for ticket in bench.day.in_state(State.CALLED, State.IN_ROOM)]


@pytest.mark.parametrize("current", [True, False])
def test_whoever_is_with_a_doctor_goes_along_into_the_new_room(current: bool) -> None:
    bench = Bench()
    first, second = bench.join(), bench.join()
    bench.next()
    bench.on(commands.Start, first)
    change_rooms(bench, "Room 3b")
    assert busy(bench) == [("A001", "Room 3b")]
    seen = {"current": first.id} if current else {}
    assert bench.next(**seen).done.outcome == {"called": second.id, "finished": first.id}
    assert busy(bench) == [("A002", "Room 3b")]


def test_a_called_patient_is_announced_in_the_new_room() -> None:
    bench = Bench()
    bench.join()
    bench.next()
    change_rooms(bench, "Room 3b")
    assert [(call.room, call.repeat) for call in bench.day.calls] == [("Room 3", False), ("Room 3b", True)]


def test_a_renamed_room_of_a_team_keeps_its_patient() -> None:
    bench = Bench(empty_day(rooms=("Room 3", "Room 5")))
    first, second, third = bench.join(), bench.join(), bench.join()
    bench.next(room="Room 3")
    bench.next(room="Room 5")
    change_rooms(bench, "Room 3b", "Room 5")
    assert busy(bench) == [("A001", "Room 3b"), ("A002", "Room 5")]
    assert bench.next(room="Room 3b", current=first.id).done.outcome == {"called": third.id, "finished": first.id}
    assert bench.ticket(second).state is State.CALLED


def test_a_room_that_a_team_gave_up_stays_taken_until_its_visit_ends() -> None:
    bench = Bench(empty_day(rooms=("Room 3", "Room 5", "Room 7")))
    first, second = bench.join(), bench.join()
    bench.next(room="Room 5")
    change_rooms(bench, "Room 3", "Room 7")
    assert busy(bench) == [("A001", "Room 5")]
    bench.next(room="Room 3")
    assert bench.ticket(second).room == "Room 3"
    assert bench.on(commands.Finish, first).state is State.DONE


def test_a_team_that_became_one_doctor_finishes_whoever_is_there_before_it_calls() -> None:
    bench = Bench(empty_day(rooms=("Room 3", "Room 5")))
    first, second, third = bench.join(), bench.join(), bench.join()
    bench.next(room="Room 3")
    bench.next(room="Room 5")
    change_rooms(bench, "Room 3")
    with pytest.raises(WrongState, match="Room 3 is not free"):
        bench.on(commands.CallTicket, third)
    assert bench.next().done.outcome == {"called": None, "finished": first.id}
    assert bench.next().done.outcome == {"called": third.id, "finished": second.id}


def test_nobody_comes_back_into_a_room_that_is_gone() -> None:
    bench = Bench(empty_day(rooms=("Room 3", "Room 5", "Room 7")))
    held, moved = bench.join(), bench.join()
    for ticket, room in ((held, "Room 3"), (moved, "Room 5")):
        bench.next(room=room)
        bench.on(commands.Start, ticket)
    bench.on(commands.Hold, held)
    bench.on(commands.Transfer, moved, to_doctor_id="other", new_ticket_id="new")
    change_rooms(bench, "Room 7")
    assert bench.on(commands.Resume, held).state is State.WAITING
    assert bench.on(commands.ReturnTransfer, moved).state is State.WAITING
    assert busy(bench) == []


def test_undo_does_not_lead_back_into_the_old_room() -> None:
    bench = Bench()
    first = bench.join()
    bench.next()
    bench.on(commands.Finish, first)
    change_rooms(bench, "Room 3b")
    with pytest.raises(CannotUndo):
        bench.do(commands.UndoLast)
