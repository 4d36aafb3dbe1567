"""Who is told that the turn is near or that it takes longer: once, when it is so, and only who may be texted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bson
import pytest

from server.queue import commands, documents, notices
from server.queue.model import PatientCopy, Priority, QueueDay, State, Ticket
from server.queue.texts import still_true
from tests.unit.queue.bench import Bench, empty_day, fresh_id, patient


@pytest.fixture
def bench() -> Bench:
    return Bench()


def told(bench: Bench, kind: str) -> list[str]:
    """The codes that the last command tells `kind`."""
    return [effect["code"] for effect in asked(bench, "text") if effect["kind"] == kind]


def asked(bench: Bench, kind: str) -> list[Any]:
    assert bench.last is not None
    numbers = bench.last.done.effects
    return [effect.data for effect in bench.day.effects if effect.number in numbers and effect.kind == kind]


def silent() -> PatientCopy:
    return replace(patient(), sms_consent=False)


def test_who_comes_to_stand_two_from_the_front_is_told_once(bench: Bench) -> None:
    for _ in range(6):
        bench.join()
        assert told(bench, "soon") == []
    bench.next()
    assert told(bench, "soon") == ["A004"]
    assert [effect["ahead"] for effect in asked(bench, "text") if effect["kind"] == "soon"] == [2]
    bench.later(minutes=5).next()
    assert told(bench, "soon") == ["A005"]
    bench.on(commands.Recall, next(t for t in bench.day.tickets.values() if t.state is State.CALLED))
    assert told(bench, "soon") == []


def test_who_joins_near_the_front_knows_it_already(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(3)]
    bench.on(commands.Move, tickets[0], after=2)
    bench.on(commands.Cancel, tickets[1])
    assert told(bench, "soon") == []


def test_zero_tells_nobody(bench: Bench) -> None:
    bench.day = replace(bench.day, policy=replace(bench.day.policy, soon_ahead=0))
    for _ in range(4):
        bench.join()
    bench.next()
    assert told(bench, "soon") == []


def test_a_new_number_tells_those_it_reaches(bench: Bench) -> None:
    for _ in range(6):
        bench.join()
    policy = replace(bench.day.policy, soon_ahead=4)
    bench.do(commands.ChangeDoctor, doctor=bench.day.doctor, policy=policy)
    assert told(bench, "soon") == ["A004", "A005"]


def test_without_consent_nobody_is_told_until_it_is_given(bench: Bench) -> None:
    for _ in range(3):
        bench.join()
    quiet = bench.join(patient=silent())
    bench.next()
    assert told(bench, "soon") == []
    bench.on(commands.SetContact, quiet, phone="+12025550123", phone_masked="•••• 0123", sms_consent=True)
    assert told(bench, "soon") == ["A004"]


def test_a_placed_ticket_is_told_by_where_it_stands(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(6)]
    bench.on(commands.Move, tickets[5], after=0)
    assert told(bench, "soon") == ["A006"]
    bench.on(commands.Late, tickets[5], after=5)
    bench.next()
    assert told(bench, "soon") == ["A004"]


def test_an_emergency_ahead_does_not_tell_twice(bench: Bench) -> None:
    for _ in range(4):
        bench.join()
    bench.next()
    bench.join(priority=Priority.EMERGENCY)
    bench.next()
    assert told(bench, "soon") == []


def test_who_was_called_before_is_told_nothing(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(6)]
    bench.on(commands.CallTicket, tickets[5])
    bench.on(commands.PutBack, tickets[5], after=4)
    bench.on(commands.Move, tickets[5], after=0)
    assert told(bench, "soon") == []


def test_nobody_is_told_soon_while_the_doctor_is_away(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(5)]
    bench.do(commands.PauseQueue, minutes=10)
    bench.on(commands.Cancel, tickets[0])
    assert told(bench, "soon") == []
    bench.do(commands.OpenQueue)
    assert told(bench, "soon") == ["A004"]


def test_a_transferred_ticket_is_told_in_its_new_queue_and_the_answer_stays_last() -> None:
    here, there = Bench(), Bench(empty_day(letter="B", doctor_id="doctor-silva"))
    tickets = [here.join() for _ in range(5)]
    new_id = fresh_id("ticket")
    here.on(commands.Transfer, tickets[0], to_doctor_id="doctor-silva", new_ticket_id=new_id)
    assert here.effects() == ["text soon", "accept"]
    (data,) = asked(here, "accept")
    there.do(commands.Accept, day=there.day.day, ticket_id=new_id, ticket=data["ticket"])
    assert told(there, "soon") == ["A001"]


def test_undo_withdraws_what_is_no_longer_so_and_it_is_told_again_unless_it_left(bench: Bench) -> None:
    for _ in range(5):
        bench.join()
    bench.next()
    (first,) = [effect["message_id"] for effect in asked(bench, "text") if effect["kind"] == "soon"]
    bench.do(commands.UndoLast)
    assert [effect["message_ids"] for effect in asked(bench, "withdraw")] == [[first]]
    bench.next()
    (again,) = [effect for effect in asked(bench, "text") if effect["kind"] == "soon"]
    assert again["code"] == "A004"
    assert again["unless_left"] == [first] != [again["message_id"]]


def test_telling_does_not_stand_in_the_way_of_undo(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(5)]
    bench.on(commands.Move, tickets[3], after=3)
    bench.on(commands.Cancel, tickets[0], actor=replace(commands.SYSTEM, role="patient"))
    assert told(bench, "soon") == ["A004"]
    bench.do(commands.UndoLast)


def test_a_pause_tells_those_it_moves_by_more_than_a_quarter_of_an_hour(bench: Bench) -> None:
    for _ in range(2):
        bench.join()
    bench.join(patient=silent())
    bench.do(commands.PauseQueue, minutes=15)
    assert told(bench, "delayed") == []
    bench.do(commands.PauseQueue, minutes=16)
    assert told(bench, "delayed") == ["A001", "A002"]
    bench.do(commands.PauseQueue, minutes=60)
    assert told(bench, "delayed") == []


def test_a_pause_behind_a_long_visit_moves_nobody(bench: Bench) -> None:
    first = bench.join()
    bench.join()
    bench.day = replace(bench.day, services=(3600,) * 5)
    bench.on(commands.Start, first)
    bench.do(commands.PauseQueue, minutes=30)
    assert told(bench, "delayed") == []


def test_a_pause_without_an_end_tells_when_it_has_lasted(bench: Bench) -> None:
    bench.join()
    bench.do(commands.PauseQueue)
    bench.later(minutes=5).join()
    assert not notices.overdue(bench.later(minutes=10).day, bench.now)
    bench.later(seconds=1)
    assert notices.overdue(bench.day, bench.now)
    bench.do(commands.Promote)
    assert told(bench, "delayed") == ["A001"]
    assert not notices.overdue(bench.day, bench.now)


def test_a_pause_undone_is_withdrawn(bench: Bench) -> None:
    bench.join()
    bench.do(commands.PauseQueue, minutes=40)
    (first,) = asked(bench, "text")
    bench.do(commands.UndoLast)
    assert [effect["message_ids"] for effect in asked(bench, "withdraw")] == [[first["message_id"]]]
    bench.do(commands.PauseQueue, minutes=20)
    assert [effect["unless_left"] for effect in asked(bench, "text")] == [[first["message_id"]]]


def test_what_was_told_is_written_and_goes_with_its_ticket(bench: Bench) -> None:
    tickets = [bench.join() for _ in range(4)]
    bench.next()
    assert _stored(bench.day).told == bench.day.told
    assert f"{tickets[3].id}:soon" in bench.day.told
    bench.on(commands.Cancel, tickets[3])
    bench.do(commands.Tidy, effects=frozenset(), archived=frozenset({tickets[3].id}))
    assert f"{tickets[3].id}:soon" not in bench.day.told


def test_a_day_written_before_there_were_notices_is_read(bench: Bench) -> None:
    document = documents.day_document(bench.day, documents.DayDocuments())
    del document["told"], document["policy"]["soon_ahead"]
    assert documents.day_from(document) == bench.day


def test_near_and_delayed_are_true_while_they_are_so(bench: Bench) -> None:
    ticket = bench.join()
    assert still_true("soon", ticket, 0, paused=False)
    assert still_true("delayed", ticket, 0, paused=True)
    assert not still_true("delayed", ticket, 0, paused=False)
    called: Ticket = bench.on(commands.CallTicket, ticket)
    assert not still_true("soon", called, 0, paused=False)
    assert not still_true("delayed", called, 0, paused=True)


def _stored(day: QueueDay) -> QueueDay:
    written = bson.encode(documents.day_document(day, documents.DayDocuments()))
    return documents.day_from(bson.decode(written, bson.CodecOptions(tz_aware=True)))
