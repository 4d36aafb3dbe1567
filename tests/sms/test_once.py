"""One call, one text: whatever is taken back, sent again by hand, or turns out to have left after all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.sms.model import HANDLED, Kind, MessageState
from tests.sms.support import ROWS, World
from tests.sms.test_receipts import accepted, report
from tests.twilio.faults import FAULTS

pytestmark = pytest.mark.gen_test(timeout=30)


async def test_a_call_that_was_taken_back_is_not_repeated_when_its_text_did_not_arrive(world: World) -> None:
    outbox = await accepted(world)
    row = await world.row()
    assert await outbox.retract(row.id, "cancelled") == "already_sent"
    await report(world, outbox, "undelivered", 30003)
    assert (await world.row()).state is MessageState.UNDELIVERED
    world.clock.turn(60)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1


async def test_what_was_sent_again_by_hand_is_not_sent_again_by_itself(world: World) -> None:
    outbox = await accepted(world)
    await outbox.resend(await world.row(), "by-hand", consent=True)
    await world.reaches(MessageState.ACCEPTED, "ticket:your_turn:by-hand")
    await report(world, outbox, "undelivered", 30003)
    world.clock.turn(60)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 2


@pytest.mark.parametrize("under_way", [False, True])
async def test_whoever_was_told_in_person_gets_no_text_that_comes_later(world: World, under_way: bool) -> None:
    gate = asyncio.Event()
    world.stand_in.next("429", replace(FAULTS["429"], gate=gate))
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED, attempts=1)
    if under_way:
        world.clock.turn(3)
        await outbox.pump()
        await world.stand_in.arrived(2)
    await outbox.note("ticket:your_turn:1", HANDLED)
    gate.set()
    row = await world.reaches(MessageState.CANCELLED)
    assert HANDLED in [event.what for event in row.events]
    world.clock.turn(60)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1 + under_way


async def test_a_first_request_that_left_after_all_ends_the_waiting_for_the_second(world: World) -> None:
    world.stand_in.next("drop_after_accepting", "429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    lost = world.stand_in.posts[0].sid
    assert lost is not None
    message = world.stand_in.messages.pop(lost)  # Twilio's list is behind its messages
    for seconds in (4, 8, 20):
        world.clock.turn(seconds)
        await outbox.reconciler.run()
    await outbox.pump()
    row = await world.reaches(MessageState.QUEUED, attempts=2)
    assert row.attempt.outcome == "not_processed"
    world.stand_in.messages[lost] = message
    assert await outbox.receipts.callback(row.id, row.attempts[0].token, lost, "sent", None)
    assert (await world.row()).state is MessageState.ACCEPTED
    world.clock.turn(60)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 2


async def test_reminders_let_those_go_first_who_wait_for_their_text(world: World) -> None:
    outbox = world.outbox()
    for number in range(5):
        await outbox.put(world.message(f"booking{number}", Kind.REMINDER, ticket_id="", values={"when": "10:00"}))
    await outbox.put(world.message("patient", Kind.CODE, ticket_id="", values={"code": "123456"}))
    world.clock.turn(1)
    await outbox.pump()
    await outbox.settle()
    assert "123456" in world.stand_in.posts[1].form["Body"]


async def test_whoever_was_told_in_person_is_not_texted_again_by_itself(world: World) -> None:
    outbox = await accepted(world)
    row = await world.row()
    await outbox.note(row.id, HANDLED)
    await report(world, outbox, "undelivered", 30003)
    world.clock.turn(60)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1


async def test_a_taking_back_that_loses_against_a_claim_waits_for_its_outcome(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.clock.turn(10)
    writing = world.storage.hold(ROWS, "replace_if_unchanged")
    taking_back = asyncio.create_task(outbox.retract("ticket:your_turn:1", "put back"))
    await writing.reached.wait()
    answered = asyncio.Event()
    world.stand_in.next(replace(FAULTS["429"], gate=answered))
    await outbox.pump()
    await world.stand_in.arrived(2)
    writing.open.set()
    answered.set()
    assert await taking_back == "cancelled"
    assert (await world.row()).state is MessageState.CANCELLED
