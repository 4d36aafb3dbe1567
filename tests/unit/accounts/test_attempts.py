"""Ten failures a minute for one name, whatever the others do."""

from __future__ import annotations

import pytest

from server.accounts.attempts import MOST_FAILURES, Attempts
from server.errors import SlowDown
from tests.clocks import TurnedClock


def test_the_window_slides(clock: TurnedClock) -> None:
    attempts = Attempts()
    for _ in range(MOST_FAILURES):
        attempts.begin("rao", clock.now())
        clock.turn(seconds=3)
    with pytest.raises(SlowDown) as refusal:
        attempts.begin("rao", clock.now())
    assert refusal.value.retry_after == 30
    attempts.begin("other", clock.now())
    clock.turn(seconds=30)
    attempts.begin("rao", clock.now())
    with pytest.raises(SlowDown):
        attempts.begin("rao", clock.now())


def test_a_success_takes_only_itself_back(clock: TurnedClock) -> None:
    attempts = Attempts()
    for _ in range(MOST_FAILURES - 1):
        attempts.begin("rao", clock.now())
    for _ in range(5):
        clock.turn(seconds=1)
        attempts.begin("rao", clock.now())
        attempts.succeeded("rao", clock.now())
    attempts.begin("rao", clock.now())
    with pytest.raises(SlowDown):
        attempts.begin("rao", clock.now())
