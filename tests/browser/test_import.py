"""Importing in the panel: a file is read, corrected, checked, and only then taken; what is not taken is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene
from tests.browser.test_accessible import THEMES, violations

PEOPLE = (
    "Full name;Mobile;Born\r\nIñigo Montoya;2025550161;03/04/1980\r\nBo Lind;12;05/06/1990\r\nRosa Díaz;2025550163;\r\n"
)


def file_of(text: str, encoding: str = "utf-8", name: str = "people.csv") -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode(encoding)}


def imports(open_page: OpenPage, **options: object) -> Page:
    page = open_page("/admin/#/imports", **options)
    log_in(page, *ADMIN)
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()
    return page


def upload(page: Page, text: str, encoding: str = "utf-8") -> None:
    page.get_by_label("CSV file").set_input_files(file_of(text, encoding))  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="people.csv")).to_be_focused()


def test_a_file_is_checked_then_imported_and_what_is_refused_is_reported(
    open_page: OpenPage, scene: Scene, tmp_path: Path
) -> None:
    page = imports(open_page)
    upload(page, PEOPLE, "windows-1252")
    expect(page.get_by_label("What “Full name” holds")).to_have_value("name")
    page.get_by_label("What “Born” holds").select_option("date_of_birth")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert").filter(has_text="Say how the dates are written.")).to_be_visible()
    page.get_by_label("How are dates such as").select_option("mdy")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    assert scene.admin.get("/api/patients/?q=montoya")["items"] == []
    refused = page.get_by_role("row").filter(has_text="Bo Lind")
    expect(refused).to_contain_text("The phone number is not complete.")
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("The import is done.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report").click()
    report = tmp_path / "refused.csv"
    download.value.save_as(report)
    assert "Bo Lind,12,05/06/1990,3,The phone number is not complete." in report.read_text("utf-8-sig")
    (made,) = scene.admin.get("/api/patients/?q=montoya")["items"]
    assert (made["name"], made["date_of_birth"]) == ("Iñigo Montoya", "1980-03-04")

    page.get_by_role("button", name="Import another file").click()
    expect(page.get_by_role("row").filter(has_text="2 new, 0 known, 1 not taken")).to_be_visible()
    upload(page, PEOPLE, "windows-1252")
    page.get_by_label("What “Born” holds").select_option("")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("There is nothing new in this file.")).to_be_visible()


def test_columns_that_will_not_do_and_letters_read_wrong_are_put_right(open_page: OpenPage, watch: Watch) -> None:
    watch.expect("422")
    page = imports(open_page)
    upload(page, "Name;Tel\r\nليلى;2025550165\r\n", "windows-1256")
    page.get_by_text("look wrong?").click()
    page.get_by_label("Letters written as").select_option("windows-1256")
    page.get_by_role("button", name="Read it again").click()
    expect(page.get_by_text("ليلى")).to_be_visible()
    page.get_by_label("What “Tel” holds").select_option("name")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert").filter(has_text="Two columns are said to hold the same.")).to_be_visible()
    page.get_by_label("What “Tel” holds").select_option("")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert").filter(has_text="it tells people of one name apart")).to_be_visible()


def test_appointments_are_imported_without_a_text(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Import")
    scene.desk.post("/api/patients/", {"name": "Vera Cruz", "phone": "+12025550166", "sms_consent": True})
    slots = scene.admin.get(f"/api/doctors/{doctor['id']}/slots/")["items"]
    rows = "".join(f"Vera Cruz,2025550166,Import,{slot['start']}\r\n" for slot in slots[:2])
    page = imports(open_page)
    page.get_by_label("What is in the file?").select_option("appointments")
    upload(page, f"Patient,Phone,Doctor,Start\r\n{rows}Vera Cruz,2025550166,Nobody,{slots[3]['start']}\r\n")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("row").filter(has_text="Nobody")).to_contain_text("No doctor has this name.")
    expect(page.get_by_label("Text the patients about their appointment now")).not_to_be_checked()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("The import is done.")).to_be_visible()
    booked = scene.admin.get(f"/api/appointments/?doctor_id={doctor['id']}")["items"]
    assert len(booked) == 2
    assert scene.admin.get(f"/api/notifications/?patient_id={booked[0]['patient_id']}")["items"] == []


@pytest.mark.parametrize("theme", THEMES)
def test_every_step_can_be_read(open_page: OpenPage, theme: str) -> None:
    page = imports(open_page, color_scheme=theme, width=390, height=844)
    assert violations(page) == []
    upload(page, f"Name;Tel;Born\r\nOne {theme};2025550167;03/04/1980\r\nTwo;1;\r\n")
    assert violations(page) == []
    page.get_by_label("How are dates such as").select_option("dmy")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    expect(page.get_by_text("The phone number is not complete.")).to_be_visible()
    assert violations(page) == []
