"""Where the keyboard goes on after a patient has moved: with their row, or with the one that came into its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.browser.conftest import SETTLED, Watch, until
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]
NAMES = ("Ada Focus", "Bea Focus", "Cem Focus")


def queue_of(scene: Scene, name: str) -> tuple[dict[str, Any], list[str]]:
    """A doctor for whom three wait, and their codes."""
    doctor = scene.doctor(name)
    return doctor, [scene.walk_in(doctor, each)["code"] for each in NAMES]


def button(column: Locator, code: str) -> Locator:
    return column.get_by_role("button", name=f"Actions for {code}")


def test_the_focus_goes_along_with_the_row_to_another_part_of_the_column(console: Console, scene: Scene) -> None:
    _, (first, second, _) = queue_of(scene, "Dr Along")
    column = column_of(page := console(), "Dr Along")
    button(column, second).focus()
    page.keyboard.press("h")
    expect(column.get_by_role("heading", name="On hold 1")).to_be_visible()
    expect(button(column, second)).to_be_focused()
    until(page, SETTLED)
    button(column, first).focus()
    page.keyboard.press("d")
    expect(button(column, first)).to_have_count(0)
    expect(column.locator(".row-more").first).to_be_focused()


def test_the_next_row_has_the_focus_after_a_transfer(console: Console, scene: Scene) -> None:
    _, (_, second, third) = queue_of(scene, "Dr Hands Over")
    other = scene.doctor("Dr Receives")
    column = column_of(page := console(), "Dr Hands Over")
    answers: list[tuple[Route, APIResponse]] = []

    def late(route: Route) -> None:
        answers.append((route, route.fetch()))

    page.route("**/transfer/", late)
    button(column, second).focus()
    page.keyboard.press("t")
    page.get_by_label("Doctor").select_option(other["id"])
    page.get_by_role("button", name="Move", exact=True).click()
    # The picture is there before the answer, so that the row has gone while the dialog is still open.
    expect(column.locator(".row")).to_have_count(2)
    while not answers:
        page.wait_for_timeout(50)
    route, answer = answers[0]
    route.fulfill(response=answer)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button(column, third)).to_be_focused()


def test_the_dropped_row_has_the_focus_and_the_next_one_after_a_drop_elsewhere(console: Console, scene: Scene) -> None:
    _, (first, second, third) = queue_of(scene, "Dr Drops")
    scene.doctor("Dr Catches")
    column = column_of(page := console(), "Dr Drops")
    page.set_viewport_size({"width": 1920, "height": 1080})  # both columns in sight: a drag does not scroll
    rows = column.locator("section .row")
    expect(rows).to_have_count(3)
    rows.nth(0).drag_to(rows.nth(1))
    expect(column.locator("section .row-code")).to_have_text([second, first, third])
    expect(button(column, first)).to_be_focused()
    rows.nth(1).drag_to(column_of(page, "Dr Catches").get_by_role("heading", name="Dr Catches"))
    page.get_by_role("button", name="Move", exact=True).click()
    expect(column.locator("section .row-code")).to_have_text([second, third])
    expect(button(column, third)).to_be_focused()


def test_a_menu_whose_heading_was_pressed_keeps_its_keys(console: Console, scene: Scene) -> None:
    _, (first, _, _) = queue_of(scene, "Dr Heading")
    column = column_of(page := console(), "Dr Heading")
    menu = page.get_by_role("menu")
    button(column, first).click()
    menu.locator(".menu-head").click()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem").last).to_be_focused()
    menu.locator(".menu-head").click()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(button(column, first)).to_be_focused()
    # Wherever the focus has gone meanwhile.
    button(column, first).click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(button(column, first)).to_be_focused()


def test_the_column_has_the_focus_when_the_row_of_the_menu_has_gone(
    console: Console, scene: Scene, watch: Watch
) -> None:
    watch.expect("409")
    doctor, (first, second, third) = queue_of(scene, "Dr Gone")
    column = column_of(page := console(), "Dr Gone")
    menu = page.get_by_role("menu")
    waiting = {ticket["code"]: ticket["id"] for ticket in scene.queue(doctor)["waiting"]}
    button(column, second).click()
    scene.desk.post(f"/api/tickets/{waiting[second]}/cancel/", {})
    expect(button(column, second)).to_have_count(0)
    menu.get_by_role("menuitem", name="Put on hold").click()
    expect(column.get_by_role("alert")).not_to_be_empty()
    expect(column).to_be_focused()
    button(column, third).click()
    scene.desk.post(f"/api/tickets/{waiting[third]}/cancel/", {})
    expect(button(column, third)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(column).to_be_focused()
    # From a dialog too.
    button(column, first).focus()
    page.keyboard.press("t")
    scene.desk.post(f"/api/tickets/{waiting[first]}/cancel/", {})
    expect(button(column, first)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(column).to_be_focused()


def test_a_toast_that_had_the_focus_leaves_it_to_the_page(console: Console, scene: Scene) -> None:
    _, (first, *_) = queue_of(scene, "Dr Toasts")
    column = column_of(page := console(), "Dr Toasts")
    button(column, first).focus()
    page.keyboard.press("h")
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    expect(column.get_by_role("heading", name="On hold 1")).to_be_visible()
    expect(button(column, first)).to_be_focused()
    until(page, SETTLED)
    undo.focus()
    page.keyboard.press("Enter")
    expect(column.get_by_role("heading", name="On hold 1")).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()
