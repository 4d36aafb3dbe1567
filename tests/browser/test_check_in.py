"""A check-in at the desk: taken back, and shown as what has become of its ticket."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.scene import Scene
from tests.browser.test_arrivals import booked, find
from tests.browser.test_console import act, column_of

Console = Callable[..., Page]


def test_a_check_in_is_taken_back_by_its_button_and_by_the_key(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Wrong In")
    booked(scene, doctor, "Wrong In")
    page = console()
    said, check_in = page.locator(".toasts"), page.get_by_role("button", name="Check in Wrong In")
    check_in.click()
    expect(column_of(page, "Dr Wrong In")).to_contain_text("Wrong In")
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Undone: Wrong In is checked in")
    expect(check_in).to_be_visible()
    assert scene.queue(doctor)["waiting"] == []
    find(page, "Wrong In")
    page.get_by_role("button", name="Check in for").click()
    expect(said).to_contain_text("waiting for Dr Wrong In")
    expect(check_in).to_be_hidden()
    column_of(page, "Dr Wrong In").focus()
    page.keyboard.press("u")
    expect(check_in).to_be_visible()
    assert scene.queue(doctor)["waiting"] == []


def test_an_appointment_whose_ticket_was_cancelled_has_not_arrived(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Gone Again")
    booked(scene, doctor, "Gone Again")
    page = console()
    column = column_of(page, "Dr Gone Again")
    row = page.get_by_role("complementary").get_by_role("listitem").filter(has_text="Gone Again")
    row.get_by_role("button", name="Check in").click()
    expect(row).to_contain_text("Arrived")
    (ticket,) = scene.queue(doctor)["waiting"]
    act(page, column, ticket["code"], "Cancel the visit")
    expect(row).to_contain_text("Visit cancelled")
    expect(row).not_to_contain_text("Arrived")
    expect(row.get_by_role("button", name="Check in")).to_be_visible()
    page.keyboard.press("u")
    expect(row).to_contain_text("Arrived")
    expect(row.get_by_role("button", name="Check in")).to_be_hidden()
