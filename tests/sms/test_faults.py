"""A database that fails at the worst moment, and processes that vanish: never two texts, none unexplained."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from server.errors import StorageUnavailable
from server.sms import taking_back
from server.sms.lifecycle import LEASE, LOST
from server.sms.model import Kind, MessageState
from server.sms.provider import Carried, Outgoing, Reply
from tests.sms.support import ROWS, World
from tests.twilio.faults import FAULTS

pytestmark = pytest.mark.gen_test(timeout=30)


async def test_an_insert_that_did_not_happen_is_made_up_by_the_repetition(world: World) -> None:
    world.storage.fail_before(ROWS, "insert")
    outbox = world.outbox()
    with pytest.raises(StorageUnavailable):
        await outbox.put(world.message())
    await outbox.put(world.message())
    await world.reaches(MessageState.ACCEPTED)
    assert len(world.stand_in.posts) == 1


@pytest.mark.parametrize("finder", ["put", "sweep"])
async def test_an_insert_whose_reply_was_lost_is_sent_once_all_the_same(world: World, finder: str) -> None:
    world.storage.lose_reply(ROWS, "insert")
    outbox = world.outbox()
    with pytest.raises(StorageUnavailable):
        await outbox.put(world.message())
    assert (await world.row()).state is MessageState.SENDING
    await (outbox.put(world.message()) if finder == "put" else outbox.sweep())
    row = await world.reaches(MessageState.ACCEPTED)
    assert [attempt.outcome for attempt in row.attempts] == ["not_sent", "accepted"]
    await outbox.sweep()
    await outbox.drain()
    assert len(world.stand_in.posts) == 1


async def test_a_sweep_between_the_insert_and_its_reply_does_not_send_too(world: World) -> None:
    gate = world.storage.hold(ROWS, "insert", after=True)
    outbox = world.outbox()
    putting = world.spawn(outbox.put(world.message()))
    await gate.reached.wait()
    await outbox.sweep()
    gate.open.set()
    await putting
    await world.reaches(MessageState.ACCEPTED)
    await outbox.drain()
    assert len(world.stand_in.posts) == 1


@pytest.mark.parametrize("lost", ["before", "after"])
async def test_an_outcome_that_cannot_be_saved_is_saved_later_and_nothing_is_repeated(world: World, lost: str) -> None:
    if lost == "before":
        world.storage.fail_before(ROWS, "replace_if_unchanged")
        world.storage.fail_before(ROWS, "get")
    else:
        world.storage.lose_reply(ROWS, "replace_if_unchanged")
    outbox = world.outbox()
    await outbox.put(world.message())
    row = await world.reaches(MessageState.ACCEPTED)
    assert [attempt.outcome for attempt in row.attempts] == ["accepted"]
    await outbox.sweep()
    await outbox.drain()
    assert len(world.stand_in.posts) == 1


async def test_a_claim_of_the_pump_whose_reply_was_lost_is_sent_once(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.clock.turn(3)
    world.storage.lose_reply(ROWS, "replace_if_unchanged")
    with pytest.raises(StorageUnavailable):
        await outbox.pump()
    await outbox.sweep()
    row = await world.reaches(MessageState.ACCEPTED)
    assert [attempt.outcome for attempt in row.attempts] == ["not_processed", "not_sent", "accepted"]
    assert len(world.stand_in.posts) == 2


async def test_two_processes_share_the_work_without_sending_twice(world: World) -> None:
    world.stand_in.next("429")
    one, two = world.outbox(sole=False), world.outbox(sole=False)
    await one.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.clock.turn(3)
    await world.all_of(one.pump(), two.pump())
    await world.reaches(MessageState.ACCEPTED)
    await world.all_of(one.drain(), two.drain())
    assert len(world.stand_in.posts) == 2


async def test_a_clock_that_is_set_back_keeps_no_claim_of_a_process_that_is_gone(world: World) -> None:
    world.stand_in.hold()
    gone, alive = world.outbox(sole=False), world.outbox(sole=False)
    await gone.put(world.message())
    await world.stand_in.arrived(1)
    world.clock.turn(-3600)
    await alive.pump()
    world.clock.turn(LEASE.total_seconds() + 1)
    await alive.sweep()
    assert (await world.row()).state is MessageState.UNKNOWN


async def test_what_another_process_is_sending_is_waited_for_before_it_is_taken_back(world: World) -> None:
    gate = asyncio.Event()
    world.stand_in.next(replace(FAULTS["429"], gate=gate))
    one, two = world.outbox(sole=False), world.outbox(sole=False)
    await one.put(world.message())
    await world.stand_in.arrived(1)
    taking_back = asyncio.create_task(two.retract("ticket:your_turn:1", "undone"))
    gate.set()
    assert await taking_back == "cancelled"
    world.clock.turn(60)
    await world.all_of(one.pump(), two.pump())
    assert len(world.stand_in.posts) == 1


@pytest.mark.parametrize("kind", [Kind.SOON, Kind.YOUR_TURN])
async def test_only_a_call_may_wait_for_another_try_that_was_taken_back_when_nobody_knew_its_outcome(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.setattr(taking_back, "OUTCOME_PATIENCE_SECONDS", 0.05)
    gate = asyncio.Event()
    world.stand_in.next(replace(FAULTS["429"], gate=gate))
    one, two = world.outbox(sole=False), world.outbox(sole=False)
    await one.put(world.message(kind=kind))
    await world.stand_in.arrived(1)
    assert await two.retract(f"ticket:{kind}:1", "undone") == "already_sent"
    gate.set()
    if kind is Kind.SOON:
        await world.reaches(MessageState.CANCELLED, f"ticket:{kind}:1")
        return
    # It may stand again by now, of which the text was told already: whether it does is asked before it is sent.
    await world.reaches(MessageState.QUEUED)
    world.untrue.add("ticket")
    world.clock.turn(60)
    await two.pump()
    assert (await world.reaches(MessageState.CANCELLED)).code == "no_longer_true"


async def test_a_claim_of_a_process_that_is_gone_is_shown_as_unknown(world: World) -> None:
    world.stand_in.hold()
    await world.outbox().put(world.message())
    await world.stand_in.arrived(1)
    after_restart = world.outbox()
    await after_restart.sweep()
    row = await world.reaches(MessageState.UNKNOWN)
    assert (row.code, row.attempt.outcome) == (LOST, "unclear")
    assert row.attempt.ended is not None
    await after_restart.pump()
    await after_restart.put(world.message())
    assert len(world.stand_in.posts) == 1


async def test_another_live_process_keeps_its_claim_until_the_lease_runs_out(world: World) -> None:
    answer_now = world.stand_in.hold()
    one, two = world.outbox(sole=False), world.outbox(sole=False)
    await one.put(world.message())
    await world.stand_in.arrived(1)
    await two.sweep()
    assert (await world.row()).state is MessageState.SENDING
    world.clock.turn((LEASE + timedelta(seconds=1)).total_seconds())
    await two.sweep()
    await world.reaches(MessageState.UNKNOWN)
    # The process was slow, not gone: what it learns after all corrects the row.
    answer_now.set()
    row = await world.reaches(MessageState.ACCEPTED)
    assert row.code is None
    assert len(world.stand_in.posts) == 1


async def test_the_own_sweep_leaves_a_request_alone_that_is_still_in_flight(world: World) -> None:
    answer_now = world.stand_in.hold()
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.stand_in.arrived(1)
    world.clock.turn(LEASE.total_seconds() + 10)
    await outbox.sweep()
    assert (await world.row()).state is MessageState.SENDING
    answer_now.set()
    await world.reaches(MessageState.ACCEPTED)


async def test_texts_still_queued_are_sent_after_a_restart_if_they_are_in_time(world: World) -> None:
    world.stand_in.next("429", "429")
    first = world.outbox()
    await first.put(world.message("soon"))
    await world.reaches(MessageState.QUEUED, "soon:your_turn:1")
    world.clock.turn(-290)
    await first.put(world.message("late"))
    await world.reaches(MessageState.QUEUED, "late:your_turn:1")
    world.clock.turn(305)
    after_restart = world.outbox()
    await after_restart.sweep()
    await after_restart.pump()
    await world.reaches(MessageState.ACCEPTED, "soon:your_turn:1")
    await world.reaches(MessageState.EXPIRED, "late:your_turn:1")
    assert len(world.stand_in.posts) == 3


class Crashing:
    """A provider with a defect: nobody knows whether its request left."""

    live = True

    def __init__(self) -> None:
        self.calls = 0
        self.called = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Reply:
        self.calls += 1
        self.called.set()
        raise RuntimeError("a defect")

    async def sent_to(self, number: str, limit: int) -> list[Carried]:
        return []

    async def look_up(self, sid: str) -> Carried | None:
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


async def test_a_defect_while_sending_never_sends_again_and_is_shown(world: World) -> None:
    provider = Crashing()
    outbox = world.outbox(provider)
    await outbox.put(world.message())
    await provider.called.wait()
    await outbox.settle()
    await outbox.sweep()
    assert (await world.row()).state is MessageState.SENDING
    world.clock.turn(LEASE.total_seconds() + 1)
    await outbox.sweep()
    row = await world.reaches(MessageState.UNKNOWN)
    assert row.code == LOST
    await outbox.pump()
    await outbox.put(world.message())
    await outbox.settle()
    assert provider.calls == 1
