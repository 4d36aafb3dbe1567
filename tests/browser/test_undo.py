"""Taking back in the console: the last thing done and nothing older, in words that say what it was."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]


def command(page: Page, doctor: str, state: str, action: str) -> None:
    """Choose `action` in the menu of the queue that now is in `state`."""
    column_of(page, doctor).get_by_role("button", name=state).click()
    page.get_by_role("menuitem", name=action).click()


def test_key_takes_back_nothing_older_than_the_last_thing_done(console: Console, scene: Scene) -> None:
    paused, _ = scene.doctor("Dr Paused"), scene.doctor("Dr Closed")
    page = console()
    said = page.locator(".toasts")
    command(page, "Dr Paused", "Open", "Pause…")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(said).to_contain_text("Dr Paused is paused")
    command(page, "Dr Closed", "Open", "Close: nobody else today")
    expect(said).to_contain_text("Dr Closed takes nobody else today")
    page.keyboard.press("u")
    expect(said).to_contain_text("That cannot be undone: Dr Closed takes nobody else today")
    assert scene.queue(paused)["status"] == "paused"


def test_undo_says_what_it_took_back_and_a_second_one_that_it_cannot(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Back")
    ticket = scene.walk_in(doctor, "Called Early")
    page = console()
    said = page.locator(".toasts")
    column = column_of(page, "Dr Back")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    page.keyboard.press("u")
    expect(said).to_contain_text(f"Undone: {ticket['code']} was called to Room 3")
    page.keyboard.press("u")
    expect(said.get_by_text("That cannot be undone.", exact=True)).to_be_visible()
    assert len(scene.queue(doctor)["waiting"]) == 1


def test_joining_comes_between_the_key_and_an_older_step(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Between")
    scene.walk_in(doctor, "First Person")
    page = console()
    column = column_of(page, "Dr Between")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("Second Person")
    expect(page.get_by_role("option", name="Add “Second Person” as a walk-in")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_label("Doctor").select_option(doctor["id"])
    page.get_by_role("button", name="Add to the queue").click()
    expect(column).to_contain_text("Second Person")
    column.focus()
    page.keyboard.press("u")
    expect(page.locator(".toasts")).to_contain_text("That cannot be undone: Second Person is")
    assert len(scene.queue(doctor)["called"]) == 1


def test_of_two_who_undo_at_once_the_second_is_told_who_was_first(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    login = {"username": "dr-first", "password": "a-good-password"}
    doctor = scene.doctor("Dr First", **login)
    scene.walk_in(doctor, "Called Once")
    page = console()
    column = column_of(page, "Dr First")
    column.get_by_role("button", name="Call next").click()
    undo = page.locator(".toasts").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    scene.server.caller(*login.values()).post(f"/api/queue/{doctor['id']}/undo/")
    expect(column.get_by_role("button", name="Call next")).to_be_visible()
    undo.click()
    expect(column.get_by_role("alert")).to_contain_text("Dr First has undone this already, at")
