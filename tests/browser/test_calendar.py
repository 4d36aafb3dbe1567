"""The calendar of appointments: booked from a free time, moved by dragging and by keyboard, taken back, refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage, Watch, log_in, until
from tests.browser.process import ADMIN, ServerProcess
from tests.browser.scene import Scene
from tests.browser.test_accessible import violations
from tests.browser.test_double_press import PRESSED_AGAIN

Calendar = Callable[[dict[str, Any]], Page]


@pytest.fixture
def calendar(open_page: OpenPage, scene: Scene) -> Calendar:
    """The week of a doctor after this one, in which every time is free."""

    def open_it(doctor: dict[str, Any]) -> Page:
        page = open_page("/admin/#/appointments", width=1280, height=1000)
        log_in(page, *ADMIN)
        page.get_by_role("button", name="Week", exact=True).click()
        page.get_by_label("Doctor", exact=True).select_option(label=doctor["name"])
        page.get_by_label("Day", exact=True).fill(monday(scene).isoformat())
        # Until then the day of before stands there, of every doctor.
        last = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={monday(scene)}")["items"][-1]["start"]
        expect(page.locator(f'.calendar-free[data-doctor="{doctor["id"]}"][data-start="{last}"]')).to_be_attached()
        expect(page.locator(".calendar-column")).to_have_count(7)
        expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        return page

    return open_it


def monday(scene: Scene) -> date:
    today = date.fromisoformat(scene.desk.get("/api/clinic/")["day"])
    return today + timedelta(days=7 - today.weekday())


def short_hours() -> dict[str, Any]:
    return {weekday: [["09:00", "10:00"]] for weekday in ("mon", "tue", "wed")}


def booked(scene: Scene, doctor: dict[str, Any], name: str) -> dict[str, Any]:
    """Somebody's appointment at nine on Monday."""
    patient = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
    day = monday(scene).isoformat()
    start = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"][0]["start"]
    body = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": start}
    made: dict[str, Any] = scene.desk.post("/api/appointments/", body)
    return made


def start_of(scene: Scene, appointment: dict[str, Any]) -> str:
    return str(scene.desk.get(f"/api/appointments/{appointment['id']}/")["start"])


def free(page: Page, column: int, index: int) -> Locator:
    return page.locator(".calendar-column").nth(column).locator(".calendar-free").nth(index)


def test_an_appointment_is_dragged_to_another_day_and_back_by_undo(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Drag", hours=short_hours())
    mine = booked(scene, doctor, "Tomas Mover")
    page = calendar(doctor)
    shown = page.get_by_role("button", name="Tomas Mover")
    target = free(page, 1, 1).get_attribute("data-start")
    shown.drag_to(free(page, 1, 1))
    expect(page.locator(".toast")).to_contain_text("Tomas Mover is moved to")
    assert start_of(scene, mine) == target
    expect(page.locator(".calendar-column").nth(1).get_by_role("button", name="Tomas Mover")).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".calendar-column").first.get_by_role("button", name="Tomas Mover")).to_be_visible()
    assert start_of(scene, mine) == mine["start"]


# What of the bar's controls lies on another one or leaves the screen.
CROWDED = """() => {
  const controls = [...document.querySelectorAll(".filters :is(.button, input, select, h2)")];
  const shown = controls.filter((each) => each.checkVisibility()).map((each) => [each, each.getBoundingClientRect()]);
  const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5;
  const down = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0;
  const onOther = (one, a) => shown.some(([other, b]) => other !== one && across(a, b) && down(a, b));
  return shown.filter(([one, a]) => a.right > innerWidth || onOther(one, a)).map(([one]) => one.textContent);
}"""


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar"])
def test_the_controls_above_the_calendar_stand_side_by_side_on_a_phone(
    open_page: OpenPage, scene: Scene, language: str
) -> None:
    scene.doctor("Dr Phone")
    page = open_page("/admin/#/appointments", width=390, height=844)
    log_in(page, *ADMIN)
    page.get_by_role("navigation").wait_for()
    page.context.add_cookies([{"name": "lang", "value": language, "url": scene.url}])
    page.reload()
    for view in ("day", "week"):
        page.locator(f"[data-view={view}]").click()
        expect(page.locator(".calendar-scroll")).to_be_visible()
        assert page.evaluate(CROWDED) == [], view


def test_an_appointment_is_moved_by_keyboard(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Keys", hours=short_hours())
    mine = booked(scene, doctor, "Kim Keys")
    page = calendar(doctor)
    assert violations(page) == []
    shown = page.get_by_role("button", name="Kim Keys")
    shown.focus()
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    expect(shown).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    target = page.locator(".calendar-free[data-over]").get_attribute("data-start")
    tuesday = (monday(scene) + timedelta(days=1)).isoformat()
    slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={tuesday}")["items"]
    assert target in {slot["start"] for slot in slots}
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Kim Keys is moved to")
    assert start_of(scene, mine) == target


def test_whoever_goes_elsewhere_while_carrying_lets_go(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Tab", hours=short_hours())
    mine = booked(scene, doctor, "Tina Tab")
    page = calendar(doctor)
    shown, carried = page.get_by_role("button", name="Tina Tab"), page.locator("[data-carried], [data-carrying]")
    given_up = page.get_by_role("status").filter(has_text="It stays where it was")
    for leave in ("Tab", "Shift+Tab"):
        shown.focus()
        page.keyboard.press("m")
        page.keyboard.press("ArrowDown")
        page.keyboard.press(leave)
        expect(carried).to_have_count(0)
        expect(given_up).to_have_count(1)
        expect(page.locator(":focus")).to_have_count(1)
        expect(shown).not_to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Book an appointment")).to_be_visible()
        page.keyboard.press("Escape")
    shown.focus()
    page.keyboard.press("m")
    page.get_by_label("Day", exact=True).focus()
    expect(carried).to_have_count(0)
    assert start_of(scene, mine) == mine["start"]


def test_a_time_that_somebody_has_taken_meanwhile_is_refused(calendar: Calendar, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    doctor = scene.doctor("Dr Late", hours=short_hours())
    mine = booked(scene, doctor, "Lena Late")
    page = calendar(doctor)
    page.get_by_role("button", name="Lena Late").press("m")
    taken = page.locator(".calendar-free[data-over]").get_attribute("data-start")
    other = scene.desk.post("/api/patients/", {"name": "Omar Other", "sms_consent": False})
    scene.desk.post("/api/appointments/", {"patient_id": other["id"], "doctor_id": doctor["id"], "start": taken})
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("booked this time")
    expect(page.get_by_role("button", name="Omar Other")).to_be_visible()
    assert start_of(scene, mine) == mine["start"]


def test_an_appointment_is_moved_to_another_doctor_by_touch(open_page: OpenPage, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr From", hours=short_hours()), scene.doctor("Dr Onto")
    mine = booked(scene, doctor, "Tove Touch")
    page = open_page("/admin/#/appointments", has_touch=True)
    log_in(page, *ADMIN)
    page.get_by_role("button", name="Week", exact=True).tap()
    page.get_by_label("Doctor", exact=True).select_option(label="Dr From")
    page.get_by_label("Day", exact=True).fill(monday(scene).isoformat())
    page.get_by_role("button", name="Tove Touch").tap()
    page.get_by_role("dialog").get_by_role("button", name="Move to another time").tap()
    dialog = page.get_by_role("dialog", name="Move to another time")
    expect(dialog.get_by_label("Doctor")).to_have_value(doctor["id"])
    with page.expect_response(f"**/doctors/{other['id']}/slots/**"):
        dialog.get_by_label("Doctor").select_option(label="Dr Onto")
    with page.expect_response(f"**/doctors/{other['id']}/slots/**"):
        dialog.get_by_label("Day").fill(monday(scene).isoformat())
    times = dialog.get_by_label("Time").last
    expect(times.locator("option").first).to_be_attached()
    target = times.locator("option").nth(3).get_attribute("value")
    times.select_option(index=3)
    dialog.get_by_role("button", name="Move to another time").tap()
    expect(dialog).to_be_hidden()
    now = scene.desk.get(f"/api/appointments/{mine['id']}/")
    assert (now["doctor_id"], now["start"]) == (other["id"], target)


def test_what_somebody_else_has_moved_meanwhile_stays_there(calendar: Calendar, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    doctor = scene.doctor("Dr Both", hours=short_hours())
    mine = booked(scene, doctor, "Bo Both")
    page = calendar(doctor)
    page.get_by_role("button", name="Bo Both").press("m")
    elsewhere = free(page, 1, 1).get_attribute("data-start")
    scene.desk.post(f"/api/appointments/{mine['id']}/reschedule/", {"start": elsewhere})
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Robin Desk moved this appointment meanwhile")
    shown = page.locator(".calendar-column").nth(1).get_by_role("button", name="Bo Both")
    expect(shown).to_be_visible()
    assert start_of(scene, mine) == elsewhere
    shown.drag_to(free(page, 2, 0))
    moved = page.locator(".toast").filter(has_text="Bo Both is moved to")
    expect(moved).to_be_visible()
    expect(page.locator(".calendar-column").nth(2).get_by_role("button", name="Bo Both")).to_be_visible()
    scene.desk.post(f"/api/appointments/{mine['id']}/reschedule/", {"start": mine["start"]})
    moved.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast").last).to_contain_text("Robin Desk moved this appointment meanwhile")
    assert start_of(scene, mine) == mine["start"]


def test_a_free_time_is_booked(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Free", hours=short_hours())
    scene.desk.post("/api/patients/", {"name": "Paula Picks", "sms_consent": False})
    page = calendar(doctor)
    start = free(page, 2, 1).get_attribute("data-start")
    free(page, 2, 1).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("paula")
    expect(dialog.get_by_label("Patient").locator("option")).to_have_count(1)
    expect(dialog.get_by_label("Time").last).to_have_value(start or "")
    dialog.get_by_role("button", name="Book this time").click()
    expect(page.locator(".calendar-column").nth(2).get_by_role("button", name="Paula Picks")).to_be_visible()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Auckland", "Pacific/Pago_Pago"])
def test_days_are_those_of_the_calendar_in_every_zone(
    open_page: OpenPage, tmp_path: Path, watch: Watch, zone: str
) -> None:
    watch.expect_outage()
    there = ServerProcess(tmp_path, CLINIC_TIMEZONE=zone)
    try:
        far = Scene(there)
        doctor = far.doctor("Dr Far")
        today = date.fromisoformat(far.desk.get("/api/clinic/")["day"])
        page = open_page(f"{there.url}/admin/#/appointments", timezone_id="America/Los_Angeles")
        log_in(page, *ADMIN)
        heading, day = page.locator(".calendar-date"), page.get_by_label("Day", exact=True)
        page.get_by_role("button", name="Today").wait_for()
        day.fill(today.isoformat())
        for step, ahead in (("Today", 0), ("Later", 1), ("Later", 2), ("Earlier", 1)):
            page.get_by_role("button", name=step, exact=True).click()
            expect(day).to_have_value((today + timedelta(days=ahead)).isoformat())
            expect(heading).to_have_text(f"{today + timedelta(days=ahead):%A, %B %-d}")
        page.get_by_role("button", name="Week", exact=True).click()
        page.get_by_role("button", name="Today").click()
        first = today - timedelta(days=today.weekday())
        week = [f"{first + timedelta(days=ahead):%a, %b %-d}" for ahead in range(7)]
        expect(page.locator(".calendar-head strong")).to_have_text(week)
        patient = open_page(f"{there.url}/#/doctor/{doctor['id']}")
        options = patient.get_by_label("Day").locator("option")
        expect(options).to_have_text([f"{today + timedelta(days=ahead):%a, %b %-d}" for ahead in range(14)])
    finally:
        there.stop()


def test_the_filters_keep_the_focus_when_something_is_new(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Focus", hours=short_hours())
    page = calendar(doctor)
    chosen = page.get_by_label("Doctor", exact=True)
    chosen.focus()
    page.evaluate("document.activeElement.dataset.same = ''")
    booked(scene, doctor, "Fay Focus")
    scene.doctor("Dr Newer")
    expect(page.get_by_role("button", name="Fay Focus")).to_be_visible()
    expect(chosen.locator("option").filter(has_text="Dr Newer")).to_have_count(1)
    expect(chosen).to_be_focused()
    expect(chosen).to_have_attribute("data-same", "")
    expect(chosen.locator("option:checked")).to_have_text("Dr Focus")
    later = page.get_by_role("button", name="Later", exact=True)
    later.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Day", exact=True)).to_have_value((monday(scene) + timedelta(days=7)).isoformat())
    expect(later).to_be_focused()


def test_a_calendar_that_comes_late_does_not_cover_the_list(calendar: Calendar, scene: Scene) -> None:
    page = calendar(scene.doctor("Dr Slow", hours=short_hours()))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/slots/**", hold)
    with page.expect_request("**/slots/**"):
        page.get_by_role("button", name="Today", exact=True).click()
    with page.expect_response("**/api/appointments/**"):
        page.get_by_role("button", name="List", exact=True).click()
    expect(page.get_by_role("table")).to_be_visible()
    with page.expect_response("**/slots/**"):
        for route in held:
            route.continue_()
    expect(page.get_by_role("table")).to_be_visible()
    page.evaluate("new Promise((done) => setTimeout(done))")
    expect(page.locator(".calendar-scroll")).to_have_count(0)


def test_what_somebody_else_books_appears_and_the_keyboard_stays_where_it_is(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Live", hours=short_hours())
    mine = booked(scene, doctor, "Lena Live")
    page = calendar(doctor)
    page.get_by_role("button", name="Lena Live").focus()
    other = scene.desk.post("/api/patients/", {"name": "Olga Other", "sms_consent": False})
    start = free(page, 1, 1).get_attribute("data-start")
    scene.desk.post("/api/appointments/", {"patient_id": other["id"], "doctor_id": doctor["id"], "start": start})
    expect(page.get_by_role("button", name="Olga Other")).to_be_visible()
    expect(page.get_by_role("button", name="Lena Live")).to_be_focused()
    scene.desk.post(f"/api/appointments/{mine['id']}/cancel/")
    expect(page.get_by_role("button", name="Lena Live")).to_have_count(0)


def test_the_keyboard_goes_on_with_the_appointment_it_has_moved(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Goes On", hours=short_hours())
    booked(scene, doctor, "Kim Goes On")
    page = calendar(doctor)
    page.get_by_role("button", name="Kim Goes On").focus()
    for key in ("m", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".toast")).to_contain_text("Kim Goes On is moved to")
    expect(page.get_by_role("button", name="Kim Goes On")).to_be_focused()


# Enter as soon as a dialog has opened, with what a browser does with it on a button.
ENTER_ONCE_OPEN = """() => document.addEventListener("focusin", function again({ target }) {
    if (!target.closest("dialog")) return;
    document.removeEventListener("focusin", again);
    queueMicrotask(() => {
        const key = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
        if (target.dispatchEvent(key)) target.click();
        window.pressedAgain = true;
    });
})"""


def test_the_second_enter_on_an_appointment_does_nothing_in_its_dialog(calendar: Calendar, scene: Scene) -> None:
    doctor = scene.doctor("Dr Enters Twice", hours=short_hours())
    booked(scene, doctor, "Kim Twice")
    page = calendar(doctor)
    page.get_by_role("button", name="Kim Twice").focus()
    page.evaluate(ENTER_ONCE_OPEN)
    page.keyboard.press("Enter")
    until(page, PRESSED_AGAIN)
    expect(page.get_by_role("dialog", name="Kim Twice")).to_be_visible()
