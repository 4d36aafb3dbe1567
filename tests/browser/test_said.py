"""What the console says was done: where somebody really stands, what cannot be taken back, what else has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.scene import Scene
from tests.browser.test_console import act, column_of

Console = Callable[..., Page]


def test_the_true_place_is_said_after_a_move(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Places")
    first, second, third = (scene.walk_in(doctor, name)["code"] for name in ("Ada One", "Bea Two", "Cem Three"))
    page = console()
    column, said = column_of(page, "Dr Places"), page.locator(".toasts")
    act(page, column, first, "Move in the queue…")
    page.get_by_label("New place").select_option(label=f"Behind {third} Cem Three")
    page.get_by_role("button", name="Save").click()
    expect(said).to_contain_text(f"{first} is now number 3 in the queue")
    act(page, column, first, "Move to the front")
    expect(said).to_contain_text(f"{first} is next")
    act(page, column, third, "Change priority…")
    page.get_by_role("dialog").get_by_label("Priority").select_option("emergency")
    page.get_by_role("button", name="Save").click()
    expect(said).to_contain_text(f"Priority of {third} changed")
    act(page, column, second, "Call now")
    act(page, column, second, "Put back in the queue")
    expect(said).to_contain_text(f"{second} is waiting again as number 2")


def test_a_transfer_offers_no_undo(console: Console, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr Away"), scene.doctor("Dr There")
    code = scene.walk_in(doctor, "Moved Person")["code"]
    page = console()
    act(page, column_of(page, "Dr Away"), code, "Move to another doctor…")
    page.get_by_role("dialog").get_by_label("Doctor").select_option(other["id"])
    page.get_by_role("button", name="Move", exact=True).click()
    said = page.locator(".toasts")
    expect(said).to_contain_text(f"{code} now waits for Dr There")
    expect(said.get_by_role("button", name="Undo")).to_have_count(0)
    column_of(page, "Dr There").focus()
    page.keyboard.press("u")
    expect(said).to_contain_text(f"That cannot be undone: {code} now waits for Dr There")


def test_who_comes_back_from_hold_into_the_room_is_said_to_be_there(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Hold Room")
    code = scene.walk_in(doctor, "Held Person")["code"]
    page = console()
    column = column_of(page, "Dr Hold Room")
    column.get_by_role("button", name="Call next").click()
    column.get_by_role("button", name="Start").click()
    expect(column.get_by_text("In the room", exact=True)).to_be_visible()
    act(page, column, code, "Put on hold")
    act(page, column, code, "Back from hold")
    expect(page.locator(".toasts")).not_to_contain_text("waiting again")
    expect(page.locator(".toasts")).to_contain_text(f"{code} is in Room 3")


def test_a_call_that_ends_a_pause_says_so(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Pauses")
    code = scene.walk_in(doctor, "Called Person")["code"]
    later = scene.walk_in(doctor, "Later Person")["code"]
    page = console()
    column, said = column_of(page, "Dr Pauses"), page.locator(".toasts")
    expect(column).to_contain_text("Called Person")
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 30})
    expect(column.get_by_role("button", name="Paused until")).to_be_visible()
    column.get_by_role("button", name="Call next").click()
    expect(said).to_contain_text(f"{code} was called to Room 3; the pause has ended")
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 30})
    expect(column.get_by_role("button", name="Paused until")).to_be_visible()
    column.get_by_role("button", name="Call again").click()
    expect(said).to_contain_text(f"{code} was called again; the pause has ended")
    column.get_by_role("button", name="Did not come").click()
    act(page, column, later, "Call now")
    expect(said).to_contain_text(f"{later} was called to Room 3")
    expect(said.locator(".toast").last).not_to_contain_text("pause")


def refusal(console: Console, scene: Scene, watch: Watch, name: str) -> tuple[Locator, dict[str, Any]]:
    """The refusal of a call that somebody else was faster with, in the doctor's column, and the ticket."""
    watch.expect("409")
    doctor = scene.doctor(name)
    ticket = scene.walk_in(doctor, "Wanted Person")
    page = console()
    column = column_of(page, name)
    column.get_by_role("button", name=f"Actions for {ticket['code']}").click()
    scene.call_next(doctor)
    page.get_by_role("menuitem", name="Call now").click()
    alert = column.locator("[role=alert]")
    expect(alert).to_contain_text("Robin Desk")
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    return alert, ticket


def test_a_refusal_is_closed_by_its_reader(console: Console, scene: Scene, watch: Watch) -> None:
    alert, _ = refusal(console, scene, watch, "Dr Closes")
    alert.get_by_role("button", name="Close").click()
    expect(alert).to_be_empty()
    expect(column_of(alert.page, "Dr Closes").get_by_role("button", name="Start")).to_be_focused()


def test_a_refusal_goes_when_its_ticket_goes_on(console: Console, scene: Scene, watch: Watch) -> None:
    alert, ticket = refusal(console, scene, watch, "Dr Goes On")
    column = column_of(alert.page, "Dr Goes On")
    scene.walk_in({"id": ticket["doctor_id"]}, "Somebody Else")
    expect(column).to_contain_text("Somebody Else")
    expect(alert).to_contain_text("Robin Desk")
    # A change right after the refusal is the one that it tells of; a later one is news.
    for step, words in [("hold", "On hold 1"), ("resume", "Waiting 2")] * 500:
        scene.desk.post(f"/api/tickets/{ticket['id']}/{step}/")
        expect(column.get_by_role("heading", name=words)).to_be_visible()
        if not alert.text_content():
            break
    expect(alert).to_be_empty()
