"""An administrator closes days: nobody can book then, and whoever is booked already is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene

Panel = Callable[[str], Page]


@pytest.fixture
def panel(open_page: OpenPage) -> Panel:
    def open_it(view: str) -> Page:
        page = open_page(f"/admin/#/{view}")
        log_in(page, *ADMIN)
        return page

    return open_it


def closed(scene: Scene, doctor: dict[str, Any], day: date) -> Any:
    found = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day.isoformat()}")
    return found["closed"]


def test_a_doctor_s_days_off_show_who_is_booked(panel: Panel, scene: Scene) -> None:
    doctor = scene.doctor("Dr Away")
    first = date.fromisoformat(scene.desk.get("/api/clinic/")["day"]) + timedelta(days=3)
    patient = scene.desk.post("/api/patients/", {"name": "Amina Yusuf", "sms_consent": False})
    start = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={first.isoformat()}")["items"][0]["start"]
    scene.desk.post("/api/appointments/", {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": start})
    page = panel("doctors")
    row = page.get_by_role("row").filter(has_text="Dr Away")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Edit").click()
    last = first + timedelta(days=2)
    page.get_by_label("Days off").fill(f"{first.isoformat()} - {last.isoformat()} congress")
    page.get_by_role("button", name="Save").click()
    told = page.get_by_role("dialog", name="1 appointment stands on these days")
    expect(told).to_contain_text("Amina Yusuf")
    assert [closed(scene, doctor, day) for day in (first, last, last + timedelta(days=1))] == [
        {"why": "away", "name": ""},
        {"why": "away", "name": ""},
        None,
    ]
    told.get_by_role("link", name="To the appointments").click()
    expect(page.get_by_role("heading", name="Appointments")).to_be_visible()


RANGES = {
    "2030-12-24 to 2030-12-31 Christmas": "Christmas",
    "2030-12-24–2030-12-31": "",
    "2030-12-24-2030-12-31 leave": "leave",
    "2030-12-24/2030-12-31": "",
    "2030-12-24 ... 2030-12-31": "",
    "2030-12-24 2030-12-31": "",
    "2030-12-24 hasta 2030-12-31 Navidad": "Navidad",
    "2030-12-24 au 2030-12-31": "",
    "2030-12-24 حتى 2030-12-31 عطلة": "عطلة",
}
SINGLE = {"2030-12-24": "", "2030-12-24 – Christmas": "Christmas", "2030-12-24 2 doctors away": "2 doctors away"}
UNCLEAR = (
    "2030-12-24, 2030-12-31",
    "2030-12-24 and also 2030-12-31",
    "2030-12-24/31",
    "2030-12-24 to 31 Christmas",
    "24.12.2030",
)


def test_days_are_written_in_many_ways_and_none_is_guessed(panel: Panel, scene: Scene, watch: Watch) -> None:
    watch.expect("422")
    page = panel("settings")
    days, save = page.get_by_label("Days the clinic is closed"), page.get_by_role("button", name="Save")
    days.fill("\n".join([*RANGES, *SINGLE]))
    with page.expect_response("**/api/settings/"):
        save.click()
    kept = scene.admin.get("/api/settings/")["closed_days"]
    wanted = [("2030-12-31", note) for note in RANGES.values()] + [("2030-12-24", note) for note in SINGLE.values()]
    assert sorted((day["last"], day["note"]) for day in kept) == sorted(wanted)
    assert {day["first"] for day in kept} == {"2030-12-24"}
    for line in UNCLEAR:
        days.fill(line)
        with page.expect_response("**/api/settings/"):
            save.click()
        expect(days).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".wrong").filter(visible=True)).to_contain_text("2026-12-24 – 2027-01-02")
        assert scene.admin.get("/api/settings/")["closed_days"] == kept
    scene.admin.patch("/api/settings/", {"closed_days": []})


def test_public_holidays_are_kept_but_those_on_which_the_clinic_works(panel: Panel, scene: Scene) -> None:
    doctor = scene.doctor("Dr Feast")
    page = panel("settings")
    page.get_by_label("Public holidays of").select_option(label="France")
    page.get_by_label("Christmas Day").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("saved")
    items = scene.admin.get("/api/settings/holidays/?country=FR")["items"]
    days = {item["name"]: date.fromisoformat(item["date"]) for item in items}
    assert closed(scene, doctor, days["New Year's Day"]) == {"why": "holiday", "name": "New Year's Day"}
    assert closed(scene, doctor, days["Christmas Day"]) is None
    page.reload()
    expect(page.get_by_label("Christmas Day")).to_be_checked()
    scene.admin.patch("/api/settings/", {"holidays_country": ""})


def test_patients_read_why_a_day_has_no_times(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Shut")
    today = scene.desk.get("/api/clinic/")["day"]
    day = {"first": today, "last": today, "note": "Staff training"}
    scene.admin.patch("/api/settings/", {"closed_days": [day]})
    page = open_page(f"/#/doctor/{doctor['id']}")
    page.get_by_label("Day").select_option(value=today)
    shown = page.locator(".slots")
    expect(shown).to_contain_text("The clinic is closed on this day: Staff training. No free times")
    scene.admin.patch("/api/settings/", {"closed_days": []})
