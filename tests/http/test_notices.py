"""`soon`, `delayed` and reminders from the API to the log, with the clinic's settings in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.http.people import Practice


async def line_of(practice: Practice, doctor_id: str, number: int) -> list[dict[str, Any]]:
    tickets = []
    for index in range(number):
        patient = await practice.patient(name=f"Robin {'ABCDEFGH'[index]}", phone=f"+1202555014{index}")
        (await practice.desk.patch(f"/api/patients/{patient['id']}/", {"number_confirmed": True})).ok()
        body = {"doctor_id": doctor_id, "patient_id": patient["id"]}
        tickets.append((await practice.desk.post("/api/enqueue/", body)).ok(201))
    return tickets


async def told(practice: Practice, ticket: dict[str, Any], kind: str) -> dict[str, Any]:
    """The ticket's text of that kind, once the relay has brought it."""
    async with asyncio.timeout(4):
        while not (found := await practice.messages(ticket_id=ticket["id"], kind=kind)):
            await asyncio.sleep(0.01)
    (message,) = found
    return message


@pytest.mark.gen_test
async def test_soon_and_delayed_are_told_as_the_settings_say(practice: Practice) -> None:
    doctor = await practice.doctor()
    change = {"soon_ahead": 1, "texts": {"en": {"delayed": "{code}: later."}}}
    assert (await practice.admin.patch("/api/settings/", change)).ok()["soon_ahead"] == 1
    tickets = await line_of(practice, doctor["id"], 4)
    (await practice.desk.post("/api/notify-next/", {"doctor_id": doctor["id"]})).ok()
    soon = await told(practice, tickets[2], "soon")
    assert soon["body"] == f"Number {tickets[2]['code']}: it will be your turn soon, 1 ahead of you. Please stay near."
    (await practice.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 40})).ok()
    for ticket in tickets[1:]:
        assert (await told(practice, ticket, "delayed"))["body"] == f"{ticket['code']}: later."
    assert not await practice.messages(ticket_id=tickets[3]["id"], kind="soon")


@pytest.mark.gen_test
async def test_quiet_hours_and_lengths_of_time_are_settings(practice: Practice) -> None:
    before = (await practice.admin.get("/api/settings/")).ok()
    assert (before["quiet_from"], before["quiet_until"], before["reminder_hours"]) == ("", "", 24)
    change = {"quiet_from": "21:00", "quiet_until": "07:00", "reminder_hours": 0, "texts_personal_days": 7}
    assert (await practice.admin.patch("/api/settings/", change)).ok() == {**before, **change}
    wrong = {"quiet_until": "", "texts_kept_days": 29, "soon_ahead": 21}
    refused = (await practice.admin.patch("/api/settings/", wrong)).problem(422, "invalid")
    assert {error["field"] for error in refused["errors"]} == {
        "quiet_until",
        "soon_ahead",
        "texts_kept_days",
    }
