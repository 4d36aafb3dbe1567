"""From asking for a text to its outcome in the log, against a Twilio that behaves and one that does not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from server.errors import StorageUnavailable
from server.sms.gate import PROBE_EVERY
from server.sms.model import Kind, Message, MessageState, expiry
from server.sms.unreached import not_reached
from tests.sms.support import NINE, ROWS, TO, World
from tests.twilio.faults import FAULTS, Fault

pytestmark = pytest.mark.gen_test(timeout=30)


async def test_one_durable_write_then_the_request_leaves(world: World) -> None:
    answer_now = world.stand_in.hold()
    await world.outbox().put(world.message())
    [post] = await world.stand_in.arrived(1)
    assert world.storage.commits[ROWS] == 1
    row = await world.row()
    assert (row.state, row.attempt.ended) == (MessageState.SENDING, None)

    assert post.form["To"] == TO
    assert post.form["From"] == "+12025550100"
    assert post.form["Body"] == "It is your turn. Please proceed to the doctor's office."
    assert post.form["ValidityPeriod"] == "300"
    callback = urlsplit(post.form["StatusCallback"])
    assert f"{callback.scheme}://{callback.netloc}{callback.path}" == "https://clinic.example/api/twilio/status/"
    assert parse_qs(callback.query) == {"m": [row.id], "a": [row.attempt.token]}

    answer_now.set()
    row = await world.reaches(MessageState.ACCEPTED)
    assert (row.sid, row.provider_status, row.code) == (post.sid, "queued", None)
    assert (row.attempt.status, row.attempt.outcome, row.attempt.sid) == (201, "accepted", post.sid)
    assert [state for _, state, _ in world.states] == ["sending", "accepted"]
    assert world.storage.commits[ROWS] == 2


async def test_without_a_public_address_twilio_is_given_no_callback(world: World) -> None:
    await world.outbox(world.gateway(public_url=None)).put(world.message())
    [post] = await world.stand_in.arrived(1)
    assert "StatusCallback" not in post.form


async def test_the_same_text_asked_for_twice_is_sent_once(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message())
    await outbox.put(world.message())
    await world.reaches(MessageState.ACCEPTED)
    await outbox.put(world.message())
    await outbox.drain()
    assert len(world.stand_in.posts) == 1


async def test_without_an_account_the_text_is_logged_as_simulated_in_one_write(world: World) -> None:
    outbox = world.simulated()
    await outbox.put(world.message())
    assert (await world.row()).state is MessageState.SIMULATED
    assert world.storage.commits[ROWS] == 1
    await outbox.drain()
    assert world.stand_in.posts == []
    assert outbox.live is False


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ("21211", MessageState.FAILED, "21211"),
        ("21614", MessageState.FAILED, "21614"),
        ("21610", MessageState.SUPPRESSED, "21610"),
        ("400", MessageState.FAILED, "http_400"),
        ("500_after_accepting", MessageState.UNKNOWN, "20500"),
        ("502_page", MessageState.UNKNOWN, "http_502"),
        ("503", MessageState.UNKNOWN, "http_503"),
        ("created_without_json", MessageState.UNKNOWN, "http_201"),
        ("drop", MessageState.UNKNOWN, "closed"),
        ("drop_after_accepting", MessageState.UNKNOWN, "closed"),
        ("hang", MessageState.UNKNOWN, "timeout"),
        ("hang_after_accepting", MessageState.UNKNOWN, "timeout"),
    ],
)
async def test_what_is_final_or_unclear_is_never_repeated(
    world: World, short_timeouts: None, fault: str, state: MessageState, code: str
) -> None:
    world.stand_in.next(fault)
    outbox = world.outbox()
    await outbox.put(world.message())
    row = await world.reaches(state)
    assert row.code == code
    assert row.attempt.ended is not None
    world.clock.turn(60)
    await outbox.sweep()
    await outbox.pump()
    await outbox.put(world.message())
    await outbox.drain()
    assert len(world.stand_in.posts) == 1
    assert (await world.row()).state is state


@pytest.mark.parametrize(
    ("fault", "code", "seconds"),
    [("429", "20429", 3), ("429_retry_after", "20429", 8), ("503_20503", "20503", 3)],
)
async def test_what_was_not_processed_is_sent_again_when_it_is_due(
    world: World, fault: str, code: str, seconds: float
) -> None:
    world.stand_in.next(fault)
    outbox = world.outbox()
    await outbox.put(world.message())
    row = await world.reaches(MessageState.QUEUED)
    assert row.code == code
    assert world.wakes == [row.next_at]
    if fault == "429_retry_after":
        assert row.next_at >= world.clock.now() + timedelta(seconds=7)
        await outbox.pump()
        assert len(world.stand_in.posts) == 1
    world.clock.turn(seconds)
    await outbox.pump()
    row = await world.reaches(MessageState.ACCEPTED)
    assert [attempt.outcome for attempt in row.attempts] == ["not_processed", "accepted"]
    assert len({attempt.token for attempt in row.attempts}) == 2
    assert int(world.stand_in.posts[1].form["ValidityPeriod"]) == 300 - seconds
    assert row.code is None


async def test_a_twilio_that_cannot_be_reached_is_tried_until_the_text_expires(world: World) -> None:
    outbox = world.outbox()
    await world.stand_in.close()
    await outbox.put(world.message())
    row = await world.reaches(MessageState.QUEUED)
    assert (row.code, row.attempt.outcome) == ("refused", "not_processed")
    world.clock.turn(301)
    await outbox.pump()
    row = await world.reaches(MessageState.EXPIRED)
    assert (row.code, len(row.attempts)) == ("refused", 1)


async def test_a_fault_of_the_account_stops_everything_until_it_is_mended(world: World) -> None:
    world.stand_in.next("20003", "20003")
    outbox = world.outbox()
    await outbox.put(world.message("first"))
    await world.reaches(MessageState.QUEUED, "first:your_turn:1")
    alert = outbox.figures().alert
    assert alert is not None
    assert alert.code == "20003"

    await outbox.put(world.message("second"))
    await outbox.pump()
    held = await world.row("second:your_turn:1")
    assert (held.attempts, held.code) == ((), "20003")
    assert world.states[-1] == ("second", "queued", "20003")
    assert len(world.stand_in.posts) == 1

    world.clock.turn(PROBE_EVERY.total_seconds() + 5)
    await outbox.pump()
    await world.reaches(MessageState.QUEUED, "first:your_turn:1", attempts=2)
    await outbox.pump()
    assert len(world.stand_in.posts) == 2

    world.wakes.clear()
    world.clock.turn(PROBE_EVERY.total_seconds() + 5)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "first:your_turn:1")
    assert outbox.figures().alert is None
    assert world.clock.now() in world.wakes
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "second:your_turn:1")


async def test_one_number_that_the_sender_may_not_write_to_does_not_hold_up_the_others(world: World) -> None:
    world.stand_in.next("21606")
    outbox = world.outbox()
    await outbox.put(world.message("odd"))
    await world.reaches(MessageState.QUEUED, "odd:your_turn:1")
    await outbox.put(world.message("other", to="+12025550199"))
    world.clock.turn(PROBE_EVERY.total_seconds())
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "other:your_turn:1")
    assert outbox.figures().alert is None

    world.stand_in.next("21606")
    world.clock.turn(2)
    await outbox.pump()
    odd = await world.reaches(MessageState.FAILED, "odd:your_turn:1")
    assert (odd.code, len(odd.attempts)) == ("21606", 2)
    assert outbox.figures().alert is None


async def test_one_number_that_is_refused_does_not_close_the_way_for_the_others(world: World) -> None:
    outbox = world.outbox()
    await outbox.put(world.message("first", to="+12025550199"))
    await world.reaches(MessageState.ACCEPTED, "first:your_turn:1")
    world.stand_in.next("21606")
    await outbox.put(world.message("odd"))
    await world.reaches(MessageState.QUEUED, "odd:your_turn:1")
    assert outbox.figures().alert is None
    await outbox.put(world.message("other", to="+12025550198"))
    await world.reaches(MessageState.ACCEPTED, "other:your_turn:1")
    world.stand_in.next("21606")
    world.clock.turn(4)
    await outbox.pump()
    odd = await world.reaches(MessageState.FAILED, "odd:your_turn:1")
    assert (odd.code, len(odd.attempts)) == ("21606", 2)


async def test_a_text_is_not_sent_while_the_database_cannot_tell_whether_it_is_true(world: World) -> None:
    outbox = world.outbox()
    away = True

    async def still_true(message: Message) -> bool:
        if away:
            raise StorageUnavailable
        return True

    outbox._courier._still_true = still_true
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED, attempts=1)
    assert world.stand_in.posts == []
    away = False
    world.clock.turn(1)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED)


async def test_a_text_that_is_no_longer_true_is_cancelled_instead_of_sent(world: World) -> None:
    world.stand_in.next("429")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.QUEUED)
    world.untrue.add("ticket")
    world.clock.turn(3)
    await outbox.pump()
    row = await world.reaches(MessageState.CANCELLED)
    assert row.code == "no_longer_true"
    assert [attempt.outcome for attempt in row.attempts] == ["not_processed", "not_sent"]
    assert len(world.stand_in.posts) == 1


async def test_texts_that_are_not_urgent_leave_one_a_second_and_your_turn_goes_past_them(world: World) -> None:
    outbox = world.outbox()
    for number in range(3):
        await outbox.put(world.message(f"t{number}", Kind.PUT_BACK))
    await world.stand_in.arrived(1)
    assert world.wakes == [world.clock.now() + timedelta(seconds=1)] * 2
    await outbox.put(world.message("urgent"))
    await outbox.put(world.message("urgent", Kind.RECALLED))
    assert len(await world.stand_in.arrived(3)) == 3
    assert (await world.row("t1:put_back:1")).state is MessageState.QUEUED
    world.clock.turn(3)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "t1:put_back:1")
    assert (await world.row("t2:put_back:1")).state is MessageState.QUEUED
    world.clock.turn(1)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "t2:put_back:1")


async def test_a_storm_of_retries_does_not_stand_in_the_way_of_your_turn(world: World) -> None:
    outbox = world.outbox()
    for number in range(60):
        await outbox.put(world.message(f"t{number}", Kind.JOINED))
    world.stand_in.next("429")
    await outbox.put(world.message("urgent"))
    await world.reaches(MessageState.QUEUED, "urgent:your_turn:1")
    world.clock.turn(3)
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED, "urgent:your_turn:1")


async def test_at_shutdown_texts_in_flight_are_written_down_and_new_ones_wait(world: World) -> None:
    answer_now = world.stand_in.hold()
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.stand_in.arrived(1)
    answer_now.set()
    await outbox.drain()
    assert (await world.row()).state is MessageState.ACCEPTED
    await outbox.put(world.message("late"))
    await outbox.pump()
    assert (await world.row("late:your_turn:1")).state is MessageState.QUEUED
    after_restart = world.outbox()
    await after_restart.sweep()
    await after_restart.pump()
    await world.reaches(MessageState.ACCEPTED, "late:your_turn:1")
    assert len(world.stand_in.posts) == 2


async def test_the_figures_count_what_became_of_the_texts(world: World) -> None:
    world.stand_in.next("21211")
    outbox = world.outbox()
    await outbox.put(world.message("bad"))
    await outbox.put(world.message("good"))
    await outbox.put(world.message("mute", consent=False))
    await outbox.drain()
    reached = outbox.figures().reached
    assert (reached[MessageState.FAILED], reached[MessageState.ACCEPTED]) == (1, 1)
    assert reached[MessageState.SUPPRESSED] == 1
    assert outbox.figures().in_flight == 0


async def test_a_number_is_not_flooded_with_codes_whoever_registers_with_it(world: World) -> None:
    outbox = world.simulated()

    async def codes(*people: str) -> list[str]:
        for person in people:
            await outbox.put(world.message(person, Kind.CODE, values={"code": "123456"}))
        rows = [await world.row(f"{person}:code:1") for person in people]
        return [row.code or row.state.value for row in rows]

    assert await codes("a", "b", "c", "d") == [*["simulated"] * 3, "too_many_codes"]
    world.clock.turn(16 * 60)
    assert await codes("e", "f", "g", "h") == [*["simulated"] * 3, "too_many_codes"]
    world.clock.turn(3600)
    assert await codes("i", "j", "k") == ["simulated"] * 3
    world.clock.turn(3600)
    assert await codes("l", "m") == ["simulated", "too_many_codes"]
    many = [f"n{number}" for number in range(60)]
    assert await codes(*many) == ["too_many_codes"] * 60
    await outbox.put(world.message("ticket"))
    assert (await world.row()).state is MessageState.SIMULATED


async def test_a_text_whose_claim_is_being_written_at_shutdown_still_leaves(world: World) -> None:
    outbox = world.outbox()
    claim = world.storage.hold(ROWS, "insert", after=True)
    putting = asyncio.create_task(outbox.put(world.message(kind=Kind.SOON)))
    await claim.reached.wait()
    ending = asyncio.create_task(outbox.drain())
    await asyncio.sleep(0)
    claim.open.set()
    await asyncio.gather(putting, ending)
    row = await world.row("ticket:soon:1")
    assert (row.state, len(world.stand_in.posts)) == (MessageState.ACCEPTED, 1)


@pytest.mark.parametrize("kind", [Kind.YOUR_TURN, Kind.JOINED])
async def test_a_clock_that_is_set_back_holds_no_text_until_the_old_time(world: World, kind: Kind) -> None:
    outbox = world.outbox()
    await outbox.put(world.message("before", kind=kind))  # takes the sender's second, so that the next has to wait
    await outbox.settle()
    world.stand_in.next("429")
    await outbox.put(world.message("after", kind=kind))
    await outbox.settle()
    world.clock.turn(-3600)
    for _ in range(6):
        world.clock.turn(10)
        await outbox.pump()
        await outbox.settle()
    after = await world.row(f"after:{kind}:1")
    assert (after.state, after.expires_at - world.clock.now() < expiry(kind, NINE) - NINE) == (
        MessageState.ACCEPTED,
        True,
    )


async def test_calls_that_wait_behind_a_refused_account_are_shown_with_the_reason(world: World) -> None:
    outbox = world.outbox()
    world.stand_in.always = FAULTS["429"]
    ids = [f"t{number}:your_turn:1" for number in range(4)]
    for number, id in enumerate(ids):
        await outbox.put(world.message(f"t{number}", id=id, to=f"+1202555010{number}"))
    await outbox.settle()
    world.stand_in.always = FAULTS["20003"]
    await outbox.put(world.message("closes", to="+12025550109"))
    await outbox.settle()
    world.clock.turn(5)
    await outbox.pump()
    rows = [await world.row(id) for id in ids]
    assert [(row.code, len(row.attempts), not_reached(row)) for row in rows] == [("20003", 1, True)] * 4


async def test_a_clock_that_is_set_back_while_the_database_is_away_is_followed_later(world: World) -> None:
    outbox = world.outbox()
    await outbox.pump()
    world.stand_in.next("429_retry_after")
    await outbox.put(world.message())
    await outbox.settle()
    world.clock.turn(-3600)
    world.storage.fail_before(ROWS, "find")
    with pytest.raises(StorageUnavailable):
        await outbox.pump()
    await outbox.pump()
    await world.reaches(MessageState.ACCEPTED)


async def test_a_call_whose_outcome_is_unclear_is_not_texted_an_hour_late_by_a_clock_set_back(world: World) -> None:
    world.stand_in.next("drop")
    outbox = world.outbox()
    await outbox.put(world.message())
    await world.reaches(MessageState.UNKNOWN)
    world.clock.turn(-3600)
    for _ in range(30):
        world.clock.turn(10)
        await outbox.pump()
        await outbox.reconciler.run()
        await outbox.settle()
    in_time = len(world.stand_in.posts)
    assert in_time == 2
    for _ in range(30):
        world.clock.turn(240)
        await outbox.reconciler.run()
        await outbox.pump()
        await outbox.settle()
    assert len(world.stand_in.posts) == in_time


async def test_calls_behind_a_refusal_that_no_table_knows_are_shown_and_written_once(world: World) -> None:
    outbox = world.outbox()
    world.stand_in.always = FAULTS["429"]
    await outbox.put(world.message())
    await outbox.settle()
    world.stand_in.always = Fault(403, 10001)
    await outbox.put(world.message("closes", to="+12025550109"))
    await outbox.settle()
    world.clock.turn(5)
    await outbox.pump()
    row = await world.row()
    assert not_reached(row)
    await outbox.pump()
    assert (await world.row()).rev == row.rev
