"""Taking a text back, sending it again, and reading the log."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from server.errors import Invalid, NotFound, WrongState
from server.sms.model import HANDLED, Kind, MessageState
from tests.sms.support import NINE, World
from tests.sms.test_receipts import accepted, report
from tests.twilio.faults import FAULTS, Fault

pytestmark = pytest.mark.gen_test(timeout=30)


async def test_a_text_that_has_not_left_is_taken_back(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    assert await outbox.retract("ticket:your_turn:1", "undone") == "cancelled"
    assert await outbox.retract("ticket:your_turn:1", "undone") == "cancelled"
    row = await world.reaches(MessageState.CANCELLED)
    assert (row.events[-1].what, row.events[-1].detail) == ("cancelled", "undone")
    world.clock.turn(3)
    await outbox.pump()
    assert len(world.stand_in.posts) == 1


async def test_a_text_that_has_left_or_never_will_cannot_be_taken_back(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message())
    assert await outbox.retract("ticket:your_turn:1", "undone") == "already_sent"
    await world.reaches(MessageState.ACCEPTED)
    assert await outbox.retract("ticket:your_turn:1", "undone") == "already_sent"
    await outbox.put(world.message("mute", consent=False))
    assert await outbox.retract("mute:your_turn:1", "undone") == "none"
    assert await outbox.retract("nobody:your_turn:1", "undone") == "none"


@pytest.mark.parametrize(
    ("fault", "answer", "state"),
    [
        (Fault(accept=True), "already_sent", MessageState.ACCEPTED),
        (FAULTS["429"], "cancelled", MessageState.CANCELLED),
        (FAULTS["21211"], "none", MessageState.FAILED),
    ],
)
async def test_a_text_in_flight_is_taken_back_by_its_outcome(
    world: World, fault: Fault, answer: str, state: MessageState
) -> None:
    answered = asyncio.Event()
    world.stand_in.next(replace(fault, gate=answered))
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.stand_in.arrived(1)
    taking_back = asyncio.create_task(outbox.retract("ticket:your_turn:1", "undone"))
    await asyncio.sleep(0)
    answered.set()
    assert await taking_back == answer
    assert (await world.row()).state is state


async def test_a_text_that_turns_untrue_before_it_leaves_was_cancelled(world: World) -> None:
    outbox = world.outbox()
    world.untrue.add("ticket")
    await outbox.put(world.message())
    assert await outbox.retract("ticket:your_turn:1", "undone") == "cancelled"
    assert world.stand_in.posts == []


async def test_a_text_is_waited_for_from_its_claim_on(world: World) -> None:
    gate = world.storage.hold("notifications", "insert", after=True)
    outbox = world.outbox()
    world.untrue.add("ticket")
    putting = asyncio.create_task(outbox.put(world.message()))
    await gate.reached.wait()
    taking_back = asyncio.create_task(outbox.retract("ticket:your_turn:1", "undone"))
    await asyncio.sleep(0)
    gate.open.set()
    assert await taking_back == "cancelled"
    await putting


async def test_sending_again_makes_a_row_of_its_own_once(world: World) -> None:
    world.stand_in.next("21211")
    outbox = world.outbox()
    await outbox.put(world.message())
    old = await world.reaches(MessageState.FAILED)
    world.clock.turn(60)
    new, replayed = await outbox.resend(old, "command", phone="+12025550199", consent=True)
    assert (new.id, replayed) == ("ticket:your_turn:command", False)
    again = await world.reaches(MessageState.ACCEPTED, new.id)
    assert (again.body, again.call, again.kind) == (old.body, old.call, old.kind)
    assert (again.events[0].what, again.events[0].detail) == ("resend_of", old.id)
    assert [post.form["To"] for post in world.stand_in.posts] == [old.to, "+12025550199"]
    assert world.stand_in.posts[1].form["ValidityPeriod"] == "300"
    same, replayed = await outbox.resend(old, "command", phone="+12025550199", consent=True)
    assert (same.id, replayed) == (new.id, True)
    assert len(world.stand_in.posts) == 2
    assert (await world.row()).state is MessageState.FAILED


async def test_sending_again_is_refused_where_it_would_mislead(world: World) -> None:
    world.stand_in.next("429", "21211", "21211", "21211")
    outbox = world.outbox()
    await outbox.put(world.message("open"))
    open_row = await world.reaches(MessageState.QUEUED, "open:your_turn:1")
    with pytest.raises(WrongState, match="still on its way"):
        await outbox.resend(open_row, "c", consent=True)

    await outbox.put(world.message("undone"))
    undone = await world.reaches(MessageState.FAILED, "undone:your_turn:1")
    world.untrue.add("undone")
    with pytest.raises(WrongState, match="no longer so"):
        await outbox.resend(undone, "c", consent=True)

    await outbox.put(world.message("p", Kind.CODE, values={"code": "123456"}))
    for _ in range(2):
        world.clock.turn(5)
        await outbox.pump()
    code = await world.reaches(MessageState.FAILED, "p:code:1")
    with pytest.raises(Invalid):
        await outbox.resend(code, "c", phone="+12025550199", consent=True)
    world.clock.turn(15 * 60)
    with pytest.raises(WrongState, match="no longer valid"):
        await outbox.resend(code, "c", consent=True)


async def test_sending_again_asks_for_consent_as_it_is_now(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message(consent=False))
    old = await world.reaches(MessageState.SUPPRESSED)
    refused, _ = await outbox.resend(old, "one", consent=False)
    assert (refused.state, refused.code) == (MessageState.SUPPRESSED, "no_consent")
    assert (await world.row()).events == old.events, "nothing took its place"
    allowed, _ = await outbox.resend(old, "two", consent=True)
    await world.reaches(MessageState.ACCEPTED, allowed.id)


async def test_a_kind_that_is_switched_off_is_logged_and_not_sent(world: World) -> None:
    world.off.add("joined")
    await world.outbox().put(world.message(kind=Kind.JOINED))
    row = await world.reaches(MessageState.SUPPRESSED, "ticket:joined:1")
    assert row.code == "kind_off"


async def test_the_text_of_joining_has_the_link(world: World) -> None:
    await world.outbox().put(world.message(kind=Kind.JOINED))
    [post] = await world.stand_in.arrived(1)
    assert "A007" in post.form["Body"]
    assert "https://clinic.example/t/ticket" in post.form["Body"]


async def test_the_log_is_filtered_and_paged_newest_first(world: World) -> None:
    outbox = world.simulated()
    for number in range(12):
        world.clock.turn(1)
        kind = Kind.JOINED if number % 3 else Kind.YOUR_TURN
        await outbox.put(world.message(f"t{number}", kind, patient_id=f"p{number % 2}", consent=number != 4))
    assert world.clock.now() > NINE

    async def ids(filters: dict[str, str], limit: int) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            page = await outbox.page(filters, cursor, limit)
            pages.append([item.ticket_id for item in page.items])
            if (cursor := page.next_cursor) is None:
                return pages

    assert await ids({}, 5) == [["t11", "t10", "t9", "t8", "t7"], ["t6", "t5", "t4", "t3", "t2"], ["t1", "t0"]]
    assert await ids({}, 12) == [[f"t{number}" for number in range(11, -1, -1)]]
    assert await ids({"state": "suppressed"}, 5) == [["t4"]]
    assert await ids({"kind": "your_turn"}, 3) == [["t9", "t6", "t3"], ["t0"]]
    assert await ids({"kind": "your_turn", "patient_id": "p0"}, 1) == [["t6"], ["t0"]]
    assert await ids({"ticket_id": "t7", "day": "2026-03-02"}, 5) == [["t7"]]
    assert await ids({"day": "2026-03-01"}, 5) == [[]]


async def test_a_message_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await world.outbox().get("nobody:your_turn:1")


async def test_a_queue_hears_of_the_latest_text_of_a_ticket_only(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.clock.turn(1)
    await outbox.put(world.message(kind=Kind.RECALLED))
    await world.reaches(MessageState.ACCEPTED, "ticket:recalled:1")
    heard = len(world.states)
    world.clock.turn(3)
    await outbox.pump()
    await outbox.drain()
    assert (await world.row()).state is MessageState.ACCEPTED
    assert len(world.states) == heard


async def test_an_anonymised_patient_leaves_no_number_and_no_text_behind(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    await outbox.put(world.message("done"))
    await world.reaches(MessageState.ACCEPTED, "done:your_turn:1")
    await outbox.forget("patient")
    queued, done = await world.row(), await world.row("done:your_turn:1")
    assert (queued.to, queued.body, queued.state) == ("", "", MessageState.CANCELLED)
    assert (done.to, done.body, done.state) == ("", "", MessageState.ACCEPTED)
    [shown] = await outbox.of_ticket("ticket")
    assert shown["to_masked"] == ""


async def test_reception_hears_of_texts_that_fail_and_of_those_put_right_alone(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message("fine"))
    await world.reaches(MessageState.ACCEPTED, "fine:your_turn:1")
    assert world.troubles == 0
    world.stand_in.next("21211")
    await outbox.put(world.message())
    await world.reaches(MessageState.FAILED)
    assert world.troubles == 1
    await outbox.resend(await world.row(), "again", consent=True, phone="+12025550177")
    assert world.troubles == 2
    await outbox.note("ticket:your_turn:1", HANDLED)
    assert world.troubles == 3


async def test_reception_hears_of_an_account_that_is_refused_and_of_one_that_works_again(world: World) -> None:
    outbox = world.outbox()
    world.stand_in.next("20003")
    await outbox.put(world.message("one", kind=Kind.JOINED))
    await world.reaches(MessageState.QUEUED, "one:joined:1")
    assert (world.troubles, outbox.figures().alert is not None) == (1, True)
    world.clock.turn(60)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "one:joined:1")
    assert (world.troubles, outbox.figures().alert) == (2, None)


async def test_reception_hears_of_a_late_receipt_that_puts_a_failed_text_right(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message())
    row = await world.reaches(MessageState.ACCEPTED)
    receipts = [("undelivered", 30006), ("delivered", None)]
    for heard, (status, code) in enumerate(receipts, start=1):
        await outbox.receipts.callback(row.id, row.attempt.token, row.sid, status, code)
        assert world.troubles == heard


async def test_a_call_is_not_overtaken_by_an_earlier_one_from_before_the_clock_was_set_back(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.ACCEPTED)
    world.clock.turn(-3600)
    await outbox.pump()
    world.stand_in.next("21614")
    await outbox.put(world.message(id="ticket:your_turn:9", call=9))
    await outbox.settle()
    failed = await world.row("ticket:your_turn:9")
    assert (failed.state, await outbox.is_overtaken(failed)) == (MessageState.FAILED, False)
    assert await outbox.is_overtaken(await world.row())


async def test_a_phone_that_turns_out_to_be_off_is_not_texted_an_hour_late_by_a_clock_set_back(world: World) -> None:
    outbox = await accepted(world)
    world.clock.turn(-3600)
    await outbox.pump()
    world.clock.turn(1800)
    await report(world, outbox, "undelivered", 30003)
    world.clock.turn(10)
    await outbox.pump()
    await outbox.settle()
    assert len(world.stand_in.posts) == 1
