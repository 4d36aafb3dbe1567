"""The second Enter of a double press, or of a held key, does nothing where the page has led the focus meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SETTLED, until
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]

# Enter at the very moment at which the focus arrives at such an element, with what a browser does with it on a button.
ENTER_ON_ARRIVAL = """(wanted) => document.addEventListener("focusin", function again({ target }) {
    if (!target.matches(wanted)) return;
    document.removeEventListener("focusin", again);
    const key = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
    if (target.dispatchEvent(key)) target.click();
    window.pressedAgain = true;
})"""
PRESSED_AGAIN = "window.pressedAgain === true"


def expected(scene: Scene, doctor: dict[str, str], *names: str) -> None:
    """They are booked today, one after the other."""
    day = scene.queue(doctor)["day"]
    slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"]
    for name, slot in zip(names, slots, strict=False):
        patient = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
        booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
        scene.desk.post("/api/appointments/", booking)


def check_in(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Check in {name}")


def test_two_presses_check_in_one_patient(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Twice In")
    expected(scene, doctor, "Ada Twice", "Bea Twice")
    page = console()
    check_in(page, "Ada Twice").focus()
    page.evaluate(ENTER_ON_ARRIVAL, "#appointments button")
    page.keyboard.press("Enter")
    until(page, PRESSED_AGAIN)
    expect(check_in(page, "Bea Twice")).to_be_focused()
    until(page, SETTLED)
    expect(check_in(page, "Bea Twice")).not_to_have_attribute("aria-busy", "true")
    assert [ticket["patient"]["name"] for ticket in scene.queue(doctor)["waiting"]] == ["Ada Twice"]
    page.keyboard.press("Enter")
    expect(column_of(page, "Dr Twice In").get_by_role("heading", name="Waiting 2")).to_be_visible()


def test_a_key_held_down_checks_in_one_patient(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Held Down")
    expected(scene, doctor, "Ada Held", "Bea Held")
    page = console()
    check_in(page, "Ada Held").focus()
    page.keyboard.down("Enter")
    expect(check_in(page, "Bea Held")).to_be_focused()
    until(page, SETTLED)
    page.keyboard.down("Enter")  # held: it repeats
    page.keyboard.up("Enter")
    page.keyboard.press("Tab")
    expect(check_in(page, "Bea Held")).not_to_have_attribute("aria-busy", "true")
    assert len(scene.queue(doctor)["waiting"]) == 1


def test_two_presses_open_the_menu_and_call_nobody(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Menu Twice")
    ticket = scene.walk_in(doctor, "Cem Twice")
    page = console()
    more = column_of(page, "Dr Menu Twice").get_by_role("button", name=f"Actions for {ticket['code']}")
    more.focus()
    page.evaluate(ENTER_ON_ARRIVAL, "[role=menuitem]")
    page.keyboard.press("Enter")
    until(page, PRESSED_AGAIN)
    expect(page.get_by_role("menuitem", name="Call now")).to_be_focused()
    # Whoever goes on by an arrow has seen where they are.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(column_of(page, "Dr Menu Twice").get_by_role("heading", name="On hold 1")).to_be_visible()
