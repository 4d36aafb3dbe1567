"""A working day at the desk: the morning's rush and all that goes wrong in a day, and in the evening it adds up.

A doctor is late, somebody is with the wrong one, one is missed and comes back, a number does not exist, the page is
loaded again in the middle, and two receptionists want the same patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.scene import Scene
from tests.browser.test_console import act, column_of
from tests.browser.test_texts import NO_SUCH_NUMBER, server, twilio

__all__ = ["server", "twilio"]

Console = Callable[..., Page]
WALK_INS, BOOKED = 40, 30
WITH_PHONE = 12
ARRIVED = ("accepted", "sent", "delivered")


def rush(scene: Scene, doctors: list[dict[str, Any]]) -> None:
    """Most of the morning's people, as other desks bring them in."""
    today = scene.desk.get("/api/clinic/")["day"]
    for number in range(BOOKED):
        doctor = doctors[number % 2]
        patient = scene.desk.post("/api/patients/", {"name": f"Booked {number}", "sms_consent": False})
        slots = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={today}")["items"]
        body = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slots[0]["start"]}
        made = scene.desk.post("/api/appointments/", body)
        if number >= 2:  # two are left for the page
            scene.desk.post(f"/api/appointments/{made['id']}/check-in/", {})
    for number in range(WALK_INS - 1):
        walk_in: dict[str, Any] = {"name": f"Walk-in {number}"}
        if number < WITH_PHONE:
            walk_in |= {"phone": f"+120255501{30 + number}", "sms_consent": True}
        scene.walk_in(doctors[number % 2], walk_in["name"], walk_in=walk_in)


def press_primary(page: Page, column: Locator, then: str) -> None:
    """The one key; it takes no press while the last one is under way."""
    expect(column.locator(".column-primary")).not_to_have_attribute("aria-busy", "true")
    page.keyboard.press("n")
    expect(column.locator(".rows-now")).to_contain_text(then)


def waiting(column: Locator) -> int:
    """How many the column says wait."""
    heading = column.get_by_role("heading", name="Waiting").text_content() or "Waiting 0"
    return int(heading.rsplit(maxsplit=1)[-1])


def check_rooms(view: dict[str, Any]) -> None:
    """Nobody is sent into a room where somebody is."""
    rooms = Counter(ticket["room"] for ticket in [*view["current"], *view["called"]])
    assert all(count == 1 for count in rooms.values()), rooms


def serve_everybody(scene: Scene, doctor: dict[str, Any]) -> None:
    """Until nobody waits and the room is empty."""
    while True:
        answer = scene.call_next(doctor)
        check_rooms(scene.queue(doctor))
        if answer["called"] is None:
            return


def test_a_day_at_the_desk(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("409")
    rao, silva = scene.doctor("Dr Rao", room="3"), scene.doctor("Dr Silva", room="5")
    rush(scene, [rao, silva])
    desk, other = console(), console()
    mine = column_of(desk, "Dr Rao")

    # The last walk-in and the booked who are still expected come to this desk.
    desk.keyboard.press("/")
    desk.keyboard.type("Noor Haddad")
    expect(desk.get_by_role("option", name="as a walk-in")).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Add to the queue")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(mine).to_contain_text("Noor Haddad")
    for number in range(2):
        desk.get_by_role("button", name=f"Check in Booked {number}").click()
        expect(desk.locator(".toast")).to_contain_text([f"Booked {number}"])
    expect(desk.locator(".totals")).to_contain_text(f"{WALK_INS + BOOKED} arrived")

    # The doctor is late: the reason is for everybody.
    mine.get_by_role("button", name="Open").click()
    desk.get_by_role("menuitem", name="Pause").click()
    desk.get_by_label("Reason").fill("Emergency")
    desk.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(mine).to_contain_text("Paused until")
    assert scene.queue(rao)["pause"]["reason"] == "Emergency"

    # The first call ends the pause; work goes on by one key.
    mine.focus()
    for _ in range(3):
        press_primary(desk, mine, "Called")
        press_primary(desk, mine, "In the room")
        check_rooms(scene.queue(rao))
    assert scene.queue(rao)["status"] == "open"

    # Two want the same patient: one is told who was faster.
    free = scene.queue(silva)["waiting"][0]
    theirs = column_of(other, "Dr Silva")
    theirs.get_by_role("button", name=f"Actions for {free['code']}").click()
    act(desk, column_of(desk, "Dr Silva"), free["code"], "Call now")
    expect(column_of(desk, "Dr Silva").locator(".rows-now")).to_contain_text(free["code"])
    other.get_by_role("menuitem", name="Call now").click()
    expect(theirs.get_by_role("alert")).to_contain_text(f"{free['code']} was already called by Robin Desk")
    assert scene.desk.get(f"/api/tickets/{free['id']}/")["calls"] == 1

    # Called, and not there; back at the desk later. In between the page is loaded again.
    act(desk, column_of(desk, "Dr Silva"), free["code"], "Did not come")
    desk.reload()
    silvas = column_of(desk, "Dr Silva")
    expect(silvas).to_contain_text("Missed 1")
    act(desk, silvas, free["code"], "Back in the queue")
    expect(silvas).not_to_contain_text("Missed 1")

    # Somebody is with the wrong doctor.
    moved = scene.queue(rao)["waiting"][-1]
    before = waiting(silvas)
    act(desk, column_of(desk, "Dr Rao"), moved["code"], "Move to another doctor…")
    desk.get_by_label("Doctor").select_option(label="Dr Silva")
    desk.get_by_role("button", name="Move", exact=True).click()
    expect(silvas).to_contain_text(moved["code"])
    assert waiting(silvas) == before + 1

    # A number that does not exist is mended, and the text sent again.
    wrong = {"name": "Wrong Number", "phone": NO_SUCH_NUMBER, "sms_consent": True}
    lost = scene.walk_in(rao, "Wrong Number", walk_in=wrong)
    scene.desk.post("/api/notify-next/", {"doctor_id": rao["id"]})
    scene.desk.post(f"/api/tickets/{scene.queue(rao)['called'][0]['id']}/put-back/", {"after": 3})
    scene.desk.post(f"/api/tickets/{lost['id']}/call/", {})
    desk.get_by_role("button", name="not reached").click()
    dialog = desk.get_by_role("dialog", name="Not reached by text")
    row = dialog.get_by_role("listitem").filter(has_text="Wrong Number").first
    row.get_by_role("button", name="Fix and send again").click()
    row.get_by_label("Another number").fill("+1 202 555 0149")
    row.get_by_role("button", name="Send again", exact=True).click()
    expect(dialog.get_by_role("listitem").filter(has_text="Your turn")).to_have_count(0)

    # The evening: everybody was seen once, and texted once for each call.
    for doctor in (rao, silva):
        serve_everybody(scene, doctor)
    total = scene.admin.get("/api/statistics/")["total"]
    assert (total["arrived"], total["open"]) == (WALK_INS + BOOKED + 1, 0)
    assert total["seen"] == WALK_INS + BOOKED + 1
    calls = scene.desk.get("/api/notifications/?kind=your_turn&limit=200")["items"]
    texted = Counter((row["ticket_id"], row["id"]) for row in calls if row["state"] in ARRIVED)
    assert set(texted.values()) == {1}
    once = Counter(row["ticket_id"] for row in calls if row["state"] in ARRIVED)
    assert once[lost["id"]] == 1
    assert len(once) >= WITH_PHONE
