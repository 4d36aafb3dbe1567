"""The demo clinic: no page is empty, the printed logins work, and a restart finds what is there."""

from __future__ import annotations

from typing import Any

import pytest

from server.app import Server
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import StartServer

DEMO: dict[str, Any] = {"demo": True, "admin_username": None, "admin_password": None}


async def counts(server: Server) -> dict[str, int]:
    """How much of everything there is, as an administrator sees it."""
    anyone = Api(server.url)
    admin = await anyone.sign_in("admin", "demo-clinic-1")
    paths = ("doctors", "patients", "appointments", "users")
    found = {path: len((await admin.get(f"/api/{path}/", {"limit": 200})).ok()["items"]) for path in paths}
    doctors = (await admin.get("/api/doctors/")).ok()["items"]
    found["waiting"] = sum(doctor["waiting"] for doctor in doctors)
    anyone.close()
    return found


@pytest.mark.gen_test
async def test_something_is_going_on(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock, **DEMO)
    anyone = Api(server.url)
    roles = []
    for login in server.first_accounts.demo:
        caller = await anyone.sign_in(login.username, login.password)
        roles.append(caller.user["role"])
    assert sorted(roles) == ["admin", "doctor", "patient", "receptionist"]
    doctors = (await anyone.get("/api/doctors/")).ok()["items"]
    assert [doctor["letter"] for doctor in doctors] == ["A", "B", "C"]
    assert [doctor["kind"] for doctor in doctors] == ["doctor", "doctor", "team"]
    views = [(await anyone.get(f"/api/queue/{doctor['id']}/")).ok() for doctor in doctors]
    assert all(view["waiting"] for view in views)
    assert any(view["current"] for view in views)
    assert any(view["called"] for view in views)
    desk = await anyone.sign_in("reception", "demo-clinic-1")
    today = (await desk.get("/api/appointments/", {"date": "2026-03-02"})).ok()["items"]
    assert len(today) == 5
    mine = await anyone.sign_in("patient", "demo-clinic-1")
    assert len((await mine.get("/api/appointments/")).ok()["items"]) == 1
    anyone.close()


@pytest.mark.gen_test
async def test_a_restart_finds_it_and_the_next_day_has_its_own(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock, **DEMO)
    first, logins = await counts(server), server.first_accounts.demo
    await server.stop()
    server = await start_server(clock=clock, **DEMO)
    assert await counts(server) == first
    assert server.first_accounts.demo == logins
    await server.stop()
    clock.turn(days=1)
    server = await start_server(clock=clock, **DEMO)
    assert await counts(server) == {**first, "appointments": 2 * first["appointments"]}
    await server.stop()


@pytest.mark.gen_test
async def test_what_an_administrator_took_away_stays_away(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock, **DEMO)
    admin = await Api(server.url).sign_in("admin", "demo-clinic-1")
    await server.services.queues.sweep()
    doctor = (await admin.get("/api/doctors/")).ok()["items"][1]
    (await admin.post(f"/api/queue/{doctor['id']}/cancel-all/")).ok()
    (await admin.delete(f"/api/doctors/{doctor['id']}/")).ok(204)
    before = await counts(server)
    await server.stop()
    clock.turn(days=1)
    server = await start_server(clock=clock, **DEMO)
    after = await counts(server)
    assert after["doctors"] == before["doctors"] == 2
    assert after["patients"] == before["patients"]
    await server.stop()


@pytest.mark.gen_test
async def test_a_named_administrator_is_the_one(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock, demo=True, admin_username="boss", admin_password="boss-password")
    anyone = Api(server.url)
    assert (await anyone.sign_in("boss", "boss-password")).user["role"] == "admin"
    assert "admin" not in [login.username for login in server.first_accounts.demo]
    (await anyone.post("/api/token/", {"username": "admin", "password": "demo-clinic-1"})).problem(
        401, "invalid_credentials"
    )
    anyone.close()


@pytest.mark.gen_test
async def test_a_day_somebody_works_in_is_left_alone(start_server: StartServer, clock: TurnedClock) -> None:
    server = await start_server(clock=clock, **DEMO)
    clock.turn(days=1)
    await server.services.queues.rollover()
    anyone = Api(server.url)
    desk = await anyone.sign_in("reception", "demo-clinic-1")
    doctor = (await anyone.get("/api/doctors/")).ok()["items"][0]["id"]
    joined = (await desk.post("/api/enqueue/", {"doctor_id": doctor, "walk_in": {"name": "Real Person"}})).ok(201)
    (await desk.post("/api/notify-next/", {"doctor_id": doctor})).ok()
    await server.stop()
    server = await start_server(clock=clock, **DEMO)
    anyone.url = server.url
    view = (await anyone.get(f"/api/queue/{doctor}/")).ok()
    assert [ticket["code"] for ticket in view["called"]] == [joined["code"]]
    assert (view["current"], view["waiting"]) == ([], [])
    anyone.close()
