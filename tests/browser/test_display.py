"""A screen of its own: from the code it shows to the board of its doctors, obeying staff, and without network."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Shoot, Watch, log_in, until
from tests.browser.process import ADMIN
from tests.browser.scene import Scene

Console = Callable[..., Page]
LOOK = {"languages": ["en", "ar"], "theme": "dark"}


def new_screen(open_page: OpenPage, **options: Any) -> tuple[Page, str]:
    """A screen that was just plugged in, and the code it shows."""
    page = open_page("/kiosk/", **{"width": 1920, "height": 1080, **options})
    code = page.locator("#pairing .code")
    expect(code).to_have_text(re.compile(r"^\w{3} \w{3}$"))
    return page, str(code.text_content())


def paired(open_page: OpenPage, scene: Scene, *doctors: dict[str, Any], **settings: Any) -> tuple[Page, dict[str, Any]]:
    """A screen that staff have named, and its display."""
    page, code = new_screen(open_page)
    body = {"code": code, "name": "Hall", "doctor_ids": [doctor["id"] for doctor in doctors], **settings}
    display = scene.desk.post("/api/displays/pair/", body)
    expect(page.locator("#pairing")).to_be_hidden()
    expect(page.locator(".doctor")).to_have_count(len(doctors))
    return page, display


def test_a_new_screen_shows_its_code_and_becomes_a_display(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    doctor = scene.doctor("Dr Rao")
    page, code = new_screen(open_page)
    expect(page.locator("#pairing img")).to_have_js_property("complete", True)
    assert page.locator("#pairing img").evaluate("image => image.naturalWidth") > 0
    shoot(page, "kiosk-pairing")
    body = {"code": code, "name": "Hall", "doctor_ids": [doctor["id"]], **LOOK}
    scene.desk.post("/api/displays/pair/", body)
    expect(page.locator("#pairing")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    joined = scene.walk_in(doctor, "Amina Yusuf")
    expect(page.locator(".codes")).to_have_text(joined["code"])
    page.reload()
    expect(page.locator(".codes")).to_have_text(joined["code"])
    expect(page.locator("#pairing")).to_be_hidden()


def test_a_screen_that_is_removed_asks_for_another_code(open_page: OpenPage, scene: Scene) -> None:
    page, display = paired(open_page, scene, scene.doctor("Dr Gone"))
    scene.admin.delete(f"/api/displays/{display['id']}/")
    expect(page.locator("#pairing .code")).to_have_text(re.compile(r"^\w{3} \w{3}$"))


def test_a_display_made_by_hand_opens_with_its_token_once(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Hand")
    made = scene.admin.post("/api/displays/", {"name": "Door", "doctor_ids": [doctor["id"]]})
    page = open_page(f"/kiosk/{made['id']}#{made['token']}")
    expect(page.locator(".doctor")).to_have_count(1)
    assert made["token"] not in page.url
    page.reload()
    expect(page.locator(".doctor")).to_have_count(1)


def test_it_obeys_and_says_how_it_is(open_page: OpenPage, scene: Scene) -> None:
    page, display = paired(open_page, scene, scene.doctor("Dr Orders"))
    name = page.locator("#identify")
    scene.desk.post(f"/api/displays/{display['id']}/identify/", {})
    expect(name).to_have_text("Hall")
    page.evaluate("window.before = true")
    scene.desk.post(f"/api/displays/{display['id']}/reload/", {})
    until(page, "window.before === undefined")
    expect(page.locator(".doctor")).to_have_count(1)
    expect(name).to_be_hidden()

    def health() -> dict[str, Any]:
        return dict(scene.admin.get(f"/api/displays/{display['id']}/"))

    while not health()["health"]:
        page.wait_for_timeout(50)
    said = health()
    assert (said["health"]["width"], said["health"]["height"], said["silent"]) == (1920, 1080, False)
    assert said["health"]["version"] == page.locator("html").get_attribute("data-version")


def test_languages_take_turns_and_arabic_runs_from_the_right(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    doctors = [scene.doctor(f"Dr {name}", room=room) for name, room in (("Words", "3"), ("Haddad", "5"), ("Sato", "7"))]
    for doctor in doctors:
        for _ in range(3):
            scene.walk_in(doctor, "Amina Yusuf")
        scene.call_next(doctor)
    missed = scene.queue(doctors[2])["called"][0]["id"]
    scene.desk.post(f"/api/tickets/{missed}/no-show/", {})
    scene.desk.post(f"/api/queue/{doctors[1]['id']}/pause/", {"reason": "called to an emergency", "minutes": 20})
    page, _ = paired(open_page, scene, *doctors, languages=["en", "ar"])
    title = page.locator(".titles p").first
    expect(title).to_have_text("Now", use_inner_text=True)
    expect(page.locator("html")).to_have_attribute("dir", "rtl", timeout=60_000)
    expect(title).not_to_have_text("Now", use_inner_text=True)
    expect(page.locator("#call")).to_be_hidden(timeout=30_000)
    shoot(page, "kiosk-arabic")


# Where every box of the board stands, counted from the side on which a line begins.
PLACES = """() => [...document.querySelectorAll(".line .code, .room, .codes .code, .wait, .notice-line, .strip .code")]
  .filter((element) => element.checkVisibility())
  .map((element) => {
    const box = element.getBoundingClientRect();
    const start = document.documentElement.dir === "rtl" ? innerWidth - box.right : box.left;
    return [element.className, ...[start, box.top, box.width, box.height].map(Math.round)].join(" ");
  })"""


def test_nothing_moves_when_the_language_changes(open_page: OpenPage, scene: Scene) -> None:
    doctors = [scene.doctor(f"Dr Still {room}", room=room) for room in ("3", "12", "Blue room")]
    for doctor in doctors:
        for _ in range(3):
            scene.walk_in(doctor, "Somebody")
        scene.call_next(doctor)
    missed = scene.queue(doctors[0])["called"][0]["id"]
    scene.desk.post(f"/api/tickets/{missed}/no-show/", {})
    scene.desk.post(f"/api/queue/{doctors[1]['id']}/pause/", {"minutes": 20, "reason": "called to an emergency"})
    languages = ["en", "es", "fr", "ar"]
    body = {"name": "Hall", "doctor_ids": [doctor["id"] for doctor in doctors], "languages": languages}
    display = scene.admin.post("/api/displays/", body)
    page = open_page("about:blank", width=1920, height=1080)
    page.clock.install()
    page.goto(f"/kiosk/{display['id']}#{display['token']}")
    expect(page.locator(".doctor")).to_have_count(3)
    while page.locator("#call").is_visible():
        page.clock.run_for(6_000)
    said: dict[str, tuple[list[str], str]] = {}
    while len(said) < len(languages):
        page.clock.run_for(3_000)
        # Time runs faster here than the server's heartbeats, and the age of a board takes a line.
        scene.admin.patch(f"/api/displays/{display['id']}/", {"name": f"Hall {page.evaluate('Date.now()')}"})
        page.wait_for_timeout(100)
        page.clock.run_for(1_000)
        expect(page.locator("#age")).to_be_hidden()
        language = page.locator("html").get_attribute("lang") or ""
        said[language] = (page.evaluate(PLACES), page.locator(".notice-line").nth(1).inner_text())
    english = said["en"][0]
    for language, (places, _) in said.items():
        assert [pair for pair in zip(english, places, strict=True) if len(set(pair)) > 1] == [], language
    # The usual reasons are said in each language, whatever staff spoke when they chose them.
    assert len({notice for _, notice in said.values()}) == len(languages)


def test_initials_announcements_and_a_public_reason(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    doctor = scene.doctor("Dr Pause")
    scene.walk_in(doctor, "Amina Yusuf")
    called = scene.walk_in(doctor, "Bo Lind")
    scene.desk.post(f"/api/tickets/{called['id']}/call/", {})
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"reason": "Emergency", "note": "Ward 3", "minutes": 20})
    scene.admin.patch("/api/settings/", {"announcements": [{"text": "Flu vaccinations on Friday"}]})
    page, _ = paired(open_page, scene, doctor, identify="initials")
    expect(page.locator(".codes")).to_contain_text("A. Y.")
    expect(page.locator(".line .code small")).to_have_text("B. L.")
    expect(page.locator("#ticker")).to_have_text("Flu vaccinations on Friday")
    expect(page.locator(".notice-line")).to_contain_text("Dr Pause: Emergency, until")
    expect(page.locator("body")).not_to_contain_text("Ward 3")
    expect(page.locator("#call")).to_be_hidden(timeout=10_000)
    shoot(page, "kiosk-initials")
    scene.admin.patch("/api/settings/", {"announcements": []})
    expect(page.locator("#ticker")).to_be_hidden()


def test_it_starts_without_network_with_its_last_board_and_its_age(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Offline")
    joined = scene.walk_in(doctor, "Amina Yusuf")
    page, _ = paired(open_page, scene, doctor)
    expect(page.locator(".codes")).to_have_text(joined["code"])
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "caches.open('kiosk').then((cache) => cache.keys()).then((kept) => kept.length > 25)")
    until(page, "Object.keys(localStorage).some((key) => key.startsWith('kiosk.display.'))")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".codes")).to_have_text(joined["code"])
    page.context.set_offline(False)
    later = scene.walk_in(doctor, "Bo Lind")
    expect(page.locator(".codes")).to_have_text(f"{joined['code']}{later['code']}", timeout=30_000)


@pytest.mark.parametrize("taken_back", ["no-show", "put-back", "hold"])
def test_a_call_that_is_no_longer_so_leaves_the_screen(open_page: OpenPage, scene: Scene, taken_back: str) -> None:
    doctor = scene.doctor(f"Dr {taken_back}")
    page, _ = paired(open_page, scene, doctor)
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    scene.call_next(doctor)
    expect(page.locator("#call")).to_be_visible()
    scene.desk.post(f"/api/tickets/{ticket['id']}/{taken_back}/", {})
    expect(page.locator("#call")).to_be_hidden(timeout=3_000)


def test_reception_connects_a_screen_by_the_code_it_shows(
    open_page: OpenPage, scene: Scene, console: Console, shoot: Shoot
) -> None:
    scene.doctor("Dr Connect")
    tv, code = new_screen(open_page)
    desk = console()
    desk.goto(f"/console/#/pair/{code.replace(' ', '')}")
    desk.reload()
    dialog = desk.get_by_role("dialog", name="Connect a TV")
    expect(dialog.get_by_label("Code on the screen")).to_have_value(code.replace(" ", ""))
    dialog.get_by_label("Name").fill("Ground floor")
    dialog.get_by_label("Español").check()
    shoot(desk, "connect-a-tv")
    dialog.get_by_role("button", name="Connect a TV").click()
    expect(desk.get_by_text("Ground floor is connected")).to_be_visible()
    expect(tv.locator("#pairing")).to_be_hidden()
    panel = open_page("/admin/#/displays", width=1280, height=800)
    log_in(panel, *ADMIN)
    row = panel.get_by_role("row").filter(has_text="Ground floor")
    expect(row).to_contain_text("Shows the board")
    shoot(panel, "displays")
    row.get_by_role("button").click()
    panel.get_by_role("menuitem", name="Show its name on the screen").click()
    expect(tv.locator("#identify")).to_have_text("Ground floor")
    row.get_by_role("button").click()
    panel.get_by_role("menuitem", name="Edit").click()
    panel.get_by_label("Colours").select_option(label="Dark")
    panel.get_by_role("button", name="Save").click()
    expect(tv.locator("html")).to_have_attribute("data-theme", "dark")
