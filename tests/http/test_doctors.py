"""Doctors and teams over HTTP: cards, free times, records, and leaving."""

from __future__ import annotations

import asyncio

import pytest

from server.accounts.roles import Actor
from server.doctors.model import Doctor
from server.errors import StorageUnavailable
from tests.http.people import Practice, fields

RAO = {"name": "Dr Rao", "specialty": "Cardiology", "room": "3"}


@pytest.mark.gen_test
async def test_a_new_doctor_has_a_letter_hours_and_a_queue(practice: Practice) -> None:
    made = (await practice.admin.post("/api/doctors/", RAO)).ok(201)
    assert (made["letter"], made["kind"], made["rooms"], made["slot_minutes"]) == ("A", "doctor", ["3"], 15)
    assert (made["status"], made["waiting"], made["estimate"]) == ("open", 0, None)
    assert set(made["hours"]) == {"mon", "tue", "wed", "thu", "fri"}
    assert (await practice.anyone.get(f"/api/doctors/{made['id']}")).ok() == made
    assert (await practice.anyone.get("/api/doctors/")).ok() == {"items": [made], "next_cursor": None}


@pytest.mark.gen_test
async def test_letters_go_on_after_those_in_use(practice: Practice) -> None:
    (await practice.admin.post("/api/doctors/", {**RAO, "letter": "b"})).ok(201)
    many = await asyncio.gather(*(practice.admin.post("/api/doctors/", RAO) for _ in range(27)))
    letters = sorted(reply.ok(201)["letter"] for reply in many)
    assert letters == sorted(["A", *"CDEFGHIJKLMNOPQRSTUVWXYZ", "AA", "AB"])
    assert fields(await practice.admin.post("/api/doctors/", {**RAO, "letter": "B"})) == ["letter"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": ""}, ["name"]),
        ({"room": " "}, ["room"]),
        ({"specialty": "x" * 101, "slot_minutes": 1}, ["specialty", "slot_minutes"]),
        ({"kind": "robot"}, ["kind"]),
        ({"rooms": ["3", "4"]}, ["rooms"]),
        ({"letter": "ABC"}, ["letter"]),
        ({"slot_minutes": "15"}, ["slot_minutes"]),
        ({"hours": {"mon": [["12:00", "09:00"]]}}, ["hours.mon.0"]),
        ({"hours": {"mon": "all day"}}, ["hours.mon"]),
        ({"username": "rao"}, ["password"]),
        ({"username": "admin", "password": "a long password"}, ["username"]),
        ({"salary": 1}, ["salary"]),
    ],
)
@pytest.mark.gen_test
async def test_a_wrong_field_is_named_and_nothing_is_kept(practice: Practice, wrong: object, named: list[str]) -> None:
    assert isinstance(wrong, dict)
    assert fields(await practice.admin.post("/api/doctors/", {**RAO, **wrong})) == named
    assert (await practice.anyone.get("/api/doctors/")).ok()["items"] == []


@pytest.mark.gen_test
async def test_only_administrators_keep_the_records(practice: Practice) -> None:
    doctor = await practice.doctor()
    path = f"/api/doctors/{doctor['id']}/"
    (await practice.desk.post("/api/doctors/", RAO)).problem(403, "forbidden")
    (await practice.desk.patch(path, {"room": "9"})).problem(403, "forbidden")
    (await practice.desk.delete(path)).problem(403, "forbidden")
    (await practice.anyone.post("/api/doctors/", RAO)).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_the_same_key_adds_one_doctor(practice: Practice) -> None:
    first = (await practice.admin.post("/api/doctors/", RAO, key="k")).ok(201)
    practice.forget_answers()
    again = await practice.admin.post("/api/doctors/", RAO, key="k")
    assert (again.ok(201)["id"], again.headers["Idempotency-Replayed"]) == (first["id"], "true")
    practice.forget_answers()
    (await practice.admin.post("/api/doctors/", {**RAO, "room": "4"}, key="k")).problem(422, "idempotency_key_reused")


@pytest.mark.gen_test
async def test_a_doctor_with_a_login_commands_the_own_queue(practice: Practice) -> None:
    made = await practice.doctor(username="rao", password="a long password")
    rao = await practice.anyone.sign_in("rao", "a long password")
    assert (rao.user["role"], rao.user["doctor_id"], rao.user["name"]) == ("doctor", made["id"], "Dr Rao")
    assert (await rao.post("/api/notify-next/", {"doctor_id": made["id"]})).ok()["called"] is None


@pytest.mark.gen_test
async def test_a_change_reaches_the_open_queue_at_once(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    path = f"/api/doctors/{doctor['id']}/"
    changed = (await practice.admin.patch(path, {"name": "Dr Anand Rao", "room": "9", "letter": "q"})).ok(200)
    assert (changed["name"], changed["room"], changed["letter"], changed["waiting"]) == ("Dr Anand Rao", "9", "Q", 1)
    view = (await practice.anyone.get(f"/api/queue/{doctor['id']}/")).ok()
    assert view["doctor"] == {"id": doctor["id"], "name": "Dr Anand Rao", "letter": "Q", "room": "9"}
    assert view["seq"] > ticket["seq"]
    assert view["waiting"][0]["code"] == ticket["code"] == "A001"
    called = (await practice.desk.post("/api/notify-next/", {"doctor_id": doctor["id"]})).ok()["called"]
    assert called["room"] == "9"


@pytest.mark.gen_test
async def test_a_team_serves_one_list_in_several_rooms(practice: Practice) -> None:
    team = await practice.doctor(name="Blood tests", kind="team", room="Lab 1", rooms=["Lab 1", "Lab 2"])
    assert (team["kind"], team["rooms"]) == ("team", ["Lab 1", "Lab 2"])
    for number in range(2):
        patient = await practice.patient(name=f"Robin {number}")
        (await practice.desk.post("/api/enqueue/", {"doctor_id": team["id"], "patient_id": patient["id"]})).ok(201)
    for room in ("Lab 1", "Lab 2"):
        reply = await practice.desk.post("/api/notify-next/", {"doctor_id": team["id"], "room": room})
        assert reply.ok()["called"]["room"] == room


@pytest.mark.gen_test
async def test_a_doctor_leaves_once_the_queue_is_empty(practice: Practice) -> None:
    doctor = await practice.doctor(username="rao", password="a long password")
    patient = await practice.patient(phone="+12025550147")
    start = (await practice.slots(doctor["id"]))[4]
    booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": start}
    booked = (await practice.desk.post("/api/appointments/", booking)).ok(201)
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    path = f"/api/doctors/{doctor['id']}/"
    (await practice.admin.delete(path)).problem(409, "patient_in_queue")
    (await practice.desk.post(f"/api/tickets/{ticket['id']}/left/")).ok()
    (await practice.admin.delete(path)).ok(204)
    for gone in (path, path + "slots/", f"/api/queue/{doctor['id']}/"):
        (await practice.anyone.get(gone)).problem(404, "not_found")
    (await practice.admin.patch(path, {"room": "1"})).problem(404, "not_found")
    (await practice.admin.delete(path)).problem(404, "not_found")
    (await practice.desk.post("/api/enqueue/", body)).problem(404, "not_found")
    assert (await practice.anyone.get("/api/doctors/")).ok()["items"] == []
    left = (await practice.desk.get(f"/api/appointments/{booked['id']}/")).ok()
    assert (left["state"], left["doctor"]) == ("cancelled", "Dr Rao")
    assert "cancelled" in [message["kind"] for message in await practice.messages(patient_id=patient["id"])]
    (await practice.anyone.post("/api/token/", {"username": "rao", "password": "a long password"})).problem(
        401, "invalid_credentials"
    )
    assert (await practice.doctor())["letter"] == "A"


@pytest.mark.gen_test
async def test_doctors_come_in_pages(practice: Practice) -> None:
    made = []
    for _ in range(3):
        made.append((await practice.doctor())["id"])
        practice.clock.turn(seconds=1)
    first = (await practice.anyone.get("/api/doctors/", {"limit": 2})).ok()
    second = (await practice.anyone.get("/api/doctors/", {"limit": 2, "cursor": first["next_cursor"]})).ok()
    assert [item["id"] for item in first["items"] + second["items"]] == made
    assert second["next_cursor"] is None


@pytest.mark.gen_test
async def test_free_times_are_those_of_the_clinics_date(practice: Practice) -> None:
    doctor = (await practice.admin.post("/api/doctors/", {**RAO, "slot_minutes": 30})).ok(201)
    assert (await practice.slots(doctor["id"]))[:2] == ["2026-03-02T13:30:00+00:00", "2026-03-02T14:00:00+00:00"]
    today = (await practice.anyone.get(f"/api/doctors/{doctor['id']}/slots/")).ok()["items"]
    assert today[0] == {"start": "2026-03-02T13:30:00+00:00", "end": "2026-03-02T14:00:00+00:00"}
    assert len(await practice.slots(doctor["id"], "2026-03-03")) == 14
    for empty in ("2026-03-07", "2026-03-01", "2026-06-15", "2199-12-31"):
        assert await practice.slots(doctor["id"], empty) == []
    for wrong in ("tomorrow", "2026-02-30", "9999-12-31", "0001-01-01"):
        path = f"/api/doctors/{doctor['id']}/slots/"
        assert fields(await practice.anyone.get(path, {"date": wrong})) == ["date"]


@pytest.mark.gen_test
async def test_nobody_joins_or_books_while_a_doctor_is_being_removed(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.patient()
    doctors = practice.server.services.doctors
    start = (await practice.slots(doctor["id"]))[0]
    asked: list[int] = []
    end_bookings = doctors.before_delete

    async def joined_in_between(leaving: Doctor, actor: Actor) -> None:
        body = {"doctor_id": leaving.id, "patient_id": robin["id"]}
        asked.append((await practice.desk.post("/api/enqueue/", body)).status)
        asked.append((await practice.desk.post("/api/appointments/", {**body, "start": start})).status)
        await end_bookings(leaving, actor)

    doctors.before_delete = joined_in_between
    (await practice.admin.delete(f"/api/doctors/{doctor['id']}/")).ok(204)
    assert set(asked) == {404}


@pytest.mark.gen_test
async def test_a_join_at_the_same_moment_is_refused_or_keeps_the_doctor(practice: Practice) -> None:
    for number in range(6):
        doctor = await practice.doctor()
        joins = [
            practice.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "walk_in": {"name": f"Bo {each}"}})
            for each in range(4)
        ]
        removing = practice.admin.delete(f"/api/doctors/{doctor['id']}/")
        before = 2 * (number % 2)
        statuses = [reply.status for reply in await asyncio.gather(*joins[:before], removing, *joins[before:])]
        gone, tickets = statuses[before], statuses[:before] + statuses[before + 1 :]
        assert (gone, set(tickets)) == (204, {404}) or (gone == 409 and 201 in tickets), (gone, tickets)
        if gone == 409:
            view = (await practice.desk.get(f"/api/queue/{doctor['id']}/")).ok()
            assert len(view["waiting"]) == tickets.count(201)


@pytest.mark.gen_test
async def test_a_doctor_who_could_not_be_removed_goes_on(practice: Practice) -> None:
    doctor = await practice.doctor()

    async def breaks(leaving: Doctor, actor: Actor) -> None:
        raise StorageUnavailable

    doctors = practice.server.services.doctors
    doctors.before_delete, end_bookings = breaks, doctors.before_delete
    (await practice.admin.delete(f"/api/doctors/{doctor['id']}/")).problem(503, "storage_unavailable")
    body = {"doctor_id": doctor["id"], "walk_in": {"name": "Bo"}}
    (await practice.desk.post("/api/enqueue/", body)).ok(201)
    doctors.before_delete = end_bookings
    (await practice.admin.delete(f"/api/doctors/{doctor['id']}/")).problem(409, "patient_in_queue")
