"""Displays: their administration, and a board that is always the public view of its doctors' queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api import Api
from tests.live.clients import Clinic, Listener


async def add(admin: Api, *doctor_ids: str) -> dict[str, Any]:
    body = {"name": "Hall", "doctor_ids": list(doctor_ids)}
    display: dict[str, Any] = (await admin.post("/api/displays/", body)).ok(201)
    return display


async def switched_on(clinic: Clinic, display: dict[str, Any]) -> Listener:
    socket = await clinic.listen(f"/ws/display/{display['id']}/")
    await socket.authenticate(display["token"])
    return socket


@pytest.mark.gen_test
async def test_an_administrator_adds_changes_and_removes_displays(clinic: Clinic, admin: Api) -> None:
    added = await add(admin, clinic.rao)
    assert len(added["token"]) >= 32
    shown = {key: value for key, value in added.items() if key != "token"}
    unheard = shown | {"health": None, "connected": False, "silent": True, "last_seen": None}
    assert (await admin.get("/api/displays/")).ok() == {"items": [unheard], "next_cursor": None}
    assert (await admin.get(f"/api/displays/{added['id']}/")).ok() == unheard
    changed = (await admin.patch(f"/api/displays/{added['id']}/", {"name": "Upstairs"})).ok()
    assert changed == shown | {"name": "Upstairs"}
    (await admin.delete(f"/api/displays/{added['id']}/")).ok(204)
    (await admin.get(f"/api/displays/{added['id']}/")).problem(404, "not_found")


@pytest.mark.gen_test
async def test_displays_are_listed_in_pages(clinic: Clinic, admin: Api) -> None:
    ids = [(await add(admin, clinic.rao))["id"] for _ in range(3)]
    page = (await admin.get("/api/displays/", {"limit": 2})).ok()
    assert [display["id"] for display in page["items"]] == ids[:2]
    rest = (await admin.get("/api/displays/", {"limit": 2, "cursor": page["next_cursor"]})).ok()
    assert [display["id"] for display in rest["items"]] == ids[2:]
    assert rest["next_cursor"] is None


@pytest.mark.gen_test
async def test_wrong_displays_are_refused_with_the_field_s_name(clinic: Clinic, admin: Api) -> None:
    unknown = {"name": "Hall", "doctor_ids": [clinic.rao, "nobody-with-this-id", clinic.rao]}
    problem = (await admin.post("/api/displays/", unknown)).problem(422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["doctor_ids.1", "doctor_ids.2"]
    (await admin.post("/api/displays/", {"name": "", "doctor_ids": [clinic.rao]})).problem(422, "invalid")
    nobody = (await admin.post("/api/displays/", {"name": "Hall", "doctor_ids": []})).problem(422, "invalid")
    assert [error["field"] for error in nobody["errors"]] == ["doctor_ids"]
    (await admin.patch(f"/api/displays/{(await add(admin, clinic.rao))['id']}/", {})).problem(422, "invalid")
    (await clinic.desk.post("/api/displays/", unknown)).problem(403, "forbidden")


@pytest.mark.gen_test
async def test_a_board_shows_its_doctors_and_every_change(clinic: Clinic, admin: Api) -> None:
    await clinic.walk_in(clinic.rao, "Ada Okoye")
    display = await add(admin, clinic.silva, clinic.rao)
    socket = await switched_on(clinic, display)
    board = await socket.hear()
    assert board["type"] == "board"
    unsaid = ("token", "created_at")
    assert board["data"]["display"] == {k: v for k, v in display.items() if k not in unsaid} | {"paired": True}
    assert board["data"]["clinic"] == {"name": "Riverside Clinic", "timezone": "UTC", "announcements": []}
    assert board["data"]["version"] == (await admin.get("/api/clinic/")).ok()["version"]
    assert [view["doctor"]["id"] for view in board["data"]["queues"]] == [clinic.silva, clinic.rao]
    assert board["seqs"] == {view["doctor"]["id"]: view["seq"] for view in board["data"]["queues"]}
    assert board["seq"] == max(board["seqs"].values())
    assert "Ada" not in json.dumps(board)
    called = await clinic.call_next(clinic.rao)
    later = await socket.hear_until(lambda message: message["seqs"][clinic.rao] == called["seq"])
    assert later["data"]["queues"][1] == (await admin.with_token(None).get(f"/api/queue/{clinic.rao}/")).ok()
    joined = await clinic.walk_in(clinic.silva)
    await socket.hear_until(lambda message: message["seqs"][clinic.silva] == joined["seq"])


@pytest.mark.gen_test
async def test_a_display_that_is_changed_changes_at_once(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao)
    socket = await switched_on(clinic, display)
    await socket.hear()
    (await admin.patch(f"/api/displays/{display['id']}/", {"doctor_ids": [clinic.silva]})).ok()
    board = await socket.hear_until(lambda message: list(message["seqs"]) == [clinic.silva])
    assert [view["doctor"]["id"] for view in board["data"]["queues"]] == [clinic.silva]
    await clinic.walk_in(clinic.rao)
    joined = await clinic.walk_in(clinic.silva)
    assert (await socket.hear())["seqs"] == {clinic.silva: joined["seq"]}


@pytest.mark.gen_test
async def test_a_removed_display_goes_dark(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao)
    socket = await switched_on(clinic, display)
    await socket.hear()
    (await admin.delete(f"/api/displays/{display['id']}/")).ok(204)
    assert await socket.closed() == 4404
    assert await (await clinic.listen(f"/ws/display/{display['id']}/")).closed() == 4404


@pytest.mark.gen_test
async def test_only_its_own_token_lets_a_display_in(clinic: Clinic, admin: Api) -> None:
    display, other = await add(admin, clinic.rao), await add(admin, clinic.rao)
    for token in (other["token"], clinic.desk.token, "guess"):
        socket = await clinic.listen(f"/ws/display/{display['id']}/")
        await socket.authenticate(token)
        assert await socket.closed() == 4401


@pytest.mark.gen_test
async def test_a_doctor_who_leaves_leaves_the_board(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao, clinic.silva)
    socket = await switched_on(clinic, display)
    await socket.hear()
    (await admin.delete(f"/api/doctors/{clinic.silva}/")).ok()
    await clinic.server.services.displays.refresh()
    board = await socket.hear_until(lambda message: clinic.silva not in message["seqs"])
    assert [view["doctor"]["id"] for view in board["data"]["queues"]] == [clinic.rao]


@pytest.mark.gen_test
async def test_a_board_nobody_watches_is_let_go(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao)
    socket = await switched_on(clinic, display)
    await socket.hear()
    hub, topic = clinic.server.services.hub, f"queue:{clinic.rao}:public"
    assert hub.watched(topic)
    socket.connection.close()
    await socket.closed()
    await clinic.server.services.displays.refresh()
    assert not hub.watched(topic)
    again = await switched_on(clinic, display)
    joined = await clinic.walk_in(clinic.rao)
    await again.hear_until(lambda message: message["seqs"][clinic.rao] == joined["seq"])
