"""Every state change of a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.sms.lifecycle import CHECKS, LEASE, LOST, POLLS, admit, claimed, due, ended, settled, waiting, written
from server.sms.model import Kind, Lane, Message, MessageState, NewMessage, expiry
from server.sms.provider import Reply
from server.sms.reports import Report, reported

NOW = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
ACCEPTED = Reply(status=201, sid="SM1", provider_status="queued")


def wanted(kind: Kind = Kind.YOUR_TURN, *, consent: bool = True, confirmed: bool = True, to: str = "+1") -> NewMessage:
    return NewMessage(f"t:{kind}:1", kind, to, "en", "p", expiry(kind, NOW), consent, confirmed, ticket_id="t", call=7)


def row(kind: Kind = Kind.YOUR_TURN) -> Message:
    return written(wanted(kind), "text", "2026-03-02", NOW, MessageState.QUEUED, None)


def sending(kind: Kind = Kind.YOUR_TURN) -> Message:
    return claimed(row(kind), "token-1", "me", NOW)


def after(reply: Reply, message: Message, *, at: datetime = NOW, roll: float = 0.0) -> Message:
    return settled(message, message.attempt, reply, at, roll=roll, opens_at=at)


@pytest.mark.parametrize("kind", list(Kind))
def test_without_consent_nothing_is_sent(kind: Kind) -> None:
    message = wanted(kind, consent=False)
    assert admit(message, NOW, enabled=True, live=True) == (MessageState.SUPPRESSED, "no_consent")


@pytest.mark.parametrize("kind", list(Kind))
def test_an_unconfirmed_number_gets_its_code_and_your_turn_only(kind: Kind) -> None:
    state, code = admit(wanted(kind, confirmed=False), NOW, enabled=True, live=True)
    if kind in (Kind.CODE, Kind.YOUR_TURN):
        assert (state, code) == (MessageState.QUEUED, None)
    else:
        assert (state, code) == (MessageState.SUPPRESSED, "number_not_confirmed")


def test_what_is_switched_off_late_or_without_a_number_is_not_sent() -> None:
    assert admit(wanted(), NOW, enabled=False, live=True) == (MessageState.SUPPRESSED, "kind_off")
    assert admit(wanted(to=""), NOW, enabled=True, live=True) == (MessageState.SUPPRESSED, "no_number")
    late = NOW + timedelta(minutes=5)
    assert admit(wanted(), late, enabled=True, live=True) == (MessageState.EXPIRED, None)
    assert admit(wanted(), NOW, enabled=True, live=False) == (MessageState.SIMULATED, None)


def test_a_queued_row_is_due_at_a_whole_second_never_early() -> None:
    assert row().next_at == datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
    assert (row().lane, row(Kind.RECALLED).lane, row(Kind.JOINED).lane) == (Lane.URGENT, Lane.URGENT, Lane.PACED)


def test_a_claim_leases_the_row_with_a_new_attempt() -> None:
    message = sending()
    assert (message.state, message.lane, message.owner) == (MessageState.SENDING, Lane.LEASED, "me")
    assert message.next_at >= NOW + LEASE
    assert (message.attempt.token, message.attempt.started, message.attempt.ended) == ("token-1", NOW, None)


def test_a_claim_over_an_attempt_that_never_left_closes_it() -> None:
    message = claimed(sending(), "token-2", "me", NOW)
    assert [(attempt.token, attempt.outcome) for attempt in message.attempts] == [
        ("token-1", "not_sent"),
        ("token-2", None),
    ]


def test_a_row_stays_small_and_forgets_no_attempt_that_may_have_left() -> None:
    tried = row()
    for number in range(200):
        tried = claimed(waiting(tried, NOW), str(number), "me", NOW)
        if number == 7:
            tried = ended(tried, MessageState.UNKNOWN, NOW, LOST)
        elif number == 9:
            tried = tried.with_attempt(replace(tried.attempt, ended=NOW, outcome="accepted", sid="SM9"))
        else:
            tried = tried.with_attempt(replace(tried.attempt, ended=NOW, outcome="account", code="20003"))
    tokens = [attempt.token for attempt in tried.attempts]
    assert tokens[:3] == ["0", "7", "9"]
    assert tokens[3:] == [str(number) for number in range(150, 200)]


def test_an_answer_that_says_how_it_ended_leaves_the_end_to_the_report() -> None:
    settled_row = after(replace(ACCEPTED, provider_status="delivered"), sending())
    reported_row = reported(
        settled_row, settled_row.attempt, Report("receipt", "SM1", "delivered", None, NOW), may_resend=False
    )
    assert (settled_row.state, reported_row.state) == (MessageState.ACCEPTED, MessageState.DELIVERED)


def test_accepted_is_in_twilios_hands() -> None:
    message = after(ACCEPTED, sending())
    assert (message.state, message.code, message.sid) == (MessageState.ACCEPTED, None, "SM1")
    assert (message.lane, message.owner, message.provider_status) == (Lane.AWAITED, "", "queued")
    assert message.next_at == due(NOW + POLLS[0])
    assert (message.attempt.outcome, message.attempt.status, message.attempt.sid) == ("accepted", 201, "SM1")
    assert message.attempt.ended == NOW


@pytest.mark.parametrize(
    ("reply", "state", "code"),
    [
        (Reply(status=400, code=21211), MessageState.FAILED, "21211"),
        (Reply(status=400, code=21610), MessageState.SUPPRESSED, "21610"),
        (Reply(status=400), MessageState.FAILED, "http_400"),
    ],
)
def test_what_is_final_waits_for_nobody(reply: Reply, state: MessageState, code: str) -> None:
    message = after(reply, sending())
    assert (message.state, message.code, message.lane) == (state, code, Lane.NONE)


@pytest.mark.parametrize(("reply", "code"), [(Reply(status=500), "http_500"), (Reply(error="timeout"), "timeout")])
def test_what_is_unclear_is_looked_for(reply: Reply, code: str) -> None:
    message = after(reply, sending())
    assert (message.state, message.code, message.lane) == (MessageState.UNKNOWN, code, Lane.UNCLEAR)
    assert message.next_at == due(NOW + CHECKS[0])


def test_what_was_not_processed_is_queued_again_after_the_backoff() -> None:
    message = after(Reply(status=429, code=20429, retry_after=7.0), sending())
    assert (message.state, message.lane, message.code) == (MessageState.QUEUED, Lane.URGENT, "20429")
    assert message.next_at == datetime(2026, 3, 2, 9, 0, 8, tzinfo=UTC)
    assert message.owner == ""
    third = after(Reply(left=False, error="refused"), claimed(message, "token-2", "me", NOW), roll=1.0)
    assert third.next_at == datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)


def test_a_retry_that_would_come_too_late_is_not_waited_for() -> None:
    message = after(Reply(status=429, retry_after=400.0), sending())
    assert (message.state, message.code, message.lane) == (MessageState.EXPIRED, "http_429", Lane.NONE)
    assert message.events[-1].what == "expired"


def test_a_fault_of_the_account_waits_for_the_breaker() -> None:
    opens_at = NOW + timedelta(seconds=15)
    message = sending()
    message = settled(message, message.attempt, Reply(status=401, code=20003), NOW, roll=0.0, opens_at=opens_at)
    assert (message.state, message.code) == (MessageState.QUEUED, "20003")
    assert message.next_at >= opens_at


def test_a_lost_claim_is_unknown_and_its_late_outcome_corrects_it() -> None:
    lost = ended(sending(), MessageState.UNKNOWN, NOW, LOST)
    assert (lost.state, lost.code, lost.attempt.outcome) == (MessageState.UNKNOWN, LOST, "unclear")
    assert after(ACCEPTED, lost).state is MessageState.ACCEPTED


def test_what_is_cancelled_stays_in_the_log_with_its_reason() -> None:
    message = ended(row(), MessageState.CANCELLED, NOW, None, "undone")
    assert (message.state, message.events[-1].detail) == (MessageState.CANCELLED, "undone")
    unsent = ended(sending(), MessageState.CANCELLED, NOW, "no_longer_true")
    assert unsent.attempt.outcome == "not_sent"
    assert replace(unsent, rev=1).body == "text"
