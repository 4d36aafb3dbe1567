"""Requests without an outcome: found in Twilio's list, sent once more, or shown; never two texts for one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from server.sms.lifecycle import LEASE, LOST
from server.sms.model import Kind, Lane, MessageState
from server.sms.outbox import Outbox
from tests.sms.support import NINE, TO, World
from tests.twilio.faults import FAULTS

pytestmark = pytest.mark.gen_test(timeout=30)

LOOKS = (4, 7, 20)  # seconds from one look to the next: 3, 10 and 30 after the request, in whole seconds
ACCEPTED_UNHEARD = ("500_after_accepting", "502_page", "created_without_json", "drop_after_accepting")
MOST_ASKED = 200  # every 2 s for 12 hours would be 21,600 times
NOT_ACCEPTED = ("503", "drop", "hang")


async def look_until_certain(world: World, outbox: Outbox) -> None:
    for seconds in LOOKS:
        world.clock.turn(seconds)
        await outbox.reconciler.run()


@pytest.mark.parametrize("fault", [*ACCEPTED_UNHEARD, "hang_after_accepting"])
async def test_what_twilio_took_is_found_at_the_first_look(world: World, short_timeouts: None, fault: str) -> None:
    world.stand_in.next(fault)
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    await outbox.reconciler.run()
    assert (await world.row()).state is MessageState.UNKNOWN
    world.clock.turn(LOOKS[0])
    await outbox.reconciler.run()
    row = await world.reaches(MessageState.ACCEPTED)
    [post] = world.stand_in.posts
    assert (row.sid, row.attempt.sid, row.code, row.lane) == (post.sid, post.sid, None, Lane.AWAITED)
    assert (row.events[-1].what, row.events[-1].detail) == ("found", "queued")


@pytest.mark.parametrize("fault", NOT_ACCEPTED)
async def test_your_turn_that_never_arrived_goes_out_once_more(world: World, short_timeouts: None, fault: str) -> None:
    world.stand_in.next(fault)
    outbox = world.outbox()
    began = world.clock.now()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    for seconds in LOOKS[:-1]:
        world.clock.turn(seconds)
        await outbox.reconciler.run()
        await outbox.pump()
    assert len(world.stand_in.posts) == 1
    world.clock.turn(LOOKS[-1])
    await outbox.reconciler.run()
    await outbox.pump()
    row = await world.reaches(MessageState.ACCEPTED)
    assert [attempt.outcome for attempt in row.attempts] == ["unclear", "accepted"]
    assert ("resent", "not_found") in [(event.what, event.detail) for event in row.events]
    assert row.attempt.started - began <= timedelta(seconds=45 - 10)  # a real request may have hung for 10 s
    assert len(world.stand_in.posts) == 2


async def test_it_is_sent_again_at_most_once(world: World) -> None:
    world.stand_in.next("drop", "drop")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    await look_until_certain(world, outbox)
    await outbox.pump()
    await world.reaches(MessageState.UNKNOWN, attempts=2)
    await outbox.settle()
    await look_until_certain(world, outbox)
    await outbox.pump()
    await outbox.settle()
    row = await world.row()
    assert (row.state, row.lane, row.events[-1].what) == (MessageState.UNKNOWN, Lane.NONE, "not_found")
    assert len(world.stand_in.posts) == 2


@pytest.mark.parametrize("why", ["another kind", "no longer true", "too late", "answered STOP"])
async def test_what_may_not_be_repeated_stays_unknown(world: World, why: str) -> None:
    world.stand_in.next("drop")
    outbox = world.outbox()
    kind = Kind.RECALLED if why == "another kind" else Kind.YOUR_TURN
    until = world.clock.now() + timedelta(seconds=30 if why == "too late" else 300)
    await outbox.put(world.message(kind=kind, expires_at=until))
    id = f"ticket:{kind}:1"
    await world.reaches(MessageState.UNKNOWN, id)
    if why == "no longer true":
        world.untrue.add("ticket")
    if why == "answered STOP":
        await outbox.suppression.stop(TO, "SM1")
    await look_until_certain(world, outbox)
    await outbox.pump()
    await outbox.settle()
    row = await world.row(id)
    assert (row.state, row.lane, row.code) == (MessageState.UNKNOWN, Lane.NONE, "closed")
    assert len(world.stand_in.posts) == 1


async def test_without_an_answer_nothing_is_decided(world: World) -> None:
    world.stand_in.next("drop_after_accepting")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.stand_in.deaf = True
    for seconds in (40, 10, 10):
        world.clock.turn(seconds)
        await outbox.reconciler.run()
    assert ((await world.row()).state, len(world.stand_in.posts)) == (MessageState.UNKNOWN, 1)
    world.stand_in.deaf = False
    world.clock.turn(5)
    await outbox.reconciler.run()
    await world.reaches(MessageState.ACCEPTED)
    assert len(world.stand_in.posts) == 1


async def test_a_list_that_does_not_reach_back_far_enough_decides_nothing(world: World) -> None:
    world.stand_in.next("drop_after_accepting")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.stand_in.crowd(TO, "something else", 150)
    await look_until_certain(world, outbox)
    await outbox.pump()
    await outbox.settle()
    assert (await world.row()).state is MessageState.UNKNOWN
    assert len(world.stand_in.posts) == 1


async def test_a_message_of_another_text_is_not_taken_for_it(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message("earlier"))
    await world.reaches(MessageState.ACCEPTED, "earlier:your_turn:1")
    world.stand_in.crowd(TO, "another text", 1)
    world.stand_in.next("drop")
    await outbox.put(world.message("later"))
    await world.reaches(MessageState.UNKNOWN, "later:your_turn:1")
    world.clock.turn(LOOKS[0])
    await outbox.reconciler.run()
    assert (await world.row("later:your_turn:1")).state is MessageState.UNKNOWN


@pytest.mark.parametrize("taken", [("one", "two"), ("one",), ("two",)])
async def test_several_for_one_number_are_told_apart_by_time(world: World, taken: tuple[str, ...]) -> None:
    outbox = world.outbox()
    for ticket in ("one", "two"):
        world.stand_in.next("drop_after_accepting" if ticket in taken else "drop")
        await outbox.put(world.message(ticket))
        await world.reaches(MessageState.UNKNOWN, f"{ticket}:your_turn:1")
        world.clock.turn(8)
    await outbox.reconciler.run()
    for ticket, post in zip(("one", "two"), world.stand_in.posts, strict=True):
        row = await world.row(f"{ticket}:your_turn:1")
        assert row.attempt.sid == (post.sid or "")
        assert row.state is (MessageState.ACCEPTED if ticket in taken else MessageState.UNKNOWN)


async def test_a_request_still_under_way_is_not_taken_from_its_sender(world: World) -> None:
    world.stand_in.next("drop")
    outbox = world.outbox()
    await outbox.put(world.message("lost"))
    await world.reaches(MessageState.UNKNOWN, "lost:your_turn:1")
    world.clock.turn(31)
    answer_now = world.stand_in.hold()
    other = world.outbox()
    gateway_patience = world.spawn(other.put(world.message("under-way")))
    await world.stand_in.arrived(2)
    await outbox.reconciler.run()
    answer_now.set()
    await gateway_patience
    await world.reaches(MessageState.ACCEPTED, "under-way:your_turn:1")
    assert (await world.row("lost:your_turn:1")).attempts[0].sid == ""


async def test_nothing_is_decided_while_the_same_text_is_under_way_to_the_number(world: World) -> None:
    world.stand_in.next("drop_after_accepting", "hang")
    outbox = world.outbox()
    await outbox.put(world.message("unheard"))
    await world.reaches(MessageState.UNKNOWN, "unheard:your_turn:1")
    world.clock.turn(31)
    await outbox.put(world.message("under-way"))
    await world.stand_in.arrived(2)
    await outbox.reconciler.run()
    await outbox.pump()
    assert (await world.row("unheard:your_turn:1")).resends == 0
    assert len(world.stand_in.posts) == 2
    await world.stand_in.close()
    await world.reaches(MessageState.UNKNOWN, "under-way:your_turn:1")


async def test_a_trial_account_s_sentence_before_the_text_does_not_hide_it(world: World) -> None:
    world.stand_in.prefix = "Sent from your Twilio trial account - "
    world.stand_in.next("drop_after_accepting")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.clock.turn(LOOKS[0])
    await outbox.reconciler.run()
    await world.reaches(MessageState.ACCEPTED)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_crash_is_cleared_up_at_the_next_start(world: World, accepted: bool) -> None:
    gate = world.stand_in.hold() if accepted else None
    if gate is None:
        world.stand_in.next("hang")
    await world.outbox().put(world.message())
    await world.stand_in.arrived(1)
    after_restart = world.outbox()
    world.clock.turn(2)
    await after_restart.sweep()
    row = await world.reaches(MessageState.UNKNOWN)
    assert row.code == LOST
    await after_restart.reconciler.run()
    if accepted:
        await world.reaches(MessageState.ACCEPTED)
    else:
        world.clock.turn(29)
        await after_restart.reconciler.run()
        await after_restart.pump()
        await world.reaches(MessageState.ACCEPTED, attempts=2)
    assert len(world.stand_in.posts) == (1 if accepted else 2)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lease_that_ran_out_beside_other_processes_needs_one_look(world: World, accepted: bool) -> None:
    if accepted:
        world.stand_in.hold()
    else:
        world.stand_in.next("hang")
    gone, alive = world.outbox(sole=False), world.outbox(sole=False)
    await gone.put(world.message())
    await world.stand_in.arrived(1)
    world.clock.turn(LEASE.total_seconds() + 1)
    await alive.sweep()
    await alive.reconciler.run()
    await alive.pump()
    await world.reaches(MessageState.ACCEPTED, attempts=1 if accepted else 2)
    assert len(world.stand_in.posts) == (1 if accepted else 2)


async def test_two_processes_that_look_send_it_once(world: World) -> None:
    world.stand_in.next("drop")
    one, two = world.outbox(sole=False), world.outbox(sole=False)
    await one.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.clock.turn(31)
    await world.all_of(one.reconciler.run(), two.reconciler.run())
    await world.all_of(one.pump(), two.pump())
    await world.reaches(MessageState.ACCEPTED)
    await world.all_of(one.settle(), two.settle())
    assert len(world.stand_in.posts) == 2


async def test_what_staff_send_again_is_not_sent_by_itself_too(world: World) -> None:
    world.stand_in.next("drop")
    outbox = world.outbox()
    await outbox.put(world.message())
    old = await world.reaches(MessageState.UNKNOWN)
    await outbox.resend(old, "by-hand", consent=True)
    await world.reaches(MessageState.ACCEPTED, "ticket:your_turn:by-hand")
    await look_until_certain(world, outbox)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 2


async def test_the_list_is_asked_for_one_page_without_dates(world: World) -> None:
    world.stand_in.next(FAULTS["drop"])
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.clock.turn(LOOKS[0])
    await outbox.reconciler.run()
    assert world.stand_in.lists == [{"To": TO, "PageSize": "100"}]


async def asked_in_vain(world: World, run: Callable[[], Awaitable[None]], id: str) -> int:
    """How often a Twilio that answers nothing is asked about the row, until it waits for nobody."""
    asked = 0
    while (row := await world.row(id)).lane is not Lane.NONE:
        world.clock.turn(max(0.0, (row.next_at - world.clock.now()).total_seconds()))
        await run()
        asked += 1
        assert asked <= MOST_ASKED
    return asked


async def test_a_twilio_that_never_answers_is_not_asked_without_end(world: World, short_timeouts: None) -> None:
    outbox = world.outbox()
    reminder = world.message(kind=Kind.REMINDER, values={"when": "noon"}, expires_at=NINE + timedelta(hours=12))
    world.stand_in.next("hang_after_accepting")
    await outbox.put(reminder)
    await world.reaches(MessageState.UNKNOWN, reminder.id)
    world.clock.turn(60)
    await outbox.put(world.message("taken"))
    await world.reaches(MessageState.ACCEPTED, "taken:your_turn:1")
    await world.stand_in.close()
    assert await asked_in_vain(world, outbox.reconciler.run, reminder.id) < MOST_ASKED
    assert (await world.row(reminder.id)).state is MessageState.UNKNOWN
    assert await asked_in_vain(world, outbox.poller.run, "taken:your_turn:1") < MOST_ASKED
    assert (await world.row("taken:your_turn:1")).events[-1].what == "no_receipt"


async def test_a_text_that_was_given_anothers_message_is_looked_for_again_and_sent(world: World) -> None:
    world.stand_in.next("drop_after_accepting", "drop")
    outbox = world.outbox()
    for ticket in ("came", "lost"):
        await outbox.put(world.message(ticket))
        await world.reaches(MessageState.UNKNOWN, f"{ticket}:your_turn:1")
        world.clock.turn(1)
    sid = world.stand_in.posts[0].sid
    assert sid is not None
    # Twilio's clock is a second ahead, which makes it look like the second one's.
    world.stand_in.messages[sid]["date_created"] = format_datetime(NINE + timedelta(seconds=1))
    world.clock.turn(3)
    await outbox.reconciler.run()
    assert (await world.row("lost:your_turn:1")).sid == sid
    came = await world.row("came:your_turn:1")
    assert await outbox.receipts.callback(came.id, came.attempts[0].token, sid, "delivered", None)
    assert (await world.row("came:your_turn:1")).state is MessageState.DELIVERED
    assert (await world.row("lost:your_turn:1")).state is MessageState.UNKNOWN
    for seconds in (7, 20, 1):
        world.clock.turn(seconds)
        await outbox.reconciler.run()
        await outbox.pump()
        await outbox.settle()
    lost = await world.row("lost:your_turn:1")
    assert (lost.state, lost.sid) == (MessageState.ACCEPTED, world.stand_in.posts[2].sid)
    assert len(world.stand_in.posts) == 3
