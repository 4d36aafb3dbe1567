"""A new screen shows a code, staff type it in, and the screen becomes a display with its board."""

from __future__ import annotations

from typing import Any

import pytest

from server.app import Server
from server.displays.pairing import ALPHABET
from tests.api import Api
from tests.conftest import Call, StartServer
from tests.live.clients import Clinic, Connect, Listener, open_clinic
from tests.live.test_display_health import REPORT

NAMED = {"name": "Hall", "languages": ["fr", "ar"], "volume": 20}


async def new_screen(clinic: Clinic) -> tuple[dict[str, Any], Listener]:
    """What a screen does that was just plugged in."""
    offer = (await clinic.desk.with_token(None).post("/api/displays/pairing/", {})).ok(201)
    socket = await clinic.listen(f"/ws/display/{offer['display_id']}/")
    await socket.authenticate(offer["token"])
    return offer, socket


async def pair(caller: Api, code: str, *doctor_ids: str) -> Any:
    return await caller.post("/api/displays/pair/", {"code": code, "doctor_ids": list(doctor_ids), **NAMED})


@pytest.mark.gen_test
async def test_a_screen_waits_with_its_code_and_shows_its_board_once_paired(clinic: Clinic, admin: Api) -> None:
    offer, socket = await new_screen(clinic)
    assert len(offer["code"]) == 6 and set(offer["code"]) <= set(ALPHABET)
    waiting = await socket.hear()
    assert (waiting["type"], waiting["seq"], waiting["seqs"]) == ("board", 0, {})
    assert waiting["data"]["display"] == {"id": offer["display_id"], "paired": False, "code": offer["code"]}
    typed = f" {offer['code'][:3].lower()}-{offer['code'][3:]} "
    display = (await pair(clinic.desk, typed, clinic.rao)).ok(201)
    assert (display["id"], display["name"], display["languages"]) == (offer["display_id"], "Hall", ["fr", "ar"])
    board = await socket.hear()
    assert board["data"]["display"]["paired"] is True
    assert list(board["seqs"]) == [clinic.rao]
    joined = await clinic.walk_in(clinic.rao)
    await socket.hear_until(lambda message: message["seqs"][clinic.rao] == joined["seq"])
    again = await clinic.listen(f"/ws/display/{display['id']}/")
    await again.authenticate(offer["token"])
    assert (await again.hear())["data"]["display"]["volume"] == 20
    assert [item["id"] for item in (await admin.get("/api/displays/")).ok()["items"]] == [display["id"]]


@pytest.mark.gen_test
async def test_a_code_that_no_screen_shows_is_refused_by_name(clinic: Clinic) -> None:
    offer, _ = await new_screen(clinic)
    for wrong in ("AAAAAA", "short", "0O1IL!", offer["code"][:-1]):
        problem = (await pair(clinic.desk, wrong, clinic.rao)).problem(422, "invalid")
        assert [error["field"] for error in problem["errors"]] == ["code"]
    (await pair(clinic.desk, offer["code"], "nobody")).problem(422, "invalid")
    (await pair(clinic.desk, offer["code"], clinic.rao)).ok(201)
    (await pair(clinic.desk, offer["code"], clinic.rao)).problem(422, "invalid")


@pytest.mark.gen_test
async def test_a_code_runs_out_and_its_screen_is_sent_for_another(
    clock: Any, start_server: StartServer, call: Call, ws_connect: Connect
) -> None:
    server: Server = await start_server(clock=clock)
    admin = await call(server).sign_in("admin", "admin-password")
    clinic = await open_clinic(server, ws_connect, admin)
    offer, socket = await new_screen(clinic)
    await socket.hear()
    await socket.say(REPORT)
    while await server.services.storage.get("display_health", offer["display_id"]) is None:
        pass
    clock.turn(minutes=16)
    admin = await call(server).sign_in("admin", "admin-password")
    (await pair(admin, offer["code"], clinic.rao)).problem(422, "invalid")
    await server.services.displays.refresh()
    assert await socket.closed() == 4404
    assert await server.services.storage.get("pairings", offer["code"]) is None
    assert await server.services.storage.get("display_health", offer["display_id"]) is None


@pytest.mark.gen_test
async def test_only_the_screen_s_own_token_sees_its_code(clinic: Clinic) -> None:
    offer, _ = await new_screen(clinic)
    socket = await clinic.listen(f"/ws/display/{offer['display_id']}/")
    await socket.authenticate("guess")
    assert await socket.closed() == 4401


@pytest.mark.gen_test
async def test_who_may_pair_and_that_a_repeated_request_pairs_once(clinic: Clinic) -> None:
    offer, _ = await new_screen(clinic)
    body = {"code": offer["code"], "doctor_ids": [clinic.rao], "name": "Hall"}
    (await clinic.patient.post("/api/displays/pair/", body)).problem(403, "forbidden")
    first = (await clinic.desk.post("/api/displays/pair/", body, key="once")).ok(201)
    assert (await clinic.desk.post("/api/displays/pair/", body, key="once")).ok(201) == first


@pytest.mark.gen_test
async def test_too_many_screens_at_once_wait(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.displays.service.MOST_UNPAIRED", 2)
    for _ in range(2):
        await new_screen(clinic)
    reply = await clinic.desk.with_token(None).post("/api/displays/pairing/", {})
    reply.problem(429, "slow_down")


@pytest.mark.gen_test
async def test_the_code_s_picture_leads_to_the_console(clinic: Clinic) -> None:
    offer, _ = await new_screen(clinic)
    picture = await clinic.desk.with_token(None).get(f"/kiosk/qr/{offer['code']}.svg")
    assert picture.status == 200
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert (await clinic.desk.with_token(None).get("/kiosk/qr/nonsense.svg")).status == 404
