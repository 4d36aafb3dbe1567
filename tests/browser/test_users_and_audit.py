"""Users and the audit in the panel: a first password that has to be changed, switching off, and who did what."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene
from tests.browser.test_accessible import THEMES, violations
from tests.browser.test_admin import choose


def panel(open_page: OpenPage, view: str, **options: object) -> Page:
    page = open_page(f"/admin/#/{view}", **options)
    log_in(page, *ADMIN)
    page.get_by_role("navigation").wait_for()
    return page


def test_a_new_user_chooses_an_own_password_and_is_switched_off_and_on(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    watch.expect("401")
    page = panel(open_page, "users")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_label("User name").fill("new.person")
    page.get_by_label("Role").last.select_option("receptionist")
    page.get_by_label("Password", exact=True).fill("given-password")
    expect(page.get_by_label("Valid for one log-in")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="new.person")
    expect(row).to_contain_text("First password not changed yet")

    desk = open_page("/console/")
    log_in(desk, "new.person", "given-password")
    desk.get_by_label("New password").fill("own-password-1")
    desk.get_by_role("button", name="Keep").click()
    expect(desk.locator(".columns:visible, .empty-clinic:visible").first).to_be_visible()

    page.get_by_label("Role").first.select_option("receptionist")
    expect(row).to_contain_text("Can log in")
    choose(page, "new.person", "Switch off")
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(row).to_contain_text("Switched off")
    refused = open_page("/console/")
    log_in(refused, "new.person", "own-password-1")
    expect(refused.get_by_role("alert")).to_contain_text("This account has been switched off.")
    choose(page, "new.person", "Switch on")
    expect(row).to_contain_text("Can log in")


def test_the_last_administrator_stays(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    page = panel(open_page, "users")
    page.get_by_label("Role").first.select_option("admin")
    choose(page, ADMIN[0], "Switch off")
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("dialog", name="This was not done")).to_contain_text("This is the last administrator.")


def test_the_audit_says_in_words_who_did_what_to_whom(open_page: OpenPage, scene: Scene, tmp_path: Path) -> None:
    made = scene.desk.post("/api/patients/", {"name": "Olga Audited", "sms_consent": False})
    scene.admin.patch(f"/api/patients/{made['id']}/", {"name": "Olga Renamed"})
    page = panel(open_page, "audit")
    rows = page.get_by_role("row").filter(has_text="Olga Renamed")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Changed a patient")
    who, what = (page.get_by_role("main").get_by_role("combobox").nth(at) for at in (0, 1))
    who.select_option(label="Robin Desk · Receptionist")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Registered a patient")
    rows.get_by_role("button", name="Olga Renamed").click()
    who.select_option("")
    expect(page.get_by_role("row").filter(has=page.get_by_role("cell"))).to_have_count(2)
    what.select_option("change patient")
    expect(page.get_by_role("row").filter(has=page.get_by_role("cell"))).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "audit.csv")
    assert made["id"] in (tmp_path / "audit.csv").read_text("utf-8-sig")
    page.get_by_role("button", name="Only: Olga Renamed").click()
    page.get_by_role("textbox", name="From").fill("2100-01-01")
    expect(page.get_by_text("Nothing found.")).to_be_visible()


def test_an_undo_in_the_audit_says_what_was_undone(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Undone")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    for command, body in (("call", {}), ("priority", {"priority": "priority"})):
        scene.desk.post(f"/api/tickets/{ticket['id']}/{command}/", body)
        scene.desk.post(f"/api/queue/{doctor['id']}/undo/", {})
    page = panel(open_page, "audit")
    rows = page.get_by_role("row").filter(has_text="Undid the last step").filter(has_text="Dr Undone")
    expect(rows.nth(1)).to_contain_text(f"undone: Called somebody · tickets: {ticket['code']}")
    expect(rows.nth(0)).to_contain_text(f"undone: Changed a priority · tickets: {ticket['code']}")


@pytest.mark.parametrize("theme", THEMES)
def test_users_and_audit_can_be_read(open_page: OpenPage, scene: Scene, theme: str) -> None:
    page = panel(open_page, "users", color_scheme=theme, width=390, height=844)
    expect(page.get_by_role("row").filter(has_text="reception").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("row").filter(has_text="Logged in").first).to_be_visible()
    assert violations(page) == []
