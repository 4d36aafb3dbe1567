"""Reception's work in the console: walk-ins by keyboard, calling, mistakes taken back, two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Watch, until
from tests.browser.scene import Scene

Console = Callable[..., Page]


def column_of(page: Page, name: str) -> Locator:
    """The column of the doctor called `name`."""
    return page.get_by_role("region", name=name)


def act(page: Page, column: Locator, code: str, action: str) -> None:
    """Choose `action` in the menu of the ticket `code`."""
    column.get_by_role("button", name=f"Actions for {code}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def test_walk_in_is_in_the_queue_three_keys_after_the_name(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Rao")
    page = console()
    page.keyboard.press("/")
    page.keyboard.type("Noor Haddad")
    expect(page.get_by_role("option", name="Add “Noor Haddad” as a walk-in")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add to the queue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(column_of(page, "Dr Rao")).to_contain_text("Noor Haddad")
    assert [ticket["patient"]["name"] for ticket in scene.queue(doctor)["waiting"]] == ["Noor Haddad"]


def test_registered_patient_is_found_and_joins(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Find")
    scene.desk.post("/api/patients/", {"name": "Beatriz Lindqvist", "phone": "+12025550160", "sms_consent": True})
    page = console()
    page.get_by_role("combobox", name="Name, phone, birth date or ticket").fill("lindq")
    option = page.get_by_role("option", name="Beatriz Lindqvist")
    expect(option).to_contain_text("0160")
    option.click()
    expect(page.get_by_role("button", name="Add to the queue")).to_be_focused()
    page.get_by_label("Doctor").select_option(label="Dr Find · 0 waiting")
    page.get_by_role("button", name="Add to the queue").click()
    expect(column_of(page, "Dr Find")).to_contain_text("Beatriz Lindqvist")


def test_key_of_the_search_box_is_no_part_of_a_name(console: Console, scene: Scene) -> None:
    page = console()
    page.keyboard.press("/")
    page.keyboard.type("/Noor")
    expect(page.get_by_role("combobox")).to_have_value("Noor")


def test_arrows_lead_from_a_column_to_its_patients(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Arrow")
    codes = [scene.walk_in(doctor, name)["code"] for name in ("One Person", "Two Person")]
    page = console()
    column = column_of(page, "Dr Arrow")
    expect(column.get_by_role("button", name=f"Actions for {codes[-1]}")).to_be_attached()
    column.focus()
    for code in codes:
        page.keyboard.press("ArrowDown")
        expect(column.get_by_role("button", name=f"Actions for {code}")).to_be_focused()


def test_new_patient_is_registered_then_joins(console: Console, scene: Scene) -> None:
    scene.doctor("Dr New")
    page = console()
    page.get_by_role("combobox").fill("Yusuf Karim")
    page.get_by_role("option", name="Register “Yusuf Karim”").click()
    page.get_by_label("Date of birth").fill("1980-02-03")
    page.get_by_role("button", name="Register", exact=True).click()
    page.get_by_label("Doctor").select_option(label="Dr New · 0 waiting")
    page.get_by_role("button", name="Add to the queue").click()
    expect(column_of(page, "Dr New")).to_contain_text("Yusuf Karim")


def test_one_button_calls_starts_and_finishes(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr One")
    scene.walk_in(doctor, "First Person")
    scene.walk_in(doctor, "Second Person")
    page = console()
    column = column_of(page, "Dr One")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    column.get_by_role("button", name="Start").click()
    expect(column.get_by_text("In the room", exact=True)).to_be_visible()
    column.get_by_role("button", name="Finish and call next").click()
    expect(column.get_by_text("Second Person")).to_be_visible()
    expect(column.get_by_text("First Person")).to_have_count(0)
    column.get_by_role("button", name="Start").click()
    column.get_by_role("button", name="Finish", exact=True).click()
    expect(column.get_by_role("button", name="Nobody is waiting")).to_be_disabled()


def test_two_presses_call_once(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Twice")
    for name in ("One Person", "Two Person", "Three Person"):
        scene.walk_in(doctor, name)
    page = console()
    press = column_of(page, "Dr Twice").get_by_role("button", name="Call next")
    press.hover()
    for count in (1, 2):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        # The second press finds the button saying "Start" already, as a hand's double click does.
        expect(column_of(page, "Dr Twice").get_by_role("button", name="Start")).to_be_visible()
    expect(column_of(page, "Dr Twice").get_by_text("Called", exact=True)).to_be_visible()
    view = scene.queue(doctor)
    assert [len(view[part]) for part in ("called", "current", "waiting")] == [1, 0, 2]


def test_undo_takes_the_call_back(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Undo")
    scene.walk_in(doctor, "Called Early")
    page = console()
    column = column_of(page, "Dr Undo")
    column.get_by_role("button", name="Call next").click()
    page.get_by_role("button", name="Undo").click()
    expect(column.get_by_role("button", name="Call next")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Undone")).to_be_visible()
    assert scene.queue(doctor)["called"] == []


def test_undo_has_a_key(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Key")
    scene.walk_in(doctor, "Called Early")
    page = console()
    column = column_of(page, "Dr Key")
    expect(column).to_contain_text("Called Early")
    column.focus()
    page.keyboard.press("n")
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    page.keyboard.press("u")
    expect(column.get_by_role("button", name="Call next")).to_be_visible()


def test_no_show_goes_to_missed_and_comes_back(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Miss")
    ticket = scene.walk_in(doctor, "Gone Smoking")
    page = console()
    column = column_of(page, "Dr Miss")
    column.get_by_role("button", name="Call next").click()
    column.get_by_role("button", name="Did not come").click()
    expect(column.get_by_role("heading", name="Missed 1")).to_be_visible()
    act(page, column, ticket["code"], "Back in the queue")
    expect(column.get_by_role("heading", name="Waiting 1")).to_be_visible()
    expect(column.get_by_role("heading", name="Missed 1")).to_be_hidden()


def test_menu_puts_back_holds_moves_and_changes_priority(console: Console, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr Menu"), scene.doctor("Dr Other")
    first, second = scene.walk_in(doctor, "Ada First"), scene.walk_in(doctor, "Bea Second")
    page = console()
    column = column_of(page, "Dr Menu")
    column.get_by_role("button", name="Call next").click()
    act(page, column, first["code"], "Put back in the queue")
    expect(column.get_by_role("heading", name="Waiting 2")).to_be_visible()
    act(page, column, first["code"], "Put on hold")
    expect(column.get_by_role("heading", name="On hold 1")).to_be_visible()
    act(page, column, first["code"], "Back from hold")
    act(page, column, second["code"], "Move to the front")
    expect(column.locator(".row").first).to_contain_text("Bea Second")
    act(page, column, first["code"], "Change priority…")
    page.get_by_role("dialog").get_by_label("Priority").select_option("emergency")
    page.get_by_role("button", name="Save").click()
    expect(column.locator(".row").first).to_contain_text("Emergency")
    act(page, column, second["code"], "Move to another doctor…")
    page.get_by_role("dialog").get_by_label("Doctor").select_option(label="Dr Other")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(column_of(page, "Dr Other")).to_contain_text("Bea Second")
    expect(page.get_by_text(f"{second['code']} now waits for Dr Other")).to_be_visible()
    assert [ticket["code"] for ticket in scene.queue(other)["waiting"]] == [second["code"]]


def test_press_meant_for_what_the_button_said_before_does_nothing(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Finger")
    scene.walk_in(doctor, "Noor Haddad")
    page = console()
    column = column_of(page, "Dr Finger")
    button = column.get_by_role("button", name="Call next")
    expect(button).to_be_enabled()
    button.evaluate(
        """button => new MutationObserver((_, observer) => {
            if (!button.textContent.includes("Start")) return;
            observer.disconnect();
            button.click();
            window.pressed = true;
        }).observe(button, {subtree: true, characterData: true, childList: true})"""
    )
    scene.call_next(doctor)
    until(page, "window.pressed === true")
    start = column.get_by_role("button", name="Start")
    expect(start).not_to_have_attribute("aria-disabled", "true")
    assert [ticket["state"] for ticket in scene.queue(doctor)["called"]] == ["called"]
    start.click()
    expect(column).to_contain_text("In the room")


def test_refusal_says_who_was_faster_where_the_action_was(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    doctor = scene.doctor("Dr Race")
    ticket = scene.walk_in(doctor, "Wanted Person")
    page = console()
    column = column_of(page, "Dr Race")
    column.get_by_role("button", name=f"Actions for {ticket['code']}").click()
    scene.call_next(doctor)
    page.get_by_role("menuitem", name="Call now").click()
    alert = column.get_by_role("alert")
    expect(alert).to_contain_text("Robin Desk")
    expect(alert).to_contain_text("called")


def test_queue_is_paused_closed_and_opened(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Pause")
    page = console()
    column = column_of(page, "Dr Pause")
    column.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("menuitem", name="Pause…").click()
    page.get_by_label("Reason").fill("Emergency in ward 3")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(column.get_by_role("button", name="Paused until")).to_be_visible()
    expect(column.get_by_text("Emergency in ward 3")).to_be_visible()
    column.get_by_role("button", name="Paused until").click()
    page.get_by_role("menuitem", name="Close: nobody else today").click()
    column.get_by_role("button", name="Closed").click()
    page.get_by_role("menuitem", name="Open the queue").click()
    expect(column.get_by_role("button", name="Open", exact=True)).to_be_visible()


def test_team_serves_one_list_in_two_rooms(console: Console, scene: Scene) -> None:
    team = scene.doctor("Blood tests", room="Lab 1", kind="team", rooms=["Lab 1", "Lab 2"])
    scene.walk_in(team, "One Sample")
    scene.walk_in(team, "Two Sample")
    page = console()
    column = column_of(page, "Blood tests")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_role("button", name="Start")).to_be_visible()
    column.get_by_label("Room you call to").select_option("Lab 2")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_text("Called", exact=True)).to_have_count(2)
    assert {ticket["room"] for ticket in scene.queue(team)["called"]} == {"Lab 1", "Lab 2"}


def test_appointment_is_checked_in(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Booked")
    patient = scene.desk.post("/api/patients/", {"name": "Expected Person", "sms_consent": False})
    today = scene.queue(doctor)["day"]
    slot = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={today}")["items"][0]
    booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
    scene.desk.post("/api/appointments/", booking)
    page = console()
    page.get_by_role("button", name="Check in Expected Person").click()
    expect(column_of(page, "Dr Booked")).to_contain_text("Expected Person")
    expect(page.get_by_role("complementary").get_by_text("Arrived")).to_be_visible()


def test_keyboard_goes_on_to_the_next_check_in(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Desk")
    today = scene.queue(doctor)["day"]
    slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={today}")["items"]
    for name, slot in zip(("First Expected", "Second Expected"), slots, strict=False):
        patient = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
        booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
        scene.desk.post("/api/appointments/", booking)
    page = console()
    page.get_by_role("button", name="Check in First Expected").press("Enter")
    expect(page.get_by_role("button", name="Check in Second Expected")).to_be_focused()


def test_call_elsewhere_shows_without_a_reload(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Live")
    page = console()
    column = column_of(page, "Dr Live")
    expect(column).to_contain_text("Nobody is waiting")
    scene.walk_in(doctor, "Came Meanwhile")
    expect(column).to_contain_text("Came Meanwhile")
    scene.call_next(doctor)
    expect(column.get_by_text("Called", exact=True)).to_be_visible()


def test_lost_network_is_said_and_work_goes_on_after_it(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Cable")
    scene.walk_in(doctor, "Patient One")
    page = console()
    column = column_of(page, "Dr Cable")
    expect(column).to_contain_text("Patient One")
    page.context.set_offline(True)
    expect(page.get_by_text("Not connected.")).to_be_visible()
    column.get_by_role("button", name="Call next").click()
    expect(page.get_by_text("No connection to the clinic.")).to_be_hidden()
    page.context.set_offline(False)
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    expect(page.get_by_text("Not connected.")).to_be_hidden()
    assert len(scene.queue(doctor)["called"]) == 1


def test_reload_keeps_the_session_and_log_out_ends_it_in_every_tab(console: Console, scene: Scene) -> None:
    page = console()
    page.reload()
    expect(page.get_by_role("combobox", name="Name, phone, birth date or ticket")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("combobox", name="Name, phone, birth date or ticket")).to_be_visible()
    page.get_by_role("button", name="Robin Desk").click()
    page.get_by_role("menuitem", name="Log out", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(other.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()


def test_doctor_sees_the_own_queue_only(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Own", username="dr.own", password="doctors-password")
    page = console("dr.own", "doctors-password")
    expect(column_of(page, "Dr Own")).to_be_visible()
    expect(page.locator(".column")).to_have_count(1)


def test_patients_cannot_enter(open_page: OpenPage, scene: Scene) -> None:
    person = {"name": "Pat Ient", "phone": "+12025550177", "sms_consent": False}
    scene.desk.post("/api/patients/", {**person, "username": "pat.ient", "password": "my own password"})
    page = open_page("/console/")
    page.get_by_label("User name").fill("pat.ient")
    page.get_by_label("Password").fill("my own password")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("This page is for staff.")).to_be_visible()


def test_wrong_password_is_said_in_words(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("401")
    page = open_page("/console/")
    page.get_by_label("User name").fill("reception")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("User name")).to_have_value("reception")


def test_the_row_under_the_pointer_stays_there_while_others_come_and_go(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Steady")
    for name in ("Ann One", "Ben Two", "Cem Three"):
        scene.walk_in(doctor, name)
    page = console()
    column = column_of(page, "Dr Steady")
    aimed = column.get_by_role("listitem").filter(has_text="Cem Three")
    aimed.hover()
    before = aimed.bounding_box()
    scene.call_next(doctor)
    expect(column.locator(".rows-now .row")).to_have_count(1)
    assert aimed.bounding_box() == before
    page.mouse.move(10, 10)
    expect(column.locator(".column-lists")).not_to_have_attribute("style", re.compile("held"))
    assert aimed.bounding_box() != before


def test_a_pointer_that_was_put_down_holds_nothing(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Resting")
    for name in ("Dan One", "Eva Two"):
        scene.walk_in(doctor, name)
    page = console()
    column = column_of(page, "Dr Resting")
    column.get_by_role("listitem").filter(has_text="Eva Two").hover()
    scene.call_next(doctor)
    lists = column.locator(".column-lists")
    expect(lists).to_have_attribute("style", re.compile("held"))
    expect(lists).not_to_have_attribute("style", re.compile("held"))
