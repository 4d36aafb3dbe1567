"""Whoever agreed to texts at the desk gives a number for them: the tick is not dropped in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scene import Scene

Console = Callable[..., Page]


WAYS = [("Amina Yusuf", "as a walk-in", "Add to the queue"), ("Bo Lind", "Register", "Register")]


@pytest.mark.parametrize(("name", "offer", "submit"), WAYS)
def test_a_consent_without_a_number_asks_for_it(
    console: Console, scene: Scene, name: str, offer: str, submit: str
) -> None:
    scene.doctor(f"Dr {submit}")
    page = console()
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.get_by_role("option", name=offer).click()
    dialog = page.get_by_role("dialog")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    dialog.get_by_role("checkbox").click()
    page.keyboard.press("Enter")
    phone = dialog.get_by_label("Phone")
    expect(phone).to_be_focused()
    expect(phone).to_have_accessible_description("A phone number is needed for texts.")
    assert sent == []
    dialog.get_by_role("checkbox").click()
    dialog.get_by_role("button", name=submit).click()
    expect(page.locator(".toast").last).to_contain_text(name)
