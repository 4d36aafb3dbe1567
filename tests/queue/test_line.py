"""One writer per queue: shared writes, each command once, nothing acknowledged that is not stored."""

from __future__ import annotations

import asyncio
import time

import pytest

from server.errors import AlreadyQueued, IdempotencyKeyReused, StorageUnavailable
from server.queue import commands
from server.queue.line import MOST_AT_ONCE
from server.queue.model import State
from tests.queue.clinic import RAO, SILVA, Clinic
from tests.storage.support import FaultyStorage
from tests.unit.queue.bench import DESK, patient

pytestmark = pytest.mark.gen_test(timeout=60)


async def test_what_waits_during_a_write_shares_the_next_one(clinic: Clinic, faulty: FaultyStorage) -> None:
    gate = faulty.hold("queue_days")
    first = asyncio.ensure_future(clinic.join())
    await gate.reached.wait()
    rest = [asyncio.ensure_future(clinic.join()) for _ in range(63)]
    await asyncio.sleep(0)
    gate.open.set()
    tickets = await asyncio.gather(first, *rest)
    assert sorted(ticket.code for ticket in tickets) == [f"A{n:03d}" for n in range(1, 65)]
    assert faulty.commits["queue_days"] == 2


async def test_requests_at_the_door_are_taken_along(clinic: Clinic, faulty: FaultyStorage) -> None:
    with clinic.queues.expecting(RAO.id):
        first = asyncio.ensure_future(clinic.join())
        for _ in range(5):
            await asyncio.sleep(0)
        second = asyncio.ensure_future(clinic.join())
        await asyncio.sleep(0)
    await asyncio.gather(first, second)
    assert faulty.commits["queue_days"] == 1


async def test_a_call_does_not_wait_for_those_at_the_door(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    await clinic.queues.close()
    gate = faulty.hold("queue_days", "replace_if_unchanged")
    with clinic.queues.expecting(RAO.id):
        joining = asyncio.ensure_future(clinic.join())
        calling = asyncio.ensure_future(clinic.do(commands.CallNext))
        turns = await turns_until(gate.reached)
        gate.open.set()
        await asyncio.gather(joining, calling)
    assert turns < 10


async def test_a_request_that_stays_at_the_door_holds_nobody_up(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    await clinic.queues.close()
    gate = faulty.hold("queue_days", "replace_if_unchanged")
    with clinic.queues.expecting(RAO.id):
        joining = asyncio.ensure_future(clinic.join())
        turns = await turns_until(gate.reached, busy=0.001)  # many others keep the loop busy
        gate.open.set()
        await joining
    assert turns < 20


async def turns_until(event: asyncio.Event, *, busy: float = 0) -> int:
    """How many turns of the loop, each of at least `busy` seconds, it takes."""
    turns = 0
    while not event.is_set():
        time.sleep(busy)
        await asyncio.sleep(0)
        turns += 1
    return turns


async def test_one_that_fails_fails_alone(clinic: Clinic, faulty: FaultyStorage) -> None:
    amina = patient()
    results = await asyncio.gather(
        clinic.join(patient=amina), clinic.join(patient=amina), clinic.join(), return_exceptions=True
    )
    assert isinstance(results[1], AlreadyQueued)
    assert len((await clinic.stored())["tickets"]) == 2


async def test_queues_never_wait_for_each_other(clinic: Clinic, faulty: FaultyStorage) -> None:
    gate = faulty.hold("queue_days")
    stuck = asyncio.ensure_future(clinic.join(RAO))
    await gate.reached.wait()
    assert (await clinic.join(SILVA)).code == "B001"
    assert not stuck.done()
    gate.open.set()
    await stuck


async def test_nothing_is_answered_or_shown_before_the_write(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.queues.view(RAO.id, staff=False)
    gate = faulty.hold("queue_days", after=True)
    joining = asyncio.ensure_future(clinic.join())
    await gate.reached.wait()
    assert not joining.done()
    assert '"waiting":[]' in (await clinic.queues.view(RAO.id, staff=False)).body
    gate.open.set()
    await joining
    assert '"A001"' in (await clinic.queues.view(RAO.id, staff=False)).body


@pytest.mark.parametrize("fault", ["fail_before", "lose_reply"])
async def test_an_unclear_write_is_found_out_not_repeated(clinic: Clinic, faulty: FaultyStorage, fault: str) -> None:
    await clinic.join()
    await clinic.join()
    getattr(faulty, fault)("queue_days", times=3 if fault == "fail_before" else 1)
    applied = await clinic.do(commands.CallNext)
    document = await clinic.stored()
    called = [ticket["code"] for ticket in document["tickets"] if ticket["steps"][-1]["state"] == "called"]
    assert called == ["A001"]
    assert applied.done.outcome["called"] == document["tickets"][0]["id"]


async def test_a_lost_database_refuses_and_heals(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    faulty.down = True
    with pytest.raises(StorageUnavailable):
        await clinic.do(commands.CallNext, id="again-and-again")
    assert '"A001"' in (await clinic.queues.view(RAO.id, staff=False)).body, "boards keep the last state"
    faulty.heal()
    applied = await clinic.do(commands.CallNext, id="again-and-again")
    assert applied.done.outcome["called"] == ticket.id


async def test_a_lost_reply_with_the_database_gone_after_it_is_shown_by_the_sweep(
    clinic: Clinic, faulty: FaultyStorage
) -> None:
    ticket = await clinic.join()
    faulty.lose_reply("queue_days", "replace_if_unchanged")
    faulty.fail_before("queue_days", "get")
    with pytest.raises(StorageUnavailable):
        await clinic.do(commands.CallNext, id="unclear")
    await clinic.queues.sweep()
    assert (await clinic.now(ticket)).state is State.CALLED
    again = await clinic.do(commands.CallNext, id="unclear")
    assert again.replayed
    assert again.done.outcome["called"] == ticket.id


async def test_each_command_once_also_after_a_restart(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join(id="once")
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    again = await reborn.queues.join(RAO.id, patient=patient(), actor=DESK, command_id="once")
    assert again.replayed
    assert again.done.ticket_id == ticket.id
    with pytest.raises(IdempotencyKeyReused):
        await reborn.queues.join(RAO.id, patient=patient(), actor=DESK, command_id="once", fingerprint="other")


async def test_two_processes_never_call_the_same_patient(clinic: Clinic, faulty: FaultyStorage) -> None:
    clinic, other = Clinic(faulty, shared=True), Clinic(faulty, shared=True)
    await asyncio.gather(clinic.queues.start(), other.queues.start())
    for _ in range(8):
        await clinic.join()
    await other.queues.follow()
    calls = await asyncio.gather(
        *(side.do(commands.CallNext) for _ in range(4) for side in (clinic, other)),
    )
    called = [applied.done.outcome["called"] for applied in calls]
    assert len(set(called)) == 8
    await clinic.queues.follow()
    await other.queues.follow()
    views = [(await side.queues.view(RAO.id, staff=True)).body for side in (clinic, other)]
    assert views[0] == views[1]


async def test_a_group_that_cannot_be_saved_is_tried_singly(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = clinic.storage.insert
    refused: list[int] = []

    async def picky(collection: str, document: dict[str, object]) -> None:
        tickets = document["tickets"]
        assert isinstance(tickets, list)
        if len(tickets) > 1 or tickets[0]["reason"] == "too much":
            refused.append(len(tickets))
            raise ValueError("document too large")
        await inner(collection, document)

    monkeypatch.setattr(clinic.storage, "insert", picky)
    results = await asyncio.gather(clinic.join(reason="too much"), clinic.join(), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert getattr(results[1], "code", None) == "A001"
    assert refused == [2, 1]


async def test_many_processes_on_one_queue_wait_for_each_other(faulty: FaultyStorage) -> None:
    sides = [Clinic(faulty, shared=True) for _ in range(4)]
    await asyncio.gather(*(side.queues.start() for side in sides))

    async def joins(side: Clinic) -> list[str]:
        return [(await side.join()).code for _ in range(12)]

    codes = await asyncio.gather(*(joins(side) for side in sides))
    assert sorted(code for some in codes for code in some) == [f"A{n:03d}" for n in range(1, 49)]


async def test_a_process_refuses_and_misses_nothing_from_old_memory(faulty: FaultyStorage) -> None:
    one, two = Clinic(faulty, shared=True), Clinic(faulty, shared=True)
    await asyncio.gather(one.queues.start(), two.queues.start())
    ticket = await one.join()
    assert (await two.now(ticket)).code == "A001"
    await one.on(commands.CallTicket, ticket)
    assert (await two.on(commands.Finish, ticket)).state is State.DONE
    await one.do(commands.CloseQueue)
    await two.queues.follow()
    await one.do(commands.OpenQueue)
    assert (await two.join()).code == "A002"


async def test_a_repetition_is_one_also_where_others_write(faulty: FaultyStorage) -> None:
    clinic = Clinic(faulty, shared=True)
    await clinic.join(id="once")
    again = await clinic.queues.join(RAO.id, patient=patient(), actor=DESK, command_id="once")
    assert again.replayed


async def test_finding_the_own_command_done_is_no_repetition(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    faulty.lose_reply("queue_days", "replace_if_unchanged")
    assert not (await clinic.do(commands.CallNext)).replayed


async def test_an_acknowledgement_that_comes_late_does_not_turn_time_back(
    clinic: Clinic, faulty: FaultyStorage
) -> None:
    other = Clinic(faulty, clinic.clock)
    await clinic.join()
    await other.queues.start()
    gate = faulty.hold("queue_days", "replace_if_unchanged", after=True)
    late = asyncio.ensure_future(clinic.join())
    await gate.reached.wait()
    await other.join()
    await clinic.queues.follow()
    seq = (await clinic.queues.view(RAO.id, staff=False)).seq
    gate.open.set()
    await late
    assert (await clinic.queues.view(RAO.id, staff=False)).seq == seq


async def test_no_more_are_written_at_once_than_are_remembered(clinic: Clinic, faulty: FaultyStorage) -> None:
    gate = faulty.hold("queue_days")
    first = asyncio.ensure_future(clinic.join())
    await gate.reached.wait()
    rest = [asyncio.ensure_future(clinic.join()) for _ in range(MOST_AT_ONCE + 50)]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(first, *rest)
    assert faulty.commits["queue_days"] == 3
