"""What displays report, what they are asked to do, and what else stands on a board besides its queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.app import Server
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import Call, StartServer
from tests.live.clients import Clinic, Connect, open_clinic
from tests.live.test_displays import add, switched_on

REPORT = {
    "type": "health",
    "version": "abc",
    "seq": 7,
    "sound": "blocked",
    "visible": True,
    "width": 1920,
    "height": 1080,
    "ratio": 1.5,
    "stale_seconds": 0,
    "errors": 0,
}


@pytest.mark.gen_test
async def test_a_display_that_falls_silent_is_told_from_one_that_speaks(
    clock: TurnedClock, start_server: StartServer, call: Call, ws_connect: Connect
) -> None:
    server: Server = await start_server(clock=clock)
    admin = await call(server).sign_in("admin", "admin-password")
    clinic = await open_clinic(server, ws_connect, admin)
    display = await add(admin, clinic.rao)
    socket = await switched_on(clinic, display)
    await socket.hear()
    await socket.say(REPORT)

    async def shown() -> dict[str, Any]:
        item: dict[str, Any] = (await admin.get(f"/api/displays/{display['id']}/")).ok()
        return item

    while (item := await shown())["health"] is None:
        pass
    reported = {key: value for key, value in REPORT.items() if key != "type"}
    assert item["health"] == reported | {"at": item["last_seen"]}
    assert (item["connected"], item["silent"]) == (True, False)
    clock.turn(seconds=59)
    assert (await shown())["silent"] is False
    clock.turn(seconds=1)
    assert ((await shown())["connected"], (await shown())["silent"]) == (False, True)
    assert server.services.displays.health.counts() == {"connected": 0.0, "silent": 1.0}
    while (stored := await server.services.storage.get("display_health", display["id"])) is None:
        pass
    assert stored["version"] == "abc"
    (await admin.delete(f"/api/displays/{display['id']}/")).ok(204)
    assert await server.services.storage.get("display_health", display["id"]) is None


@pytest.mark.gen_test
async def test_only_a_display_that_is_let_in_is_heard(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao)
    socket = await clinic.listen(f"/ws/display/{display['id']}/")
    await socket.say(REPORT)
    assert await socket.closed() == 4401
    socket = await switched_on(clinic, display)
    await socket.hear()
    await socket.say({**REPORT, "sound": "loud"})
    assert (await socket.hear_until(lambda message: message["type"] == "error"))["code"] == "invalid"


@pytest.mark.gen_test
async def test_a_screen_is_asked_to_reload_and_to_say_its_name(clinic: Clinic, admin: Api) -> None:
    display = await add(admin, clinic.rao)
    socket = await switched_on(clinic, display)
    assert (await socket.hear())["data"]["display"]["asked"] == {"reload": 0, "identify": 0}
    (await clinic.desk.post(f"/api/displays/{display['id']}/reload/", {})).ok()
    assert (await socket.hear())["data"]["display"]["asked"] == {"reload": 1, "identify": 0}
    (await clinic.desk.post(f"/api/displays/{display['id']}/identify/", {})).ok()
    assert (await socket.hear())["data"]["display"]["asked"] == {"reload": 1, "identify": 1}
    (await clinic.desk.post("/api/displays/nothing-of-this-id/reload/", {})).problem(404, "not_found")


@pytest.mark.gen_test
async def test_initials_stand_on_the_board_that_wants_them_and_nowhere_else(clinic: Clinic, admin: Api) -> None:
    display, other = await add(admin, clinic.rao), await add(admin, clinic.rao)
    (await admin.patch(f"/api/displays/{display['id']}/", {"identify": "initials"})).ok()
    ada = await clinic.walk_in(clinic.rao, "Ada Maria Okoye")
    socket, plain = await switched_on(clinic, display), await switched_on(clinic, other)
    assert (await socket.hear())["data"]["initials"] == {ada["code"]: "A. O."}
    assert "A. O." not in json.dumps(await plain.hear())
    bo = await clinic.walk_in(clinic.rao, "Bo")
    await socket.hear_until(lambda board: board["data"]["initials"] == {ada["code"]: "A. O.", bo["code"]: "B."})
    (await admin.patch(f"/api/displays/{display['id']}/", {"identify": "code"})).ok()
    await socket.hear_until(lambda board: board["data"]["initials"] == {})


@pytest.mark.gen_test
async def test_announcements_are_on_every_board_at_once(clinic: Clinic, admin: Api) -> None:
    socket = await switched_on(clinic, await add(admin, clinic.rao))
    await socket.hear()
    wanted = [{"text": "Flu vaccinations on Friday", "language": None}, {"text": "Cerrado el lunes", "language": "es"}]
    (await admin.patch("/api/settings/", {"announcements": wanted, "name": "Harbour Clinic"})).ok()
    clinic_now = (await socket.hear())["data"]["clinic"]
    assert clinic_now == {"name": "Harbour Clinic", "timezone": "UTC", "announcements": wanted}
    assert (await admin.with_token(None).get("/api/clinic/")).ok()["announcements"] == wanted
    for wrong in ([{"text": " "}], [{"text": "x", "language": "tlh"}], [{"text": "x"}] * 11, [{"text": "x" * 201}]):
        (await admin.patch("/api/settings/", {"announcements": wrong})).problem(422, "invalid")


@pytest.mark.gen_test
async def test_a_pause_tells_the_public_its_reason_and_staff_the_note(clinic: Clinic) -> None:
    pause = {"reason": "Emergency", "note": "Called to ward 3", "minutes": 20}
    (await clinic.desk.post(f"/api/queue/{clinic.rao}/pause/", pause)).ok()
    public = (await clinic.desk.with_token(None).get(f"/api/queue/{clinic.rao}/")).ok()["pause"]
    staff = (await clinic.desk.get(f"/api/queue/{clinic.rao}/")).ok()["pause"]
    assert (public["reason"], staff["reason"], staff["note"]) == ("Emergency", "Emergency", "Called to ward 3")
    assert "note" not in public


@pytest.mark.gen_test
async def test_the_page_knows_its_release_and_a_worker_may_serve_it(clinic: Clinic, admin: Api) -> None:
    anyone = admin.with_token(None)
    version = (await anyone.get("/api/clinic/")).ok()["version"]
    for path in ("/kiosk/", f"/kiosk/{'a' * 22}"):
        page = await anyone.get(path)
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert len(version) == 12
    assert (await anyone.get("/kiosk/main.js")).headers["Content-Type"].startswith("text/javascript")


@pytest.mark.gen_test
async def test_the_board_never_counts_backwards_when_its_busiest_doctor_leaves(clinic: Clinic, admin: Api) -> None:
    for _ in range(3):
        await clinic.walk_in(clinic.rao)
    display = await add(admin, clinic.rao, clinic.silva)
    socket = await switched_on(clinic, display)
    first = await socket.hear()
    (await admin.patch(f"/api/displays/{display['id']}/", {"doctor_ids": [clinic.silva]})).ok()
    second = await socket.hear()
    assert list(second["seqs"]) == [clinic.silva]
    assert (second["seq"], second["at"]) > (first["seq"], first["at"])


@pytest.mark.gen_test
async def test_a_console_outlives_a_doctor_who_is_removed(clinic: Clinic, admin: Api) -> None:
    console = await clinic.listen("/ws/console/")
    await console.authenticate(clinic.desk.token)
    await console.say({"type": "subscribe", "doctors": [clinic.rao, clinic.silva]})
    assert {(await console.hear())["doctor_id"], (await console.hear())["doctor_id"]} == {clinic.rao, clinic.silva}
    (await admin.delete(f"/api/doctors/{clinic.silva}/")).ok()
    assert (await console.hear())["code"] == "not_found"
    joined = await clinic.walk_in(clinic.rao)
    assert (await console.hear())["seq"] == joined["seq"]
