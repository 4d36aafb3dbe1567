"""How the pages look: pictures of the demo clinic in every size and theme, and what can be checked without eyes.

The pictures go to `tests/browser/out/`; with RENEW_SCREENSHOTS=1 those of the documentation are renewed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.demo import PASSWORD
from tests.browser.conftest import OpenPage, Shoot, log_in
from tests.browser.process import ADMIN, ROOT, Caller, ServerProcess

SIZES = {"": (1920, 1080), "-laptop": (1280, 800), "-phone": (390, 844)}
PUBLIC = ["/", "/#/login", "/#/register", "/console/", "/admin/", "/kiosk/"]
# Controls without a name, pictures without text, ids that stand twice, headings that skip a level.
AUDIT = """() => {
  const faults = [];
  const named = (element) => (element.getAttribute("aria-label") ?? "").trim() || element.labels?.length ||
    element.textContent.trim() || element.getAttribute("aria-labelledby");
  const shown = (element) => element.checkVisibility();
  for (const element of document.querySelectorAll("button, a[href], input, select, textarea, [role=menuitem]"))
    if (shown(element) && !named(element)) faults.push(`no name: ${element.outerHTML.slice(0, 120)}`);
  for (const svg of document.querySelectorAll("svg:not([role=img])"))
    if (svg.getAttribute("aria-hidden") !== "true") faults.push("an icon speaks");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) faults.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby], [aria-controls]"))
    for (const name of ["aria-describedby", "aria-labelledby", "aria-controls"])
      for (const id of (element.getAttribute(name) ?? "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) faults.push(`${name} points nowhere: ${id}`);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not exactly one first heading");
  if (document.querySelectorAll("main").length !== 1) faults.push("not exactly one main");
  return faults;
}"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
  .filter((element) => element.checkVisibility())
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < least - 1)
  .map(([element]) => element.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The demo clinic."""
    process = ServerProcess(tmp_path_factory.mktemp("demo"), DEMO="true")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def desk(server: ServerProcess) -> Caller:
    """Reception, on the API."""
    return server.caller("reception", PASSWORD)


@pytest.fixture
def at_desk(open_page: OpenPage) -> Callable[..., Page]:
    """The console with its queues on it."""

    def open_it(**options: Any) -> Page:
        page = open_page("/console/", **options)
        log_in(page, "reception", PASSWORD)
        page.locator(".column .row").first.wait_for()
        page.get_by_role("button", name="Check in").first.wait_for()
        return page

    return open_it


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_console(at_desk: Callable[..., Page], shoot: Shoot, theme: str) -> None:
    page = at_desk(color_scheme=theme)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        shoot(page, f"console{name}{'' if theme == 'light' else '-dark'}")
        if width >= 1280:
            assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert page.evaluate(AUDIT) == []


def test_console_in_arabic(at_desk: Callable[..., Page], open_page: OpenPage, shoot: Shoot) -> None:
    page = open_page("/console/?lang=ar")
    page.locator("input").first.fill("reception")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.locator(".column .row").first.wait_for()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    shoot(page, "console-arabic")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_kiosk(open_page: OpenPage, desk: Caller, shoot: Shoot, theme: str) -> None:
    doctors = desk.get("/api/doctors/")["items"]
    address = "/kiosk/?" + "&".join(f"doctor={doctor['id']}" for doctor in doctors)
    page = open_page(address, width=1920, height=1080, color_scheme=theme)
    expect(page.locator("#board")).to_contain_text("A004")
    covered = True
    while covered:  # the demo goes on calling
        expect(page.locator("#call")).to_be_hidden(timeout=60_000)
        shoot(page, "kiosk" if theme == "light" else "kiosk-dark")
        covered = page.locator("#call").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_phone(open_page: OpenPage, desk: Caller, shoot: Shoot, theme: str) -> None:
    suffix = "" if theme == "light" else "-dark"
    page = open_page("/", width=390, height=844, color_scheme=theme)
    page.locator(".doctor").first.wait_for()
    shoot(page, f"patient{suffix}")
    assert page.evaluate(AUDIT) == []
    doctor = desk.get("/api/doctors/")["items"][1]
    view = desk.get(f"/api/queue/{doctor['id']}/")
    ticket = view["waiting"][-1]
    page.goto(f"/t/{ticket['id']}")
    page.get_by_role("button", name="Cancel my place").wait_for()
    shoot(page, f"ticket{suffix}")
    assert page.evaluate(AUDIT) == []
    if theme == "light":
        desk.post(f"/api/tickets/{ticket['id']}/call/")
        expect(page.locator("body")).to_have_attribute("data-state", "called")
        shoot(page, "ticket-called")


LISTS = ("doctors", "patients", "appointments", "queues", "users", "notifications", "statistics")


@pytest.mark.parametrize("view", LISTS)
def test_admin(open_page: OpenPage, shoot: Shoot, view: str) -> None:
    page = open_page(f"/admin/#/{view}")
    log_in(page, *ADMIN)
    page.locator("tbody tr, .calendar-appointment").first.wait_for(state="attached")
    shoot(page, f"admin-{view}")
    assert page.evaluate(AUDIT) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", PUBLIC)
def test_narrowest_phone_scrolls_one_way_only(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=320, height=568, has_touch=True, is_mobile=True)
    page.locator("form, .doctor, .message, .board").first.wait_for()
    # What covers the board reaches a pixel beyond its edges, for the drift against burn-in.
    bleed = 1 if path == "/kiosk/" else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320 + bleed
    if path != "/kiosk/":
        assert page.evaluate(AUDIT) == []
        assert page.evaluate(SMALL_TARGETS, 44) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_patient_on_the_narrowest_phone(
    open_page: OpenPage, desk: Caller, shoot: Shoot, theme: str, language: str
) -> None:
    doctor = desk.get("/api/doctors/")["items"][0]
    ticket = desk.get(f"/api/queue/{doctor['id']}/")["waiting"][-1]
    page = open_page("/#/login", width=320, height=568, color_scheme=theme, has_touch=True, is_mobile=True)
    page.context.add_cookies([{"name": "lang", "value": language, "url": page.url}])
    page.reload()
    page.locator("input").first.fill("patient")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.locator(".doctor").first.wait_for()
    for name, path, ready in (
        ("doctors", "/#/", ".doctor"),
        ("doctor", f"/#/doctor/{doctor['id']}", "main .card button"),
        ("mine", "/#/me", "main .card button"),
        ("ticket", f"/t/{ticket['id']}", "#actions button"),
    ):
        page.goto(path)
        page.locator(ready).first.wait_for()
        shoot(page, f"narrow-{name}-{language}-{theme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        assert page.evaluate(AUDIT) == [], name
        assert page.evaluate(SMALL_TARGETS, 44) == [], name


def test_console_on_the_narrowest_phone(at_desk: Callable[..., Page]) -> None:
    page = at_desk(width=320, height=568, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(SMALL_TARGETS, 44) == []


def test_readme_pictures_exist() -> None:
    for name in ("console", "kiosk"):
        assert (ROOT / "docs" / "screenshots" / f"{name}.png").stat().st_size > 0
