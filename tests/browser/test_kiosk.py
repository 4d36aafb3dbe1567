"""The waiting-room board in a browser: what it shows, how calls cover it, and that it never lies about its age."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import OpenPage, Shoot, Watch
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene

SCREENS = [(1280, 720), (1920, 1080), (3840, 2160), (1080, 1920)]

# The least size of a code in pixels, and whether anything leaves its place.
MEASURES = """() => {
  const shown = (element) => element.offsetParent !== null;
  const codes = [...document.querySelectorAll(".line .code, .codes .code")].filter(shown);
  const list = document.querySelector(".doctors");
  const root = document.documentElement;
  return {
    code: Math.min(...codes.map((code) => parseFloat(getComputedStyle(code).fontSize))),
    overflow: [root.scrollHeight - root.clientHeight, root.scrollWidth - root.clientWidth,
      list.scrollHeight - list.clientHeight].some((by) => by > 1),
    doctors: list.children.length,
  };
}"""


def board(open_page: OpenPage, *doctors: dict[str, Any], extra: str = "", **options: Any) -> Page:
    """The board of these doctors, showing them."""
    query = "&".join(f"doctor={doctor['id']}" for doctor in doctors)
    page = open_page(f"/kiosk/?{query}{extra}", **{"width": 1920, "height": 1080, **options})
    expect(page.locator(".doctor")).to_have_count(len(doctors))
    return page


def stop_time(page: Page) -> None:
    """From now on the page's time passes only by `page.clock.run_for`; its sockets go on."""
    now: float = page.evaluate("Date.now()")
    page.clock.pause_at(datetime.fromtimestamp(now / 1000 + 1, UTC))


def test_a_call_covers_the_board_and_then_stands_on_it(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    doctor = scene.doctor("Dr Rao", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    scene.walk_in(doctor, "Bo Lind")
    page = board(open_page, doctor)
    expect(page.locator(".codes")).to_have_text("A001A002")
    scene.call_next(doctor)
    cover = page.locator("#call")
    expect(cover.locator(".code")).to_have_text("A001")
    expect(cover).to_contain_text("Room 3")
    expect(cover).to_contain_text("Dr Rao")
    shoot(page, "kiosk-call")
    expect(cover).to_be_hidden(timeout=8_000)
    line = page.locator(".line")
    expect(line).to_have_attribute("data-state", "called")
    expect(line).to_contain_text("A001")
    expect(line).to_contain_text("Room 3")
    expect(page.locator(".codes")).to_have_text("A002")
    expect(page.locator("body")).not_to_contain_text("Amina")


def test_calls_at_once_are_all_announced_in_turn_and_not_again_after_a_reload(
    open_page: OpenPage, scene: Scene
) -> None:
    doctors = [scene.doctor(f"Dr {name}", room=str(number)) for number, name in enumerate("ABC", 4)]
    codes = [scene.walk_in(doctor, "Somebody")["code"] for doctor in doctors]
    page = open_page("about:blank", width=1920, height=1080)
    page.clock.install()
    page.goto("/kiosk/?" + "&".join(f"doctor={doctor['id']}" for doctor in doctors))
    expect(page.locator(".doctor")).to_have_count(3)
    stop_time(page)
    for doctor in doctors:
        scene.call_next(doctor)
    cover = page.locator("#call")
    for number, code in enumerate(codes):
        expect(cover.locator(".code")).to_have_text(code)
        later = codes[number + 1 :]
        expect(cover.locator(".next-call")).to_have_text(f"Then: {' '.join(later)}" if later else "")
        page.clock.run_for(5_900)
        expect(cover.locator(".code")).to_have_text(code)
        page.clock.run_for(100)
    expect(cover).to_be_hidden()
    page.reload()
    expect(page.locator(".doctor")).to_have_count(3)
    expect(page.locator(".line[data-state=called]")).to_have_count(3)
    expect(cover).to_be_hidden()


def test_a_call_taken_back_leaves_the_screen(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Undo", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    page = board(open_page, doctor)
    scene.call_next(doctor)
    expect(page.locator("#call")).to_be_visible()
    scene.desk.post(f"/api/queue/{doctor['id']}/undo/", {})
    expect(page.locator("#call")).to_be_hidden(timeout=3_000)
    expect(page.locator("#last")).to_be_hidden()


def test_who_was_missed_is_asked_back_and_the_last_calls_stay(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Row", room="3")
    missed, done = (scene.walk_in(doctor, name) for name in ("Amina Yusuf", "Bo Lind"))
    page = board(open_page, doctor)
    expect(page.locator("#return")).to_be_hidden()
    scene.call_next(doctor)
    scene.desk.post(f"/api/tickets/{missed['id']}/no-show/", {})
    expect(page.locator("#return")).to_contain_text(missed["code"])
    scene.call_next(doctor)
    scene.desk.post(f"/api/tickets/{done['id']}/start/", {})
    scene.desk.post(f"/api/tickets/{done['id']}/finish/", {})
    expect(page.locator(".line")).to_have_attribute("data-state", "free")
    expect(page.locator("#calls li")).to_have_count(2)
    expect(page.locator("#calls li").first).to_contain_text(done["code"])
    page.reload()
    expect(page.locator("#calls li")).to_have_count(2)


def test_a_paused_queue_says_until_when(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Break", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    page = board(open_page, doctor)
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 30})
    expect(page.locator(".notice-line")).to_contain_text("Dr Break: break until")
    scene.desk.post(f"/api/queue/{doctor['id']}/open/", {})
    expect(page.locator(".notice-line")).to_be_hidden()


def test_after_the_server_went_back_in_time_a_new_connection_is_believed(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    watch.expect("WebSocket connection")
    doctor = scene.doctor("Dr Restored", room="3")
    code = scene.walk_in(doctor, "Amina Yusuf")["code"]
    sockets: list[WebSocketRoute] = []

    def ahead_at_first(socket: WebSocketRoute) -> None:
        """The first connection tells of a state that an earlier copy of the data has never seen."""
        first = not sockets
        sockets.append(socket)

        def pass_on(message: str | bytes) -> None:
            told = json.loads(message)
            if first and told["type"] == "queue":
                told["seq"] += 500
                told["data"]["waiting"][0]["code"] = "X999"
            socket.send(json.dumps(told))

        socket.connect_to_server().on_message(pass_on)

    page = open_page("about:blank", width=1920, height=1080)
    page.route_web_socket(re.compile("/ws/queue/"), ahead_at_first)
    page.goto(f"/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".codes")).to_have_text("X999")
    sockets[0].close(code=1012)
    expect(page.locator(".codes")).to_have_text(code, timeout=10_000)


def test_the_clock_is_the_clinic_s(open_page: OpenPage, scene: Scene) -> None:
    page = board(open_page, scene.doctor("Dr Clock"), timezone_id="Pacific/Kiritimati")
    # The test's clinic lives where it is about noon.
    expect(page.locator("#today .time")).to_have_text(re.compile(r"^(11|12|13|1):\d\d"))


def test_an_address_without_a_known_doctor_says_what_to_do(open_page: OpenPage) -> None:
    expect(open_page("/kiosk/?doctor=nobody").locator("#message")).to_contain_text("no such doctor")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_it_can_be_read_on_every_screen(
    open_page: OpenPage, scene: Scene, shoot: Shoot, width: int, height: int, theme: str
) -> None:
    doctors = full_house(scene)
    page = open_page("about:blank", width=width, height=height, color_scheme=theme)
    page.clock.install()
    page.goto("/kiosk/?" + "&".join(f"doctor={doctor['id']}" for doctor in doctors))
    expect(page.locator(".doctor")).to_have_count(len(doctors))
    page.clock.run_for(7_000)  # a call may still cover the board
    expect(page.locator("#call")).to_be_hidden()
    measured = page.evaluate(MEASURES)
    assert measured["code"] >= min(width, height) / 18
    assert not measured["overflow"]
    assert measured["doctors"] == len(doctors)
    shoot(page, f"kiosk-{width}x{height}-{theme}")


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_twelve_doctors_stand_on_one_screen(
    open_page: OpenPage, scene: Scene, shoot: Shoot, width: int, height: int
) -> None:
    doctors = many(scene)
    display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"] for doctor in doctors]})
    page = open_page("about:blank", width=width, height=height)
    page.clock.install()
    page.goto(f"/kiosk/{display['id']}#{display['token']}")
    expect(page.locator(".doctor")).to_have_count(12)
    while page.locator("#call").is_visible():
        page.clock.run_for(6_000)
    measured = page.evaluate(MEASURES)
    assert measured["code"] >= min(width, height) / 18
    assert not measured["overflow"]
    assert page.locator(".page").inner_text() == ""
    shoot(page, f"kiosk-twelve-{width}x{height}")


MANY: list[dict[str, Any]] = []


def many(scene: Scene) -> list[dict[str, Any]]:
    """Twelve doctors, made once: some called, one missed, one held up."""
    if not MANY:
        MANY.extend(scene.doctor(f"Dr Number {number}", room=str(number)) for number in range(1, 12))
        MANY.append(scene.doctor("Dr Margarethe Oppenheimer-Lindqvist", room="Consulting room 12"))
        for doctor in MANY[:6]:
            scene.walk_in(doctor, "Somebody")
            scene.walk_in(doctor, "Somebody else")
            scene.call_next(doctor)
        missed = scene.queue(MANY[0])["called"][0]["id"]
        scene.desk.post(f"/api/tickets/{missed}/no-show/", {})
        scene.desk.post(f"/api/queue/{MANY[11]['id']}/pause/", {"minutes": 20, "reason": "in a meeting"})
    return MANY


HOUSE: list[dict[str, Any]] = []


def full_house(scene: Scene) -> list[dict[str, Any]]:
    """Four doctors at work, made once: one in the room, one called, one on a break, one with nobody."""
    if not HOUSE:
        names = (
            ("Dr Rao", "3"),
            ("Dr Silva", "5"),
            ("Dr Margarethe Oppenheimer-Lindqvist", "Consulting room 12"),
            ("Dr Kim", "7"),
        )
        HOUSE.extend(scene.doctor(name, room=room) for name, room in names)
        for doctor, waiting in zip(HOUSE, (5, 4, 9, 0), strict=True):
            for number in range(waiting):
                scene.walk_in(doctor, f"Patient {number}")
        for doctor in HOUSE[:2]:
            scene.call_next(doctor)
        scene.desk.post(f"/api/tickets/{scene.queue(HOUSE[0])['called'][0]['id']}/start/", {})
        scene.desk.post(f"/api/queue/{HOUSE[2]['id']}/pause/", {"minutes": 20})
    return HOUSE


@pytest.fixture
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    process = ServerProcess(Path(tmp_path_factory.mktemp("frail")))
    yield process
    process.stop()


def test_it_keeps_the_last_state_says_its_age_and_heals(
    open_page: OpenPage, frail: ServerProcess, watch: Watch, shoot: Shoot
) -> None:
    watch.expect_outage()
    watch.expect("WebSocket is closed before the connection is established")
    scene = Scene(frail)
    doctor = scene.doctor("Dr Rao", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    page = open_page("about:blank", width=1280, height=720)
    page.clock.install()
    page.goto(f"{frail.url}/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".codes")).to_have_text("A001")
    age = page.locator("#age")
    expect(age).to_be_hidden()
    stop_time(page)
    port = frail.port
    frail.kill()
    page.clock.run_for(35_000)
    expect(age).to_have_text(re.compile(r"^As of 3\d seconds ago$"))
    page.clock.run_for(90_000)
    expect(age).to_have_text("This board has not been updated for 2 minutes. Please ask at the desk.")
    expect(page.locator(".codes")).to_have_text("A001")
    shoot(page, "kiosk-stale")
    frail.start(port)
    for _ in range(60):
        page.clock.run_for(1_000)
        page.wait_for_timeout(50)
        if age.is_hidden():
            break
    expect(age).to_be_hidden()
    joined = scene.walk_in(doctor, "Bo Lind")
    expect(page.locator(".codes")).to_have_text(f"A001{joined['code']}")
