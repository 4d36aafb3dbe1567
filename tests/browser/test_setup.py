"""The first start: three steps from an empty clinic to a doctor, hours and a TV, kept when somebody is called away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN, ServerProcess
from tests.browser.test_accessible import violations


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """An empty clinic for each test."""
    process = ServerProcess(tmp_path)
    yield process
    process.stop()


def begin(open_page: OpenPage) -> Page:
    """Come from the console, as whoever starts the server first does."""
    page = open_page("/console/")
    log_in(page, *ADMIN)
    page.get_by_role("link", name="Set up the clinic").click()
    expect(page.get_by_role("heading", name="Who sees patients first?")).to_be_visible()
    return page


def add_doctor(page: Page) -> None:
    page.keyboard.type("Dr First")
    page.keyboard.press("Tab")
    page.keyboard.type("General")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="When can patients be booked?")).to_be_visible()


def test_three_steps_lead_from_nothing_to_a_tv_that_shows_the_queue(open_page: OpenPage) -> None:
    tv = open_page("/kiosk/")
    expect(tv.locator("#pairing .code")).not_to_be_empty()
    page = begin(open_page)
    assert violations(page) == []
    add_doctor(page)
    page.get_by_label("Monday").fill("08:00-12:00")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_label("Code on the screen")).to_be_focused()
    expect(page.get_by_role("listitem").filter(has_text="Waiting-room TV")).to_have_attribute("aria-current", "step")
    assert violations(page) == []
    page.get_by_label("Code on the screen").fill(tv.locator("#pairing .code").inner_text())
    page.get_by_label("Name").fill("Hall")
    page.get_by_role("button", name="Connect a TV").click()
    expect(page.get_by_role("heading", name="The clinic is ready")).to_be_focused()
    expect(tv.locator(".doctor")).to_contain_text("Dr First")
    page.get_by_role("link", name="Open reception").click()
    expect(page.get_by_role("region", name="Dr First")).to_be_visible()
    hours = page.request.get("/api/doctors/").json()["items"][0]["hours"]
    assert hours["mon"] == [["08:00", "12:00"]]


def test_whoever_is_called_away_carries_on_where_they_were(open_page: OpenPage, watch: Watch) -> None:
    watch.expect("422")
    page = begin(open_page)
    add_doctor(page)
    page.reload()
    expect(page.get_by_role("heading", name="When can patients be booked?")).to_be_visible()
    page.get_by_label("Monday").fill("from nine")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_label("Monday")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Monday")).to_have_value("from nine")
    page.get_by_label("Monday").fill("")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("heading", name="The clinic is ready")).to_be_visible()


def test_a_clinic_that_is_set_up_opens_on_its_doctors(open_page: OpenPage) -> None:
    page = open_page("/admin/")
    log_in(page, *ADMIN)
    expect(page.get_by_role("heading", name="Set up the clinic")).to_be_visible()
    add_doctor(page)
    again = page.context.new_page()
    again.goto("/admin/")
    expect(again.get_by_role("heading", name="Doctors", exact=True)).to_be_visible()


def test_the_time_zone_is_chosen_in_the_settings(open_page: OpenPage, tmp_path: Path, watch: Watch) -> None:
    watch.expect_outage()
    process = ServerProcess(tmp_path / "zone", CLINIC_TIMEZONE="")
    try:
        page = open_page(f"{process.url}/admin/#/settings")
        log_in(page, *ADMIN)
        zone = page.get_by_label("Time zone")
        expect(zone).to_have_value("UTC")
        zone.select_option("Europe/Madrid")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".toast")).to_contain_text("saved")
        process.kill()
        process.start(process.port)
        page.reload()
        expect(page.get_by_text("in Europe/Madrid")).to_be_visible()
        expect(zone).to_have_value("Europe/Madrid")
    finally:
        process.stop()
