"""What reception does to one patient by a key, by dragging and on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, until
from tests.browser.scene import Scene

Console = Callable[..., Page]

# The page must not wait for a printer.
NO_PRINTER = "window.printed = 0; window.print = () => { window.printed += 1; };"


def column_of(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def codes(column: Locator) -> list[str]:
    """Who waits, in the order shown."""
    return column.locator("section .row-code").all_inner_texts()


@pytest.mark.parametrize(("key", "state"), [("h", "on_hold"), ("c", "called"), ("d", "cancelled"), ("l", "left")])
def test_a_key_on_the_row_does_what_the_menu_says(console: Console, scene: Scene, key: str, state: str) -> None:
    doctor = scene.doctor(f"Dr Key {state}")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = console()
    row = column_of(page, doctor["name"]).get_by_role("button", name=f"Actions for {ticket['code']}")
    row.focus()
    page.keyboard.press(key)
    expect(page.locator(".toast")).to_contain_text(ticket["code"])
    assert scene.desk.get(f"/api/tickets/{ticket['id']}/")["state"] == state


def test_keys_that_are_switched_off_do_nothing(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Off")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = console()
    page.get_by_role("button", name="Robin Desk").click()
    page.get_by_role("menuitem", name="Switch shortcuts off").click()
    row = column_of(page, "Dr Off").get_by_role("button", name=f"Actions for {ticket['code']}")
    row.focus()
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")  # whatever the key did was done before
    expect(page.locator(".toast")).to_have_count(0)
    assert scene.desk.get(f"/api/tickets/{ticket['id']}/")["state"] == "waiting"


def test_a_digit_leads_to_its_column_also_from_a_row(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Digits")
    first, second = (scene.walk_in(doctor, name) for name in ("Amina Yusuf", "Bo Lind"))
    page = console()
    column = column_of(page, "Dr Digits")
    row = column.get_by_role("button", name=f"Actions for {second['code']}")
    row.focus()
    page.keyboard.press("1")
    expect(page.locator(".column").first).to_be_focused()
    expect(page.locator(".toast")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("definition").filter(has_text="Move to the front")).to_be_visible()
    page.keyboard.press("Escape")
    row.focus()
    page.keyboard.press("e")
    expect(column.locator("section .row-code")).to_have_text([second["code"], first["code"]])


def test_a_ticket_is_moved_with_a_reason(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Place")
    first, second, third = (scene.walk_in(doctor, name) for name in ("Amina Yusuf", "Bo Lind", "Cem Aslan"))
    page = console()
    column = column_of(page, "Dr Place")
    column.get_by_role("button", name=f"Actions for {third['code']}").focus()
    page.keyboard.press("m")
    expect(page.get_by_label("New place").locator("option:checked")).to_have_text(f"Behind {second['code']} Bo Lind")
    page.keyboard.press("Escape")
    column.get_by_role("button", name=f"Actions for {first['code']}").focus()
    page.keyboard.press("m")
    expect(page.get_by_label("New place").locator("option:checked")).to_have_text("Before everybody")
    page.get_by_label("New place").select_option(label=f"Behind {second['code']} Bo Lind")
    page.get_by_label("Reason").fill("fetches a form")
    page.get_by_role("button", name="Save").click()
    expect(column.locator("section .row-code")).to_have_text([second["code"], first["code"], third["code"]])
    moved = scene.desk.get(f"/api/tickets/{first['id']}/")
    assert moved["steps"][-1]["reason"] == "fetches a form"


def test_a_row_is_dragged_behind_another_and_to_another_doctor(console: Console, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr From"), scene.doctor("Dr Onto")
    first, second = (scene.walk_in(doctor, name) for name in ("Amina Yusuf", "Bo Lind"))
    page = console()
    column = column_of(page, "Dr From")
    expect(column.locator("section .row-code")).to_have_text([first["code"], second["code"]])
    rows = column.locator("section .row")
    rows.nth(0).drag_to(rows.nth(1))
    expect(column.locator("section .row-code")).to_have_text([second["code"], first["code"]])
    rows.nth(0).drag_to(column_of(page, "Dr Onto").get_by_role("heading", name="Dr Onto"))
    expect(page.get_by_label("Doctor")).to_have_value(other["id"])
    page.get_by_role("button", name="Move", exact=True).click()
    expect(column_of(page, "Dr Onto")).to_contain_text("Bo Lind")
    assert codes(column) == [first["code"]]


def test_a_row_is_dragged_to_the_front_and_between_others(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Front")
    first, second, third = (scene.walk_in(doctor, name)["code"] for name in ("Amina Yusuf", "Bo Lind", "Cem Aslan"))
    page = console()
    column = column_of(page, "Dr Front")
    shown, rows = column.locator("section .row-code"), column.locator("section .row")
    expect(shown).to_have_text([first, second, third])
    rows.nth(2).drag_to(rows.nth(0), target_position={"x": 20, "y": 3})
    expect(shown).to_have_text([third, first, second])
    expect(page.locator(".toast").last).to_contain_text(f"{third} is next")
    rows.nth(2).drag_to(rows.nth(1), target_position={"x": 20, "y": 3})
    expect(shown).to_have_text([third, second, first])
    rows.nth(0).drag_to(rows.nth(1), target_position={"x": 20, "y": 3})
    expect(shown).to_have_text([second, third, first])


def test_a_walk_in_is_printed_one_key_after_joining(console: Console, scene: Scene) -> None:
    scene.doctor("Dr Paper")
    page = console()
    page.context.add_init_script(NO_PRINTER)
    page.keyboard.press("/")
    page.keyboard.type("Noor Haddad")
    expect(page.get_by_role("option", name="as a walk-in")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add to the queue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Noor Haddad")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+p")
    paper = opened.value
    until(paper, "window.printed === 1")
    expect(paper.locator(".paper-qr")).to_be_visible()
    assert paper.evaluate("document.querySelector('.paper-qr').naturalWidth") > 0


def test_the_ticket_of_a_check_in_is_printed_by_the_key(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Paper In")
    patient = scene.desk.post("/api/patients/", {"name": "Paper In", "sms_consent": False})
    slot = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={scene.queue(doctor)['day']}")["items"][0]
    booking = {"patient_id": patient["id"], "doctor_id": doctor["id"], "start": slot["start"]}
    scene.desk.post("/api/appointments/", booking)
    page = console()
    page.context.add_init_script(NO_PRINTER)
    page.get_by_role("button", name="Check in Paper In").click()
    expect(page.locator(".toast")).to_contain_text("Paper In is checked in")
    with page.context.expect_page() as opened:
        page.keyboard.press("p")
    (ticket,) = scene.queue(doctor)["waiting"]
    assert f"/t/{ticket['id']}/print" in opened.value.url


def test_a_doctor_is_told_of_the_next_patient(open_page: OpenPage, scene: Scene, console: Console) -> None:
    login = {"username": "dr-known", "password": "a-good-password"}
    doctor = scene.doctor("Dr Known", **login)
    scene.walk_in(doctor, "Amina Yusuf", reason="cough for two weeks")
    page = console(login["username"], login["password"], width=390, height=844)
    known = page.locator(".known")
    expect(known).to_contain_text("Amina Yusuf")
    expect(known).to_contain_text("cough for two weeks")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(known).to_contain_text("English")
    page.get_by_role("button", name="Call next").click()
    expect(known).to_be_hidden()


def test_a_doctor_reads_which_language_the_patient_speaks_also_while_they_are_there(
    open_page: OpenPage, scene: Scene
) -> None:
    login = ("dr-fluent", "a-good-password")
    doctor = scene.doctor("Dr Fluent", username=login[0], password=login[1])
    person = {"name": "Amina Yusuf", "sms_consent": False, "language": "ar"}
    patient = scene.desk.post("/api/patients/", person)
    reason = "cough for two weeks and a rash on both arms since the weekend, worse at night and after meals"
    scene.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": patient["id"], "reason": reason})
    page = open_page("/console/?lang=fr", width=390, height=844)
    page.locator("input").first.fill(login[0])
    page.locator("input[type=password]").fill(login[1])
    page.locator("button[type=submit]").click()
    expect(page.locator(".known")).to_contain_text("arabe")
    row = page.locator(".rows-now .row")
    for button, state in (("Appeler le suivant", "Appelé"), ("Commencer", "En salle")):
        page.get_by_role("button", name=button).click()
        expect(row).to_contain_text(state)
        expect(row.get_by_text("parle arabe")).to_be_visible()
    written = row.get_by_text(reason)
    assert written.evaluate("(reason) => reason.scrollWidth <= reason.clientWidth")


def test_what_was_misheard_is_put_right_from_the_row(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Misheard")
    ticket = scene.walk_in(doctor, "Nor Hadad")
    page = console()
    column = column_of(page, "Dr Misheard")
    column.get_by_role("button", name=f"Actions for {ticket['code']}").focus()
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog", name="Nor Hadad")
    dialog.get_by_label("Name").fill("Noor Haddad")
    dialog.get_by_label("Phone").fill("+1 202 555 0123")
    dialog.get_by_label("Language").select_option("ar")
    dialog.get_by_role("button", name="Save").click()
    expect(column.locator(".row")).to_contain_text("Noor Haddad")
    patient = scene.queue(doctor)["waiting"][0]["patient"]
    assert (patient["name"], patient["phone_masked"], patient["language"]) == ("Noor Haddad", "•••• 0123", "ar")


def test_the_list_of_keys_names_every_action_of_a_row(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Lists Keys")
    ticket = scene.walk_in(doctor, "Ada Keys")
    page = console()
    column_of(page, "Dr Lists Keys").get_by_role("button", name=f"Actions for {ticket['code']}").click()
    offered = {item.inner_text() for item in page.get_by_role("menuitem").locator("kbd").all()}
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    named = {key.inner_text() for key in page.get_by_role("dialog").locator("kbd").all()}
    assert "O" in offered
    assert offered <= named
