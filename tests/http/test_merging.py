"""Duplicates and merging over HTTP: found, told apart, made one, and everything is where it belongs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.people import Practice, fields

pytestmark = pytest.mark.gen_test


async def pairs(practice: Practice) -> list[list[str]]:
    page = (await practice.desk.get("/api/patients/duplicates/")).ok()
    return [[patient["id"] for patient in pair["patients"]] for pair in page["items"]]


async def two(practice: Practice) -> tuple[dict[str, Any], dict[str, Any]]:
    one = await practice.patient(name="Ana Núñez", phone="+12025550141")
    practice.clock.turn(seconds=1)
    return one, await practice.patient(name="Nunez, Ana", phone="+12025550141", date_of_birth="1980-05-17")


async def test_two_people_with_one_phone_are_shown_until_somebody_says_so(practice: Practice) -> None:
    one, other = await two(practice)
    assert await pairs(practice) == [[one["id"], other["id"]]]
    page = (await practice.desk.get("/api/patients/duplicates/")).ok()
    assert page["items"][0]["alike"] == ["phone", "name"]
    assert (page["looked_at"], page["next_cursor"]) == (2, None)
    (await practice.desk.post(f"/api/patients/{other['id']}/distinct/", {"other_id": one["id"]})).ok(204)
    assert await pairs(practice) == []


async def test_a_merge_brings_bookings_visits_and_texts_along_and_stands_in_the_audit_once(practice: Practice) -> None:
    one, other = await two(practice)
    doctor = await practice.doctor()
    start = (await practice.slots(doctor["id"]))[30]
    body = {"patient_id": other["id"], "doctor_id": doctor["id"], "start": start}
    booked = (await practice.desk.post("/api/appointments/", body)).ok(201)
    assert len(await practice.messages(patient_id=other["id"])) == 1
    path = f"/api/patients/{one['id']}/merge/"
    for _ in range(2):
        made = (await practice.admin.post(path, {"other_id": other["id"], "take": ["name"]})).ok(200)
        assert (made["id"], made["name"], made["date_of_birth"]) == (one["id"], "Nunez, Ana", "1980-05-17")
    moved = (await practice.desk.get(f"/api/appointments/{booked['id']}/")).ok()
    assert (moved["patient_id"], moved["patient"]["name"]) == (one["id"], "Nunez, Ana")
    assert await practice.messages(patient_id=other["id"]) == []
    assert len(await practice.messages(patient_id=one["id"])) == 1
    stone = (await practice.desk.get(f"/api/patients/{other['id']}/")).ok()
    assert (stone["name"], stone["anonymised"], stone["merged_into"]) == ("", True, one["id"])
    gone = await practice.desk.patch(f"/api/patients/{other['id']}/", {"name": "Back"})
    assert gone.problem(404, "not_found")["merged_into"] == one["id"]
    assert [item["id"] for item in (await practice.desk.get("/api/patients/")).ok()["items"]] == [one["id"]]
    await practice.server.services.audit.flush()
    rows = (await practice.admin.get("/api/audit/", {"subject_id": one["id"]})).ok()["items"]
    (row,) = [row for row in rows if row["action"] == "merge patients"]
    assert (row["detail"], row["actor"]["role"]) == ({"other_id": other["id"]}, "admin")


async def test_who_waits_or_has_just_been_seen_is_not_merged_away(practice: Practice) -> None:
    one, other = await two(practice)
    doctor = await practice.doctor()
    body = {"patient_id": other["id"], "doctor_id": doctor["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    merge = {"other_id": other["id"]}
    (await practice.admin.post(f"/api/patients/{one['id']}/merge/", merge)).problem(409, "patient_in_queue")
    (await practice.desk.post(f"/api/tickets/{ticket['id']}/start/", {})).ok()
    (await practice.desk.post(f"/api/tickets/{ticket['id']}/finish/", {})).ok()
    just = await practice.admin.post(f"/api/patients/{one['id']}/merge/", merge)
    assert just.problem(409, "patient_in_queue")["limit"] == "just_in_queue"
    practice.clock.turn(minutes=3)
    await practice.server.services.queues.sweep()
    await practice.server.services.queues.sweep()
    (await practice.admin.post(f"/api/patients/{one['id']}/merge/", merge)).ok(200)
    (visit,) = await practice.server.services.storage.find("visits", {"patient_id": one["id"]}, sort="order")
    assert visit["_id"] == ticket["id"]


async def test_the_one_who_stays_may_wait_and_their_ticket_follows(practice: Practice) -> None:
    one, other = await two(practice)
    doctor = await practice.doctor()
    body = {"patient_id": one["id"], "doctor_id": doctor["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    merge = {"other_id": other["id"], "take": ["name"]}
    (await practice.admin.post(f"/api/patients/{one['id']}/merge/", merge)).ok(200)
    shown = (await practice.desk.get(f"/api/tickets/{ticket['id']}/")).ok()
    assert shown["patient"]["name"] == "Nunez, Ana"


async def test_the_account_comes_along_and_two_are_refused(practice: Practice) -> None:
    robin = await practice.registered("robin")
    desk_made = await practice.patient(name="Robin", phone="+12025550199")
    mine = robin.user["patient_id"]
    (await practice.admin.post(f"/api/patients/{desk_made['id']}/merge/", {"other_id": mine})).ok(200)
    (await robin.get(f"/api/patients/{mine}/")).problem(401, "not_signed_in")
    again = await practice.anyone.sign_in("robin", "my own password")
    assert again.user["patient_id"] == desk_made["id"]
    second = await practice.registered("second")
    merge = {"other_id": second.user["patient_id"]}
    refused = await practice.admin.post(f"/api/patients/{desk_made['id']}/merge/", merge)
    assert refused.problem(409, "wrong_state")["state"] == "two_accounts"


async def test_who_may_and_what_is_refused(practice: Practice) -> None:
    one, other = await two(practice)
    path = f"/api/patients/{one['id']}/merge/"
    (await practice.desk.post(path, {"other_id": other["id"]})).problem(403, "forbidden")
    assert fields(await practice.admin.post(path, {"other_id": one["id"]})) == ["other_id"]
    assert fields(await practice.admin.post(path, {"other_id": other["id"], "take": ["account"]})) == ["take.0"]
    (await practice.admin.post(path, {"other_id": "nobody at all"})).problem(404, "not_found")
    (await practice.admin.post("/api/patients/nobody/merge/", {"other_id": one["id"]})).problem(404, "not_found")


async def test_who_is_being_merged_is_not_made_anonymous_in_between(practice: Practice) -> None:
    one, other = await two(practice)
    storage, clock = practice.server.services.storage, practice.clock
    actor = {"id": "desk", "name": "Desk", "role": "admin"}
    cut_off = {"rev": 1, "kept_id": one["id"], "take": [], "actor": actor, "at": clock.now(), "filled": False}
    await storage.insert("merges", {"_id": other["id"], **cut_off})
    for record in (one, other):
        refused = await practice.admin.delete(f"/api/patients/{record['id']}/")
        assert refused.problem(409, "wrong_state")["limit"] == "being_merged"
    clock.turn(minutes=2)
    await practice.server.services.merging.resume()
    (await practice.admin.delete(f"/api/patients/{one['id']}/")).ok(204)
    for record in (one, other):
        assert (await practice.admin.get(f"/api/patients/{record['id']}/")).ok()["phone"] is None
