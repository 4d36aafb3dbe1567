"""The rules one by one: what each command does, asks for, and refuses in which words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.errors import (
    AlreadyQueued,
    CannotUndo,
    DayOver,
    IdempotencyKeyReused,
    Invalid,
    NotFound,
    QueueClosed,
    WrongState,
)
from server.queue import commands, documents
from server.queue.model import PatientCopy, Priority, Source, State, Status
from server.queue.rules import RULES
from server.queue.texts import still_true
from server.queue.transition import TABLE
from tests.unit.queue.bench import DESK, PATIENT, RAO, START, Bench, empty_day, fresh_id, patient


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_codes_count_up_and_the_view_version_with_them(bench: Bench) -> None:
    assert [bench.join().code for _ in range(3)] == ["A001", "A002", "A003"]
    assert bench.day.seq == bench.day.day.toordinal() * 1_000_000 + 3


def test_call_next_calls_in_order_and_finishes_the_one_before(bench: Bench) -> None:
    first, second = bench.join(), bench.join()
    called = bench.next(actor=RAO).done.outcome
    assert called == {"called": first.id, "finished": None}
    assert bench.effects() == ["text your_turn"]
    outcome = bench.later(minutes=5).next(actor=RAO, current=first.id).done.outcome
    assert outcome == {"called": second.id, "finished": first.id}
    steps = bench.ticket(first).steps
    assert [(s.state, s.inferred) for s in steps[-2:]] == [(State.IN_ROOM, True), (State.DONE, False)]


def test_call_next_on_an_empty_queue_calls_nobody_and_changes_nothing_visible(bench: Bench) -> None:
    seq = bench.day.seq
    assert bench.next().done.outcome == {"called": None, "finished": None}
    assert bench.day.seq == seq


def test_the_slower_of_two_callers_is_told_who_was_faster(bench: Bench) -> None:
    first = bench.join()
    bench.join()
    bench.later(minutes=74).next(actor=RAO, current=None)
    with pytest.raises(WrongState) as refused:
        bench.next(actor=DESK, current=None)
    assert refused.value.detail == "A001 was already called by Dr Rao at 10:14."
    assert refused.value.extra == {"state": "called", "by": "Dr Rao", "at": "2026-03-03T10:14:00+00:00"}
    assert bench.ticket(first).calls == 1


def test_a_current_that_ended_says_what_became_of_it(bench: Bench) -> None:
    first = bench.join()
    bench.next()
    bench.on(commands.Finish, first, actor=RAO)
    with pytest.raises(WrongState, match=r"A001 was already finished by Dr Rao at 09:00\."):
        bench.next(current=first.id)
    with pytest.raises(WrongState, match="has left this queue"):
        bench.next(current="somebody-unknown")


def test_call_next_can_record_a_no_show(bench: Bench) -> None:
    first, second = bench.join(), bench.join()
    bench.next()
    bench.next(no_show=True, current=first.id)
    assert bench.ticket(first).state is State.NO_SHOW
    assert bench.ticket(second).state is State.CALLED
    assert bench.effects() == ["retract", "text missed", "text your_turn"]


def test_a_no_show_of_somebody_in_the_room_is_refused(bench: Bench) -> None:
    first = bench.join()
    bench.next()
    bench.on(commands.Start, first)
    with pytest.raises(WrongState, match="was already taken into the room"):
        bench.next(no_show=True)


@pytest.mark.parametrize("kind", [kind for kind in RULES if kind.name in TABLE])
def test_what_is_not_in_the_table_is_refused_with_state_by_and_at(kind: type[commands.TicketCommand]) -> None:
    bench = Bench()
    ticket = bench.join()
    bench.next()
    bench.on(commands.Finish, ticket, actor=RAO)
    fields: dict[type[commands.Command], dict[str, object]] = {
        commands.SetPriority: {"priority": Priority.NORMAL},
        commands.SetContact: {"phone": "", "phone_masked": "", "sms_consent": True},
        commands.Transfer: {"to_doctor_id": "x", "new_ticket_id": "y"},
        commands.Move: {"after": 0},
    }
    with pytest.raises(WrongState) as refused:
        bench.on(kind, ticket, **fields.get(kind, {}))
    assert refused.value.extra["state"] == "done"
    assert refused.value.extra["by"] == "Dr Rao"


def test_an_unknown_ticket_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.do(commands.Recall, ticket_id="nobody")


def test_a_room_takes_one_at_a_time(bench: Bench) -> None:
    first, second = bench.join(), bench.join()
    bench.on(commands.CallTicket, second, actor=RAO)
    with pytest.raises(WrongState, match=r"Room 3 is not free: A002 was already called by Dr Rao"):
        bench.on(commands.CallTicket, first)
    with pytest.raises(WrongState, match="Room 3 is not free"):
        bench.on(commands.Start, first)
    assert bench.on(commands.Start, second).state is State.IN_ROOM


def test_a_team_says_which_room_is_calling() -> None:
    bench = Bench(empty_day(rooms=("Room 3", "Room 5")))
    first, second, third = bench.join(), bench.join(), bench.join()
    with pytest.raises(Invalid, match="Say which room is calling: Room 3, Room 5"):
        bench.next()
    with pytest.raises(Invalid, match="no room 'Room 9'"):
        bench.next(room="Room 9")
    bench.next(room="Room 5")
    bench.next(room="Room 3", current=None)
    assert bench.ticket(first).room == "Room 5"
    assert bench.ticket(second).room == "Room 3"
    bench.next(room="Room 5", current=first.id)
    assert bench.ticket(third).room == "Room 5"
    assert bench.ticket(second).state is State.CALLED


def test_nobody_is_twice_in_one_queue(bench: Bench) -> None:
    amina = patient()
    ticket = bench.join(patient=amina)
    with pytest.raises(AlreadyQueued) as refused:
        bench.join(patient=amina)
    assert refused.value.extra["ticket_id"] == ticket.id
    bench.next()
    bench.on(commands.Finish, ticket)
    assert bench.join(patient=amina).code == "A002"


def test_joining_again_ends_the_missed_ticket(bench: Bench) -> None:
    amina = patient()
    missed = bench.join(patient=amina)
    bench.next()
    bench.on(commands.NoShow, missed)
    bench.join(patient=amina)
    assert bench.ticket(missed).state is State.LEFT


def test_a_booking_joins_once(bench: Bench) -> None:
    first = bench.join(appointment_id="booking", source=Source.APPOINTMENT, due_at=START)
    again = bench.do(commands.Join, ticket_id=fresh_id(), patient=patient(), appointment_id="booking")
    assert again.done.ticket_id == first.id
    assert len(bench.day.tickets) == 1


def test_closed_refuses_joins_only_and_paused_ends_with_a_call(bench: Bench) -> None:
    first = bench.join()
    bench.do(commands.CloseQueue)
    with pytest.raises(QueueClosed):
        bench.join()
    bench.next()
    assert bench.day.status is Status.CLOSED
    bench.do(commands.OpenQueue)
    bench.do(commands.PauseQueue, reason="lunch", minutes=20)
    second = bench.join()
    assert bench.day.pause is not None
    assert bench.day.pause.until == bench.now + timedelta(minutes=20)
    bench.next(current=first.id)
    assert (bench.day.status, bench.ticket(second).state) == (Status.OPEN, State.CALLED)


def test_a_pause_leaves_a_closed_queue_closed(bench: Bench) -> None:
    bench.join()
    bench.do(commands.CloseQueue)
    bench.do(commands.PauseQueue, reason="lunch")
    assert (bench.day.status, bench.day.pause is not None) == (Status.CLOSED, True)
    with pytest.raises(QueueClosed):
        bench.join()
    bench.next()
    assert (bench.day.status, bench.day.pause) == (Status.CLOSED, None)


def test_tidying_keeps_a_ticket_that_is_open_again(bench: Bench) -> None:
    ended, reopened = bench.join(), bench.join()
    bench.on(commands.Cancel, ended)
    bench.do(commands.Tidy, effects=frozenset(), archived=frozenset({ended.id, reopened.id}))
    assert list(bench.day.tickets) == [reopened.id]


def test_only_a_call_ends_a_pause(bench: Bench) -> None:
    first = bench.join()
    bench.join()
    bench.next()
    bench.do(commands.PauseQueue, reason="lunch", minutes=15)
    statuses = []
    bench.on(commands.Start, first)
    statuses.append(bench.day.status)
    bench.next()
    statuses.append(bench.day.status)
    assert statuses == [Status.PAUSED, Status.OPEN]


def test_a_forgotten_patient_leaves_no_name_behind(bench: Bench) -> None:
    ticket = bench.join()
    bench.on(commands.Cancel, ticket)
    bench.do(commands.ForgetPatient, patient_id=ticket.patient.id)
    written = str(documents.day_document(bench.day, documents.DayDocuments()))
    assert ticket.patient.name not in written
    assert bench.ticket(ticket).state is State.CANCELLED
    with pytest.raises(CannotUndo):
        bench.do(commands.UndoLast)


@pytest.mark.parametrize("back", [commands.PutBack, commands.Rejoin, commands.Late])
def test_nobody_comes_back_before_an_emergency(bench: Bench, back: type[commands.TicketCommand]) -> None:
    called, first, emergency, last = (bench.join() for _ in range(4))
    bench.next()
    bench.on(commands.SetPriority, emergency, priority=Priority.EMERGENCY)
    bench.on(commands.Move, first, after=0)
    if back is commands.Rejoin:
        bench.on(commands.NoShow, called)
    bench.on(back, called, **({} if back is commands.Rejoin else {"after": 0}))
    assert bench.order() == [first.code, emergency.code, called.code, last.code]


def test_put_back_counts_who_goes_first(bench: Bench) -> None:
    first = bench.join()
    bench.join(), bench.join()
    bench.next()
    bench.on(commands.PutBack, first, after=1)
    assert bench.order() == ["A002", "A001", "A003"]
    assert bench.effects() == ["retract"]
    assert bench.day.effects[-1].data["instead"]["kind"] == "put_back"


def test_a_missed_patient_is_back_after_the_next_one_at_most_twice(bench: Bench) -> None:
    first = bench.join()
    for _ in range(2):
        bench.join()
        bench.join()
        bench.on(commands.CallTicket, first)
        bench.on(commands.NoShow, first)
        bench.on(commands.Rejoin, first, actor=PATIENT)
        assert bench.order().index("A001") == 1
    bench.on(commands.CallTicket, first)
    bench.on(commands.NoShow, first)
    with pytest.raises(WrongState, match="ask at the desk"):
        bench.on(commands.Rejoin, first)


def test_late_lets_others_go_first(bench: Bench) -> None:
    first = bench.join()
    for _ in range(3):
        bench.join()
    bench.on(commands.Late, first, actor=PATIENT, after=2)
    assert bench.order() == ["A002", "A003", "A001", "A004"]


def test_hold_keeps_the_place_and_resume_gives_it_back(bench: Bench) -> None:
    first = bench.join()
    bench.join()
    bench.on(commands.Hold, first)
    assert bench.order() == ["A002"]
    bench.on(commands.Resume, first)
    assert bench.order() == ["A001", "A002"]


def test_resume_goes_back_into_the_room_while_it_is_free(bench: Bench) -> None:
    first, second = bench.join(), bench.join()
    bench.next()
    bench.on(commands.Start, first)
    bench.on(commands.Hold, first)
    assert bench.on(commands.Resume, first).state is State.IN_ROOM
    bench.on(commands.Hold, first)
    bench.next()
    resumed = bench.on(commands.Resume, first)
    assert resumed.state is State.WAITING
    assert bench.order() == ["A001"]
    assert bench.ticket(second).state is State.CALLED


def test_move_takes_its_reason_into_the_steps(bench: Bench) -> None:
    first, second = bench.join(), bench.join()
    moved = bench.on(commands.Move, second, after=0, reason="in pain")
    assert bench.order() == ["A002", "A001"]
    assert moved.last.reason == "in pain"
    with pytest.raises(Invalid):
        bench.on(commands.Move, first, behind=first.id)


def test_transfer_asks_the_other_queue_and_can_come_back(bench: Bench) -> None:
    first = bench.join()
    bench.join()
    gone = bench.on(commands.Transfer, first, to_doctor_id="doctor-silva", new_ticket_id="new-ticket")
    assert (gone.state, gone.moved_to) == (State.TRANSFERRED, "new-ticket")
    assert bench.effects() == ["accept"]
    effect = bench.day.effects[-1]
    other = Bench(empty_day(doctor_id="doctor-silva", letter="B", rooms=("Room 5",)), now=bench.now)
    for _ in range(2):
        other.do(commands.Accept, day=bench.day.day, ticket_id="new-ticket", ticket=effect.data["ticket"])
    accepted = other.day.tickets["new-ticket"]
    assert (accepted.code, accepted.arrived_at, accepted.source) == ("A001", first.arrived_at, Source.TRANSFER)
    back = bench.on(commands.ReturnTransfer, first, reason="already there")
    assert (back.state, back.moved_to) == (State.WAITING, None)
    assert bench.order() == ["A001", "A002"]


def test_a_command_repeated_under_its_id_gives_its_first_result(bench: Bench) -> None:
    bench.join()
    bench.join()
    first = bench.do(commands.CallNext, id="once", fingerprint="f")
    again = bench.do(commands.CallNext, id="once", fingerprint="f")
    assert again.replayed
    assert again.done == first.done
    with pytest.raises(IdempotencyKeyReused):
        bench.do(commands.CallNext, id="once", fingerprint="other")


def test_commands_are_remembered_for_fifteen_minutes_and_not_more_than_500(bench: Bench) -> None:
    bench.do(commands.CallNext, id="old")
    bench.later(minutes=15).do(commands.CallNext, id="new")
    assert list(bench.day.commands) == ["new"]
    for number in range(600):
        bench.do(commands.CallNext, id=f"many-{number}")
    assert len(bench.day.commands) == 500


def test_time_never_runs_backwards_in_a_document(bench: Bench) -> None:
    bench.join()
    bench.now -= timedelta(hours=1)
    assert bench.join().arrived_at == START


def test_the_end_of_the_day_ends_everybody_once(bench: Bench) -> None:
    seen, waits, held, missed, called = (bench.join() for _ in range(5))
    bench.on(commands.Start, seen)
    bench.on(commands.Hold, seen)
    bench.on(commands.CallTicket, missed)
    bench.on(commands.NoShow, missed)
    bench.on(commands.Hold, held)
    bench.on(commands.Resume, seen)
    bench.do(commands.FinishDay)
    day = bench.day
    bench.do(commands.FinishDay)
    assert bench.day is day
    assert bench.ticket(seen).state is State.DONE
    assert bench.ticket(seen).last.inferred
    assert all(bench.ticket(t).state is State.LEFT for t in (waits, held, missed, called))
    with pytest.raises(DayOver):
        bench.join()
    with pytest.raises(DayOver):
        bench.on(commands.CallTicket, waits)


def test_texts_follow_consent_and_confirmation(bench: Bench) -> None:
    bench.join(patient=patient(phone=""))
    assert bench.effects() == []
    unconfirmed = PatientCopy(fresh_id(), "N", "+12025550123", "•••• 0123", "en", True, number_confirmed=False)
    ticket = bench.join(patient=unconfirmed)
    assert bench.effects() == []
    bench.on(commands.CallTicket, ticket)
    assert bench.effects() == ["text your_turn"]


def test_a_new_number_is_texted_if_the_patient_stands_called(bench: Bench) -> None:
    ticket = bench.join(patient=patient(phone=""))
    bench.next()
    bench.on(commands.SetContact, ticket, phone="+12025550199", phone_masked="•••• 0199", sms_consent=True)
    assert bench.effects() == ["text your_turn"]
    assert bench.day.effects[-1].data["to"] == "+12025550199"


def test_whoever_agrees_again_is_not_texted_the_same_call_twice(bench: Bench) -> None:
    ticket = bench.join()
    bench.next()
    said = bench.day.effects[-1].data["message_id"]
    fields = {"phone": ticket.patient.phone, "phone_masked": ticket.patient.phone_masked}
    bench.on(commands.SetContact, ticket, **fields, sms_consent=False)
    bench.on(commands.SetContact, ticket, **fields, sms_consent=True)
    assert bench.effects() == ["text your_turn"]
    assert bench.day.effects[-1].data["unless_left"] == [said]


def test_however_often_a_patient_agrees_every_text_of_the_call_is_asked_after(bench: Bench) -> None:
    ticket = bench.join()
    bench.next()
    said = [bench.day.effects[-1].data["message_id"]]
    fields = {"phone": ticket.patient.phone, "phone_masked": ticket.patient.phone_masked}
    for _ in range(2):
        bench.on(commands.SetContact, ticket, **fields, sms_consent=False)
        bench.on(commands.SetContact, ticket, **fields, sms_consent=True)
        effect = bench.day.effects[-1].data
        assert effect["unless_left"] == said
        said.append(effect["message_id"])
    bench.on(commands.PutBack, ticket)
    assert bench.day.effects[-1].data["message_ids"] == said


def test_a_call_that_stands_anew_is_what_its_first_text_says(bench: Bench) -> None:
    ticket = bench.join()
    bench.next()
    call = bench.ticket(ticket).call
    bench.on(commands.Hold, ticket)
    assert not still_true("your_turn", bench.ticket(ticket), call, paused=False)
    bench.do(commands.UndoLast)
    stands = documents.ticket_from(documents.ticket_document(bench.ticket(ticket)))
    assert stands.call != call
    assert still_true("your_turn", stands, call, paused=False)
    bench.on(commands.SetContact, ticket, phone="+12025550199", phone_masked="•••• 0199", sms_consent=True)
    assert not still_true("your_turn", bench.ticket(ticket), call, paused=False), "that was another number"


def test_a_transfer_that_comes_back_is_texted_again_only_if_the_call_never_left(bench: Bench) -> None:
    ticket = bench.join()
    bench.next()
    said = bench.day.effects[-1].data["message_id"]
    bench.on(commands.Transfer, ticket, to_doctor_id="doctor-silva", new_ticket_id="new-ticket")
    back = bench.on(commands.ReturnTransfer, ticket, reason="already there")
    assert back.state is State.CALLED
    assert bench.effects() == ["text your_turn"]
    assert bench.day.effects[-1].data["unless_left"] == [said]


def test_the_same_contact_again_texts_nobody_and_shows_nothing_new(bench: Bench) -> None:
    ticket = bench.join()
    bench.next()
    seq = bench.day.seq
    same = ticket.patient
    fields = {"phone": same.phone, "phone_masked": same.phone_masked, "sms_consent": same.sms_consent}
    bench.on(commands.SetContact, ticket, **fields)
    assert (bench.effects(), bench.day.seq) == ([], seq)


class TestUndo:
    def test_it_restores_both_tickets_of_a_call_next(self, bench: Bench) -> None:
        first, second = bench.join(), bench.join()
        bench.next()
        before = dict(bench.day.tickets)
        bench.next(current=first.id)
        applied = bench.do(commands.UndoLast)
        assert applied.done.outcome["undone"] == "call_next"
        assert bench.ticket(first).steps == before[first.id].steps
        assert bench.ticket(second).steps == before[second.id].steps
        assert bench.day.calls[-1].undone
        assert bench.effects() == ["retract"]

    def test_not_once_the_patient_has_joined_again(self, bench: Bench) -> None:
        amina = patient()
        bench.join(patient=amina)
        bench.next()
        bench.next()
        bench.join(patient=amina)
        with pytest.raises(CannotUndo, match="has joined again since, as A002"):
            bench.do(commands.UndoLast)

    def test_only_the_last_one_only_for_two_minutes(self, bench: Bench) -> None:
        bench.join()
        bench.next()
        bench.later(minutes=2)
        with pytest.raises(CannotUndo):
            bench.do(commands.UndoLast)

    def test_not_twice(self, bench: Bench) -> None:
        bench.join()
        bench.next()
        bench.do(commands.UndoLast)
        with pytest.raises(CannotUndo):
            bench.do(commands.UndoLast)

    def test_the_second_of_two_is_told_who_was_first(self, bench: Bench) -> None:
        bench.join()
        seq = bench.next().done.seq
        bench.later(minutes=1).do(commands.UndoLast, seq=seq, actor=RAO)
        for asked in (seq, None):
            with pytest.raises(CannotUndo, match="Dr Rao has undone this already, at 09:01") as refused:
                bench.later(seconds=5).do(commands.UndoLast, seq=asked)
            assert refused.value.extra == {"why": "undone", "by": "Dr Rao", "at": "2026-03-03T09:01:00+00:00"}

    def test_whoever_has_done_or_undone_something_newer_is_named(self, bench: Bench) -> None:
        bench.join()
        seq = bench.next().done.seq
        newer = bench.later(minutes=1).do(commands.PauseQueue, actor=RAO).done.seq
        with pytest.raises(CannotUndo, match="Dr Rao has done something newer here, at 09:01") as refused:
            bench.do(commands.UndoLast, seq=seq)
        assert (refused.value.extra["why"], refused.value.extra["by"]) == ("newer", "Dr Rao")
        bench.do(commands.UndoLast, seq=newer, actor=RAO)
        with pytest.raises(CannotUndo, match="Dr Rao has undone something newer here, at 09:01") as refused:
            bench.do(commands.UndoLast, seq=seq)
        assert refused.value.extra["why"] == "newer_undone"

    def test_who_undid_it_is_named_to_whoever_comes_too_late(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.next()
        bench.on(commands.PutBack, ticket, actor=RAO)
        bench.later(minutes=1).do(commands.UndoLast, actor=RAO)
        with pytest.raises(WrongState) as refused:
            bench.on(commands.CallTicket, ticket)
        assert refused.value.detail == "A001 was called again: Dr Rao took the step after that back at 09:01."
        assert (refused.value.extra["state"], refused.value.extra["by"]) == ("called", "Dr Rao")
        bench.later(seconds=5)
        bench.on(commands.Recall, ticket)
        with pytest.raises(WrongState, match="was already called by Bea"):
            bench.on(commands.CallTicket, ticket)

    def test_who_undid_is_kept_with_the_day(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.on(commands.Hold, ticket)
        bench.do(commands.UndoLast, actor=RAO)
        assert documents.day_from(documents.day_document(bench.day, documents.DayDocuments())) == bench.day
        bench.later(minutes=3).do(commands.Tidy, effects=frozenset(), archived=frozenset())
        assert bench.day.undone is None

    def test_not_once_the_ticket_has_changed_again(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.on(commands.Hold, ticket)
        bench.on(commands.Cancel, ticket, actor=PATIENT)
        with pytest.raises(CannotUndo, match="A001 has changed again"):
            bench.do(commands.UndoLast)

    def test_a_join_in_between_does_not_stand_in_the_way(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.next()
        bench.join()
        bench.do(commands.UndoLast)
        assert bench.ticket(ticket).state is State.WAITING

    def test_the_seq_names_what_is_to_be_undone(self, bench: Bench) -> None:
        bench.join()
        seq = bench.next().done.seq
        bench.do(commands.PauseQueue)
        with pytest.raises(CannotUndo, match="newer"):
            bench.do(commands.UndoLast, seq=seq)
        bench.do(commands.UndoLast, seq=bench.day.seq)
        assert bench.day.status is Status.OPEN

    def test_transfers_opening_and_closing_cannot_be_undone(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.on(commands.Transfer, ticket, to_doctor_id="x", new_ticket_id="y")
        with pytest.raises(CannotUndo):
            bench.do(commands.UndoLast)
        bench.do(commands.CloseQueue)
        with pytest.raises(CannotUndo):
            bench.do(commands.UndoLast)

    def test_undoing_a_put_back_calls_again_under_a_new_call(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.next()
        first_call = bench.ticket(ticket).call
        bench.on(commands.PutBack, ticket)
        bench.do(commands.UndoLast)
        assert bench.ticket(ticket).state is State.CALLED
        assert bench.ticket(ticket).call > first_call
        assert bench.effects() == ["text your_turn"]

    @pytest.mark.parametrize("kind", [commands.Hold, commands.Left, commands.Late])
    def test_a_call_that_was_taken_back_in_silence_is_texted_again_only_if_it_never_left(
        self, bench: Bench, kind: type[commands.TicketCommand]
    ) -> None:
        ticket = bench.join()
        bench.next()
        said = bench.day.effects[-1].data["message_id"]
        bench.on(kind, ticket)
        bench.do(commands.UndoLast)
        assert bench.effects() == ["text your_turn"]
        assert bench.day.effects[-1].data["unless_left"] == [said]

    @pytest.mark.parametrize("kind", [commands.NoShow, commands.PutBack, commands.Cancel])
    def test_whoever_may_be_told_nothing_else_is_not_texted_the_same_call_twice(
        self, bench: Bench, kind: type[commands.TicketCommand]
    ) -> None:
        unconfirmed = PatientCopy(fresh_id(), "N", "+12025550123", "•••• 0123", "en", True, number_confirmed=False)
        ticket = bench.join(patient=unconfirmed)
        bench.next()
        said = bench.day.effects[-1].data["message_id"]
        bench.on(kind, ticket)
        bench.do(commands.UndoLast)
        assert bench.effects() == ["text your_turn"]
        assert bench.day.effects[-1].data["unless_left"] == [said]

    @pytest.mark.parametrize(
        ("kind", "said"), [(commands.NoShow, "missed"), (commands.PutBack, "put_back"), (commands.Cancel, "cancelled")]
    )
    def test_whoever_was_told_otherwise_is_called_by_text_again(
        self, bench: Bench, kind: type[commands.TicketCommand], said: str
    ) -> None:
        ticket = bench.join()
        bench.next()
        first = bench.day.effects[-1].data["message_id"]
        bench.on(commands.Recall, ticket)
        again = bench.day.effects[-1].data["message_id"]
        told = bench.on(kind, ticket)
        bench.do(commands.UndoLast)
        assert bench.effects() == ["text your_turn"]
        effect = bench.day.effects[-1].data
        assert effect["unless_left"] == [first, again]
        [contrary] = effect["contrary"]
        assert contrary.startswith(f"{told.id}:{said}:")

    def test_undoing_a_recall_takes_its_text_back(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.next()
        bench.on(commands.Recall, ticket)
        said = bench.day.effects[-1].data["message_id"]
        bench.do(commands.UndoLast)
        assert bench.effects() == ["retract"]
        assert bench.day.effects[-1].data == {"message_ids": [said], "instead": None}
        assert bench.ticket(ticket).state is State.CALLED

    def test_undoing_a_cancellation_tells_whoever_was_told_of_it(self, bench: Bench) -> None:
        ticket = bench.join()
        bench.on(commands.Cancel, ticket)
        said = bench.day.effects[-1].data["message_id"]
        bench.do(commands.UndoLast)
        assert bench.effects() == ["retract"]
        effect = bench.day.effects[-1].data
        assert (effect["message_ids"], effect["instead"]["kind"]) == ([said], "joined")

    def test_a_ticket_made_by_mistake_is_cancelled_without_a_word(self, bench: Bench) -> None:
        ticket = bench.join()
        said = bench.day.effects[-1].data["message_id"]
        bench.on(commands.Cancel, ticket, mistaken=True)
        assert bench.effects() == ["retract"]
        assert bench.day.effects[-1].data == {"message_ids": [said], "instead": None}
        called = bench.join()
        bench.next()
        with pytest.raises(WrongState):
            bench.on(commands.Cancel, called, mistaken=True)

    def test_cancel_all_comes_back_as_it_was(self, bench: Bench) -> None:
        for _ in range(3):
            bench.join()
        order = bench.order()
        assert bench.do(commands.CancelAll).done.outcome == {"cancelled": 3}
        assert bench.order() == []
        bench.do(commands.UndoLast)
        assert bench.order() == order


@pytest.mark.parametrize("kind", [commands.OpenQueue, commands.CloseQueue])
def test_opening_or_closing_what_is_so_already_leaves_undo_possible(bench: Bench, kind: type[commands.Command]) -> None:
    ticket = bench.join()
    bench.do(kind)
    bench.next()
    bench.do(kind)
    bench.do(commands.UndoLast)
    assert bench.ticket(ticket).state is State.WAITING
