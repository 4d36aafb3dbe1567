"""The administrator's work: doctors, users, patients, appointments, queues, displays and settings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Watch, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene

Admin = Callable[..., Page]


@pytest.fixture
def admin(open_page: OpenPage, scene: Scene) -> Admin:
    """`admin("doctors")`: that list of the panel, logged in."""

    def open_it(view: str) -> Page:
        page = open_page(f"/admin/#/{view}")
        log_in(page, *ADMIN)
        page.get_by_role("navigation").wait_for()
        return page

    return open_it


def choose(page: Page, row: str, action: str) -> None:
    """Choose `action` in the menu of the row that holds `row`."""
    page.get_by_role("row").filter(has_text=row).get_by_role("button").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def test_doctor_is_added_with_hours_changed_and_removed(admin: Admin, scene: Scene) -> None:
    page = admin("doctors")
    page.get_by_role("button", name="Add a doctor").click()
    page.get_by_label("Name", exact=True).fill("Dr Grace")
    page.get_by_label("Specialty").fill("Dermatology")
    page.get_by_label("Room", exact=True).fill("7")
    page.get_by_label("Monday").fill("8:00-12:00, 13:00–17:00")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="Dr Grace")
    expect(row).to_contain_text("Room 7")
    expect(row).to_contain_text("Open")
    doctors = scene.admin.get("/api/doctors/")["items"]
    made = next(doctor for doctor in doctors if doctor["name"] == "Dr Grace")
    assert made["hours"]["mon"] == [["08:00", "12:00"], ["13:00", "17:00"]]

    choose(page, "Dr Grace", "Edit")
    expect(page.get_by_label("Monday")).to_have_value("08:00–12:00, 13:00–17:00")
    page.get_by_label("Room", exact=True).fill("8")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Room 8")
    choose(page, "Dr Grace", "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_two_who_change_other_things_of_one_doctor_do_not_undo_each_other(admin: Admin, scene: Scene) -> None:
    doctor = scene.doctor("Dr Shared", hours={"mon": [["09:00", "12:00"]]})
    page = admin("doctors")
    choose(page, "Dr Shared", "Edit")
    page.get_by_label("Tuesday").fill("09:00–12:00")
    meanwhile = {"specialty": "Surgery", "room": "9", "slot_minutes": 20}
    scene.admin.patch(f"/api/doctors/{doctor['id']}/", meanwhile)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Dr Shared is saved")
    saved = scene.admin.get(f"/api/doctors/{doctor['id']}/")
    assert {name: saved[name] for name in meanwhile} == meanwhile
    assert list(saved["hours"]) == ["mon", "tue"]
    choose(page, "Dr Shared", "Edit")
    page.get_by_label("Kind").select_option("team")
    page.get_by_label("Room").fill("9, 10")
    scene.admin.patch(f"/api/doctors/{doctor['id']}/", {"hours": {"fri": [["09:00", "12:00"]]}})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="Dr Shared")).to_contain_text("Room 9, Room 10")
    assert list(scene.admin.get(f"/api/doctors/{doctor['id']}/")["hours"]) == ["fri"]


def test_the_focus_stays_at_the_row_or_goes_to_its_neighbour(admin: Admin, scene: Scene) -> None:
    names = ("Dr Fore", "Dr Mid", "Dr Rear")
    for name in names:
        scene.doctor(name)
    page = admin("doctors")
    fore, mid, rear = (page.get_by_role("button", name=f"Actions for {name}", exact=True) for name in names)
    choose(page, "Dr Mid", "Edit")
    page.get_by_label("Room", exact=True).fill("8")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="Dr Mid")).to_contain_text("Room 8")
    expect(mid).to_be_focused()
    choose(page, "Dr Mid", "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(mid).to_have_count(0)
    expect(rear).to_be_focused()
    choose(page, "Dr Rear", "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(rear).to_have_count(0)
    expect(page.locator("tbody :focus")).to_have_count(1)
    expect(fore).to_have_count(1)


def test_a_doctor_who_is_gone_is_said_to_be_gone(admin: Admin, scene: Scene, watch: Watch) -> None:
    watch.expect("404")
    doctor = scene.doctor("Dr Gone")
    page = admin("doctors")
    expect(page.get_by_role("row").filter(has_text="Dr Gone")).to_be_visible()
    scene.admin.delete(f"/api/doctors/{doctor['id']}/")
    choose(page, "Dr Gone", "Edit")
    expect(page.get_by_role("dialog")).to_contain_text("There is no such doctor")


def test_wrong_hours_are_named(admin: Admin, watch: Watch) -> None:
    watch.expect("422")
    page = admin("doctors")
    page.get_by_role("button", name="Add a doctor").click()
    page.get_by_label("Name", exact=True).fill("Dr Odd")
    page.get_by_label("Specialty").fill("Oddities")
    page.get_by_label("Room", exact=True).fill("7")
    page.get_by_label("Tuesday").fill("late in the morning")
    page.get_by_label("Minutes per appointment").fill("999")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".wrong").filter(visible=True)).to_have_text("Give a whole number from 5 to 240.")
    page.get_by_label("Minutes per appointment").fill("20")
    page.get_by_role("button", name="Save").click()
    tuesday = page.get_by_label("Tuesday")
    expect(tuesday).to_be_focused()
    expect(tuesday).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong").filter(visible=True)).to_contain_text("Write times such as 09:00–12:30")
    expect(page.get_by_label("Monday")).not_to_have_attribute("aria-invalid", "true")
    tuesday.fill("9:00–12:00")
    expect(page.locator(".wrong").filter(visible=True)).to_have_count(0)


def test_wording_that_is_not_saved_is_not_lost_without_a_question(admin: Admin, watch: Watch) -> None:
    page = admin("texts")
    wording = page.get_by_role("textbox", name="Wording")
    expect(page.get_by_role("region", name="What the patient reads")).to_contain_text("It is your turn")
    wording.fill("Number {code}, please come in.")
    page.get_by_role("link", name="Queues").click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    expect(dialog).to_contain_text("1 wording is not saved yet.")
    dialog.get_by_role("button", name="Stay here").click()
    expect(wording).to_have_value("Number {code}, please come in.")
    expect(page).to_have_url(re.compile("#/texts$"))
    page.get_by_role("link", name="Queues").click()
    dialog.get_by_role("button", name="Leave, and lose it").click()
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    expect(page).to_have_url(re.compile("#/queues$"))


def test_faults_of_the_settings_are_whole_sentences_without_the_apis_names(admin: Admin, watch: Watch) -> None:
    watch.expect("422")
    page = admin("settings")
    page.get_by_label("Quiet from").fill("21:00")
    page.get_by_label("Grace for late arrivals").fill("999")
    page.get_by_role("button", name="Save").click()
    wrong = page.locator(".wrong").filter(visible=True)
    expect(wrong).to_have_text(["Give a whole number from 0 to 120."])
    page.get_by_label("Grace for late arrivals").fill("10")
    page.get_by_role("button", name="Save").click()
    expect(wrong).to_have_text(["Give two different times, or leave both empty."])


def test_two_who_change_other_settings_do_not_undo_each_other(admin: Admin, scene: Scene) -> None:
    scene.admin.patch("/api/settings/", {"holidays_country": "FR", "name": "Hill Clinic"})
    page = admin("settings")
    page.get_by_label("Name of the clinic").fill("Dale Clinic")
    meanwhile = {
        "late_grace_minutes": 11,
        "sms": {"missed": False},
        "holidays_region": "BL",
        "quiet_from": "22:00",
        "quiet_until": "06:00",
    }
    scene.admin.patch("/api/settings/", meanwhile)
    page.get_by_label("Soon your turn").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("saved")
    now = scene.admin.get("/api/settings/")
    assert (now["name"], now["late_grace_minutes"], now["quiet_from"]) == ("Dale Clinic", 11, "22:00")
    assert (now["sms"]["missed"], now["sms"]["soon"]) == (False, False)
    assert (now["holidays_country"], now["holidays_region"]) == ("FR", "BL")
    # What this page has saved once, it does not send again.
    scene.admin.patch("/api/settings/", {"name": "Vale Clinic"})
    page.get_by_label("Soon your turn").check()
    with page.expect_response("**/api/settings/"):
        page.get_by_role("button", name="Save").click()
    now = scene.admin.get("/api/settings/")
    assert (now["name"], now["sms"]["soon"], now["sms"]["missed"]) == ("Vale Clinic", True, False)
    back = {"late_grace_minutes": 10, "sms": {"missed": True}, "quiet_from": "", "quiet_until": ""}
    scene.admin.patch("/api/settings/", {**back, "holidays_country": ""})


def test_user_is_added_changed_and_removed(admin: Admin, scene: Scene) -> None:
    doctor = scene.doctor("Dr Account")
    page = admin("users")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_label("User name").fill("dr.account")
    page.get_by_label("Name", exact=False).last.fill("Dr Account")
    page.get_by_label("Role").last.select_option("doctor")
    page.get_by_label("Doctor’s queue").select_option(doctor["id"])
    page.get_by_label("Password").fill("doctors-password")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="dr.account")
    expect(row).to_contain_text("Doctor")
    choose(page, "dr.account", "Set a password…")
    page.get_by_label("New password").fill("another-password")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="logged out everywhere")).to_be_visible()
    assert scene.server.caller("dr.account", "another-password").get("/api/me/")["doctor_id"] == doctor["id"]
    choose(page, "dr.account", "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_patient_is_found_corrected_and_made_anonymous(admin: Admin, scene: Scene) -> None:
    scene.desk.post("/api/patients/", {"name": "Wrong Spelling", "phone": "+12025550141", "sms_consent": False})
    page = admin("patients")
    page.get_by_label("Name, phone, birth date or ticket").fill("spell")
    choose(page, "Wrong Spelling", "Edit")
    expect(page.get_by_role("dialog").get_by_label("Phone")).to_have_value("+12025550141")
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Right Spelling")
    page.get_by_role("button", name="Save").click()
    choose(page, "Right Spelling", "Make anonymous")
    page.get_by_role("dialog").get_by_role("button", name="Make anonymous").click()
    expect(page.get_by_role("row").filter(has_text="Right Spelling")).to_have_count(0)


def test_appointment_is_booked_moved_and_cancelled(admin: Admin, scene: Scene) -> None:
    scene.doctor("Dr Calendar")
    scene.desk.post("/api/patients/", {"name": "Tomas Planner", "sms_consent": False})
    page = admin("appointments")
    page.get_by_role("button", name="List").click()
    page.get_by_role("button", name="Book an appointment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("planner")
    expect(dialog.get_by_label("Patient").locator("option")).to_have_count(1)
    dialog.get_by_role("combobox").filter(has_text="Dr Calendar").select_option(label="Dr Calendar")
    expect(dialog.get_by_label("Time").last.locator("option").first).to_be_attached()
    dialog.get_by_role("button", name="Book this time").click()
    row = page.get_by_role("row").filter(has_text="Tomas Planner")
    before = row.get_by_role("cell").first.text_content()
    choose(page, "Tomas Planner", "Move to another time")
    times = page.get_by_role("dialog").get_by_label("Time").last
    expect(times.locator("option").nth(2)).to_be_attached()
    times.select_option(index=2)
    page.get_by_role("dialog").get_by_role("button", name="Move to another time").click()
    expect(row.get_by_role("cell").first).not_to_have_text(before or "")
    choose(page, "Tomas Planner", "Cancel the appointment")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the appointment").click()
    expect(row).to_contain_text("Cancelled")


@pytest.fixture
def booking(admin: Admin, scene: Scene) -> Page:
    """The booking form, ready but for the patient: two of the name Sparrow, one Robin, one Anna Berg."""
    scene.doctor("Dr Booked")
    for name in ("Anna Sparrow", "Zoe Sparrow", "Robin Nest", "Anna Berg"):
        if not scene.desk.get(f"/api/patients/?q={name.replace(' ', '+')}")["items"]:
            scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
    page = admin("appointments")
    page.get_by_role("button", name="Book an appointment").click()
    page.get_by_role("dialog").get_by_role("combobox").filter(has_text="Dr Booked").select_option(label="Dr Booked")
    expect(page.get_by_role("dialog").get_by_label("Time").last.locator("option").first).to_be_attached()
    return page


def booked_with(scene: Scene, page: Page) -> list[str]:
    """Whose appointments stand on the page's day with that doctor."""
    day = page.get_by_role("dialog").get_by_label("Day").input_value()
    items = scene.desk.get(f"/api/appointments/?date={day}")["items"]
    return [each["patient"]["name"] for each in items if each["doctor"] == "Dr Booked"]


def test_enter_in_the_search_books_nobody_but_leads_to_those_found(booking: Page, scene: Scene) -> None:
    dialog, search = booking.get_by_role("dialog"), booking.get_by_role("dialog").get_by_role("searchbox")
    chosen = dialog.get_by_role("group", name="Patient").locator("select")
    search.press_sequentially("Sparrow")
    search.press("Enter")
    expect(chosen).to_be_focused()
    expect(chosen.locator("option")).to_have_count(3)
    expect(chosen).to_have_value("")
    dialog.get_by_role("button", name="Book this time").click()
    expect(dialog).to_contain_text("Say which patient is meant")
    assert booked_with(scene, booking) == []
    search.fill("robin")
    search.press("Enter")
    expect(chosen).to_be_focused()
    expect(chosen.locator("option:checked")).to_have_text("Robin Nest")
    assert booked_with(scene, booking) == []


def test_whoever_was_found_before_is_not_booked_for_what_is_typed_now(booking: Page, scene: Scene) -> None:
    dialog, search = booking.get_by_role("dialog"), booking.get_by_role("dialog").get_by_role("searchbox")
    chosen = dialog.get_by_role("group", name="Patient").locator("select")
    search.fill("robin")
    expect(chosen.locator("option:checked")).to_have_text("Robin Nest")
    # The answer to "Anna" comes after the one to "Anna Berg".
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    booking.route("**/api/patients/?q=Anna&*", hold)
    booking.keyboard.press("Control+A")
    with booking.expect_request("**/api/patients/?q=Anna&*"):
        search.fill("Anna")
    expect(chosen.locator("option")).to_have_count(0)
    dialog.get_by_role("button", name="Book this time").click()
    expect(dialog).to_contain_text("Say which patient is meant")
    search.press_sequentially(" Berg")
    search.press("Enter")
    expect(chosen.locator("option:checked")).to_have_text("Anna Berg")
    with booking.expect_response("**/api/patients/?q=Anna&*"):
        late[0].continue_()
    expect(chosen.locator("option")).to_have_count(1)
    assert booked_with(scene, booking) == []
    dialog.get_by_role("button", name="Book this time").click()
    expect(booking.get_by_role("status").filter(has_text="Booked: Anna Berg with Dr Booked, ")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_queue_is_closed_and_everybody_is_moved(admin: Admin, scene: Scene) -> None:
    ill, well = scene.doctor("Dr Ill"), scene.doctor("Dr Well")
    for name in ("One Person", "Two Person"):
        scene.walk_in(ill, name)
    page = admin("queues")
    row = page.get_by_role("row").filter(has_text="Dr Ill")
    expect(row).to_contain_text("2")
    choose(page, "Dr Ill", "Move everybody waiting…")
    page.get_by_role("dialog").get_by_label("To").select_option(well["id"])
    page.get_by_role("dialog").get_by_role("button", name="Move everybody waiting…").click()
    expect(page.get_by_role("status").filter(has_text="2 patients were moved")).to_be_visible()
    choose(page, "Dr Ill", "Close: nobody else today")
    expect(row).to_contain_text("Closed")
    assert len(scene.queue(well)["waiting"]) == 2


def test_display_opens_its_board(admin: Admin, scene: Scene, open_page: OpenPage) -> None:
    scene.doctor("Dr Shown")
    page = admin("displays")
    page.get_by_role("button", name="Add a display").click()
    page.get_by_role("dialog").get_by_label("Name").first.fill("Ground floor")
    page.get_by_role("button", name="Save").click()
    address = page.get_by_role("dialog", name="Ground floor").get_by_label("Address").input_value()
    board = open_page(address)
    expect(board.locator(".doctor").first).to_be_visible()
    page.keyboard.press("Escape")
    row = page.get_by_role("row").filter(has_text="Ground floor")
    expect(row).to_contain_text("Dr Shown")


def test_a_screen_is_connected_by_its_code(admin: Admin, scene: Scene, open_page: OpenPage) -> None:
    scene.doctor("Dr Coded")
    tv = open_page("/kiosk/")
    code = tv.locator("#pairing .code")
    expect(code).not_to_be_empty()
    page = admin("displays")
    page.get_by_role("button", name="Add a display").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code on the screen").fill(str(code.text_content()).lower())
    dialog.get_by_label("Name").first.fill("First floor")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="First floor")).to_be_visible()
    expect(tv.locator(".doctor").first).to_be_visible()
    row = page.get_by_role("row").filter(has_text="First floor")
    expect(row).to_contain_text("Heard at", timeout=30_000)


def test_settings_are_kept_and_every_step_is_audited(admin: Admin, scene: Scene, watch: Watch) -> None:
    watch.expect("422")
    page = admin("settings")
    page.get_by_label("Name of the clinic").fill("Lakeside Clinic")
    wait = page.get_by_label("Longest normal wait, in minutes")
    wait.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(wait).to_have_attribute("aria-invalid", "true")
    wait.fill("45")
    page.get_by_label("Soon your turn").uncheck()
    page.get_by_label("Hours before an appointment").fill("3")
    page.get_by_label("Quiet from").fill("21:00")
    page.get_by_label("Quiet until").fill("07:30")
    page.get_by_label("Announcements").fill("Flu vaccinations on Friday\nes: Cerrado el lunes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The settings are saved")).to_be_visible()
    settings = scene.admin.get("/api/settings/")
    assert (settings["name"], settings["max_wait_normal_minutes"]) == ("Lakeside Clinic", 45)
    assert settings["sms"]["soon"] is False
    spanish = {"text": "Cerrado el lunes", "language": "es"}
    assert settings["announcements"] == [{"text": "Flu vaccinations on Friday", "language": None}, spanish]
    assert (settings["reminder_hours"], settings["quiet_from"], settings["quiet_until"]) == (3, "21:00", "07:30")
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("row").filter(has_text="settings").first).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name="Lakeside Clinic")).to_be_visible()
