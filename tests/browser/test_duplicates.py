"""Duplicates in the panel: found, told apart, or compared field by field and made one after an explicit word."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene
from tests.browser.test_accessible import THEMES, violations


def patients(open_page: OpenPage, **options: object) -> Page:
    page = open_page("/admin/#/patients", **options)
    log_in(page, *ADMIN)
    page.get_by_role("navigation").wait_for()
    return page


def two(scene: Scene, name: str, phone: str) -> tuple[str, str]:
    one = scene.desk.post("/api/patients/", {"name": name, "phone": phone, "sms_consent": True})
    swapped = " ".join(reversed(name.split()))
    born = {"name": swapped, "phone": phone, "date_of_birth": "1980-05-17", "sms_consent": False, "language": "es"}
    return one["id"], scene.desk.post("/api/patients/", born)["id"]


def test_two_records_become_one_after_an_explicit_word(open_page: OpenPage, scene: Scene) -> None:
    one, other = two(scene, "Ana Doble", "+12025550151")
    page = patients(open_page)
    page.get_by_role("button", name="Find duplicates").click()
    expect(page.get_by_role("heading", name="Records that may be")).to_be_focused()
    card = page.get_by_role("listitem").filter(has_text="Doble Ana")
    expect(card).to_contain_text("same phone")
    expect(card).to_contain_text("same name")
    card.get_by_role("button", name="Merge…").click()
    dialog = page.get_by_role("dialog", name="Make one record of two")
    expect(dialog.get_by_role("group", name="Which birth date?").get_by_label("nothing")).to_be_disabled()
    dialog.get_by_role("group", name="Which language").get_by_label("Español").check()
    dialog.get_by_role("button", name="Merge for good").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tick the box above")
    dialog.get_by_label("I have compared both").check()
    dialog.get_by_role("button", name="Merge for good").click()
    expect(page.get_by_text("Ana Doble is one record now")).to_be_visible()
    expect(card).to_have_count(0)
    made = scene.admin.get(f"/api/patients/{one}/")
    assert (made["name"], made["language"], made["date_of_birth"]) == ("Ana Doble", "es", "1980-05-17")
    assert scene.admin.get(f"/api/patients/{other}/")["merged_into"] == one


def test_two_people_are_told_apart_for_good(open_page: OpenPage, scene: Scene) -> None:
    scene.desk.post("/api/patients/", {"name": "Mother Family", "phone": "+12025550152", "sms_consent": False})
    scene.desk.post("/api/patients/", {"name": "Child Family", "phone": "+12025550152", "sms_consent": False})
    page = patients(open_page)
    page.get_by_role("button", name="Find duplicates").click()
    card = page.get_by_role("listitem").filter(has_text="Child Family")
    card.get_by_role("button", name="These are two people").click()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="All patients").click()
    page.get_by_role("button", name="Find duplicates").click()
    expect(page.get_by_text("All done")).to_be_visible()
    expect(card).to_have_count(0)


def test_whoever_waits_is_refused_in_words_and_another_choice_helps(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    watch.expect("409")
    doctor = scene.doctor("Dr Merge")
    one, other = two(scene, "Wanda Waiting", "+12025550153")
    scene.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": other})
    page = patients(open_page)
    page.get_by_label("Name, phone, birth date or ticket").fill("wanda waiting")
    page.get_by_role("row").filter(has_text="Wanda Waiting").get_by_role("button").click()
    page.get_by_role("menuitem", name="Merge…").click()
    page.get_by_role("dialog").get_by_role("searchbox").fill("waiting wanda")
    page.get_by_role("dialog").get_by_label("Patient").select_option(other)
    page.get_by_role("button", name="Compare the two").click()
    dialog = page.get_by_role("dialog", name="Make one record of two")
    dialog.get_by_label("I have compared both").check()
    dialog.get_by_role("button", name="Merge for good").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The record that would go is in a queue.")
    dialog.get_by_role("group", name="Which record stays?").get_by_label("Waiting Wanda").check()
    dialog.get_by_role("button", name="Merge for good").click()
    expect(page.get_by_text("Waiting Wanda is one record now")).to_be_visible()
    assert scene.queue(doctor)["waiting"][0]["patient"]["id"] == other
    assert scene.admin.get(f"/api/patients/{one}/")["merged_into"] == other


def test_an_administrator_exports_what_is_kept_about_a_patient(
    open_page: OpenPage, scene: Scene, tmp_path: Path
) -> None:
    scene.desk.post("/api/patients/", {"name": "Exported Person", "sms_consent": False})
    page = patients(open_page)
    row = page.get_by_role("row").filter(has_text="Exported Person")
    row.get_by_role("button").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export the data").click()
    download.value.save_as(tmp_path / "patient.json")
    assert "Exported Person" in (tmp_path / "patient.json").read_text("utf-8")


@pytest.mark.parametrize("theme", THEMES)
def test_the_comparison_can_be_read(open_page: OpenPage, scene: Scene, theme: str) -> None:
    two(scene, f"Legible {theme.title()}", "+12025550154")
    page = patients(open_page, color_scheme=theme, width=390, height=844)
    page.get_by_role("button", name="Find duplicates").click()
    page.get_by_role("listitem").filter(has_text="Legible").first.get_by_role("button", name="Merge…").click()
    expect(page.get_by_role("dialog", name="Make one record of two")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert violations(page) == []
