"""A board that nobody touches: killed servers, new releases, damaged stores, clocks that were set, half a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import OpenPage, Watch, until
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene

CODE = re.compile(r"^\w{3} \w{3}$")


@pytest.fixture
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    process = ServerProcess(Path(tmp_path_factory.mktemp("frail")))
    yield process
    process.stop()


def test_ten_killed_servers_later_the_board_is_as_it_should_be(
    open_page: OpenPage, frail: ServerProcess, watch: Watch
) -> None:
    watch.expect_outage()
    scene = Scene(frail)
    doctor = scene.doctor("Dr Phoenix", letter="A", room="3")
    display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"]]})
    page = open_page(f"{frail.url}/kiosk/{display['id']}#{display['token']}", width=1280, height=720)
    expect(page.locator(".doctor")).to_have_count(1)
    page.evaluate("window.before = true")
    codes = page.locator(".codes")
    for number in range(1, 11):
        frail.kill()
        expect(page.locator(".doctor")).to_have_count(1)
        frail.start(frail.port)
        scene.desk = frail.caller("reception", "desk-password")
        scene.walk_in(doctor, f"Patient {number}")
        expect(codes).to_contain_text(f"A00{number}" if number < 3 else "A001", timeout=60_000)
        view = scene.queue(doctor)
        assert len(view["waiting"]) == number
    shown = page.evaluate("() => [...document.querySelectorAll('.codes .code:not([hidden])')].map((c) => c.innerText)")
    assert shown == [ticket["code"] for ticket in scene.queue(doctor)["waiting"]][: len(shown)]
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text("A001", timeout=60_000)
    assert page.evaluate("window.before")  # it never had to load itself


def test_a_new_release_loads_the_page_once_and_between_calls(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("WebSocket is closed before")  # by the page that leaves
    doctor = scene.doctor("Dr Release", letter="N", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"]]})
    released: list[str] = []

    def newer(socket: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            told = json.loads(message)
            if released and told["type"] == "board":
                told["data"]["version"] = released[-1]
            socket.send(json.dumps(told))

        socket.connect_to_server().on_message(pass_on)

    page = open_page("about:blank")
    page.clock.install()
    page.route_web_socket(re.compile("/ws/display/"), newer)
    page.goto(f"/kiosk/{display['id']}#{display['token']}")
    expect(page.locator(".doctor")).to_have_count(1)
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 1, UTC))
    page.evaluate("window.old = true")
    released.append("another")
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text("N001")
    page.clock.run_for(5_000)
    assert page.evaluate("window.old")
    page.clock.run_for(3_000)
    until(page, "window.old === undefined")
    expect(page.locator(".line[data-state=called]")).to_have_count(1)
    # The page that came is still not the one that was promised: it is not asked for again.
    page.evaluate("window.still = true")
    page.clock.run_for(130_000)
    assert page.evaluate("window.still")


def test_damaged_memories_cost_nothing_but_the_memories(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Damage")
    code = scene.walk_in(doctor, "Amina Yusuf")["code"]
    page = open_page("about:blank")
    keys = json.dumps(["kiosk.display", "kiosk.seen", "kiosk.calls", f"kiosk.queue.{doctor['id']}"])
    page.add_init_script(f"for (const key of {keys}) localStorage[key] = sessionStorage[key] = '{{half'")
    page.goto(f"/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".codes")).to_have_text(code)
    page.goto("/kiosk/")
    expect(page.locator("#pairing .code")).to_have_text(CODE)


def test_a_browser_that_keeps_nothing_still_shows_the_board(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Forgetful")
    code = scene.walk_in(doctor, "Amina Yusuf")["code"]
    page = open_page("about:blank")
    page.add_init_script("""
      for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("forbidden", "SecurityError"); } });
    """)
    page.goto(f"/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".codes")).to_have_text(code)


def test_a_clock_that_is_set_back_does_not_make_an_old_board_fresh(
    open_page: OpenPage, frail: ServerProcess, watch: Watch
) -> None:
    watch.expect_outage()
    scene = Scene(frail)
    doctor = scene.doctor("Dr Clock")
    code = scene.walk_in(doctor, "Amina Yusuf")["code"]
    page = open_page("about:blank", width=1280, height=720)
    page.clock.install()
    page.goto(f"{frail.url}/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".codes")).to_have_text(code)
    clock = page.locator("#today .time")
    now = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 1, UTC)
    page.clock.pause_at(now)
    shown = clock.inner_text()
    port = frail.port
    frail.kill()
    page.clock.set_system_time(now - timedelta(hours=3))
    page.clock.run_for(40_000)
    expect(page.locator("#age")).to_have_text(re.compile(r"^As of (3|4)\d seconds ago$"))
    assert abs(minutes(clock.inner_text()) - minutes(shown)) <= 1
    frail.start(port)
    for _ in range(60):
        page.clock.run_for(1_000)
        page.wait_for_timeout(50)
        if page.locator("#age").is_hidden():
            break
    expect(page.locator("#age")).to_be_hidden()


def minutes(time: str) -> int:
    hours, rest = time.split(":")
    return int(hours) * 60 + int(rest)


def test_a_screen_at_the_address_of_a_removed_display_stays_what_it_became(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Moved")
    old = scene.admin.post("/api/displays/", {"name": "Old", "doctor_ids": [doctor["id"]]})
    page = open_page(f"/kiosk/{old['id']}#{old['token']}")
    expect(page.locator(".doctor")).to_have_count(1)
    scene.admin.delete(f"/api/displays/{old['id']}/")
    code = page.locator("#pairing .code")
    expect(code).to_have_text(CODE)
    scene.desk.post("/api/displays/pair/", {"code": code.text_content(), "name": "New", "doctor_ids": [doctor["id"]]})
    expect(page.locator("#pairing")).to_be_hidden()
    page.reload()
    expect(page.locator(".doctor")).to_have_count(1)
    expect(page.locator("#pairing")).to_be_hidden()


def test_two_screens_of_one_computer_keep_their_own_boards(open_page: OpenPage, scene: Scene) -> None:
    made = []
    for name in ("Left", "Right"):
        doctor = scene.doctor(f"Dr {name}")
        made.append(scene.admin.post("/api/displays/", {"name": name, "doctor_ids": [doctor["id"]]}))
    left = open_page(f"/kiosk/{made[0]['id']}#{made[0]['token']}")
    right = left.context.new_page()
    right.goto(f"/kiosk/{made[1]['id']}#{made[1]['token']}")
    for page, name in ((left, "Dr Left"), (right, "Dr Right")):
        expect(page.locator(".name")).to_have_text(name)
        page.reload()
        expect(page.locator(".name")).to_have_text(name)


def test_a_page_that_got_only_half_its_files_loads_itself_anew(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("503")
    doctor = scene.doctor("Dr Half")
    code = scene.walk_in(doctor, "Amina Yusuf")["code"]
    page = open_page("about:blank")
    page.clock.install()
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fulfill(status=503, body="")

    page.route("**/kiosk/rows.js", lose)
    page.goto(f"/kiosk/?doctor={doctor['id']}")
    expect(page.locator("#message")).to_be_visible()
    page.clock.run_for(31_000)
    expect(page.locator(".codes")).to_have_text(code)
    assert len(lost) == 1


def test_what_was_kept_is_shown_with_its_age(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Age")
    page = open_page(f"/kiosk/?doctor={doctor['id']}")
    expect(page.locator(".doctor")).to_have_count(1)
    kept(page, doctor["id"])
    page.context.set_offline(True)
    for age, words in ((5 * 60, "for 5 minutes"), (-60 * 60, "for a long time"), (86_400 * 400, "for a long time")):
        page.evaluate(
            "([key, age]) => { const told = JSON.parse(localStorage[key]);"
            " localStorage[key] = JSON.stringify({ ...told, at: Date.now() - age * 1000 }); }",
            [f"kiosk.queue.{doctor['id']}", age],
        )
        page.reload()
        expect(page.locator(".doctor")).to_have_count(1)
        expect(page.locator("#age")).to_contain_text(words)


def kept(page: Page, doctor_id: str) -> None:
    """Wait until page and board are kept in this browser."""
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "caches.open('kiosk').then((cache) => cache.keys()).then((kept) => kept.length > 30)")
    until(page, f"{json.dumps('kiosk.queue.' + doctor_id)} in localStorage")
