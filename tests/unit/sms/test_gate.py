"""The rate limit and the breaker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.sms.gate import PROBE_EVERY, Blame, Gate
from server.sms.lifecycle import written
from server.sms.model import Attempt, Kind, Message, MessageState, NewMessage
from server.sms.retry import Outcome

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def second(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def test_texts_that_are_not_urgent_leave_one_segment_a_second() -> None:
    gate = Gate()
    assert gate.enter(NOW, urgent=False, segments=2) is None
    assert gate.enter(second(1), urgent=False, segments=1) == second(2)
    assert gate.enter(second(2), urgent=False, segments=1) is None
    assert gate.enter(second(2), urgent=False, segments=1) == second(3)


def test_urgent_ones_do_not_wait_but_take_their_share() -> None:
    gate = Gate()
    for _ in range(5):
        assert gate.enter(NOW, urgent=True, segments=1) is None
    assert gate.enter(NOW, urgent=False, segments=1) == second(5)


def test_idle_seconds_are_not_saved_up() -> None:
    gate = Gate()
    assert gate.enter(NOW, urgent=False, segments=1) is None
    assert gate.enter(second(60), urgent=False, segments=1) is None
    assert gate.enter(second(60), urgent=False, segments=1) == second(61)


def test_a_fault_of_the_account_holds_everything_and_lets_one_probe_through_at_a_time() -> None:
    gate = Gate()
    assert gate.learn(Outcome.ACCOUNT, "20003", NOW) is True
    assert gate.alert is not None
    assert (gate.alert.code, gate.alert.since) == ("20003", NOW)
    assert "credentials" in gate.alert.meaning
    assert gate.enter(second(1), urgent=True, segments=1) == NOW + PROBE_EVERY
    probe = NOW + PROBE_EVERY
    assert gate.enter(probe, urgent=True, segments=1) is None
    assert gate.enter(probe, urgent=True, segments=1) == probe + PROBE_EVERY
    assert gate.learn(Outcome.ACCOUNT, "21606", probe) is False
    assert (gate.alert.code, gate.alert.since) == ("21606", NOW)


def test_a_clock_that_is_set_back_holds_nothing() -> None:
    gate = Gate()
    assert gate.enter(NOW, urgent=False, segments=3) is None
    hour_back = NOW - timedelta(hours=1)
    assert gate.enter(hour_back, urgent=False, segments=1) == hour_back + timedelta(seconds=3)
    gate.learn(Outcome.ACCOUNT, "20003", hour_back)
    day_back = hour_back - timedelta(days=1)
    assert gate.enter(day_back, urgent=True, segments=1) == day_back + PROBE_EVERY
    assert gate.enter(day_back + PROBE_EVERY, urgent=True, segments=1) is None


def row(*refused: datetime, to: str = "+12025550123") -> Message:
    wanted = NewMessage("t:your_turn:1", Kind.YOUR_TURN, to, "en", "p", second(300), True, True)
    made = written(wanted, "text", "2026-03-02", NOW, MessageState.QUEUED, None)
    return replace(made, attempts=tuple(Attempt(str(at), at, at, 400, "21606", "account") for at in refused))


def test_one_number_refused_between_others_is_its_own_fault_and_two_are_the_accounts() -> None:
    gate = Gate()
    assert gate.weigh(row(), "21606", NOW) is Blame.ACCOUNT, "nothing has got through yet"
    gate.learn(Outcome.ACCEPTED, None, NOW)
    assert gate.weigh(row(), "20003", second(1)) is Blame.ACCOUNT
    assert gate.weigh(row(), "21606", second(1)) is Blame.UNSURE
    assert gate.weigh(row(second(1)), "21606", second(3)) is Blame.ACCOUNT, "again, and no other got through"
    assert gate.weigh(row(), "21606", second(3)) is Blame.UNSURE, "another text to the same number"
    other = row(to="+12025550199")
    assert gate.weigh(other, "21606", second(3)) is Blame.ACCOUNT, "another number, and none got through between"
    gate.learn(Outcome.ACCEPTED, None, second(4))
    assert gate.weigh(row(second(1)), "21606", second(5)) is Blame.NUMBER
    assert gate.weigh(other, "21606", second(5)) is Blame.UNSURE


def test_a_number_stays_to_blame_when_the_clock_is_set_back() -> None:
    gate = Gate()
    gate.learn(Outcome.ACCEPTED, None, NOW)
    assert gate.weigh(row(), "21606", second(1)) is Blame.UNSURE
    hour_back = NOW - timedelta(hours=1)
    gate.learn(Outcome.ACCEPTED, None, hour_back)
    assert gate.weigh(row(second(1)), "21606", hour_back + timedelta(seconds=3)) is Blame.NUMBER


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.BAD_NUMBER, Outcome.OPTED_OUT, Outcome.REFUSED])
def test_any_answer_about_the_text_itself_opens_the_gate(outcome: Outcome) -> None:
    gate = Gate()
    gate.learn(Outcome.ACCOUNT, "20003", NOW)
    assert gate.learn(outcome, None, second(1)) is True
    assert gate.alert is None
    assert gate.enter(second(1), urgent=True, segments=1) is None


@pytest.mark.parametrize("outcome", [Outcome.UNCLEAR, Outcome.NOT_PROCESSED])
def test_no_answer_says_nothing_about_the_account(outcome: Outcome) -> None:
    gate = Gate()
    gate.learn(Outcome.ACCOUNT, "20003", NOW)
    assert gate.learn(outcome, None, second(1)) is False
    assert gate.alert is not None
