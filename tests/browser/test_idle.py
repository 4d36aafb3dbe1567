"""A desk nobody touches is locked in every tab, also after a reload, and comes back as it was."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Watch, log_in, until
from tests.browser.process import ADMIN
from tests.browser.scene import DESK, Scene

Console = Callable[..., Page]

# As if the last touch had been long ago, whatever was touched since.
LONG_AGO = "localStorage.setItem('touched-at', '0'); document.dispatchEvent(new Event('visibilitychange'))"

TOUCHED_TEN_MINUTES_AGO = "localStorage.setItem('touched-at', String(Date.now() - 600_000))"
COVERED = "Boolean(document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.dialog-cover'))"


def late(page: Page, call: str) -> None:
    """What an answer that comes late does with `overlays`."""
    page.evaluate(
        "import(document.querySelector('script[type=module]').src.replace(/[a-z]+.main.js/, 'base/overlays.js'))"
        f".then((overlays) => {{ {call} }})"
    )


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
    late(page, "overlays.toast('Somebody was not reached', { action: { label: 'Show', run() {} } })")
    expect(page.locator("body > .toasts .toast")).to_have_count(1)
    expect(page.locator(".dialog-cover .toast")).to_have_count(0)


def test_a_dialog_that_comes_late_waits_under_the_cover(console: Console, scene: Scene) -> None:
    page = console()
    page.evaluate(LONG_AGO)
    lock = page.get_by_role("dialog", name="This page is locked")
    expect(lock.get_by_label("Password")).to_be_focused()
    page.keyboard.type(DESK[1][:4])
    late(page, "overlays.openDialog('Came late', document.createElement('input'))")
    expect(page.locator("dialog")).to_have_count(2)
    assert page.evaluate(COVERED)
    page.keyboard.type(DESK[1][4:])
    page.keyboard.press("Enter")
    expect(lock).to_be_hidden()
    expect(page.get_by_role("dialog", name="Came late")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_tab_opened_again_after_the_time_is_locked(console: Console, scene: Scene) -> None:
    page = console()
    page.goto("/")  # a page without a lock
    page.evaluate("localStorage.setItem('touched-at', '0')")
    page.goto("/console/")
    lock = page.get_by_role("dialog", name="This page is locked")
    expect(lock).to_be_visible()
    lock.get_by_label("Password").fill(DESK[1])
    page.keyboard.press("Enter")
    expect(lock).to_be_hidden()
    page.reload()
    expect(page.locator(".columns:visible, .empty-clinic:visible").first).to_be_visible()
    expect(lock).to_have_count(0)


def test_whoever_signs_in_after_somebody_locked_is_asked_once(console: Console, scene: Scene) -> None:
    page = console()
    held: list[Route] = []
    order: list[str] = []

    def hold(route: Route) -> None:
        held.append(route)

    def asked(route: Route) -> None:
        order.append("asked")
        route.continue_()

    page.route("**/api/token/revoke/", hold)
    page.route("**/api/token/", asked)
    page.evaluate(LONG_AGO)
    page.get_by_role("dialog").get_by_role("button", name="Log in as somebody else").click()
    until(page, "Boolean(document.querySelector('.gate form'))")
    log_in(page, *DESK)
    # The late answer to the log-out takes the old session's cookie away, which must not be the new one's.
    order.append("left")
    for route in held:
        route.continue_()
    page.locator(".columns:visible, .empty-clinic:visible").first.wait_for()
    assert order == ["left", "asked"]
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    page.locator(".columns:visible, .empty-clinic:visible").first.wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_nothing_stays_open_over_the_log_in_form(open_page: OpenPage, console: Console, scene: Scene) -> None:
    page = console()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    late(page, "overlays.toast('Somebody was not reached')")
    other = page.context.new_page()
    other.goto("/console/")
    other.locator(".user-name").click()
    other.get_by_role("menuitem", name="Log out", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.locator("dialog, .toast")).to_have_count(0)
    late(page, "overlays.openDialog('Came late'); overlays.toast('Said late'); document.body.dataset.asked = ''")
    until(page, "'asked' in document.body.dataset")
    expect(page.locator("dialog, .toast")).to_have_count(0)
    log_in(page, *DESK)
    page.keyboard.press("?")
    panel = open_page("/admin/#/doctors")
    log_in(panel, *ADMIN)
    panel.get_by_role("button", name="Add a doctor").click()
    expect(panel.get_by_role("dialog")).to_be_visible()
    late(panel, "overlays.toast('Somebody was not reached')")
    panel.context.new_page().goto("/admin/")
    panel.context.pages[-1].get_by_role("button", name="Log out").click()
    expect(panel.get_by_label("User name")).to_be_visible()
    expect(panel.locator("dialog, .toast")).to_have_count(0)


def test_open_pages_learn_of_other_minutes(console: Console, scene: Scene) -> None:
    page = console()
    page.evaluate(TOUCHED_TEN_MINUTES_AGO)
    scene.admin.patch("/api/settings/", {"idle_lock_minutes": 5})
    expect(page.get_by_role("dialog", name="This page is locked")).to_be_visible()
    scene.admin.patch("/api/settings/", {"idle_lock_minutes": 15})
