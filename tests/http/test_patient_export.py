"""Whoever is written about may have it all: the record, bookings, visits and texts, as one file."""

from __future__ import annotations

import pytest

from tests.http.people import Practice

pytestmark = pytest.mark.gen_test


async def test_a_patient_takes_everything_home(practice: Practice) -> None:
    robin = await practice.registered("robin", date_of_birth="1980-05-17")
    mine, doctor = robin.user["patient_id"], await practice.doctor()
    start = (await practice.slots(doctor["id"]))[30]
    booked = (await robin.post("/api/appointments/", {"doctor_id": doctor["id"], "start": start})).ok(201)
    tickets = []
    for reason in ("Cough", "Again"):
        body = {"doctor_id": doctor["id"], "patient_id": mine, "reason": reason}
        ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
        (await practice.desk.post(f"/api/tickets/{ticket['id']}/start/", {})).ok()
        (await practice.desk.post(f"/api/tickets/{ticket['id']}/finish/", {})).ok()
        tickets.append(ticket)
        practice.clock.turn(minutes=3)
        await practice.server.services.queues.sweep()
        await practice.server.services.queues.sweep()
    open_ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    reply = await robin.get(f"/api/patients/{mine}/export/")
    found = reply.ok(200)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="patient.json"'
    assert found["patient"] == (await robin.get(f"/api/patients/{mine}/")).ok()
    assert found["consent"]["given"] is True
    assert found["account"]["username"] == "robin"
    assert [one["id"] for one in found["appointments"]] == [booked["id"]]
    assert [visit["id"] for visit in found["visits"]] == [open_ticket["id"], tickets[1]["id"], tickets[0]["id"]]
    past = found["visits"][2]
    assert (past["reason"], past["doctor"]) == ("Cough", "Dr Rao")
    assert [step["state"] for step in past["steps"]] == ["waiting", "in_room", "done"]
    assert {text["to"] for text in found["texts"]} == {"+12025550199"}
    assert {"code", "booked"} <= {text["kind"] for text in found["texts"]}


async def test_only_administrators_and_the_patient_get_it_and_it_is_audited(practice: Practice) -> None:
    robin, other = await practice.registered("robin"), await practice.patient(name="Somebody")
    path = f"/api/patients/{other['id']}/export/"
    (await robin.get(path)).problem(404, "not_found")
    (await practice.desk.get(path)).problem(403, "forbidden")
    practice.clock.turn(seconds=1)
    assert (await practice.admin.get(path)).ok()["visits"] == []
    await practice.server.services.audit.flush()
    rows = (await practice.admin.get("/api/audit/", {"subject_id": other["id"]})).ok()["items"]
    assert rows[0]["action"] == "export patient"
    await practice.admin.delete(f"/api/patients/{other['id']}/")
    (await practice.admin.get(path)).problem(404, "not_found")
