"""What a report does to a row, whatever else has happened to it."""

from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.sms.lifecycle import POLLS, claimed, settled, watched
from server.sms.model import EVENTS_KEPT, Lane, Message, MessageState
from server.sms.provider import Reply
from server.sms.reports import RANKS, Report, reported
from tests.unit.sms.test_lifecycle import NOW, sending

ACCEPTED = Reply(status=201, sid="SM1", provider_status="queued")
ENDS = {"delivered", "read"}


def report(row: Message, status: str, code: int | None = None) -> Message:
    return reported(row, row.attempts[0], Report("receipt", "SM1", status, code, NOW), may_resend=True)


def answer(row: Message) -> Message:
    return settled(row, row.attempts[0], ACCEPTED, NOW, roll=0.0, opens_at=NOW)


@given(st.lists(st.sampled_from(sorted(RANKS)), max_size=6), st.integers(0, 6))
def test_every_order_ends_at_the_highest_rank(statuses: list[str], answered_after: int) -> None:
    row = sending()
    for number, status in enumerate(statuses):
        row = answer(row) if number == answered_after else row
        row = report(row, status)
    row = answer(row) if row.attempt.ended is None else row
    highest = max((RANKS[status] for status in statuses), default=-1)
    assert max(highest, RANKS["queued"]) == max(RANKS[row.provider_status], RANKS["queued"])
    assert (row.sid, row.attempt.sid, row.attempt.outcome) == ("SM1", "SM1", "accepted")
    assert len(row.events) == len(statuses)
    assert (row.state is MessageState.DELIVERED) is bool(ENDS & set(statuses))
    assert (row.lane is Lane.AWAITED) is (row.state is MessageState.ACCEPTED)


def test_the_first_failure_stands() -> None:
    for first, second in itertools.permutations(("undelivered", "failed", "canceled"), 2):
        row = report(report(answer(sending()), first), second)
        assert row.provider_status == first


def test_a_status_of_tomorrow_proves_at_least_that_twilio_has_it() -> None:
    row = report(sending(), "beamed")
    assert (row.state, row.sid) == (MessageState.ACCEPTED, "SM1")
    assert report(answer(sending()), "beamed").provider_status == "queued"


def test_an_answer_after_the_next_claim_is_only_written_down() -> None:
    row = report(sending(), "undelivered", 30003)
    assert (row.state, row.resends) == (MessageState.QUEUED, 1)
    again = claimed(row, "token-2", "me", NOW)
    assert (again.sid, again.provider_status, again.attempts[0].sid) == ("", "", "SM1")
    late = settled(again, again.attempts[0], ACCEPTED, NOW, roll=0.0, opens_at=NOW)
    assert (late.state, late.sid) == (MessageState.SENDING, "")
    assert late.attempts[0].outcome == "accepted"


def test_however_often_twilio_repeats_itself_the_row_stays_small() -> None:
    row = answer(sending())
    for _ in range(EVENTS_KEPT + 20):
        row = report(row, "sent")
    assert len(row.events) == EVENTS_KEPT


def test_it_is_asked_about_less_and_less_often_and_then_no_more() -> None:
    row, times = answer(sending()), []
    while (row := watched(row, row.next_at)).lane is Lane.AWAITED:
        times.append(row.next_at - NOW)
    assert len(times) == len(POLLS) - 1
    assert all(abs(time - poll) <= timedelta(seconds=1) for time, poll in zip(times, POLLS[1:], strict=True))
