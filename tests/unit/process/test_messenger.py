"""What the messenger makes of a queue's text."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from server.messenger import QueueMessenger
from server.sms.model import NewMessage, expiry
from server.sms.outbox import Outbox
from tests.clocks import TurnedClock


class Taken:
    """An outbox that keeps what it is handed."""

    def __init__(self) -> None:
        self.messages: list[NewMessage] = []

    async def put(self, message: NewMessage) -> None:
        self.messages.append(message)


@pytest.mark.gen_test
async def test_a_queue_whose_time_is_ahead_of_the_clock_lengthens_no_text(clock: TurnedClock) -> None:
    taken, messenger = Taken(), QueueMessenger(clock)
    messenger.connect(cast(Outbox, taken))
    data = dict.fromkeys(("message_id", "to", "language", "patient_id", "ticket_id", "doctor_id", "code", "room"), "x")
    more = {"kind": "your_turn", "consent": True, "confirmed": True, "call": 1}
    for at in (clock.now() + timedelta(hours=1), clock.now() - timedelta(seconds=10)):
        await messenger.text({**data, **more, "at": at})
    ahead, behind = taken.messages
    assert ahead.expires_at == expiry("your_turn", clock.now())
    assert behind.expires_at == expiry("your_turn", clock.now() - timedelta(seconds=10))
