"""One ticket and every command on it, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.http.clinic import Clinic

pytestmark = pytest.mark.gen_test(timeout=60)


async def settled(clinic: Clinic, ticket: dict[str, Any]) -> dict[str, Any]:
    """The ticket with its messages once it has some and all have reached an end."""
    while True:
        found: dict[str, Any] = (await clinic.desk.get(f"/api/tickets/{ticket['id']}/")).ok()
        states = {message["state"] for message in found["messages"]}
        if states and not states & {"queued", "sending"}:
            return found
        await asyncio.sleep(0.01)


async def test_a_whole_visit(clinic: Clinic) -> None:
    ticket = await clinic.walk_in()
    states = []
    for command in ("call", "recall", "start", "finish"):
        states.append((await clinic.on(ticket, command)).ok()["state"])
    assert states == ["called", "called", "in_room", "done"]
    seen = (await clinic.desk.get(f"/api/tickets/{ticket['id']}/")).ok()
    assert [step["state"] for step in seen["steps"]] == ["waiting", "called", "in_room", "done"]
    assert {step["actor"] for step in seen["steps"]} == {"desk"}
    assert (seen["calls"], seen["ended_as"]) == (2, "done")


async def test_a_no_show_comes_back_by_the_link(clinic: Clinic) -> None:
    ticket = await clinic.walk_in()
    await clinic.walk_in(), await clinic.walk_in()
    (await clinic.on(ticket, "call")).ok()
    assert (await clinic.on(ticket, "no-show")).ok()["state"] == "no_show"
    back = (await clinic.on(ticket, "rejoin", by=clinic.anyone)).ok()
    assert (back["state"], back["position"]) == ("waiting", 2)
    assert "patient" not in back


async def test_the_holder_of_the_link_may_cancel_and_be_late_and_nothing_else(clinic: Clinic) -> None:
    ticket = await clinic.walk_in()
    await clinic.walk_in(), await clinic.walk_in()
    assert (await clinic.on(ticket, "late", by=clinic.anyone)).ok()["position"] == 3
    for command in ("call", "recall", "start", "finish", "no-show", "put-back", "hold", "resume", "left"):
        (await clinic.on(ticket, command, by=clinic.anyone)).problem(401, "not_signed_in")
        (await clinic.on(ticket, command, by=clinic.patient)).problem(403, "forbidden")
    cancelled = (await clinic.on(ticket, "cancel", by=clinic.anyone)).ok()
    assert cancelled["ended_as"] == "cancelled"
    (await clinic.on(ticket, "cancel", by=clinic.anyone)).problem(409, "wrong_state")


async def test_places_holds_and_priorities(clinic: Clinic) -> None:
    first, second, third = [await clinic.walk_in() for _ in range(3)]

    async def order() -> list[str]:
        return [ticket["id"] for ticket in (await clinic.view())["waiting"]]

    (await clinic.on(third, "move", {"after": 0, "reason": "in pain"})).ok()
    assert await order() == [third["id"], first["id"], second["id"]]
    (await clinic.on(first, "move", {"behind": second["id"]})).ok()
    assert await order() == [third["id"], second["id"], first["id"]]
    (await clinic.on(first, "move", {})).problem(422, "invalid")
    (await clinic.on(first, "priority", {"priority": "emergency"})).ok()
    assert (await order())[0] == first["id"]
    (await clinic.on(first, "hold")).ok()
    assert first["id"] not in await order()
    (await clinic.on(first, "resume")).ok()
    (await clinic.on(first, "call")).ok()
    (await clinic.on(first, "put-back", {"after": 2})).ok()
    assert (await order())[2] == first["id"]
    assert (await clinic.on(first, "left")).ok()["ended_as"] == "left"


async def test_a_transfer_shows_where_it_went(clinic: Clinic) -> None:
    silva = await clinic.second_doctor()
    ticket = await clinic.walk_in()
    moved = await clinic.on(ticket, "transfer", {"doctor_id": silva, "reason": "X-ray"})
    assert moved.status == 200
    assert (moved.json["state"], moved.json["transferring"]) == ("transferred", False)
    there = (await clinic.anyone.get(f"/api/tickets/{moved.json['moved_to']}/")).ok()
    assert (there["code"], there["doctor"], there["arrived_at"]) == ("A001", "Dr Silva", ticket["arrived_at"])
    (await clinic.on(ticket, "transfer", {"doctor_id": "no-such-doctor"})).problem(404, "not_found")


async def test_a_refused_transfer_changes_nothing(clinic: Clinic) -> None:
    silva = await clinic.second_doctor()
    ticket = (await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id})).ok()
    (await clinic.patient.post("/api/enqueue/", {"doctor_id": silva})).ok()
    (await clinic.on(ticket, "transfer", {"doctor_id": silva})).problem(409, "already_queued")
    assert (await clinic.view())["waiting"][0]["id"] == ticket["id"]


async def test_a_new_number_is_texted_while_called_and_kept_with_the_patient(clinic: Clinic) -> None:
    ticket = await clinic.walk_in()
    (await clinic.on(ticket, "call")).ok()
    changed = (await clinic.on(ticket, "contact", {"phone": "(202) 555-0188", "sms_consent": True})).ok()
    assert changed["patient"]["phone_masked"].endswith("0188")
    found = await settled(clinic, ticket)
    assert [message["kind"] for message in found["messages"]] == ["your_turn"]
    patient = (await clinic.desk.get(f"/api/patients/{ticket['patient']['id']}/")).ok()
    assert patient["phone"] == "+12025550188"
    (await clinic.on(ticket, "contact", {"phone": "12"})).problem(422, "invalid")


async def test_staff_see_messages_and_actors_the_link_shows_neither(clinic: Clinic) -> None:
    ticket = (await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id})).ok()
    (await clinic.next()).ok()
    found = await settled(clinic, ticket)
    assert [message["body"] for message in found["messages"]] == [
        "It is your turn. Please proceed to the doctor's office."
    ]
    public = (await clinic.anyone.get(f"/api/tickets/{ticket['id']}/")).ok()
    assert not {"patient", "messages", "reason", "elsewhere"} & set(public)
    assert all("actor" not in step for step in public["steps"])


async def test_an_unknown_ticket_is_not_found_for_everybody(clinic: Clinic) -> None:
    ticket = {"id": "no-such-ticket-000"}
    (await clinic.anyone.get("/api/tickets/no-such-ticket-000/")).problem(404, "not_found")
    (await clinic.on(ticket, "call")).problem(404, "not_found")
    (await clinic.on(ticket, "cancel", by=clinic.anyone)).problem(404, "not_found")
