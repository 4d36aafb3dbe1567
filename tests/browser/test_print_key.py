"""Ctrl+P at the desk prints the ticket that is meant: never an older one, and never the page with everybody's names."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_SECONDS, until
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]

# Which papers the page opens, and what became of each press of the key.
LISTEN = """() => {
    window.papers = [];
    window.open = (url) => window.papers.push(url.split("/")[2]) && null;
    window.presses = [];
    addEventListener("keydown", (event) => event.ctrlKey && event.code === "KeyP" && presses.push(event), true);
}"""


@pytest.fixture
def desk(console: Console) -> Page:
    page = console()
    page.evaluate(LISTEN)
    return page


def papers(page: Page) -> list[str]:
    """The tickets that were printed."""
    opened: list[str] = page.evaluate("window.papers")
    return opened


def print_key(page: Page, key: str = "Control+p") -> None:
    """Press it; the browser's own printing must not come."""
    page.keyboard.press(key)
    assert page.evaluate("presses.length > 0 && presses.every((event) => event.defaultPrevented)")


def look_up(page: Page, name: str) -> None:
    """Type into the search box, and Enter."""
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def add(page: Page, name: str) -> None:
    """A walk-in, at leisure."""
    look_up(page, name)
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text(name)
    expect(page.get_by_role("dialog")).to_have_count(0)


def ticket_of(scene: Scene, doctor: dict[str, Any], name: str) -> str:
    (ticket,) = [each for each in scene.queue(doctor)["waiting"] if each["patient"]["name"] == name]
    return str(ticket["id"])


def in_queue_of(page: Page, doctor: dict[str, Any]) -> None:
    """New patients join this doctor."""
    column_of(page, doctor["name"]).get_by_role("heading", name=doctor["name"]).click()


def hold(page: Page, path: str) -> list[Route]:
    """What is sent to `path` waits until the test lets it go on."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(path, keep)
    return held


def release(page: Page, held: list[Route]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not held:
        assert time.monotonic() < deadline, "nothing was sent"
        page.wait_for_timeout(20)
    held.pop().continue_()


def test_the_ticket_that_is_being_made_is_printed_and_not_the_one_before(desk: Page, scene: Scene) -> None:
    doctor = scene.doctor("Dr Slow Line")
    in_queue_of(desk, doctor)
    add(desk, "Amina Yusuf")
    searches, joins = hold(desk, "**/api/patients/?*"), hold(desk, "**/api/enqueue/")
    look_up(desk, "Bo Lind")
    desk.keyboard.press("Enter")
    print_key(desk)
    print_key(desk)
    release(desk, searches)
    release(desk, joins)
    until(desk, "window.papers.length > 0")
    expect(desk.locator(".toast").last).to_contain_text("Bo Lind")
    assert papers(desk) == [ticket_of(scene, doctor, "Bo Lind")]


def test_name_enter_enter_and_the_key_without_a_pause(desk: Page, scene: Scene) -> None:
    doctor = scene.doctor("Dr No Pause")
    in_queue_of(desk, doctor)
    for name in ("Cem Aslan", "Dora Petrov", "Emil Novak"):
        desk.evaluate("window.papers.length = 0")
        look_up(desk, name)
        desk.keyboard.press("Enter")
        print_key(desk)
        until(desk, "window.papers.length > 0")
        assert papers(desk) == [ticket_of(scene, doctor, name)]
        expect(desk.get_by_role("dialog")).to_have_count(0)


def test_a_name_that_nobody_has_added_prints_nothing(desk: Page, scene: Scene) -> None:
    in_queue_of(desk, scene.doctor("Dr Only Typed"))
    add(desk, "Fatou Diop")
    desk.keyboard.type("Grete Hansen")
    print_key(desk)
    expect(desk.locator(".toast").last).to_contain_text("Nobody has been added yet")
    assert papers(desk) == []


def test_the_key_in_a_join_dialog_prints_once_the_ticket_is_there(desk: Page, scene: Scene) -> None:
    doctor = scene.doctor("Dr Dialog Open")
    in_queue_of(desk, doctor)
    add(desk, "Hugo Zeller")
    look_up(desk, "Ines Haddad")
    dialog = desk.get_by_role("dialog")
    dialog.wait_for()
    print_key(desk)
    expect(dialog.locator(".toast").last).to_contain_text("printed as soon as")
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert papers(desk) == []
    look_up(desk, "Ines Haddad")
    dialog.wait_for()
    print_key(desk)
    assert papers(desk) == []
    desk.keyboard.press("Enter")
    until(desk, "window.papers.length > 0")
    assert papers(desk) == [ticket_of(scene, doctor, "Ines Haddad")]


def test_a_dialog_that_is_closed_while_it_sends_still_means_its_ticket(desk: Page, scene: Scene) -> None:
    doctor = scene.doctor("Dr Closed Early")
    in_queue_of(desk, doctor)
    add(desk, "Jun Sato")
    joins = hold(desk, "**/api/enqueue/")
    look_up(desk, "Kofi Mensah")
    desk.get_by_role("dialog").wait_for()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    print_key(desk)
    assert papers(desk) == []
    release(desk, joins)
    until(desk, "window.papers.length > 0")
    assert papers(desk) == [ticket_of(scene, doctor, "Kofi Mensah")]


@pytest.mark.parametrize("key", ["p", "Control+p"])
@pytest.mark.parametrize("called", [False, True])
def test_on_a_row_the_key_prints_that_row(desk: Page, scene: Scene, key: str, called: bool) -> None:
    doctor = scene.doctor(f"Dr Row {key} {called}")
    in_queue_of(desk, doctor)
    ticket = scene.walk_in(doctor, "Lena Ruiz")
    if called:
        scene.call_next(doctor)
    add(desk, f"Made {key} {called}")
    row = column_of(desk, doctor["name"]).get_by_role("button", name=f"Actions for {ticket['code']}")
    row.focus()
    desk.keyboard.press(key)
    assert papers(desk) == [ticket["id"]]


def test_a_check_in_under_way_is_printed_once_it_is_done(desk: Page, scene: Scene) -> None:
    doctor = scene.doctor("Dr Check In")
    in_queue_of(desk, doctor)
    add(desk, "Mina Okafor")
    patient = scene.desk.post("/api/patients/", {"name": "Nadia Berg", "sms_consent": False})
    slot = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={scene.queue(doctor)['day']}")["items"][0]
    booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
    scene.desk.post("/api/appointments/", booking)
    check_ins = hold(desk, "**/check-in/")
    desk.get_by_role("button", name="Check in Nadia Berg").click()
    print_key(desk)
    assert papers(desk) == []
    release(desk, check_ins)
    until(desk, "window.papers.length > 0")
    assert papers(desk) == [ticket_of(scene, doctor, "Nadia Berg")]


@pytest.mark.parametrize("key", ["Control+p", "Control+Shift+P"])
def test_the_page_itself_is_never_printed(desk: Page, scene: Scene, key: str) -> None:
    doctor = scene.doctor(f"Dr Never {key}")
    ticket = scene.walk_in(doctor, "Otto Klein")
    print_key(desk, key)
    expect(desk.locator(".toast")).to_contain_text("No ticket was made here yet")
    desk.keyboard.press("?")
    desk.get_by_role("dialog").wait_for()
    print_key(desk, key)
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Robin Desk").click()
    desk.get_by_role("menu").wait_for()
    print_key(desk, key)
    desk.keyboard.press("Escape")
    assert papers(desk) == []
    column_of(desk, doctor["name"]).get_by_role("button", name=f"Actions for {ticket['code']}").click()
    desk.get_by_role("menu").wait_for()
    print_key(desk, key)
    assert papers(desk) == [ticket["id"]]
