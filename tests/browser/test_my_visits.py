"""What patients do alone: register, see their place again, move an appointment; no code is promised for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Shoot, Watch, log_in
from tests.browser.process import Caller
from tests.browser.scene import Scene

NUMBERS = count(1)


@pytest.fixture
def patient(scene: Scene) -> tuple[str, Caller, dict[str, Any]]:
    """A patient with an account: the user name, the way to the API, the record."""
    number = next(NUMBERS)
    name = f"visitor{number}"
    person = {"name": f"Visitor {number}", "phone": f"+120255501{number:02d}", "sms_consent": True}
    made = Caller(scene.url).post("/api/patients/", {**person, "username": name, "password": "my own password"})
    return name, scene.server.caller(name, "my own password"), made


@pytest.fixture
def at_home(open_page: OpenPage, patient: tuple[str, Caller, dict[str, Any]]) -> Callable[[str], Page]:
    """`at_home("/#/me")`: that page, logged in on a phone."""

    def open_it(path: str) -> Page:
        page = open_page("/#/login", width=390, height=844)
        log_in(page, patient[0], "my own password")
        page.get_by_role("link", name="My visits").wait_for()
        page.goto(path)
        return page

    return open_it


def test_who_is_in_the_queue_is_led_to_the_place(
    at_home: Callable[[str], Page], scene: Scene, patient: tuple[str, Caller, dict[str, Any]], shoot: Shoot
) -> None:
    here, there = scene.doctor("Dr Here"), scene.doctor("Dr There")
    ticket = patient[1].post("/api/enqueue/", {"doctor_id": here["id"]})
    page = at_home(f"/#/doctor/{here['id']}")
    expect(page.get_by_role("heading", name=f"You are {ticket['code']}")).to_be_visible()
    expect(page.get_by_role("button", name="Join the queue")).to_have_count(0)
    shoot(page, "doctor-joined")
    page.get_by_role("link", name="Show my place").click()
    page.wait_for_url(f"**/t/{ticket['id']}")
    page.goto(f"/#/doctor/{there['id']}")
    expect(page.get_by_role("link", name=f"You also have a place with Dr Here: {ticket['code']}")).to_be_visible()
    expect(page.get_by_role("button", name="Join the queue")).to_be_visible()


def test_what_is_open_closes_when_the_patient_logs_out_elsewhere(
    at_home: Callable[[str], Page], scene: Scene, patient: tuple[str, Caller, dict[str, Any]]
) -> None:
    doctor = scene.doctor("Dr Open")
    page = at_home(f"/#/doctor/{doctor['id']}")
    slot = page.locator(".slot-list button").first
    slot.click()
    expect(page.get_by_role("dialog", name="Book an appointment")).to_be_visible()
    other = page.context.new_page()
    other.goto("/#/me")
    other.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Log in").click()
    log_in(page, patient[0], "my own password")
    page.get_by_role("link", name="My visits").wait_for()
    page.goto(f"/#/doctor/{doctor['id']}")
    slot.click()
    expect(page.get_by_role("dialog", name="Book an appointment")).to_be_visible()


def test_an_appointment_is_moved_to_another_time(
    at_home: Callable[[str], Page], scene: Scene, patient: tuple[str, Caller, dict[str, Any]], shoot: Shoot
) -> None:
    doctor = scene.doctor("Dr Move")
    day = scene.queue(doctor)["day"]
    slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"]
    patient[1].post("/api/appointments/", {"doctor_id": doctor["id"], "start": slots[0]["start"]})
    page = at_home("/#/me")
    page.get_by_role("button", name="Move to another time").click()
    dialog = page.get_by_role("dialog")
    times = dialog.get_by_role("list").get_by_role("button")
    expect(times.first).to_be_visible()
    shoot(page, "move")
    chosen = times.nth(2).text_content() or ""
    times.nth(2).click()
    expect(dialog).to_contain_text(f"at {chosen}")
    dialog.get_by_role("button", name="Move to this time").click()
    expect(page.get_by_role("status").filter(has_text="Moved to")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Dr Move")).to_contain_text(chosen)
    (moved,) = patient[1].get("/api/appointments/")["items"]
    assert moved["start"] != slots[0]["start"]


def test_no_code_is_promised_where_no_text_leaves(at_home: Callable[[str], Page], open_page: OpenPage) -> None:
    page = at_home("/#/me")
    expect(page.get_by_role("heading", name="My appointments")).to_be_visible()
    expect(page.get_by_text("We sent a code")).to_have_count(0)
    page = open_page("/#/register", width=390, height=844)
    expect(page.get_by_label("Phone")).to_be_visible()
    expect(page.get_by_text("We text you a code")).to_have_count(0)


def test_a_new_code_is_answered_and_takes_the_old_refusal_away(
    at_home: Callable[[str], Page], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("422")
    watch.expect("429")
    page = at_home("/")
    # The same page where texts do leave the server.
    page.route("**/api/clinic/", lambda route: route.fulfill(json={**route.fetch().json(), "sms": "live"}))
    page.goto("/#/me")
    page.reload()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.locator(".wrong").filter(visible=True)).to_contain_text("code")
    page.get_by_role("button", name="Send a new code").click()
    expect(page.get_by_role("main").get_by_role("status").filter(visible=True)).not_to_be_empty()
    expect(page.locator(".wrong").filter(visible=True)).to_have_count(0)


def test_registering_names_every_fault_at_once(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("422")
    page = open_page("/#/register", width=390, height=844)
    page.get_by_label("Name", exact=True).fill("New Person")
    page.get_by_label("Phone").fill("12")
    page.get_by_label("User name").fill("new.person")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Register", exact=True).click()
    wrong = page.locator(".wrong").filter(visible=True)
    expect(wrong).to_have_count(2)
    expect(wrong.nth(0)).to_contain_text("This is not a")
    expect(wrong.nth(1)).to_have_text("This must have at least 8 characters.")


def test_a_patient_takes_home_what_the_clinic_keeps(
    at_home: Callable[[str], Page], patient: tuple[str, Caller, dict[str, Any]], tmp_path: Path, shoot: Shoot
) -> None:
    page = at_home("/#/me")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    shoot(page, "my-visits-download")
    download.value.save_as(tmp_path / "mine.json")
    kept = json.loads((tmp_path / "mine.json").read_text("utf-8"))
    assert (kept["patient"]["id"], kept["patient"]["phone"]) == (patient[2]["id"], patient[2]["phone"])
    assert kept["texts"][0]["kind"] == "code"
