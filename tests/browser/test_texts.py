"""Texts that go wrong, as the desk and the administrator see them and put them right; Twilio is the stand-in."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Shoot, log_in
from tests.browser.process import ADMIN, ROOT, ServerProcess
from tests.browser.scene import DESK, Scene

NO_SUCH_NUMBER = "+12025550111"  # the stand-in answers 21211
STOPPED = "+12025550110"  # 21610
NO_MOBILE = "+12025550114"  # 21614
GOOD = "+12025550123"

Console = Callable[..., Page]


class Twilio:
    """The stand-in as a process, and its script."""

    def __init__(self) -> None:
        command = [sys.executable, "-u", "-m", "tests.twilio", "--port", "0"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        lines = (self._process.stdout.readline().strip() for _ in range(4))
        self.settings = dict(line.split("=", 1) for line in lines)

    def next(self, fault: str) -> None:
        """What the coming request gets."""
        with urlopen(Request(self.settings["TWILIO_API_URL"] + "/script", fault.encode(), method="POST"), timeout=5):
            pass

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def twilio() -> Iterator[Twilio]:
    stand_in = Twilio()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, twilio: Twilio) -> Iterator[ServerProcess]:
    """A server that texts through the stand-in."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), **twilio.settings)
    yield process
    process.stop()


def called(scene: Scene, doctor: dict[str, Any], name: str, phone: str) -> dict[str, Any]:
    """Somebody with this number joins and is called."""
    walk_in = {"name": name, "phone": phone, "sms_consent": True}
    ticket = scene.walk_in(doctor, name, walk_in=walk_in)
    scene.desk.post(f"/api/tickets/{ticket['id']}/call/", {})
    return ticket


def test_reception_is_told_at_once_mends_the_number_and_sends_again(
    console: Console, scene: Scene, shoot: Shoot
) -> None:
    doctor = scene.doctor("Dr Wrong Number")
    desk = console()
    ticket = called(scene, doctor, "Amina Yusuf", NO_SUCH_NUMBER)
    who = f"{ticket['code']} Amina Yusuf"
    toast = desk.get_by_role("status").filter(has_text=f"{who} was not reached by text")
    toast.get_by_role("button", name="Show").click()
    dialog = desk.get_by_role("dialog", name="Not reached by text")
    row = dialog.get_by_role("listitem").filter(has_text=who)
    expect(row).to_contain_text("Failed")
    expect(row).to_contain_text("the number is invalid")
    shoot(desk, "unreached")
    row.get_by_role("button", name="Show number").click()
    expect(row.get_by_role("link", name=NO_SUCH_NUMBER)).to_be_focused()
    row.get_by_role("button", name="Fix and send again").click()
    row.get_by_label("Another number").fill("(202) 555-0123")
    row.get_by_role("button", name="Send again", exact=True).click()
    expect(dialog).to_contain_text("Everybody was reached.")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name=re.compile("not reached"))).to_have_count(0)
    patient = scene.desk.get(f"/api/patients/{ticket['patient']['id']}/")
    assert patient["phone"] == GOOD


def test_a_patient_told_in_person_leaves_the_list_and_so_does_one_who_came(console: Console, scene: Scene) -> None:
    doctor, other = scene.doctor("Dr Told"), scene.doctor("Dr Came")
    called(scene, doctor, "Told Person", NO_SUCH_NUMBER)
    came = called(scene, other, "Came Anyway", NO_MOBILE)
    desk = console()
    desk.get_by_role("button", name="2 not reached").click()
    dialog = desk.get_by_role("dialog", name="Not reached by text")
    scene.desk.post(f"/api/tickets/{came['id']}/start/", {})
    expect(dialog.get_by_role("listitem").filter(has_text="Came Anyway")).to_have_count(0)
    row = dialog.get_by_role("listitem").filter(has_text="Told Person")
    row.get_by_role("button", name="What became of it").click()
    story = desk.get_by_role("dialog", name="Your turn")
    expect(story.get_by_role("listitem")).to_contain_text(
        ["Written down", "Sent to Twilio", "The number cannot get it · the number is invalid"]
    )
    desk.keyboard.press("Escape")
    row.get_by_role("button", name="Told in person").click()
    desk.get_by_role("dialog", name="Told in person").get_by_role("button", name="Told in person").click()
    expect(dialog).to_contain_text("Everybody was reached.")


def test_who_answered_stop_is_not_said_to_be_texted(console: Console, scene: Scene, shoot: Shoot) -> None:
    doctor = scene.doctor("Dr Stop")
    ticket = called(scene, doctor, "Silent Person", STOPPED)
    desk = console()
    desk.get_by_role("button", name=re.compile("not reached")).click()
    dialog = desk.get_by_role("dialog", name="Not reached by text")
    row = dialog.get_by_role("listitem").filter(has_text=f"{ticket['code']} Silent Person")
    row.get_by_role("button", name="Fix and send again").click()
    row.get_by_role("button", name="Send again", exact=True).click()
    expect(row.get_by_text("Not sent: the person has answered STOP")).to_be_visible()
    expect(desk.get_by_text("on its way again")).to_have_count(0)
    shoot(desk, "unreached-stop")
    expect(row.get_by_label("Another number")).to_be_focused()
    row.get_by_label("Another number").fill(GOOD)
    row.get_by_role("button", name="Send again", exact=True).click()
    expect(row).to_have_count(0)


def test_the_log_is_filtered_told_step_by_step_and_taken_away(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    ticket = called(scene, scene.doctor("Dr Log"), "Reached Person", GOOD)
    called(scene, scene.doctor("Dr Entry"), "Failed Person", NO_MOBILE)
    page = open_page("/admin/#/notifications")
    log_in(page, *ADMIN)
    page.get_by_label("Result").select_option(label="Not reached")
    page.get_by_label("Twilio’s code").fill("21614")
    page.get_by_label("Kind").select_option(label="Your turn")
    rows = page.get_by_role("row").filter(has_text="Your turn")
    expect(rows.first).to_contain_text("Failed 21614")
    expect(rows.first).to_contain_text("the number is not a mobile number")
    expect(page.get_by_role("row").filter(has_text="0123")).to_have_count(0)
    shoot(page, "notification-log")
    rows.first.get_by_role("button").click()
    page.get_by_role("menuitem", name="What became of it").click()
    expect(page.get_by_role("dialog", name="Your turn")).to_contain_text("The number cannot get it")
    page.keyboard.press("Escape")

    page.get_by_label("Twilio’s code").fill("")
    page.get_by_label("Result").select_option(label="Sent and delivered")
    expect(page.get_by_role("row").filter(has_text="0123").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    with download.value.path().open(newline="", encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    assert ticket["id"] in {row["ticket_id"] for row in saved}
    assert {(row["kind"], row["to_masked"]) for row in saved} == {("your_turn", "•••• 0123")}


def test_the_row_of_somebody_called_says_how_far_the_text_has_got(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Reached")
    desk = console()
    ticket = called(scene, doctor, "Greta Reached", GOOD)
    row = desk.get_by_role("region", name="Dr Reached").get_by_role("listitem").filter(has_text=ticket["code"])
    expect(row.get_by_role("img", name=re.compile("Text message: (Accepted|Sent|Delivered)"))).to_be_visible()
    scene.desk.post(f"/api/tickets/{ticket['id']}/start/", {})
    expect(row).to_contain_text("In the room")
    expect(row.get_by_role("img", name=re.compile("Text message"))).to_have_count(0)


def test_a_refused_account_is_told_on_the_console_and_in_the_panel(
    console: Console, open_page: OpenPage, scene: Scene, twilio: Twilio, shoot: Shoot
) -> None:
    doctor = scene.doctor("Dr No Account")
    desk = console(*DESK)
    twilio.next("20003")
    called(scene, doctor, "Silent Person", GOOD)
    banner = desk.get_by_role("alert").filter(has_text="Twilio has taken no texts since")
    expect(banner).to_contain_text("the account’s credentials were not accepted (20003)")
    shoot(desk, "account-fault")
    panel = open_page("/admin/#/settings")
    log_in(panel, *ADMIN)
    expect(panel.get_by_role("alert").filter(has_text="20003")).to_be_visible()


def test_a_text_is_worded_anew_with_its_preview_beside_it(open_page: OpenPage, scene: Scene, shoot: Shoot) -> None:
    page = open_page("/admin/#/texts")
    log_in(page, *ADMIN)
    preview = page.get_by_role("region", name="What the patient reads")
    expect(preview).to_contain_text("It is your turn. Please proceed to the doctor's office.")
    expect(preview).to_contain_text("1 segment")
    page.get_by_label("Kind").select_option(label="Called again")
    wording, save = page.get_by_role("textbox", name="Wording"), page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    wording.fill("Room {room}: number {code}, please come in ☎")
    expect(preview).to_contain_text("This wording cannot be saved yet.")
    expect(preview).to_contain_text("It needs square brackets around the part with {room}")
    expect(preview).to_contain_text("make every segment shorter: ☎")
    expect(save).to_be_disabled()
    shoot(page, "texts-wrong")
    wording.fill("Number {code}, please come in.")
    page.get_by_role("button", name="Link to the live page").click()
    expect(wording).to_have_value("Number {code}, please come in.[ {link}]")
    expect(preview).to_contain_text("please come in. http")
    page.get_by_label("Kind").select_option(label="Missed")
    page.get_by_label("Kind").select_option(label="Called again")
    expect(wording).to_have_value("Number {code}, please come in.[ {link}]")
    shoot(page, "texts")
    save.click()
    expect(page.get_by_role("status").filter(has_text="The text is saved")).to_be_visible()
    assert scene.admin.get("/api/settings/")["texts"]["en"]["recalled"] == "Number {code}, please come in.[ {link}]"
    page.get_by_role("button", name="Use the standard wording").click()
    page.get_by_role("dialog").get_by_role("button", name="Use the standard wording").click()
    expect(wording).to_have_value(re.compile("second call"))
    actions = {row["action"] for row in scene.admin.get("/api/audit/")["items"]}
    assert "change settings" in actions
    assert not any("preview" in action for action in actions)
