"""Consoles are told when a list beside the queues has changed: bookings, lost texts, doctors, settings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.live.desk import DeskNews, Subject
from server.storage.port import Storage
from tests.api import Api
from tests.live.clients import Clinic, Listener
from tests.unit.live.support import Turning, connected, hub_of, settled


async def console(clinic: Clinic, **subscription: object) -> Listener:
    socket = await clinic.listen("/ws/console/")
    await socket.authenticate(clinic.desk.token)
    await socket.say({"type": "subscribe", "doctors": [], **subscription})
    return socket


@pytest.mark.gen_test
async def test_a_booking_its_move_and_its_end_are_told(clinic: Clinic) -> None:
    socket = await console(clinic, desk=True)
    before = (await socket.hear())["data"]
    assert before.keys() == {"appointments", "texts", "doctors", "settings"}
    body = {"patient_id": clinic.patient.user["patient_id"], "doctor_id": clinic.rao}
    free = await free_times(clinic)
    booked = (await clinic.desk.post("/api/appointments/", {**body, "start": free[0]})).ok(201)
    told = [(await socket.hear())["data"]]
    (await clinic.desk.post(f"/api/appointments/{booked['id']}/reschedule/", {"start": free[1]})).ok()
    told.append(
        (await socket.hear_until(lambda heard: heard["data"]["appointments"] > told[-1]["appointments"]))["data"]
    )
    (await clinic.desk.post(f"/api/appointments/{booked['id']}/cancel/")).ok()
    told.append(
        (await socket.hear_until(lambda heard: heard["data"]["appointments"] > told[-1]["appointments"]))["data"]
    )
    assert before["appointments"] < told[0]["appointments"]
    assert {each["doctors"] for each in told} == {before["doctors"]}


async def free_times(clinic: Clinic) -> list[str]:
    today = clinic.server.services.clock.now().date()
    for days in range(1, 14):
        path = f"/api/doctors/{clinic.rao}/slots/?date={today + timedelta(days=days)}"
        if items := (await clinic.desk.get(path)).ok()["items"]:
            return [slot["start"] for slot in items]
    raise AssertionError("no free time")


@pytest.mark.gen_test
async def test_a_new_doctor_is_told(clinic: Clinic, admin: Api) -> None:
    socket = await console(clinic, desk=True)
    before = (await socket.hear())["data"]
    (await admin.post("/api/doctors/", {"name": "Dr New", "specialty": "General", "room": "7"})).ok(201)
    assert (await socket.hear())["data"]["doctors"] > before["doctors"]


@pytest.mark.gen_test
async def test_other_settings_are_told(clinic: Clinic, admin: Api) -> None:
    socket = await console(clinic, desk=True)
    before = (await socket.hear())["data"]
    (await admin.patch("/api/settings/", {"idle_lock_minutes": 7})).ok()
    assert (await socket.hear())["data"]["settings"] > before["settings"]


@pytest.mark.gen_test
async def test_who_does_not_ask_for_it_hears_of_queues_alone(clinic: Clinic, admin: Api) -> None:
    socket = await console(clinic)
    (await admin.post("/api/doctors/", {"name": "Dr New", "specialty": "General", "room": "7"})).ok(201)
    await socket.say({"type": "subscribe", "doctors": [clinic.rao]})
    assert (await socket.hear())["type"] == "queue"


@pytest.mark.gen_test
async def test_a_subscription_without_it_ends_it(clinic: Clinic, admin: Api) -> None:
    socket = await console(clinic, desk=True)
    assert (await socket.hear())["type"] == "desk"
    await socket.say({"type": "subscribe", "doctors": [clinic.rao]})
    assert (await socket.hear())["type"] == "queue"
    (await admin.post("/api/doctors/", {"name": "Dr New", "specialty": "General", "room": "7"})).ok(201)
    joined = await clinic.walk_in(clinic.rao)
    assert (await socket.hear())["seq"] == joined["seq"]


@pytest.mark.gen_test
async def test_news_reaches_the_consoles_of_another_process(storage: Storage) -> None:
    woken: list[str] = []
    here = DeskNews(hub_of(), Turning(), storage, lambda: woken.append("here"))
    hub = hub_of()
    there = DeskNews(hub, Turning(), storage, lambda: woken.append("there"))
    socket = connected(hub)
    there.show(socket)
    await there.follow()
    for times in (1, 2):
        here.changed(Subject.TEXTS)
        await here.follow()
        await there.follow()
        await settled()
        assert len(socket.received) == 1 + times
    before, after = socket.received[0]["data"], socket.received[-1]["data"]
    assert {subject for subject in after if after[subject] > before[subject]} == {"texts"}
    assert woken == ["here", "here"]


@pytest.mark.gen_test
async def test_two_processes_with_news_at_once_both_tell(storage: Storage) -> None:
    hubs = [hub_of(), hub_of()]
    desks = [DeskNews(hub, Turning(), storage, lambda: None) for hub in hubs]
    sockets = [connected(hub) for hub in hubs]
    for desk, socket in zip(desks, sockets, strict=True):
        desk.show(socket)
        desk.changed(Subject.APPOINTMENTS)
    for desk in [*desks, *desks]:
        await desk.follow()
    await settled()
    assert all(socket.received[-1]["data"]["appointments"] for socket in sockets)
    third_hub = hub_of()
    third, late = DeskNews(third_hub, Turning(), storage, lambda: None), connected(third_hub)
    third.show(late)
    await third.follow()
    await settled()
    assert late.received[-1]["seq"] > late.received[0]["seq"]
