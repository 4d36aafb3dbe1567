"""WCAG 2.2 AA as far as a machine can tell, by axe, on the pages as people see them in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene
from tests.browser.test_display import new_screen, paired

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES = ("light", "dark")


def faults(page: Page) -> list[str]:
    """What axe finds, a line each."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", THEMES)
def test_the_tv_s_pages(open_page: OpenPage, scene: Scene, theme: str) -> None:
    doctor = scene.doctor(f"Dr Seen {theme}")
    for name in ("Amina Yusuf", "Bo Lind", "Cem Aslan"):
        scene.walk_in(doctor, name)
    unpaired, _ = new_screen(open_page, color_scheme=theme)
    assert faults(unpaired) == []
    page, _ = paired(open_page, scene, doctor, theme=theme, identify="initials")
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"reason": "Emergency", "minutes": 20})
    expect(page.locator(".notice-line")).to_be_visible()
    assert faults(page) == []
    scene.call_next(doctor)
    expect(page.locator("#call")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_desk_and_the_patients_pages(
    open_page: OpenPage, scene: Scene, console: Callable[..., Page], theme: str
) -> None:
    doctor = scene.doctor(f"Dr Read {theme}")
    mine = scene.walk_in(doctor, "Amina Yusuf")
    scene.walk_in(doctor, "Bo Lind")
    desk = console(color_scheme=theme)
    expect(desk.locator(".column").first).to_be_visible()
    assert faults(desk) == []
    for path, shown in (("/", "main"), (f"/t/{mine['id']}", "#headline"), ("/#/register", "form")):
        page = open_page(path, width=390, height=844, color_scheme=theme)
        expect(page.locator(shown).first).to_be_visible()
        assert faults(page) == []
