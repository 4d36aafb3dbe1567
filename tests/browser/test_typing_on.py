"""After a dialog has closed, the keys arrive where the focus is: the next patient is typed at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.scene import Scene

Console = Callable[..., Page]


def by_enter_in_phone(page: Page, dialog: Locator) -> None:
    dialog.get_by_label("Phone").click()
    page.keyboard.press("Enter")


def by_mouse(page: Page, dialog: Locator) -> None:
    dialog.get_by_role("button", name="Add to the queue").click()


def by_enter_on_tick(page: Page, dialog: Locator) -> None:
    dialog.get_by_label("Phone").fill("+12025550199")
    dialog.get_by_role("checkbox").click()
    page.keyboard.press("Enter")


def by_mouse_after_select(page: Page, dialog: Locator) -> None:
    dialog.get_by_label("Priority").focus()
    page.keyboard.press("ArrowDown")
    dialog.get_by_role("button", name="Add to the queue").click()


def by_cross(page: Page, dialog: Locator) -> None:
    dialog.get_by_role("button", name="Close").click()


def by_escape(page: Page, dialog: Locator) -> None:
    dialog.get_by_label("Phone").click()
    page.keyboard.press("Escape")


def by_enter_at_once(page: Page, dialog: Locator) -> None:
    page.keyboard.press("Enter")


# Each way out of the dialog, with somebody nobody else here resembles.
WAYS = {
    by_enter_in_phone: "Amina Yusuf",
    by_mouse: "Bo Lind",
    by_enter_on_tick: "Cem Aslan",
    by_mouse_after_select: "Dora Petrov",
    by_cross: "Emil Novak",
    by_escape: "Fatou Diop",
    by_enter_at_once: "Grete Hansen",
}


@pytest.mark.parametrize(("way", "name"), WAYS.items(), ids=[way.__name__ for way in WAYS])
def test_the_next_name_is_typed_after_a_dialog(
    console: Console, scene: Scene, way: Callable[[Page, Locator], None], name: str
) -> None:
    scene.doctor(f"Dr {name}")
    page = console()
    page.keyboard.press("/")
    page.keyboard.type(name)
    dialog = page.get_by_role("dialog")
    page.get_by_role("option", name="as a walk-in").wait_for()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Add to the queue")).to_be_focused()
    way(page, dialog)
    expect(dialog).to_have_count(0)
    page.keyboard.type("Xu Quorn")
    expect(page.get_by_role("combobox")).to_have_value("Xu Quorn")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Name")).to_have_value("Xu Quorn")


def test_the_next_name_is_typed_after_a_touch(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Touched")
    page = console(has_touch=True)
    box = page.get_by_role("combobox")
    box.tap()
    page.keyboard.type("Hugo Zeller")
    page.get_by_role("option", name="as a walk-in").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Phone").tap()
    dialog.get_by_role("button", name="Add to the queue").tap()
    expect(dialog).to_have_count(0)
    page.keyboard.type("Xu Quorn")
    expect(box).to_have_value("Xu Quorn")
