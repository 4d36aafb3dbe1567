"""Joining, seeing and serving a queue over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import StartServer
from tests.http.clinic import PASSWORD, Clinic, make_clinic

pytestmark = pytest.mark.gen_test(timeout=60)


async def test_a_patient_joins_and_is_called(clinic: Clinic) -> None:
    ticket = (await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id})).ok(201)
    assert (ticket["code"], ticket["state"], ticket["position"]) == ("A001", "waiting", 1)
    assert ticket["status_url"].endswith(f"/t/{ticket['id']}")
    assert "patient" not in ticket
    called = (await clinic.next(current=None)).ok()
    assert (called["called"]["id"], called["finished"]) == (ticket["id"], None)
    assert called["called"]["patient"]["name"] == "Amina Example"
    assert called["seq"] > ticket["seq"]
    assert (await clinic.view())["seq"] == called["seq"]


@pytest.mark.parametrize(
    "extra", [{"priority": "normal"}, {"walk_in": {"name": "X"}}, {"patient_id": "somebody-else-00"}]
)
async def test_patients_act_for_themselves_only(clinic: Clinic, extra: dict[str, object]) -> None:
    refused = await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id, **extra})
    refused.problem(403, "forbidden")


async def test_already_queued_is_per_doctor(clinic: Clinic) -> None:
    silva = await clinic.second_doctor()
    await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id})
    again = await clinic.patient.post("/api/enqueue/", {"doctor_id": clinic.doctor_id})
    again.problem(409, "already_queued")
    (await clinic.patient.post("/api/enqueue/", {"doctor_id": silva})).ok(201)
    view = await clinic.view()
    assert [place["code"] for place in view["waiting"][0]["elsewhere"]] == ["B001"]


async def test_the_same_key_joins_once_and_answers_the_same(clinic: Clinic) -> None:
    body = {"doctor_id": clinic.doctor_id, "walk_in": {"name": "Bo Example"}}
    first = await clinic.desk.post("/api/enqueue/", body, key="one")
    again = await clinic.desk.post("/api/enqueue/", body, key="one")
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await clinic.desk.post("/api/enqueue/", {**body, "priority": "emergency"}, key="one")
    other.problem(422, "idempotency_key_reused")
    assert len((await clinic.view())["waiting"]) == 1


async def test_a_walk_in_is_known_by_the_language_that_the_desk_chose(clinic: Clinic) -> None:
    joined = {"doctor_id": clinic.doctor_id, "walk_in": {"name": "Salma Example", "language": "ar"}}
    assert (await clinic.desk.post("/api/enqueue/", joined)).ok(201)["patient"]["language"] == "ar"
    assert (await clinic.walk_in())["patient"]["language"] == "en"
    wrong = {"doctor_id": clinic.doctor_id, "walk_in": {"name": "Bo", "language": "xx"}}
    (await clinic.desk.post("/api/enqueue/", wrong)).problem(422, "invalid")


async def test_two_callers_at_once_call_two_different_people_or_are_told(clinic: Clinic) -> None:
    for _ in range(3):
        await clinic.walk_in()
    replies = await asyncio.gather(*(clinic.next(current=None) for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
    refused = next(reply for reply in replies if reply.status == 409).problem(409, "wrong_state")
    assert (refused["state"], refused["by"]) == ("called", "desk")
    view = await clinic.view()
    assert (len(view["called"]), len(view["waiting"])) == (1, 2)


async def test_a_doctor_commands_the_own_queue_only(clinic: Clinic) -> None:
    silva = await clinic.second_doctor()
    ticket = await clinic.walk_in(doctor_id=silva)
    (await clinic.doctor.post("/api/notify-next/", {"doctor_id": silva})).problem(403, "forbidden")
    (await clinic.on(ticket, "call", by=clinic.doctor)).problem(403, "forbidden")
    (await clinic.doctor.post(f"/api/queue/{silva}/pause/", {})).problem(403, "forbidden")
    (await clinic.doctor.post("/api/notify-next/", {"doctor_id": clinic.doctor_id})).ok(200)


async def test_the_view_is_public_without_personal_data_and_full_for_staff(clinic: Clinic) -> None:
    ticket = await clinic.walk_in("Somebody Special", reason="a private reason")
    for caller in (clinic.anyone, clinic.patient):
        text = (await caller.get(f"/api/queue/{clinic.doctor_id}/")).raw.decode()
        assert ticket["id"] not in text
        assert "Special" not in text
        assert "private" not in text
    assert (await clinic.view())["waiting"][0]["patient"]["name"] == "Somebody Special"


async def test_a_view_that_did_not_change_is_not_sent_again(clinic: Clinic) -> None:
    path = f"/api/queue/{clinic.doctor_id}/"
    first = await clinic.desk.get(path)
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("private, no-cache", "Authorization")
    etag = first.headers["ETag"]
    assert etag.startswith(f'"{first.json["seq"]}-staff-')
    assert (await clinic.desk.get(path, If_None_Match=etag)).status == 304
    assert (await clinic.anyone.get(path)).headers["ETag"] != etag
    await clinic.walk_in()
    assert (await clinic.desk.get(path, If_None_Match=etag)).status == 200


async def test_pause_open_and_close(clinic: Clinic) -> None:
    path = f"/api/queue/{clinic.doctor_id}"
    paused = (await clinic.desk.post(f"{path}/pause/", {"reason": "lunch", "minutes": 20})).ok()
    assert paused["status"] == "paused"
    assert (await clinic.view(clinic.anyone))["pause"]["reason"] == "lunch"
    await clinic.walk_in()
    (await clinic.desk.post(f"{path}/close/")).ok()
    body = {"doctor_id": clinic.doctor_id, "walk_in": {"name": "Late Example"}}
    (await clinic.desk.post("/api/enqueue/", body)).problem(409, "queue_closed")
    opened = (await clinic.desk.post(f"{path}/open/")).ok()
    assert opened["seq"] == (await clinic.view())["seq"]
    await clinic.walk_in()


async def test_undo_takes_a_call_back(clinic: Clinic) -> None:
    ticket = await clinic.walk_in()
    seq = (await clinic.next()).ok()["seq"]
    undone = (await clinic.desk.post(f"/api/queue/{clinic.doctor_id}/undo/", {"seq": seq})).ok()
    assert undone["undone"] == "call_next"
    assert [(t["id"], t["state"]) for t in undone["tickets"]] == [(ticket["id"], "waiting")]
    (await clinic.desk.post(f"/api/queue/{clinic.doctor_id}/undo/")).problem(409, "cannot_undo")


async def test_a_team_serves_one_list_in_several_rooms(clinic: Clinic) -> None:
    team = await clinic.second_doctor(name="Blood tests", kind="team", room="Room 6", rooms=["Room 6", "Room 7"])
    first, second = await clinic.walk_in(doctor_id=team), await clinic.walk_in(doctor_id=team)
    (await clinic.desk.post("/api/notify-next/", {"doctor_id": team})).problem(422, "invalid")
    for room, ticket in (("Room 7", first), ("Room 6", second)):
        called = (await clinic.desk.post("/api/notify-next/", {"doctor_id": team, "room": room})).ok()["called"]
        assert (called["id"], called["room"]) == (ticket["id"], room)


async def test_everybody_can_be_moved_or_cancelled(clinic: Clinic) -> None:
    silva = await clinic.second_doctor()
    tickets = [await clinic.walk_in() for _ in range(3)]
    path = f"/api/queue/{clinic.doctor_id}"
    moved = (await clinic.desk.post(f"{path}/transfer-all/", {"doctor_id": silva})).ok()
    assert (moved["count"], moved["refused"]) == (3, [])
    there = (await clinic.desk.get(f"/api/queue/{silva}/")).ok()["waiting"]
    assert [ticket["code"] for ticket in there] == [ticket["code"] for ticket in tickets]
    assert (await clinic.desk.post(f"/api/queue/{silva}/cancel-all/", {"reason": "fire alarm"})).ok()["count"] == 3
    assert (await clinic.desk.get(f"/api/queue/{silva}/")).ok()["waiting"] == []


async def test_64_joins_at_once_share_a_few_writes(clinic: Clinic) -> None:
    storage = clinic.server.services.storage
    await clinic.walk_in()
    before = await storage.revs("queue_days", [f"{clinic.doctor_id}:{clinic.server.services.queues.today()}"])
    tickets = await asyncio.gather(*(clinic.walk_in(f"Guest {n}") for n in range(64)))
    after = await storage.revs("queue_days", list(before))
    assert len({ticket["code"] for ticket in tickets}) == 64
    commits = sum(after.values()) - sum(before.values())
    assert commits <= 4, "writes of the queue's day"


async def test_a_ticket_of_yesterday_is_not_called_today(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock)
    clinic = await make_clinic(server, await Api(server.url).sign_in("admin", "admin-password"))
    ticket = await clinic.walk_in()
    clock.turn(hours=16)
    desk = await clinic.admin.with_token(None).sign_in("desk", PASSWORD)
    (await clinic.on(ticket, "call", by=desk)).problem(409, "day_over")
    assert (await desk.get(f"/api/tickets/{ticket['id']}/")).ok()["state"] == "left"


async def test_a_doctor_whose_room_changes_mid_visit_still_sees_one_patient_at_a_time(clinic: Clinic) -> None:
    first, second = await clinic.walk_in("Ada Example"), await clinic.walk_in("Bo Example")
    await clinic.next()
    (await clinic.on(first, "start")).ok()
    (await clinic.admin.patch(f"/api/doctors/{clinic.doctor_id}/", {"room": "3b"})).ok()
    assert [ticket["room"] for ticket in (await clinic.view())["current"]] == ["3b"]
    answer = (await clinic.next(current=first["id"])).ok()
    assert (answer["finished"]["id"], answer["called"]["id"]) == (first["id"], second["id"])
