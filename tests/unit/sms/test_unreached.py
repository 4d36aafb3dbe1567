"""Which texts reception must look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.sms.lifecycle import OPTED_OUT, written
from server.sms.model import HANDLED, RESENT, SHOWN, Attempt, Event, Kind, Message, MessageState, NewMessage, expiry
from server.sms.unreached import failed, last_news, not_reached, still_news, successor

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WANTED = NewMessage("t:your_turn:1", Kind.YOUR_TURN, "+12025550123", "en", "p", expiry(Kind.YOUR_TURN, NOW), True, True)


def row(state: MessageState, code: str | None = None) -> Message:
    return replace(written(WANTED, "text", "2026-03-02", NOW, MessageState.QUEUED, None), state=state, code=code)


def test_every_state_is_either_reached_or_under_way_or_told_of() -> None:
    told = {state for state in MessageState if not_reached(row(state))}
    assert told == {MessageState.FAILED, MessageState.UNDELIVERED, MessageState.UNKNOWN, MessageState.EXPIRED}


@pytest.mark.parametrize(("code", "told"), [("21610", True), (OPTED_OUT, True), ("no_consent", False), (None, False)])
def test_of_those_nobody_may_text_only_who_said_stop_is_news(code: str | None, told: bool) -> None:
    assert not_reached(row(MessageState.SUPPRESSED, code)) is told


@pytest.mark.parametrize(
    ("code", "told"), [("20003", True), ("http_401", True), ("http_307", True), ("20429", False), (None, False)]
)
def test_a_call_that_waits_for_the_account_is_told(code: str | None, told: bool) -> None:
    waiting = row(MessageState.QUEUED, code)
    assert not_reached(waiting) is told
    assert not not_reached(replace(waiting, kind=Kind.JOINED))


@pytest.mark.parametrize(
    ("tries", "next_try", "told"), [(0, 60, False), (1, 2, False), (1, 15, False), (1, 16, True), (2, 4, True)]
)
def test_a_call_that_nobody_takes_is_told_after_the_second_try_or_when_the_next_is_far(
    tries: int, next_try: int, told: bool
) -> None:
    attempts = tuple(Attempt(str(n), NOW, NOW, None, "refused", "not_processed") for n in range(tries))
    due = NOW + timedelta(seconds=next_try)
    waiting = replace(row(MessageState.QUEUED, "refused"), attempts=attempts, next_at=due)
    assert not_reached(waiting) is told
    assert not not_reached(replace(waiting, kind=Kind.JOINED))


def test_a_call_that_is_tried_once_more_stays_on_the_list_meanwhile() -> None:
    attempts = tuple(Attempt(str(n), NOW, NOW, None, "refused", "not_processed") for n in range(2))
    under_way = replace(row(MessageState.SENDING), attempts=(*attempts, Attempt("3", NOW)))
    assert not_reached(under_way)
    assert not not_reached(replace(under_way, attempts=(*attempts[:1], Attempt("2", NOW))))


@pytest.mark.parametrize(("what", "told"), [(RESENT, False), (HANDLED, False), (SHOWN, True), ("resent", True)])
def test_what_staff_did_settles_it_and_what_the_server_did_does_not(what: str, told: bool) -> None:
    failed = row(MessageState.FAILED, "21211").with_event(Event(NOW, what))
    assert not_reached(failed) is told


def test_a_text_of_nobody_any_more_is_not_told() -> None:
    assert not not_reached(replace(row(MessageState.FAILED), to=""))


@pytest.mark.parametrize(
    ("kind", "state", "news"),
    [
        (Kind.YOUR_TURN, "called", True),
        (Kind.YOUR_TURN, "no_show", True),
        (Kind.YOUR_TURN, "in_room", False),
        (Kind.YOUR_TURN, "waiting", False),
        (Kind.MISSED, "no_show", True),
        (Kind.MISSED, "called", False),
        (Kind.JOINED, "waiting", True),
        (Kind.JOINED, "done", False),
        (Kind.CANCELLED, "cancelled", True),
        (Kind.BOOKED, "", True),
    ],
)
def test_news_is_what_the_patient_does_not_know_by_now(kind: Kind, state: str, news: bool) -> None:
    assert still_news(kind, state) is news


def test_who_was_to_be_texted_again_is_known_until_it_is_settled() -> None:
    lost = row(MessageState.FAILED, "21211")
    assert successor(lost) is None
    again = lost.with_event(Event(NOW, RESENT, "t:your_turn:1a")).with_event(Event(NOW, RESENT, "t:your_turn:1b"))
    assert (successor(again), failed(again), not_reached(again)) == ("t:your_turn:1b", True, False)
    assert successor(again.with_event(Event(NOW, HANDLED))) is None


def test_what_was_held_over_night_is_news_when_it_fails() -> None:
    held = row(MessageState.FAILED, "21211")
    morning = NOW + timedelta(hours=10)
    assert last_news(held) == NOW
    assert last_news(replace(held, attempts=(Attempt("a", morning, morning),))) == morning
