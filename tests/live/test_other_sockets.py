"""The console's and a ticket's sockets."""

from __future__ import annotations

import pytest

from tests.api import Api
from tests.live.clients import Clinic


@pytest.mark.gen_test
async def test_the_console_gets_one_message_per_doctor_it_subscribes_to(clinic: Clinic) -> None:
    socket = await clinic.listen("/ws/console/")
    await socket.authenticate(clinic.desk.token)
    await socket.say({"type": "subscribe", "doctors": [clinic.rao, clinic.silva]})
    assert {(await socket.hear())["doctor_id"] for _ in range(2)} == {clinic.rao, clinic.silva}
    joined = await clinic.walk_in(clinic.silva, "Ada Okoye")
    message = await socket.hear()
    assert (message["doctor_id"], message["seq"]) == (clinic.silva, joined["seq"])
    assert message["data"]["waiting"][0]["patient"]["name"] == "Ada Okoye"


@pytest.mark.gen_test
async def test_a_new_subscription_takes_the_place_of_the_old_one(clinic: Clinic) -> None:
    socket = await clinic.listen("/ws/console/")
    await socket.authenticate(clinic.desk.token)
    await socket.say({"type": "subscribe", "doctors": [clinic.rao]})
    await socket.hear()
    await socket.say({"type": "subscribe", "doctors": [clinic.silva]})
    assert (await socket.hear())["doctor_id"] == clinic.silva
    await clinic.walk_in(clinic.rao)
    joined = await clinic.walk_in(clinic.silva)
    assert (await socket.hear())["seq"] == joined["seq"]


@pytest.mark.gen_test
async def test_a_doctor_who_is_not_there_is_told_and_the_others_are_shown(clinic: Clinic) -> None:
    socket = await clinic.listen("/ws/console/")
    await socket.authenticate(clinic.desk.token)
    await socket.say({"type": "subscribe", "doctors": ["nobody-with-this-id", clinic.rao]})
    assert {(await socket.hear())["type"] for _ in range(2)} == {"error", "queue"}


@pytest.mark.gen_test
async def test_a_doctor_may_see_every_queue(clinic: Clinic, admin: Api) -> None:
    user = {"username": "silva", "password": "a long enough password", "role": "doctor", "doctor_id": clinic.silva}
    (await admin.post("/api/users/", user)).ok(201)
    doctor = await admin.sign_in("silva", "a long enough password")
    socket = await clinic.listen("/ws/console/")
    await socket.authenticate(doctor.token)
    await socket.say({"type": "subscribe", "doctors": [clinic.rao]})
    assert (await socket.hear())["doctor_id"] == clinic.rao


@pytest.mark.gen_test
async def test_the_console_is_for_staff_who_have_signed_in(clinic: Clinic) -> None:
    patient = await clinic.listen("/ws/console/")
    await patient.authenticate(clinic.patient.token)
    assert await patient.closed() == 4403
    nobody = await clinic.listen("/ws/console/")
    await nobody.say({"type": "subscribe", "doctors": [clinic.rao]})
    assert await nobody.closed() == 4401


@pytest.mark.gen_test
async def test_a_ticket_s_page_follows_its_ticket(clinic: Clinic) -> None:
    ticket = await clinic.walk_in(clinic.rao)
    socket = await clinic.listen(f"/ws/ticket/{ticket['id']}/")
    first = await socket.hear()
    assert (first["type"], first["data"]["code"], first["data"]["position"]) == ("ticket", "A001", 1)
    assert "patient" not in first["data"]
    called = await clinic.call_next(clinic.rao)
    heard = await socket.hear_until(lambda message: message["seq"] == called["seq"])
    assert heard["data"]["state"] == "called"


@pytest.mark.gen_test
async def test_a_ticket_s_page_goes_with_it_to_another_doctor(clinic: Clinic) -> None:
    ticket = await clinic.walk_in(clinic.rao)
    socket = await clinic.listen(f"/ws/ticket/{ticket['id']}/")
    await socket.hear()
    (await clinic.desk.post(f"/api/tickets/{ticket['id']}/transfer/", {"doctor_id": clinic.silva})).ok()
    moved = await socket.hear_until(lambda message: message["data"]["doctor_id"] == clinic.silva)
    assert moved["data"]["state"] == "waiting"
    assert moved["data"]["code"] == "A001"
    opened_later = await clinic.listen(f"/ws/ticket/{ticket['id']}/")
    assert (await opened_later.hear())["data"]["moved_to"] == moved["data"]["id"]
    assert (await opened_later.hear())["data"]["id"] == moved["data"]["id"]


@pytest.mark.gen_test
async def test_once_a_ticket_has_moved_its_page_hears_of_the_new_one_only(clinic: Clinic) -> None:
    ticket = await clinic.walk_in(clinic.rao)
    socket = await clinic.listen(f"/ws/ticket/{ticket['id']}/")
    (await clinic.desk.post(f"/api/tickets/{ticket['id']}/transfer/", {"doctor_id": clinic.silva})).ok()
    moved = await socket.hear_until(lambda message: message["data"]["doctor_id"] == clinic.silva)
    await clinic.walk_in(clinic.rao, "Bo Lind")
    await clinic.call_next(clinic.silva)
    heard = await socket.hear()
    assert (heard["data"]["id"], heard["data"]["state"]) == (moved["data"]["id"], "called")


@pytest.mark.gen_test
async def test_an_unknown_ticket_closes_with_4404(clinic: Clinic) -> None:
    socket = await clinic.listen("/ws/ticket/no-ticket-has-this-id/")
    assert await socket.closed() == 4404
