"""A desk nobody touches is locked in every tab, also after a reload, and comes back as it was."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.scene import DESK, Scene

Console = Callable[..., Page]

# As if the last touch had been long ago, whatever was touched since.
LONG_AGO = "localStorage.setItem('touched-at', '0'); document.dispatchEvent(new Event('visibilitychange'))"


def test_it_is_locked_and_goes_on_with_the_password(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("401")
    scene.doctor("Dr Idle")
    page = console()
    page.keyboard.press("/")
    page.keyboard.type("Amina Yu")
    page.evaluate(LONG_AGO)
    lock = page.get_by_role("dialog", name="This page is locked")
    expect(lock).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(lock).to_be_visible()
    page.reload()
    expect(lock).to_be_visible()
    lock.get_by_label("Password").fill("not the password")
    lock.get_by_role("button", name="Go on").click()
    expect(lock.get_by_role("alert")).not_to_be_empty()
    lock.get_by_label("Password").fill(DESK[1])
    lock.get_by_role("button", name="Go on").click()
    expect(lock).to_be_hidden()
    expect(page.get_by_role("region", name="Dr Idle")).to_be_visible()


def test_what_was_typed_is_there_after_it_and_other_tabs_follow(console: Console, scene: Scene) -> None:
    page = console()
    page.keyboard.press("/")
    page.keyboard.type("Amina Yu")
    other = page.context.new_page()
    other.goto("/console/")
    other.locator(".column").first.wait_for()
    page.evaluate(LONG_AGO)
    for tab in (page, other):
        expect(tab.get_by_role("dialog", name="This page is locked")).to_be_visible()
    lock = page.get_by_role("dialog", name="This page is locked")
    lock.get_by_label("Password").fill(DESK[1])
    page.keyboard.press("Enter")
    for tab in (page, other):
        expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_value("Amina Yu")


def test_the_first_key_after_a_sleep_finds_it_locked(console: Console, scene: Scene) -> None:
    page = console()
    page.evaluate("localStorage.setItem('touched-at', '0')")
    page.keyboard.press("Shift")
    expect(page.get_by_role("dialog", name="This page is locked")).to_be_visible()


def test_nothing_is_said_over_the_cover_of_a_locked_page(console: Console, scene: Scene) -> None:
    page = console()
    page.evaluate(LONG_AGO)
    expect(page.get_by_role("dialog", name="This page is locked")).to_be_visible()
    page.evaluate(
        "import(document.querySelector('script[type=module]').src.replace('console/main.js', 'base/overlays.js'))"
        ".then(({ toast }) => toast('Somebody was not reached', { action: { label: 'Show', run() {} } }))"
    )
    expect(page.locator("body > .toasts .toast")).to_have_count(1)
    expect(page.locator(".dialog-cover .toast")).to_have_count(0)
