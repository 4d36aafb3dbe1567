"""Twilio's reports: early, late, repeated, reordered, never, and of messages that did not arrive."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from server.sms.lifecycle import POLLS
from server.sms.model import Kind, Lane, MessageState
from server.sms.outbox import Outbox
from server.sms.reports import RESEND_AFTER
from tests.sms.support import TO, World

pytestmark = pytest.mark.gen_test(timeout=30)


async def report(world: World, outbox: Outbox, status: str, code: int | None = None, *, attempt: int = 0) -> None:
    """A callback with the ids that the `attempt`-th request carried."""
    row = await world.row()
    sid = world.stand_in.posts[attempt].sid or ""
    assert await outbox.receipts.callback(row.id, row.attempts[attempt].token, sid, status, code)


async def accepted(world: World) -> Outbox:
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.ACCEPTED)
    return outbox


@pytest.mark.parametrize("order", list(itertools.permutations(("queued", "sent", "delivered"))))
async def test_in_whatever_order_receipts_come_it_ends_delivered(world: World, order: tuple[str, ...]) -> None:
    outbox = await accepted(world)
    for status in order:
        await report(world, outbox, status)
        await report(world, outbox, status)
    row = await world.row()
    assert (row.state, row.provider_status, row.lane) == (MessageState.DELIVERED, "delivered", Lane.NONE)
    assert [event.detail for event in row.events] == [status for status in order for _ in range(2)]


async def test_receipts_before_the_answer_to_the_request_are_kept(world: World) -> None:
    answer_now = world.stand_in.hold()
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.stand_in.arrived(1)
    await report(world, outbox, "sent")
    assert (await world.row()).state is MessageState.ACCEPTED
    await report(world, outbox, "delivered")
    answer_now.set()
    await outbox.settle()
    row = await world.row()
    assert (row.state, row.provider_status, row.sid) == (
        MessageState.DELIVERED,
        "delivered",
        world.stand_in.posts[0].sid,
    )
    assert (row.attempt.outcome, row.attempt.status) == ("accepted", 201)


async def test_a_receipt_settles_what_nobody_knew(world: World) -> None:
    world.stand_in.next("drop_after_accepting")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    await report(world, outbox, "sent")
    row = await world.reaches(MessageState.ACCEPTED)
    assert (row.sid, row.code) == (world.stand_in.posts[0].sid, None)
    world.clock.turn(40)
    await outbox.reconciler.run()
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1


async def test_a_receipt_for_what_is_about_to_be_repeated_keeps_it_from_that(world: World) -> None:
    world.stand_in.next("drop")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.clock.turn(40)
    await outbox.reconciler.run()
    row = await world.reaches(MessageState.QUEUED)
    assert await outbox.receipts.callback(row.id, row.attempt.token, "SM" + "1" * 32, "queued", None)
    await world.reaches(MessageState.ACCEPTED)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1


@pytest.mark.parametrize("code", [30001, 30003, 30008, 30022, 30500])
async def test_what_failed_on_the_way_is_sent_once_more(world: World, code: int) -> None:
    outbox = await accepted(world)
    await report(world, outbox, "undelivered", code)
    row = await world.reaches(MessageState.QUEUED)
    assert world.wakes[-1] == row.next_at
    world.clock.turn(RESEND_AFTER.total_seconds() + 1)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, attempts=2)
    await report(world, outbox, "undelivered", code, attempt=1)
    row = await world.row()
    assert (row.state, row.code, row.lane) == (MessageState.UNDELIVERED, str(code), Lane.NONE)
    assert len(world.stand_in.posts) == 2


async def test_a_late_receipt_of_the_first_request_leaves_the_second_alone_unless_it_arrived(world: World) -> None:
    outbox = await accepted(world)
    await report(world, outbox, "undelivered", 30003)
    world.clock.turn(RESEND_AFTER.total_seconds() + 1)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, attempts=2)
    second = (await world.row()).sid
    await report(world, outbox, "undelivered", 30003)
    await report(world, outbox, "sent")
    assert ((await world.row()).state, (await world.row()).sid) == (MessageState.ACCEPTED, second)
    await report(world, outbox, "delivered")
    assert (await world.row()).state is MessageState.DELIVERED


@pytest.mark.parametrize("why", ["too late", "no longer true", "answered STOP"])
async def test_what_failed_on_the_way_is_not_repeated_when_it_is_of_no_use(world: World, why: str) -> None:
    outbox = await accepted(world)
    if why == "too late":
        world.clock.turn(298)
    elif why == "no longer true":
        world.untrue.add("ticket")
    else:
        await outbox.suppression.stop(TO, "SM1")
    await report(world, outbox, "undelivered", 30003)
    assert (await world.row()).state is MessageState.UNDELIVERED


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("failed", 30036, MessageState.EXPIRED),
        ("undelivered", 30005, MessageState.UNDELIVERED),
        ("failed", 30007, MessageState.FAILED),
        ("failed", None, MessageState.FAILED),
        ("canceled", None, MessageState.CANCELLED),
        ("undelivered", 21610, MessageState.SUPPRESSED),
    ],
)
async def test_what_is_final_is_final(world: World, status: str, code: int | None, state: MessageState) -> None:
    outbox = await accepted(world)
    await report(world, outbox, status, code)
    row = await world.reaches(state)
    assert (row.code, row.lane) == (str(code) if code else None, Lane.NONE)
    assert outbox.suppression.holds(TO) is (code == 21610)
    await report(world, outbox, "sent")
    assert (await world.row()).state is state


async def test_messages_nobody_knows_are_said_to_be_unknown(world: World) -> None:
    outbox = await accepted(world)
    row = await world.row()
    assert not await outbox.receipts.callback("nobody", "t", "SM1", "sent", None)
    assert not await outbox.receipts.callback("", "", "", "", None)
    assert not await outbox.receipts.callback(row.id, "another", "SM1", "delivered", None)
    assert await outbox.receipts.callback("", "", row.sid, "delivered", None)
    assert (await world.row()).state is MessageState.DELIVERED


async def test_a_second_message_of_one_request_is_logged_and_changes_nothing(world: World) -> None:
    outbox = await accepted(world)
    row = await world.row()
    assert await outbox.receipts.callback(row.id, row.attempt.token, "SM" + "2" * 32, "failed", 30003)
    after = await world.row()
    assert (after.state, after.sid, after.events[-1].detail) == (MessageState.ACCEPTED, row.sid, "failed 30003")


async def test_receipts_and_an_answer_that_race_for_the_row_all_count(world: World) -> None:
    outbox = await accepted(world)
    await world.all_of(*(report(world, outbox, status) for status in ("queued", "sending", "sent", "delivered")))
    row = await world.row()
    assert (row.state, len(row.events)) == (MessageState.DELIVERED, 4)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("delivered", None, MessageState.DELIVERED),
        ("undelivered", 30005, MessageState.UNDELIVERED),
        ("failed", 30036, MessageState.EXPIRED),
    ],
)
async def test_what_nobody_reports_is_asked_about(
    world: World, status: str, code: int | None, state: MessageState
) -> None:
    outbox = world.outbox(world.gateway(public_url=None))
    await outbox.put(world.message())
    row = await world.reaches(MessageState.ACCEPTED)
    world.stand_in.now_is(row.sid, status, code)
    await outbox.poller.run()
    assert (await world.row()).state is MessageState.ACCEPTED
    world.clock.turn(POLLS[0].total_seconds() + 1)
    await outbox.poller.run()
    row = await world.reaches(state)
    assert (row.events[-1].what, row.lane) == ("polled", Lane.NONE)


@pytest.mark.parametrize(("status", "state"), [("sent", MessageState.SENT), ("queued", MessageState.ACCEPTED)])
async def test_without_a_receipt_it_is_sent_and_no_more_is_asked(
    world: World, status: str, state: MessageState
) -> None:
    outbox = await accepted(world)
    sid = (await world.row()).sid
    world.stand_in.now_is(sid, status)
    began = world.clock.now()
    for poll in POLLS:
        world.clock.moment = began + poll + timedelta(seconds=1)
        await outbox.poller.run()
    row = await world.row()
    assert (row.state, row.lane, row.events[-1].what) == (state, Lane.NONE, "no_receipt")
    assert len([event for event in row.events if event.what == "polled"]) == (1 if status == "sent" else 0)
    await report(world, outbox, "delivered")
    assert (await world.row()).state is MessageState.DELIVERED


async def test_a_question_without_an_answer_is_asked_again(world: World) -> None:
    outbox = await accepted(world)
    sid = (await world.row()).sid
    world.stand_in.now_is(sid, "delivered")
    world.clock.turn(16)
    world.stand_in.deaf = True
    await outbox.poller.run()
    assert (await world.row()).lane is Lane.AWAITED
    world.stand_in.deaf = False
    world.clock.turn(31)
    await outbox.poller.run()
    await world.reaches(MessageState.DELIVERED)


async def test_what_twilio_no_longer_has_is_not_asked_about_again(world: World) -> None:
    outbox = await accepted(world)
    world.stand_in.messages.clear()
    world.clock.turn(16)
    await outbox.poller.run()
    row = await world.row()
    assert (row.state, row.lane, row.events[-1].what) == (MessageState.ACCEPTED, Lane.NONE, "gone_at_twilio")


async def test_whom_twilio_refuses_as_opted_out_gets_nothing_until_start(world: World) -> None:
    world.stand_in.next("21610")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.SUPPRESSED)
    await outbox.settle()
    await outbox.put(world.message("again"))
    row = await world.reaches(MessageState.SUPPRESSED, "again:your_turn:1")
    assert (row.code, len(world.stand_in.posts)) == ("opted_out", 1)
    after_restart = world.outbox()
    await after_restart.suppression.refresh()
    assert after_restart.suppression.holds(TO)


async def test_the_list_is_asked_right_before_the_request_too(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message(kind=Kind.RECALLED))
    await world.reaches(MessageState.QUEUED, "ticket:recalled:1")
    await outbox.suppression.stop(TO, "SM1")
    world.clock.turn(5)
    await outbox.pump()
    row = await world.reaches(MessageState.SUPPRESSED, "ticket:recalled:1")
    assert (row.code, len(world.stand_in.posts)) == ("opted_out", 1)
