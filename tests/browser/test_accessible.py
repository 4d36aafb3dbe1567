"""What axe finds wrong with the pages, as people see them in both themes: nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene

Console = Callable[..., Page]
THEMES = ("light", "dark")


def violations(page: Page) -> list[str]:
    """Each rule that is broken, with the elements that break it."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_board_and_a_call(open_page: OpenPage, scene: Scene, theme: str, language: str) -> None:
    doctor = scene.doctor(f"Dr Axe {theme} {language}", room="3")
    for _ in range(3):
        scene.walk_in(doctor, "Somebody")
    missed = scene.call_next(doctor)["called"]["id"]
    scene.desk.post(f"/api/tickets/{missed}/no-show/", {})
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 20})
    scene.admin.patch("/api/settings/", {"announcements": [{"text": "Flu vaccinations on Friday"}]})
    look = {"languages": [language, "fr"], "theme": theme, "identify": "initials"}
    display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"]], **look})
    page = open_page(f"/kiosk/{display['id']}#{display['token']}", width=1920, height=1080)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(".codes .code")).to_have_count(2)
    assert violations(page) == []
    scene.call_next(doctor)
    expect(page.locator("#call")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_new_screen(open_page: OpenPage, theme: str) -> None:
    page = open_page("/kiosk/", width=1920, height=1080, color_scheme=theme)
    expect(page.locator("#pairing .code")).not_to_be_empty()
    assert violations(page) == []


def test_connecting_a_tv_and_pausing(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Console")
    desk = console()
    desk.goto("/console/#/pair/ABC234")
    desk.reload()
    desk.get_by_role("dialog", name="Connect a TV").wait_for()
    assert violations(desk) == []
    desk.keyboard.press("Escape")
    column = desk.get_by_role("region", name=doctor["name"])
    column.get_by_role("button", name="Open").click()
    desk.get_by_role("menuitem", name="Pause").click()
    desk.get_by_role("dialog").wait_for()
    assert violations(desk) == []


@pytest.mark.parametrize(("view", "ready"), [("displays", "Add a display"), ("settings", "Save")])
def test_the_panel(open_page: OpenPage, scene: Scene, view: str, ready: str) -> None:
    scene.admin.post("/api/displays/", {"name": "Door", "doctor_ids": [scene.doctor(f"Dr {view}")["id"]]})
    page = open_page(f"/admin/#/{view}")
    log_in(page, *ADMIN)
    page.get_by_role("button", name=ready).wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    # Axe sees it only in those that are empty while it looks.
    expect(page.locator("div[aria-labelledby]:not([role])")).to_have_count(0)
    assert violations(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_desk_and_the_patients_pages(open_page: OpenPage, scene: Scene, console: Console, theme: str) -> None:
    doctor = scene.doctor(f"Dr Read {theme}")
    mine = scene.walk_in(doctor, "Amina Yusuf")
    scene.walk_in(doctor, "Bo Lind")
    desk = console(color_scheme=theme)
    expect(desk.locator(".column").first).to_be_visible()
    assert violations(desk) == []
    for path, shown in (("/", "main"), (f"/t/{mine['id']}", "#headline"), ("/#/register", "form")):
        page = open_page(path, width=390, height=844, color_scheme=theme)
        expect(page.locator(shown).first).to_be_visible()
        assert violations(page) == []
