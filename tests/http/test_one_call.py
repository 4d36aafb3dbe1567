"""One call, one text, and reception knows whom it did not reach: whatever is resent, undone or withdrawn meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.sms import taking_back
from tests.http.test_notifications import YOUR_TURN, Desk, desk, unreached
from tests.twilio.faults import FAULTS

__all__ = ["desk"]

pytestmark = pytest.mark.gen_test(timeout=30)

WRONG, RIGHT = "+12025550111", "+12025550123"  # the stand-in refuses the first as invalid


async def quiet(desk: Desk) -> None:
    """Until everything asked for is out and its outcome is written down."""
    for _ in range(3):
        await desk.server.services.queues.close()
        await desk.server.services.outbox.settle()


async def wait_in_line(desk: Desk) -> None:
    """Somebody joins, and has had the texts of that."""
    registered = (await desk.admin.post("/api/patients/", {"name": "Ada", "phone": RIGHT, "sms_consent": True})).ok(201)
    waiting = {"doctor_id": desk.doctor_id, "patient_id": registered["id"]}
    (await desk.admin.post("/api/enqueue/", waiting)).ok(201)
    await quiet(desk)


async def call_next(desk: Desk) -> dict[str, Any]:
    called: dict[str, Any] = (await desk.admin.post("/api/notify-next/", {"doctor_id": desk.doctor_id})).ok()["called"]
    return called


async def sent_again(desk: Desk, *, keep: bool = True) -> dict[str, Any]:
    """Somebody whose call reached nobody, and then the right number, by hand; their ticket."""
    ticket = await desk.call(WRONG)
    row = await desk.your_turn(ticket)
    again = {"phone": RIGHT, "keep": keep}
    (await desk.admin.post(f"/api/notifications/{row['id']}/resend/", again)).ok(201)
    await quiet(desk)
    assert calls(desk) == 1
    return {**ticket, "patient_id": row["patient_id"], "first_text": row["id"]}


def calls(desk: Desk, to: str = RIGHT) -> int:
    """How often a number was told that it is its turn."""
    return sum(post.form["Body"] == YOUR_TURN and post.form["To"] == to for post in desk.stand_in.posts)


async def texts(desk: Desk, ticket: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return await desk.logged(ticket_id=ticket["id"], kind=kind)


async def act(desk: Desk, ticket: dict[str, Any], command: str, **body: Any) -> None:
    (await desk.admin.post(f"/api/tickets/{ticket['id']}/{command}/", body)).ok()


async def undo(desk: Desk) -> dict[str, Any]:
    answer: dict[str, Any] = (await desk.admin.post(f"/api/queue/{desk.doctor_id}/undo/")).ok()
    await quiet(desk)
    return answer


@pytest.mark.parametrize("command", ["hold", "left"])
async def test_what_staff_sent_again_is_not_texted_by_undo_besides(desk: Desk, command: str) -> None:
    ticket = await sent_again(desk)
    await act(desk, ticket, command)
    await undo(desk)
    assert calls(desk) == 1


async def test_what_staff_sent_again_is_not_texted_by_renewed_consent_besides(desk: Desk) -> None:
    ticket = await sent_again(desk)
    for consent in (False, True):
        (await desk.admin.patch(f"/api/patients/{ticket['patient_id']}/", {"sms_consent": consent})).ok()
    await quiet(desk)
    assert calls(desk) == 1


async def test_undo_of_a_call_knows_of_the_text_that_staff_sent_again(desk: Desk) -> None:
    await sent_again(desk, keep=False)
    undone = await undo(desk)
    assert (undone["sms"], undone["texted"]) == ("already_sent", True)


@pytest.mark.parametrize("by", ["resend", "recall"])
async def test_whoever_was_reached_by_a_second_text_is_told_of_being_put_back(desk: Desk, by: str) -> None:
    if by == "resend":
        ticket = await sent_again(desk)
    else:
        await wait_in_line(desk)
        desk.stand_in.next("21614")
        ticket = await call_next(desk)
        await quiet(desk)
        await act(desk, ticket, "recall")
        await quiet(desk)
    await act(desk, ticket, "put-back", after=0)
    await quiet(desk)
    assert len(await texts(desk, ticket, "put_back")) == 1


async def test_undo_of_a_no_show_texts_again_only_whoever_was_told_of_it(desk: Desk) -> None:
    (await desk.admin.patch("/api/settings/", {"sms": {"missed": False}})).ok()
    ticket = await desk.call(RIGHT)
    await desk.your_turn(ticket)
    await act(desk, ticket, "no-show")
    await undo(desk)
    assert calls(desk) == 1


async def test_a_call_whose_patient_was_told_by_a_later_text_is_off_the_list(desk: Desk) -> None:
    ticket = await desk.call(WRONG)
    row = await desk.your_turn(ticket)
    (await desk.admin.patch(f"/api/patients/{row['patient_id']}/", {"phone": RIGHT})).ok()
    await quiet(desk)
    assert calls(desk) == 1
    assert row["id"] not in {item["id"] for item in await unreached(desk)}
    (await desk.admin.post(f"/api/notifications/{row['id']}/resend/", {"phone": RIGHT})).problem(409, "wrong_state")


async def test_a_call_that_was_taken_back_too_early_and_stands_again_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back, "OUTCOME_PATIENCE_SECONDS", 0.05)
    await wait_in_line(desk)
    answered, before = asyncio.Event(), len(desk.stand_in.posts)
    desk.stand_in.next(replace(FAULTS["429"], gate=answered))
    ticket = await call_next(desk)
    await desk.stand_in.arrived(before + 1)
    await act(desk, ticket, "hold")
    await desk.server.services.queues.close()
    (await desk.admin.post(f"/api/queue/{desk.doctor_id}/undo/")).ok()
    await desk.server.services.queues.close()
    answered.set()
    assert (await desk.your_turn(ticket))["state"] == "accepted"
    assert calls(desk) == 2, "the first was not taken"


async def test_nobody_is_texted_once_consent_is_withdrawn(desk: Desk) -> None:
    desk.stand_in.always = FAULTS["429"]
    ticket = await desk.call(RIGHT)
    while not (rows := await texts(desk, ticket, "your_turn")):
        await asyncio.sleep(0.01)
    (await desk.admin.patch(f"/api/patients/{rows[0]['patient_id']}/", {"sms_consent": False})).ok()
    desk.stand_in.always = None
    assert (await desk.your_turn(ticket))["state"] == "cancelled"


async def told(desk: Desk, ticket: dict[str, Any], kind: str) -> None:
    """Until Twilio has taken such a text of the ticket; the rate limit may hold it for a second or two."""
    while not any(row["state"] == "accepted" for row in await texts(desk, ticket, kind)):
        await asyncio.sleep(0.01)


async def called_who_is_told_otherwise(desk: Desk, command: str) -> dict[str, Any]:
    """Somebody who was called, and then told that it is not their turn any more."""
    await wait_in_line(desk)
    ticket = await call_next(desk)
    await quiet(desk)
    if command == "notify-next":
        missed = {"doctor_id": desk.doctor_id, "current": ticket["id"], "outcome": "no_show"}
        (await desk.admin.post("/api/notify-next/", missed)).ok()
    else:
        await act(desk, ticket, command, **({"after": 0} if command == "put-back" else {}))
    await told(desk, ticket, "put_back" if command == "put-back" else "missed")
    return ticket


@pytest.mark.parametrize("command", ["notify-next", "no-show", "put-back"])
async def test_whoever_was_told_otherwise_is_told_of_the_call_that_stands_again(desk: Desk, command: str) -> None:
    await called_who_is_told_otherwise(desk, command)
    assert (await undo(desk))["texted"] is True
    assert calls(desk) == 2


@pytest.mark.parametrize("command", ["no-show", "put-back"])
async def test_nor_is_that_forgotten_if_the_call_is_taken_back_once_more(desk: Desk, command: str) -> None:
    ticket = await called_who_is_told_otherwise(desk, command)
    desk.stand_in.next("429_retry_after")
    await undo(desk)
    await act(desk, ticket, "hold")
    await undo(desk)
    while calls(desk) < 3:  # the second was not taken
        await asyncio.sleep(0.01)
    await quiet(desk)
    assert [row["state"] for row in await texts(desk, ticket, "your_turn")] == ["accepted", "cancelled", "accepted"]


async def test_a_recall_that_arrived_counts_also_once_it_is_undone(desk: Desk) -> None:
    await wait_in_line(desk)
    desk.stand_in.next("21614")
    ticket = await call_next(desk)
    await quiet(desk)
    await act(desk, ticket, "recall")
    await quiet(desk)
    undone = await undo(desk)
    assert (undone["sms"], undone["texted"]) == ("already_sent", False)
    before = len(desk.stand_in.posts)
    await act(desk, ticket, "hold")
    await undo(desk)
    assert len(desk.stand_in.posts) == before
    await act(desk, ticket, "put-back", after=0)
    await told(desk, ticket, "put_back")


async def test_a_number_that_was_told_by_hand_is_not_told_again_when_the_record_is_put_right(desk: Desk) -> None:
    ticket = await sent_again(desk, keep=False)
    (await desk.admin.patch(f"/api/patients/{ticket['patient_id']}/", {"phone": RIGHT})).ok()
    await quiet(desk)
    assert calls(desk) == 1


async def test_a_call_can_be_sent_again_after_the_wrong_number_was_taken_away(desk: Desk) -> None:
    ticket = await desk.call(WRONG)
    row = await desk.your_turn(ticket)
    (await desk.admin.patch(f"/api/patients/{row['patient_id']}/", {"phone": None})).ok()
    await quiet(desk)
    (await desk.admin.post(f"/api/notifications/{row['id']}/resend/", {"phone": RIGHT})).ok(201)


@pytest.mark.parametrize("then", ["hold and undo", "another number"])
async def test_whoever_was_told_in_person_is_not_texted_the_call(desk: Desk, then: str) -> None:
    ticket = await desk.call(WRONG)
    row = await desk.your_turn(ticket)
    (await desk.admin.post(f"/api/notifications/{row['id']}/handled/")).ok()
    before = len(desk.stand_in.posts)
    if then == "another number":
        (await desk.admin.patch(f"/api/patients/{row['patient_id']}/", {"phone": RIGHT})).ok()
    else:
        await act(desk, ticket, "hold")
        await undo(desk)
    await quiet(desk)
    assert len(desk.stand_in.posts) == before


async def test_consent_that_is_given_after_a_missed_call_counts_for_the_next_one(desk: Desk) -> None:
    new = {"name": "Ada", "phone": RIGHT, "sms_consent": False}
    registered = (await desk.admin.post("/api/patients/", new)).ok(201)
    waiting = {"doctor_id": desk.doctor_id, "patient_id": registered["id"]}
    (await desk.admin.post("/api/enqueue/", waiting)).ok(201)
    ticket = await call_next(desk)
    await act(desk, ticket, "no-show")
    (await desk.admin.patch(f"/api/patients/{registered['id']}/", {"sms_consent": True})).ok()
    await act(desk, ticket, "rejoin")
    await call_next(desk)
    await told(desk, ticket, "your_turn")
