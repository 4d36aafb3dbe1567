"""Ten failures a minute for one name, whatever the others do."""

from __future__ import annotations

import pytest

from server.accounts.attempts import MOST_FAILURES, Attempts
from server.errors import SlowDown
from tests.clocks import TurnedClock


def fail(attempts: Attempts, username: str, clock: TurnedClock) -> None:
    attempts.begin(username, clock.now())
    attempts.end(username)
    attempts.failed(username, clock.now())


def test_the_window_slides(clock: TurnedClock) -> None:
    attempts = Attempts()
    for _ in range(MOST_FAILURES):
        fail(attempts, "rao", clock)
        clock.turn(seconds=3)
    with pytest.raises(SlowDown) as refusal:
        attempts.begin("rao", clock.now())
    assert refusal.value.retry_after == 30
    attempts.begin("other", clock.now())
    clock.turn(seconds=30)
    fail(attempts, "rao", clock)
    with pytest.raises(SlowDown):
        attempts.begin("rao", clock.now())


def test_a_success_counts_for_nothing(clock: TurnedClock) -> None:
    attempts = Attempts()
    for _ in range(MOST_FAILURES - 1):
        fail(attempts, "rao", clock)
    for _ in range(MOST_FAILURES * 2):
        attempts.begin("rao", clock.now())
        attempts.end("rao")
    fail(attempts, "rao", clock)
    with pytest.raises(SlowDown, match="failed"):
        attempts.begin("rao", clock.now())


def test_many_at_once_are_told_that_it_is_busy_and_no_more_than_ten_guesses_pass(clock: TurnedClock) -> None:
    attempts = Attempts()
    for _ in range(MOST_FAILURES):
        attempts.begin("rao", clock.now())
    with pytest.raises(SlowDown, match="Busy") as refusal:
        attempts.begin("rao", clock.now())
    assert refusal.value.retry_after == 1
    attempts.begin("other", clock.now())
    attempts.end("rao")
    attempts.begin("rao", clock.now())
