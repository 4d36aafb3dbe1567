"""Joining on site only: the code on the board of the waiting room lets patients in, by booking or without."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.app import Server
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import Call, StartServer
from tests.live.clients import Clinic, Connect, open_clinic
from tests.live.test_displays import add, switched_on

SELF_JOIN = "self_join"


async def opened(start: StartServer, call: Call, connect: Connect, **settings: Any) -> tuple[Clinic, Api]:
    server: Server = await start(**settings)
    admin = await call(server).sign_in("admin", "admin-password")
    return await open_clinic(server, connect, admin), admin


async def booked(clinic: Clinic) -> str:
    """A booking of the patient's own; which day does not matter."""
    day = 1
    while True:
        path = f"/api/doctors/{clinic.rao}/slots/"
        slots = (await clinic.patient.get(path, {"date": f"2026-03-{day:02}"})).json.get("items")
        if slots:
            break
        day += 1
    patient_id = (await clinic.patient.get("/api/me/")).ok()["patient_id"]
    body = {"patient_id": patient_id, "doctor_id": clinic.rao, "start": slots[0]["start"]}
    made: str = (await clinic.patient.post("/api/appointments/", body)).ok(201)["id"]
    return made


@pytest.mark.gen_test
async def test_the_board_s_code_lets_patients_in_and_changes(
    clock: TurnedClock, start_server: StartServer, call: Call, ws_connect: Connect
) -> None:
    clinic, admin = await opened(start_server, call, ws_connect, clock=clock)
    socket = await switched_on(clinic, await add(admin, clinic.rao))
    join = (await socket.hear())["data"]["join"]
    assert re.fullmatch(r"\d{6}", join["code"]) and join["url"].endswith(f"/?join={join['code']}")
    picture = await admin.with_token(None).get(f"/kiosk/join/{join['code']}.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert (await admin.with_token(None).get("/kiosk/join/000000x.svg")).status == 404

    body = {"doctor_id": clinic.rao}
    (await clinic.patient.post("/api/enqueue/", body)).problem(403, "forbidden")
    ticket = (await clinic.patient.post("/api/enqueue/", {**body, "join_code": join["code"]})).ok(201)
    assert ticket["state"] == "waiting"
    clock.turn(minutes=5)
    await clinic.server.services.displays.refresh()
    later = await socket.hear_until(lambda board: board["data"]["join"]["code"] != join["code"])
    assert later["data"]["join"]["code"]


@pytest.mark.gen_test
@pytest.mark.parametrize("rule", ["on_site", "off"])
async def test_a_booking_is_no_way_round_the_rule(
    rule: str, clock: TurnedClock, start_server: StartServer, call: Call, ws_connect: Connect
) -> None:
    clinic, _ = await opened(start_server, call, ws_connect, clock=clock, **{SELF_JOIN: rule})
    id = await booked(clinic)
    (await clinic.patient.post(f"/api/appointments/{id}/check-in/", {})).problem(403, "forbidden")
    body = {"doctor_id": clinic.rao, "appointment_id": id}
    (await clinic.patient.post("/api/enqueue/", body)).problem(403, "forbidden")
    if rule == "on_site":
        code = clinic.server.services.join_codes.at(clock.now())
        (await clinic.patient.post(f"/api/appointments/{id}/check-in/", {"join_code": code})).ok()
    else:
        (await clinic.desk.post(f"/api/appointments/{id}/check-in/", {})).ok()
