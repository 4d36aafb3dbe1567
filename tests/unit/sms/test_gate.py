"""The rate limit and the breaker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.sms.gate import PROBE_EVERY, Gate
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
