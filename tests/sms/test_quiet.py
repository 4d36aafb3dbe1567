"""In quiet hours what can wait stands queued until they end; what is urgent leaves at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from server.sms.model import Kind, MessageState
from server.sms.quiet import QuietHours
from tests.sms.support import NINE, World

ID = "appointment:reminder:0"


@pytest.mark.gen_test
async def test_a_reminder_waits_until_the_quiet_hours_end(world: World) -> None:
    outbox = world.outbox()
    outbox._hooks = replace(outbox._hooks, quiet=lambda: QuietHours(time(8), time(10)))
    reminder = world.message(
        ticket="", kind=Kind.REMINDER, id=ID, values={"when": "tomorrow"}, expires_at=NINE + timedelta(hours=9)
    )
    await outbox.put(reminder)
    await outbox.put(reminder)
    await outbox.pump()
    row = await world.row(ID)
    assert (row.state, row.code, row.next_at) == (MessageState.QUEUED, "quiet_hours", NINE + timedelta(hours=1))
    assert [event.what for event in row.events] == ["quiet_hours"]
    await outbox.put(world.message())
    await world.reaches(MessageState.ACCEPTED)
    world.clock.turn(3600)
    await outbox.pump()
    await outbox.settle()
    row = await world.row(ID)
    assert (row.state, row.code) == (MessageState.ACCEPTED, None)


@pytest.mark.gen_test
async def test_a_reminder_that_is_late_waits_for_the_morning_too(world: World) -> None:
    outbox = world.outbox()
    outbox._hooks = replace(outbox._hooks, quiet=lambda: QuietHours(time(10), time(12)))
    world.stand_in.next("429", "429")
    asked = {"values": {"when": "tomorrow"}, "expires_at": NINE + timedelta(hours=9)}
    await outbox.put(world.message(ticket="", kind=Kind.REMINDER, id=ID, **asked))
    await outbox.settle()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.clock.turn(70 * 60)
    await outbox.pump()
    await outbox.settle()
    row = await world.row(ID)
    assert (row.state, row.code, row.next_at) == (MessageState.QUEUED, "quiet_hours", NINE + timedelta(hours=3))
    assert (await world.row()).state is MessageState.EXPIRED  # whoever is called does not wait for the morning
    world.clock.turn(110 * 60)
    await outbox.pump()
    await outbox.settle()
    assert (await world.row(ID)).state is MessageState.ACCEPTED


@pytest.mark.gen_test
async def test_a_text_that_waits_for_the_morning_is_taken_back(world: World) -> None:
    outbox = world.outbox()
    outbox._hooks = replace(outbox._hooks, quiet=lambda: QuietHours(time(8), time(10)))
    await outbox.put(world.message(ticket="", kind=Kind.BOOKED, id="appointment:booked:0", values={"when": "tomorrow"}))
    assert await outbox.retract("appointment:booked:0", "cancelled") == "cancelled"
    world.clock.turn(3600)
    await outbox.pump()
    await outbox.settle()
    assert (await world.row("appointment:booked:0")).state is MessageState.CANCELLED
