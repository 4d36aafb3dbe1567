"""Who comes in: found or new, booked or not, with a phone or without, with the server there or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN, ServerProcess
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]
BOX = "Name, phone, birth date or ticket"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module that its tests may kill."""
    process = ServerProcess(tmp_path_factory.mktemp("arrivals"))
    yield process
    process.stop()


def booked(scene: Scene, doctor: dict[str, Any], name: str, **given: Any) -> dict[str, Any]:
    """A patient with an appointment today."""
    patient: dict[str, Any] = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False, **given})
    day = scene.queue(doctor)["day"]
    slot = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"][0]
    booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
    scene.desk.post("/api/appointments/", booking)
    return patient


def find(page: Page, name: str) -> None:
    """Search for `name` and take the patient found."""
    page.get_by_role("combobox", name=BOX).fill(name)
    page.get_by_role("option", name=name).first.click()


def test_without_a_doctor_the_first_step_is_said(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/console/")
    log_in(page, *ADMIN)
    page.get_by_role("combobox", name=BOX).fill("Early Bird")
    page.get_by_role("option", name="Add “Early Bird” as a walk-in").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Add a doctor first")
    expect(dialog.get_by_role("link", name="Add a doctor")).to_have_attribute("href", "/admin/#/doctors")


def test_booking_without_a_doctor_leads_to_adding_one(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/admin/#/appointments")
    log_in(page, *ADMIN)
    page.get_by_role("button", name="Book an appointment").click()
    expect(page.get_by_role("dialog")).to_contain_text("Add a doctor first")
    page.get_by_role("dialog").get_by_role("link", name="Add a doctor").click()
    expect(page.get_by_role("heading", name="Doctors")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_is_booked_today_is_offered_the_check_in_first(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Expects")
    booked(scene, doctor, "Expected Walker")
    page = console()
    find(page, "Expected Walker")
    check_in = page.get_by_role("button", name="Check in for")
    expect(check_in).to_be_focused()
    check_in.press("Enter")
    expect(column_of(page, "Dr Expects")).to_contain_text("Expected Walker")
    (ticket,) = scene.queue(doctor)["waiting"]
    assert ticket["source"] == "appointment"


def test_who_joined_without_the_booking_is_shown_in_the_queue_and_not_checked_in(
    console: Console, scene: Scene
) -> None:
    doctor = scene.doctor("Dr Both")
    patient = booked(scene, doctor, "Both Ways")
    page = console()
    expect(page.get_by_role("button", name="Check in Both Ways")).to_be_visible()
    ticket = scene.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": patient["id"]})
    row = page.get_by_role("complementary").get_by_role("listitem").filter(has_text="Both Ways")
    expect(row).to_contain_text(f"In the queue as {ticket['code']}")
    expect(page.get_by_role("button", name="Check in Both Ways")).to_be_hidden()


def test_a_birth_date_goes_into_the_birth_date(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Date")
    page = console()
    page.get_by_role("combobox").fill("1984-02-12")
    page.get_by_role("option", name="Register").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Date of birth")).to_have_value("1984-02-12")
    expect(dialog.get_by_label("Phone")).to_have_value("")
    expect(dialog.get_by_label("Name")).to_have_value("")
    page.keyboard.press("Escape")
    page.get_by_role("combobox").fill("1984-02-12")
    page.get_by_role("option", name="as a walk-in").click()
    expect(dialog.get_by_label("Phone")).to_have_value("")


def test_row_tells_who_cannot_be_texted(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Voice")
    scene.walk_in(doctor, "Phoneless Person")
    silent = {"name": "Silent Person", "phone": "+12025550133", "sms_consent": False}
    scene.walk_in(doctor, "Silent Person", walk_in=silent)
    page = console()
    rows = column_of(page, "Dr Voice").locator(".row")
    expect(rows.filter(has_text="Phoneless")).to_contain_text("No phone")
    expect(rows.filter(has_text="Silent")).to_be_visible()
    expect(rows.filter(has_text="Silent")).not_to_contain_text("text")
    scene.call_next(doctor)
    expect(rows.filter(has_text="Phoneless")).to_contain_text("No phone: call by name")
    (called,) = scene.queue(doctor)["called"]
    scene.desk.post("/api/notify-next/", {"doctor_id": doctor["id"], "current": called["id"]})
    expect(rows.filter(has_text="Silent")).to_contain_text("No texts: call by name")


def test_marks_and_long_names_stay_inside_their_row(console: Console, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr Narrow"), scene.doctor("Dr Okafor-Lindqvist-Montgomery")
    name = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Maximilian Senior"
    patient = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
    for each in (other, doctor):
        body = {"doctor_id": each["id"], "patient_id": patient["id"], "priority": "emergency", "reason": "fell " * 20}
        scene.desk.post("/api/enqueue/", body)
    page = console()
    row = column_of(page, "Dr Narrow").locator(".row").first
    expect(row).to_contain_text("also with")
    assert row.evaluate("""(row) => {
        const edge = row.getBoundingClientRect().right;
        return [...row.querySelectorAll(".row-marks > *")].every((mark) => mark.getBoundingClientRect().right <= edge);
    }""")
    expect(row.locator(".row-name")).to_have_text(name)


def test_search_without_a_server_says_so_and_creates_nobody(
    console: Console, scene: Scene, server: ServerProcess, watch: Watch
) -> None:
    watch.expect_outage()
    watch.expect("WebSocket connection")
    doctor = scene.doctor("Dr Power")
    scene.walk_in(doctor, "Waiting Person")
    page = console()
    column = column_of(page, "Dr Power")
    expect(column).to_contain_text("Waiting Person")
    server.kill()
    expect(page.get_by_text("Not connected. What you see")).to_be_visible()
    box = page.get_by_role("combobox", name=BOX)
    box.fill("Nobody Yet")
    expect(page.get_by_text("Not connected. The search goes on")).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(0)
    column.get_by_role("button", name="Call next").click()
    refused = column.get_by_text("cannot be reached. Try again once the connection is back.")
    expect(refused).to_be_visible(timeout=30_000)
    box.focus()
    server.start(server.port)
    expect(page.get_by_text("Not connected. What you see")).to_be_hidden(timeout=30_000)
    expect(refused).to_have_count(0)
    expect(page.get_by_role("option", name="Add “Nobody Yet” as a walk-in")).to_be_visible()
    expect(page.get_by_role("complementary").get_by_role("alert")).to_be_empty()


def test_a_booking_and_a_new_doctor_appear_while_the_console_is_open(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Live List")
    page = console()
    expect(column_of(page, "Dr Live List")).to_be_visible()
    booked(scene, doctor, "Bea Booked")
    expect(page.locator("#appointments")).to_contain_text("Bea Booked")
    scene.doctor("Dr New Here")
    expect(column_of(page, "Dr New Here")).to_be_visible()


def test_enter_takes_only_what_was_found_for_the_text_in_the_box(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Hasty")
    for name in ("Marta Hasty", "Mario Hasty"):
        scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
    page = console()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/patients/?q=Mario*", hold)
    box = page.get_by_role("combobox", name=BOX)
    box.focus()
    page.keyboard.type("Mar")
    expect(page.get_by_role("option", name="Mario Hasty")).to_be_visible()
    page.keyboard.type("io")
    with page.expect_request("**/api/patients/?q=Mario*"):
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    expect(box).to_have_value("Mario")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.get_by_role("dialog", name="Mario Hasty")).to_be_visible()


def test_the_search_says_who_is_in_a_queue_already_and_a_code_leads_to_the_row(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Place")
    ticket = scene.walk_in(doctor, "Placed Person")
    page = console()
    row = column_of(page, "Dr Place").locator(".row").filter(has_text="Placed Person")
    expect(row).to_be_visible()
    box = page.get_by_role("combobox", name=BOX)
    box.fill("placed")
    expect(page.get_by_role("option").first).to_contain_text(f"{ticket['code']} with Dr Place: Waiting")
    box.fill(ticket["code"].lower())
    expect(page.get_by_role("option").first).to_have_text(f"Go to {ticket['code']} Placed Person")
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Actions")).to_be_focused()
