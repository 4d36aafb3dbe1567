"""Appointments over HTTP: one booking per time, moving, cancelling, checking in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.clock import iso
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import StartServer
from tests.http.people import Practice, fields, open_practice


async def book(who: Api, doctor: dict[str, Any], start: str, **given: Any) -> dict[str, Any]:
    body = {"doctor_id": doctor["id"], "start": start, **given}
    made: dict[str, Any] = (await who.post("/api/appointments/", body)).ok(201)
    return made


@pytest.mark.gen_test
async def test_a_patient_books_a_free_time(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(robin, doctor, start)
    assert (booked["state"], booked["start"], booked["doctor"]) == ("booked", start, "Dr Rao")
    assert booked["patient_id"] == robin.user["patient_id"]
    assert "patient" not in booked
    assert start not in await practice.slots(doctor["id"])
    assert (await robin.get(f"/api/appointments/{booked['id']}/")).ok() == booked
    assert (await robin.get("/api/appointments/")).ok()["items"] == [booked]
    (shown,) = (await practice.desk.get("/api/appointments/", {"date": "2026-03-02"})).ok()["items"]
    assert shown["patient"] == {
        "id": robin.user["patient_id"],
        "name": "Robin Example",
        "phone_masked": "•••• 0199",
    }


@pytest.mark.gen_test
async def test_of_many_who_want_one_time_at_once_one_gets_it(practice: Practice) -> None:
    doctor = await practice.doctor()
    patients = [await practice.patient(name=f"Robin {number}") for number in range(12)]
    start = (await practice.slots(doctor["id"]))[3]
    replies = await asyncio.gather(
        *(
            practice.desk.post(
                "/api/appointments/", {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": start}
            )
            for patient in patients
        )
    )
    assert sorted(reply.status for reply in replies) == [201, *[409] * 11]
    assert {reply.code for reply in replies if reply.status == 409} == {"slot_taken"}
    assert len((await practice.desk.get("/api/appointments/", {"doctor_id": doctor["id"]})).ok()["items"]) == 1


@pytest.mark.gen_test
async def test_a_start_has_to_be_a_free_time_ahead(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    for start in (
        "2026-03-02T12:00:00Z",
        "2026-03-02T11:45:00Z",
        "2026-03-02T13:07:00Z",
        "2026-03-02T13:15:01Z",
        "2026-06-01T12:00:00Z",
        "2026-03-02T13:15:00",
        "soon",
        "0001-01-01T00:00:00Z",
        1772456400,
    ):
        reply = await robin.post("/api/appointments/", {"doctor_id": doctor["id"], "start": start})
        assert fields(reply) == ["start"], start
    await book(robin, doctor, "2026-03-02T14:15:00+01:00")
    unknown = {"doctor_id": "nobody-there-at-all", "start": "2026-03-03T12:00:00Z"}
    (await robin.post("/api/appointments/", unknown)).problem(404, "not_found")


@pytest.mark.gen_test
async def test_patients_book_for_themselves_and_staff_name_somebody(practice: Practice) -> None:
    doctor, robin, other = await practice.doctor(), await practice.registered("robin"), await practice.patient()
    start = (await practice.slots(doctor["id"]))[0]
    body = {"doctor_id": doctor["id"], "start": start}
    (await robin.post("/api/appointments/", {**body, "patient_id": other["id"]})).problem(403, "forbidden")
    assert fields(await practice.desk.post("/api/appointments/", body)) == ["patient_id"]
    unknown = {**body, "patient_id": "nobody-there-at-all"}
    (await practice.desk.post("/api/appointments/", unknown)).problem(404, "not_found")
    (await practice.anyone.post("/api/appointments/", body)).problem(401, "not_signed_in")
    await book(robin, doctor, start, patient_id=robin.user["patient_id"])


@pytest.mark.gen_test
async def test_the_same_key_books_once(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    first, second = (await practice.slots(doctor["id"]))[:2]
    body = {"doctor_id": doctor["id"], "start": first}
    replies = await asyncio.gather(*(robin.post("/api/appointments/", body, key="k") for _ in range(4)))
    made = {reply.ok(201)["id"] for reply in replies}
    assert len(made) == 1
    practice.forget_answers()
    again = await robin.post("/api/appointments/", body, key="k")
    assert again.ok(201)["id"] in made
    assert again.headers["Idempotency-Replayed"] == "true"
    practice.forget_answers()
    (await robin.post("/api/appointments/", {**body, "start": second}, key="k")).problem(422, "idempotency_key_reused")


@pytest.mark.gen_test
async def test_cancelling_frees_the_time_at_once(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(robin, doctor, start)
    path = f"/api/appointments/{booked['id']}/"
    assert (await robin.post(path + "cancel/")).ok(200)["state"] == "cancelled"
    assert start in await practice.slots(doctor["id"])
    await book(practice.desk, doctor, start, patient_id=(await practice.patient())["id"])
    problem = (await robin.post(path + "cancel/")).problem(409, "wrong_state")
    assert (problem["state"], problem["by"]) == ("cancelled", "the patient")
    for command, body in (("reschedule/", {"start": "2026-03-03T12:00:00Z"}), ("check-in/", {})):
        (await robin.post(path + command, body)).problem(409, "wrong_state")


@pytest.mark.gen_test
async def test_moving_frees_the_old_time_and_keeps_it_if_the_new_one_is_taken(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    first, second, third = (await practice.slots(doctor["id"]))[:3]
    booked = await book(robin, doctor, first)
    await book(practice.desk, doctor, second, patient_id=(await practice.patient())["id"])
    path = f"/api/appointments/{booked['id']}/reschedule/"
    (await robin.post(path, {"start": second})).problem(409, "slot_taken")
    assert fields(await robin.post(path, {"start": "2026-03-02T12:01:00Z"})) == ["start"]
    moved = (await robin.post(path, {"start": third})).ok(200)
    assert (moved["id"], moved["start"], moved["state"]) == (booked["id"], third, "booked")
    free = await practice.slots(doctor["id"])
    assert first in free
    assert third not in free
    assert (await robin.post(path, {"start": third})).ok()["start"] == third
    other = await practice.doctor(name="Dr Silva")
    assert (await practice.desk.post(path, {"start": third, "doctor_id": other["id"]})).ok()["doctor"] == "Dr Silva"
    assert third in await practice.slots(doctor["id"])


@pytest.mark.gen_test
async def test_whoever_moves_what_was_moved_meanwhile_is_told_by_whom(practice: Practice) -> None:
    doctor, other = await practice.doctor(), await practice.doctor(name="Dr Silva")
    robin = await practice.registered("robin")
    first, second, third = (await practice.slots(doctor["id"]))[:3]
    booked = await book(robin, doctor, first)
    path = f"/api/appointments/{booked['id']}/reschedule/"
    seen = {"start": first, "doctor_id": doctor["id"]}
    (await robin.post(path, {"start": second, "from": seen})).ok()
    (await robin.post(path, {"start": second, "from": seen})).ok()  # there already: nothing is lost
    problem = (await practice.desk.post(path, {"start": third, "from": seen})).problem(409, "wrong_state")
    assert (problem["state"], problem["by"], problem["limit"]) == ("booked", "the patient", "moved_meanwhile")
    assert problem["detail"].startswith("the patient moved this appointment meanwhile, at ")
    assert problem["at"] == iso(practice.clock.now())
    elsewhere = {"start": second, "doctor_id": other["id"]}
    (await practice.desk.post(path, {"start": third, "from": elsewhere})).problem(409, "wrong_state")
    assert fields(await practice.desk.post(path, {"start": third, "from": {"start": second}})) == ["from.doctor_id"]
    now = {"start": second, "doctor_id": doctor["id"]}
    assert (await practice.desk.post(path, {"start": third, "from": now})).ok()["start"] == third


@pytest.mark.gen_test
async def test_two_who_move_one_appointment_at_once(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    slots = await practice.slots(doctor["id"])
    booked = await book(robin, doctor, slots[0])
    path = f"/api/appointments/{booked['id']}/reschedule/"
    seen = {"start": slots[0], "doctor_id": doctor["id"]}
    replies = await asyncio.gather(*(practice.desk.post(path, {"start": start, "from": seen}) for start in slots[1:5]))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]


@pytest.mark.gen_test
async def test_two_who_move_to_one_time_at_once(practice: Practice) -> None:
    doctor = await practice.doctor()
    slots = await practice.slots(doctor["id"])
    booked = [
        await book(practice.desk, doctor, start, patient_id=(await practice.patient())["id"]) for start in slots[:5]
    ]
    replies = await asyncio.gather(
        *(practice.desk.post(f"/api/appointments/{one['id']}/reschedule/", {"start": slots[9]}) for one in booked)
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409, 409]


@pytest.mark.gen_test
async def test_others_appointments_do_not_exist_for_a_patient(practice: Practice) -> None:
    doctor, robin, other = await practice.doctor(), await practice.registered("robin"), await practice.patient()
    booked = await book(practice.desk, doctor, (await practice.slots(doctor["id"]))[0], patient_id=other["id"])
    path = f"/api/appointments/{booked['id']}/"
    (await robin.get(path)).problem(404, "not_found")
    for command, body in (("cancel/", {}), ("check-in/", {}), ("reschedule/", {"start": "2026-03-03T12:00:00Z"})):
        (await robin.post(path + command, body)).problem(404, "not_found")
    (await robin.get("/api/appointments/", {"patient_id": other["id"]})).problem(403, "forbidden")
    own = {"patient_id": robin.user["patient_id"]}
    assert (await robin.get("/api/appointments/", own)).ok() == (await robin.get("/api/appointments/")).ok()


@pytest.mark.gen_test
async def test_checking_in_joins_the_queue_once_at_the_booked_time(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(robin, doctor, start)
    path = f"/api/appointments/{booked['id']}/check-in/"
    replies = await asyncio.gather(*(robin.post(path) for _ in range(3)))
    tickets = {reply.ok(200)["ticket"]["id"] for reply in replies}
    assert len(tickets) == 1
    there = replies[0].json
    assert (there["state"], there["ticket_id"]) == ("checked_in", there["ticket"]["id"])
    assert (there["ticket"]["due_at"], there["ticket"]["source"]) == (start, "appointment")
    assert there["seq"] == there["ticket"]["seq"]
    assert "patient" not in there["ticket"]
    for_staff = (await practice.desk.post(path)).ok(200)
    assert for_staff["ticket"]["patient"]["name"] == "Robin Example"
    (await robin.post(f"/api/appointments/{booked['id']}/cancel/")).problem(409, "wrong_state")
    waiting = (await practice.anyone.get(f"/api/queue/{doctor['id']}/")).ok()["waiting"]
    assert [ticket["code"] for ticket in waiting] == ["A001"]
    ticket_id = there["ticket_id"]
    (await practice.desk.post(f"/api/tickets/{ticket_id}/left/")).ok()
    practice.clock.turn(minutes=5)
    await practice.server.services.queues.sweep()
    again = (await robin.post(path)).ok(200)
    assert (again["ticket"]["state"], again["ticket_id"]) == ("waiting", again["ticket"]["id"])
    assert again["ticket_id"] != ticket_id


@pytest.mark.gen_test
async def test_a_booking_of_another_day_waits_from_its_arrival(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    tomorrow = (await practice.slots(doctor["id"], "2026-03-03"))[-1]
    booked = await book(practice.desk, doctor, tomorrow, patient_id=patient["id"])
    ticket = (await practice.desk.post(f"/api/appointments/{booked['id']}/check-in/")).ok()["ticket"]
    assert (ticket["due_at"], ticket["source"]) == (None, "appointment")
    practice.clock.turn(minutes=5)
    walk_in = {"doctor_id": doctor["id"], "walk_in": {"name": "Bo Example"}}
    (await practice.desk.post("/api/enqueue/", walk_in)).ok(201)
    waiting = (await practice.desk.get(f"/api/queue/{doctor['id']}/")).ok()["waiting"]
    assert waiting[0]["id"] == ticket["id"]
    practice.clock.turn(minutes=56)
    desk = await practice.anyone.sign_in("desk", "desk-password")
    (await desk.post("/api/enqueue/", {**walk_in, "priority": "priority"})).ok(201)
    called = (await desk.post("/api/notify-next/", {"doctor_id": doctor["id"]})).ok()["called"]
    assert called["id"] == ticket["id"], "it has waited longer than an hour"


@pytest.mark.gen_test
async def test_nobody_checks_in_for_the_morning_into_a_queue_that_ends_before(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    start = next(slot for slot in await practice.slots(doctor["id"], "2026-03-03") if "T08:00" in slot)
    booked = await book(practice.desk, doctor, start, patient_id=patient["id"])
    practice.clock.turn(hours=15, minutes=55)
    desk = await practice.anyone.sign_in("desk", "desk-password")
    check_in = f"/api/appointments/{booked['id']}/check-in/"
    assert "opens at 04:00" in (await desk.post(check_in)).problem(409, "queue_closed")["detail"]
    practice.clock.turn(minutes=5)
    ticket = (await desk.post(check_in)).ok()["ticket"]
    assert ticket["due_at"] == start
    assert (await practice.anyone.get(f"/api/queue/{doctor['id']}/")).ok()["day"] == "2026-03-03"


@pytest.mark.gen_test
async def test_a_missed_booking_is_checked_in_again_and_a_seen_one_is_not(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    booked = await book(robin, doctor, (await practice.slots(doctor["id"]))[0])
    check_in = f"/api/appointments/{booked['id']}/check-in/"
    call = {"doctor_id": doctor["id"]}
    missed = (await robin.post(check_in)).ok()["ticket_id"]
    (await practice.desk.post("/api/notify-next/", call)).ok()
    (await practice.desk.post(f"/api/tickets/{missed}/no-show/")).ok()
    anew = (await robin.post(check_in)).ok()["ticket_id"]
    assert anew != missed
    assert (await practice.desk.get(f"/api/tickets/{missed}/")).ok()["state"] == "left"
    (await practice.desk.post("/api/notify-next/", call)).ok()
    (await practice.desk.post(f"/api/tickets/{anew}/finish/")).ok()
    for path, body in (
        (check_in, {}),
        ("/api/enqueue/", {**call, "appointment_id": booked["id"]}),
    ):
        problem = (await robin.post(path, body)).problem(409, "wrong_state")
        assert (problem["state"], problem["by"], problem["at"][:10]) == ("done", "Desk", "2026-03-02")


@pytest.mark.gen_test
async def test_an_appointment_says_what_became_of_its_ticket(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    booked = await book(robin, doctor, (await practice.slots(doctor["id"]))[0])
    assert booked["ticket_state"] is None
    path = f"/api/appointments/{booked['id']}/"
    there = (await robin.post(path + "check-in/")).ok()
    assert there["ticket_state"] == "waiting"
    (await practice.desk.post(f"/api/tickets/{there['ticket_id']}/cancel/")).ok()
    assert (await practice.desk.get(path)).ok()["ticket_state"] == "cancelled"
    practice.clock.turn(minutes=5)
    await practice.server.services.queues.sweep()
    (shown,) = (await practice.desk.get("/api/appointments/", {"date": "2026-03-02"})).ok()["items"]
    assert (shown["state"], shown["ticket_state"]) == ("checked_in", "cancelled")


@pytest.mark.gen_test
async def test_a_check_in_is_taken_back(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient(phone="+12025550148")
    booked = await book(practice.desk, doctor, (await practice.slots(doctor["id"]))[0], patient_id=patient["id"])
    path = f"/api/appointments/{booked['id']}/"
    first = (await practice.desk.post(path + "check-in/")).ok()
    back = await practice.desk.post(path + "undo-check-in/", key="k")
    assert (back.ok()["state"], back.json["ticket_id"], back.json["ticket_state"]) == ("booked", None, None)
    assert back.json["seq"] > first["seq"]
    assert (await practice.anyone.get(f"/api/queue/{doctor['id']}/")).ok()["waiting"] == []
    assert (await practice.desk.get(f"/api/tickets/{first['ticket_id']}/")).ok()["state"] == "cancelled"
    assert "cancelled" not in {text["kind"] for text in await practice.messages(patient_id=patient["id"])}
    (await practice.desk.post(path + "undo-check-in/")).problem(409, "cannot_undo")
    (await practice.desk.post(f"/api/queue/{doctor['id']}/undo/")).problem(409, "cannot_undo")
    again = (await practice.desk.post(path + "check-in/")).ok()
    assert again["ticket_id"] != first["ticket_id"]
    assert (await practice.desk.get(f"/api/queue/{doctor['id']}/")).ok()["arrived"] == 1
    counted = (await practice.admin.get("/api/statistics/")).ok()["total"]
    assert (counted["arrived"], counted["cancelled"]) == (1, 0)
    practice.clock.turn(minutes=3)
    (await practice.desk.post(path + "undo-check-in/")).problem(409, "cannot_undo")


@pytest.mark.gen_test
async def test_a_check_in_is_not_taken_back_once_its_ticket_went_on(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    booked = await book(robin, doctor, (await practice.slots(doctor["id"]))[0])
    path = f"/api/appointments/{booked['id']}/"
    (await practice.desk.post(path + "undo-check-in/")).problem(409, "cannot_undo")
    (await robin.post(path + "check-in/")).ok()
    (await robin.post(path + "undo-check-in/")).problem(403, "forbidden")
    (await practice.desk.post("/api/notify-next/", {"doctor_id": doctor["id"]})).ok()
    refused = (await practice.desk.post(path + "undo-check-in/")).problem(409, "cannot_undo")
    assert "called" in refused["detail"]
    assert (await robin.get(path)).ok()["state"] == "checked_in"


@pytest.mark.gen_test
async def test_a_transferred_booking_waits_in_the_other_queue(practice: Practice) -> None:
    doctor, other = await practice.doctor(), await practice.doctor(name="Dr Silva")
    patient = await practice.patient()
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(practice.desk, doctor, start, patient_id=patient["id"])
    path = f"/api/appointments/{booked['id']}/check-in/"
    ticket_id = (await practice.desk.post(path)).ok()["ticket_id"]
    moved = (await practice.desk.post(f"/api/tickets/{ticket_id}/transfer/", {"doctor_id": other["id"]})).ok()
    problem = (await practice.desk.post(path)).problem(409, "already_queued")
    assert problem["ticket_id"] == moved["moved_to"]


@pytest.mark.gen_test
async def test_a_key_of_checking_in_is_good_for_one_body_also_after_a_restart(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(practice.desk, doctor, start, patient_id=patient["id"])
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"], "appointment_id": booked["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body, key="k")).ok(201)
    practice.forget_answers()
    again = await practice.desk.post("/api/enqueue/", body, key="k")
    assert (again.ok(201)["id"], again.headers["Idempotency-Replayed"]) == (ticket["id"], "true")
    practice.forget_answers()
    other = {**body, "reason": "another one"}
    (await practice.desk.post("/api/enqueue/", other, key="k")).problem(422, "idempotency_key_reused")


@pytest.mark.gen_test
async def test_who_comes_on_another_day_is_checked_in(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    booked = await book(robin, doctor, (await practice.slots(doctor["id"], "2026-03-04"))[40])
    assert (await robin.post(f"/api/appointments/{booked['id']}/check-in/")).ok(200)["state"] == "checked_in"


@pytest.mark.gen_test
async def test_ten_bookings_ahead_are_the_most_without_the_desk(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    slots = await practice.slots(doctor["id"])
    bodies = [{"doctor_id": doctor["id"], "start": start} for start in slots[:13]]
    replies = await asyncio.gather(*(robin.post("/api/appointments/", body) for body in bodies[:12]))
    assert sorted(reply.status for reply in replies) == [201] * 10 + [403, 403]
    for_robin = {**bodies[12], "patient_id": robin.user["patient_id"]}
    (await practice.desk.post("/api/appointments/", for_robin)).ok(201)
    booked = [reply.json["id"] for reply in replies if reply.status == 201]
    free = next(body for body, reply in zip(bodies, replies, strict=False) if reply.status == 403)
    for one in booked[:2]:
        (await robin.post(f"/api/appointments/{one}/cancel/")).ok()
    (await robin.post("/api/appointments/", free)).ok(201)


@pytest.mark.gen_test
async def test_a_refused_join_leaves_the_booking_as_it_was(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    booked = await book(robin, doctor, (await practice.slots(doctor["id"]))[0])
    (await practice.desk.post(f"/api/queue/{doctor['id']}/close/")).ok()
    path = f"/api/appointments/{booked['id']}/"
    (await robin.post(path + "check-in/")).problem(409, "queue_closed")
    assert (await robin.get(path)).ok()["state"] == "booked"
    (await practice.desk.post(f"/api/queue/{doctor['id']}/open/")).ok()
    (await robin.post(path + "check-in/")).ok(200)


@pytest.mark.gen_test
async def test_joining_with_the_appointment_is_checking_in(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.registered("robin")
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(robin, doctor, start)
    other = await practice.patient()
    body = {"doctor_id": doctor["id"], "appointment_id": booked["id"]}
    (await practice.desk.post("/api/enqueue/", {**body, "patient_id": other["id"]})).problem(404, "not_found")
    ticket = (await practice.desk.post("/api/enqueue/", {**body, "patient_id": robin.user["patient_id"]})).ok(201)
    assert ticket["due_at"] == start
    shown = (await robin.get(f"/api/appointments/{booked['id']}/")).ok()
    assert (shown["state"], shown["ticket_id"]) == ("checked_in", ticket["id"])


@pytest.mark.gen_test
async def test_texts_tell_of_booking_and_of_the_desks_cancelling(practice: Practice) -> None:
    doctor, robin = await practice.doctor(), await practice.patient(phone="+12025550147")
    start = (await practice.slots(doctor["id"]))[0]
    booked = await book(practice.desk, doctor, start, patient_id=robin["id"])
    (text,) = await practice.messages(patient_id=robin["id"])
    assert (text["kind"], text["state"]) == ("booked", "simulated")
    assert text["body"] == "Your appointment is booked for 2026-03-02 12:15."
    (await practice.desk.post(f"/api/appointments/{booked['id']}/cancel/")).ok()
    assert {text["kind"] for text in await practice.messages(patient_id=robin["id"])} == {"booked", "cancelled"}
    unconfirmed = await practice.registered("unconfirmed")
    await book(unconfirmed, doctor, start)
    texts = await practice.messages(patient_id=unconfirmed.user["patient_id"])
    assert {text["kind"]: text["state"] for text in texts} == {"booked": "suppressed", "code": "simulated"}


@pytest.mark.gen_test
async def test_lists_are_filtered_and_come_in_pages(practice: Practice) -> None:
    doctor, other = await practice.doctor(), await practice.doctor(name="Dr Silva")
    patient = await practice.patient()
    today, tomorrow = await practice.slots(doctor["id"]), await practice.slots(doctor["id"], "2026-03-03")
    made = [
        await book(practice.desk, whom, start, patient_id=patient["id"])
        for whom, start in ((doctor, today[5]), (other, today[2]), (doctor, tomorrow[0]), (doctor, today[1]))
    ]
    (await practice.desk.post(f"/api/appointments/{made[3]['id']}/cancel/")).ok()

    async def listed(**query: str | int) -> list[int]:
        found: list[dict[str, Any]] = []
        while True:
            page = (await practice.desk.get("/api/appointments/", query)).ok()
            found += page["items"]
            if page["next_cursor"] is None:
                return [next(n for n, one in enumerate(made) if one["id"] == item["id"]) for item in found]
            query["cursor"] = page["next_cursor"]

    assert await listed() == [2, 0, 1, 3]
    assert await listed(limit=1) == [2, 0, 1, 3]
    assert await listed(date="2026-03-02", limit=2) == [3, 1, 0]
    assert await listed(date="2026-03-02", doctor_id=doctor["id"]) == [3, 0]
    assert await listed(patient_id=patient["id"], doctor_id=other["id"]) == [1]
    assert await listed(state="cancelled") == [3]
    assert await listed(date="2026-03-04") == []
    assert fields(await practice.desk.get("/api/appointments/", {"state": "lost"})) == ["state"]


@pytest.mark.gen_test
async def test_dates_are_the_clinics_own(start_server: StartServer, clock: TurnedClock) -> None:
    practice = await open_practice(start_server, clock, clinic_timezone="Pacific/Auckland")
    doctor, patient = await practice.doctor(), await practice.patient()
    slots = await practice.slots(doctor["id"], "2026-03-03")
    assert slots[0] == "2026-03-02T12:15:00+00:00"
    assert slots[-1] == "2026-03-03T10:45:00+00:00"
    booked = await book(practice.desk, doctor, slots[-1], patient_id=patient["id"])
    for date, there in (("2026-03-03", [booked["id"]]), ("2026-03-04", [])):
        items = (await practice.desk.get("/api/appointments/", {"date": date})).ok()["items"]
        assert [item["id"] for item in items] == there
    practice.anyone.close()
