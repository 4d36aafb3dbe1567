"""`/ws/queue/<doctor_id>/`: whole snapshots, public until a staff token says otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from server.clock import iso
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import StartServer, WsConnect
from tests.live.clients import Clinic, open_clinic


@pytest.mark.gen_test
async def test_the_first_message_is_a_whole_public_snapshot(clinic: Clinic) -> None:
    await clinic.walk_in(clinic.rao, "Ada Okoye")
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    message = await socket.hear()
    assert message["type"] == "queue"
    assert message["doctor_id"] == clinic.rao
    assert (message["seq"], message["at"]) == (message["data"]["seq"], message["data"]["at"])
    assert message["data"] == (await clinic.desk.with_token(None).get(f"/api/queue/{clinic.rao}/")).ok()
    assert [ticket["code"] for ticket in message["data"]["waiting"]] == ["A001"]
    assert "Ada" not in json.dumps(message)
    assert "id" not in message["data"]["waiting"][0]


@pytest.mark.gen_test
async def test_a_change_is_pushed_with_the_seq_of_its_answer(clinic: Clinic) -> None:
    await clinic.walk_in(clinic.rao)
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    called = await clinic.call_next(clinic.rao)
    message = await socket.hear_until(lambda heard: heard["seq"] == called["seq"])
    assert [ticket["code"] for ticket in message["data"]["called"]] == ["A001"]
    assert [call["code"] for call in message["data"]["calls"]] == ["A001"]


@pytest.mark.gen_test
async def test_another_queue_s_changes_are_not_heard(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    await clinic.walk_in(clinic.silva)
    joined = await clinic.walk_in(clinic.rao)
    assert (await socket.hear())["seq"] == joined["seq"]


@pytest.mark.gen_test
async def test_the_path_works_without_its_trailing_slash(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}")
    assert (await socket.hear())["type"] == "queue"


@pytest.mark.gen_test
async def test_an_unknown_doctor_closes_with_4404(clinic: Clinic) -> None:
    socket = await clinic.listen("/ws/queue/nobody-with-this-id/")
    assert (await socket.hear())["code"] == "not_found"
    assert await socket.closed() == 4404


@pytest.mark.gen_test
async def test_a_doctor_who_leaves_closes_the_queue_s_sockets(clinic: Clinic, admin: Api) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.silva}/")
    await socket.hear()
    (await admin.delete(f"/api/doctors/{clinic.silva}/")).ok()
    assert await socket.closed() == 4404


@pytest.mark.gen_test
async def test_a_staff_token_brings_the_full_view_and_only_that(clinic: Clinic) -> None:
    await clinic.walk_in(clinic.rao, "Ada Okoye")
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    await socket.authenticate(clinic.desk.token)
    message = await socket.hear()
    assert message["data"]["waiting"][0]["patient"]["name"] == "Ada Okoye"
    called = await clinic.call_next(clinic.rao)
    full = await socket.hear()
    assert full["seq"] == called["seq"]
    assert full["data"]["called"][0]["patient"]["name"] == "Ada Okoye"


@pytest.mark.gen_test
async def test_a_patient_s_token_leaves_the_socket_public(clinic: Clinic) -> None:
    await clinic.walk_in(clinic.rao, "Ada Okoye")
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.authenticate(clinic.patient.token)
    await clinic.call_next(clinic.rao)
    heard = await socket.hear_until(lambda message: bool(message["data"]["called"]))
    assert "Ada" not in json.dumps(heard)


@pytest.mark.gen_test
async def test_a_bad_token_closes_with_4401(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.authenticate("not.a.token")
    assert await socket.closed() == 4401


@pytest.mark.gen_test
async def test_an_expired_token_and_one_that_expires_close_with_4401(
    start_server: StartServer, ws_connect: WsConnect
) -> None:
    clock = TurnedClock()
    server = await start_server(clock=clock)
    clinic = await open_clinic(server, ws_connect, await Api(server.url).sign_in("admin", "admin-password"))
    expiring = server.services.tokens.verify(clinic.desk.token or "").expires_at
    assert expiring is not None
    clock.turn(seconds=(expiring - clock.now()).total_seconds() - 0.05)
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.authenticate(clinic.desk.token)
    assert await socket.closed() == 4401
    clock.turn(seconds=1)
    late = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await late.authenticate(clinic.desk.token)
    refusal = await late.hear_until(lambda message: message["type"] == "error")
    assert refusal["code"] == "token_expired"
    assert await late.closed() == 4401


@pytest.mark.gen_test
async def test_heartbeats_carry_the_seq_last_sent_and_the_server_s_time(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    snapshot = await socket.hear()
    clinic.server.services.hub.beat()
    beat = await socket.hear()
    assert set(beat) == {"type", "seq", "at"}
    assert (beat["type"], beat["seq"]) == ("heartbeat", snapshot["seq"])
    assert snapshot["at"] <= beat["at"] <= iso(clinic.server.services.clock.now())


@pytest.mark.gen_test(timeout=30)
async def test_the_new_service_day_is_pushed_as_it_begins(start_server: StartServer, ws_connect: WsConnect) -> None:
    clock = TurnedClock(datetime(2026, 3, 3, 3, 59, 59, tzinfo=UTC))
    server = await start_server(clock=clock)
    clinic = await open_clinic(server, ws_connect, await Api(server.url).sign_in("admin", "admin-password"))
    await clinic.walk_in(clinic.rao)
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    assert (await socket.hear())["data"]["day"] == "2026-03-02"
    clock.turn(seconds=1)
    new = await socket.hear_until(lambda heard: heard["data"]["day"] == "2026-03-03")
    assert new["data"]["waiting"] == []
