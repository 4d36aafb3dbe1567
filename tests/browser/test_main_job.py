"""The main job from the first click to the text: register, book, join, be called, and everybody sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene

TEXT = "It is your turn. Please proceed to the doctor's office."


def test_patient_registers_books_joins_and_is_called(
    open_page: OpenPage, console: Callable[..., Page], scene: Scene
) -> None:
    doctor = scene.doctor("Dr Rao", room="3")
    phone = open_page("/", width=390, height=844)
    register(phone, "Amina Yusuf", "amina", "+12025550123")

    phone.get_by_role("link", name="Dr Rao").click()
    phone.locator(".slot-list button").nth(3).click()
    dialog = phone.get_by_role("dialog")
    dialog.get_by_role("button", name="Book this time").click()
    expect(dialog).to_contain_text("Booked: Dr Rao")
    phone.keyboard.press("Escape")

    phone.get_by_role("button", name="Join the queue").click()
    phone.wait_for_url(re.compile(r"/t/\w+"))
    expect(phone.get_by_role("heading")).to_have_text("A001")
    expect(phone.locator("#headline")).to_have_text("You are next")

    board = open_page(f"/kiosk/?doctor={doctor['id']}", width=1920, height=1080)
    expect(board.locator("body")).to_contain_text("A001")
    desk = console()
    column = desk.get_by_role("region", name="Dr Rao")
    expect(column).to_contain_text("Amina Yusuf")
    column.get_by_role("button", name="Call next").click()

    expect(phone.locator("#headline")).to_have_text("It is your turn")
    expect(phone.locator("#detail")).to_have_text("Go to Room 3 now")
    expect(phone.locator("body")).to_have_attribute("data-state", "called")
    expect(board.locator("body")).to_contain_text("Room 3")
    expect(column.get_by_role("button", name="Start")).to_be_visible()
    expect(desk.get_by_role("status").filter(has_text="A001 was called to Room 3")).to_be_visible()

    log = open_page("/admin/#/notifications")
    log_in(log, *ADMIN)
    row = log.get_by_role("row").filter(has_text=TEXT)
    expect(row).to_contain_text("Your turn")
    expect(row).to_contain_text("0123")
    expect(row).to_contain_text("Simulated")


def test_patient_finds_the_place_again_after_logging_in(open_page: OpenPage, scene: Scene) -> None:
    scene.doctor("Dr Silva", room="5")
    phone = open_page("/", width=390, height=844)
    register(phone, "Ola Berg", "ola.berg", "+12025550124")
    phone.get_by_role("link", name="Dr Silva").click()
    phone.get_by_role("button", name="Join the queue").click()
    phone.wait_for_url(re.compile(r"/t/\w+"))
    ticket = phone.url

    phone.goto("/#/me")
    phone.locator(f'a[href="{ticket.removeprefix(scene.url)}"]').click()
    expect(phone.locator("#headline")).to_have_text("You are next")
    phone.goto("/")
    phone.get_by_role("button", name="Log out").click()
    expect(phone.get_by_role("link", name="Log in")).to_be_visible()
    phone.get_by_role("link", name="Log in").click()
    log_in(phone, "ola.berg", "my own password")
    phone.get_by_role("link", name="My visits").click()
    expect(phone.locator(f'a[href="{ticket.removeprefix(scene.url)}"]')).to_be_visible()


def test_mistakes_in_the_registration_stand_beside_their_fields(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    watch.expect("422")
    page = open_page("/#/register", width=390, height=844)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Kim Example")
    page.get_by_label("Phone").fill("12")
    page.get_by_label("User name").fill("kim.example")
    page.get_by_label("Password").fill("my own password")
    page.get_by_role("button", name="Register").click()
    phone = page.get_by_label("Phone")
    expect(phone).to_be_focused()
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Password")).to_have_value("my own password")
    phone.fill("+12025550125")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("link", name="My visits")).to_be_visible()


def register(page: Page, name: str, username: str, number: str) -> None:
    """Fill in the registration and arrive signed in at the doctors."""
    page.get_by_role("link", name="Register").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Phone").fill(number)
    page.get_by_label("Text me about").check()
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill("my own password")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Choose a doctor")).to_be_visible()
