"""What is under the pointer, or the target of a drag, stays there, whatever happens in the lists meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.browser.scene import Scene
from tests.browser.test_console import column_of

Console = Callable[..., Page]

# Like the pointer's, an aim is given up after this long: a drag that stands still goes on aiming.
RESTED = "performance.now() - window.aimed > 2000"


def test_the_target_of_a_drag_stays_under_it(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Drag")
    tickets = [scene.walk_in(doctor, name) for name in ("Amina Yusuf", "Bo Lind", "Cem Aslan", "Dora Petrov")]
    page = console()
    column = column_of(page, "Dr Drag")
    rows = column.locator("section .row")
    expect(rows).to_have_count(4)
    rows.nth(3).hover()
    page.mouse.down()
    target = column.locator("section .row").filter(has_text="Cem Aslan")
    before = target.bounding_box()
    assert before is not None
    middle = (before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    page.mouse.move(*middle, steps=5)
    page.evaluate("window.aimed = performance.now()")
    until(page, RESTED)
    page.mouse.move(middle[0] + 1, middle[1])
    scene.desk.post(f"/api/tickets/{tickets[0]['id']}/cancel/")
    expect(rows).to_have_count(3)
    after = target.bounding_box()
    page.mouse.up()
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_who_is_expected_stays_under_the_pointer_when_somebody_is_booked_before(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Expects All")
    day = scene.queue(doctor)["day"]
    slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"]

    def book(name: str, slot: int) -> None:
        patient = scene.desk.post("/api/patients/", {"name": name, "sms_consent": False})
        booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slots[slot]["start"]}
        scene.desk.post("/api/appointments/", booking)

    book("Later Person", 3)
    page = console()
    row = page.locator("#appointments .expected-row").filter(has_text="Later Person")
    expect(row).to_be_visible()
    row.hover()
    before = row.bounding_box()
    assert before is not None
    book("Sooner Person", 1)
    sooner = page.locator("#appointments .expected-row").filter(has_text="Sooner Person")
    for step in range(1000):  # a pointer that rests holds nothing
        page.mouse.move(before["x"] + 20 + step % 2, before["y"] + before["height"] / 2)
        if sooner.count():
            break
    after = row.bounding_box()
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
