"""What a patient holds in the hand: the ticket's page with and without JavaScript, and answering from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Watch
from tests.browser.scene import Scene


def test_place_follows_live(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Live")
    ahead, mine = scene.walk_in(doctor, "Ahead"), scene.walk_in(doctor, "Mine")
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    expect(page.locator("#headline")).to_have_text("1 person before you")
    scene.call_next(doctor)
    expect(page.locator("#headline")).to_have_text("You are next")
    scene.desk.post("/api/notify-next/", {"doctor_id": doctor["id"], "current": ahead["id"]})
    expect(page.locator("#headline")).to_have_text("It is your turn")
    expect(page).to_have_title("It is your turn · Riverside Clinic")
    scene.desk.post(f"/api/tickets/{mine['id']}/start/")
    expect(page.locator("#headline")).to_have_text("You are with the doctor")
    scene.desk.post(f"/api/tickets/{mine['id']}/finish/")
    expect(page.locator("#headline")).to_have_text("Your visit is over")
    expect(page.get_by_role("link", name="To the clinic’s page")).to_be_visible()


def test_a_long_wait_is_said_in_hours_everywhere(
    open_page: OpenPage, scene: Scene, console: Callable[..., Page]
) -> None:
    doctor = scene.doctor("Dr Hours")
    mine = scene.walk_in(doctor, "Mine")
    scene.desk.post(f"/api/queue/{doctor['id']}/pause/", {"minutes": 330})
    for with_script in (True, False):
        page = open_page(f"/t/{mine['id']}", width=390, height=844, java_script_enabled=with_script)
        expect(page.locator("#detail")).to_have_text("about 5–6 h")
    expect(console().get_by_role("region", name="Dr Hours").locator(".row")).to_contain_text("about 5–6 h")


def test_running_late_lets_others_go_first(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Late")
    mine = scene.walk_in(doctor, "Mine")
    for name in ("Second", "Third", "Fourth"):
        scene.walk_in(doctor, name)
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    page.get_by_role("button", name="I’m running late").click()
    expect(page.locator("#headline")).to_have_text("2 people before you")
    expect(page.get_by_text("some go before you now")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    page.get_by_label("Language").select_option("es")
    expect(page.locator("#headline")).to_have_text("2 personas antes que usted")


def test_cancelling_asks_first(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Cancel")
    mine = scene.walk_in(doctor, "Mine")
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    page.get_by_role("button", name="Cancel my place").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#headline")).to_have_text("You are next")
    page.get_by_role("button", name="Cancel my place").click()
    page.get_by_role("button", name="Yes, cancel my place").click()
    expect(page.locator("#headline")).to_have_text("Your place was cancelled")
    assert scene.queue(doctor)["waiting"] == []


def test_missed_patient_says_i_am_back(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Back")
    mine = scene.walk_in(doctor, "Mine")
    scene.call_next(doctor)
    scene.desk.post(f"/api/tickets/{mine['id']}/no-show/")
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    page.get_by_role("button", name="I am back").click()
    expect(page.locator("#headline")).to_have_text("You are next")


def test_page_follows_a_transfer(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("404")
    here, there = scene.doctor("Dr Here"), scene.doctor("Dr There", room="9")
    mine = scene.walk_in(here, "Mine")
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    expect(page.locator("#where")).to_have_text("Dr Here · Room 3")
    moved = scene.desk.post(f"/api/tickets/{mine['id']}/transfer/", {"doctor_id": there["id"]})["moved_to"]
    page.wait_for_url(f"**/t/{moved}")
    expect(page.locator("#where")).to_have_text("Dr There · Room 9")


def test_works_without_javascript(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Plain")
    scene.walk_in(doctor, "Ahead")
    mine = scene.walk_in(doctor, "Mine")
    page = open_page(f"/t/{mine['id']}", width=320, height=568, java_script_enabled=False)
    expect(page.get_by_role("heading")).to_have_text(mine["code"])
    expect(page.locator("#headline")).to_have_text("1 person before you")
    # Chromium under automation does not render noscript, so its contents are read in the markup.
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in page.content()
    assert "This page renews itself every 15 seconds." in page.content()
    scene.call_next(doctor)
    scene.call_next(doctor)
    page.reload()
    expect(page.locator("#headline")).to_have_text("It is your turn")
    expect(page.locator("#detail")).to_have_text("Go to Room 3 now")


def test_unknown_ticket_gets_a_friendly_page(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect("404")
    page = open_page("/t/0123456789abcdef0123", width=390, height=844)
    expect(page.get_by_role("heading", name="This ticket is not known here")).to_be_visible()
    page.get_by_role("link", name="To the clinic’s page").click()
    expect(page.get_by_role("heading", name="Choose a doctor")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "direction", "headline"),
    [
        ("es-ES", "ltr", "Usted es el siguiente"),
        ("fr-FR", "ltr", "Vous êtes le prochain"),
        ("ar-EG", "rtl", "أنت التالي"),
    ],
)
def test_speaks_the_readers_language(
    open_page: OpenPage, scene: Scene, locale: str, direction: str, headline: str
) -> None:
    doctor = scene.doctor(f"Dr {locale}")
    mine = scene.walk_in(doctor, "Mine")
    page = open_page(f"/t/{mine['id']}", width=390, height=844, locale=locale)
    expect(page.locator("#headline")).to_have_text(headline)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    # The text the server wrote and the one the module wrote are the same sentence.
    expect(page.get_by_role("button").first).to_be_visible()
    expect(page.locator("#headline")).to_have_text(headline)


def test_chosen_language_is_kept(open_page: OpenPage, scene: Scene) -> None:
    page = open_page("/", width=390, height=844)
    page.get_by_label("Language").select_option("es")
    expect(page.get_by_role("heading", name="Elija un médico")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Elija un médico")).to_be_visible()


def test_lost_network_keeps_the_place_on_screen(open_page: OpenPage, scene: Scene, watch: Watch) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Tunnel")
    mine = scene.walk_in(doctor, "Mine")
    page = open_page(f"/t/{mine['id']}", width=390, height=844)
    expect(page.get_by_role("button", name="Cancel my place")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#updated")).to_contain_text("No connection")
    expect(page.locator("#headline")).to_have_text("You are next")
    scene.call_next(doctor)
    page.context.set_offline(False)
    expect(page.locator("#headline")).to_have_text("It is your turn")
    expect(page.locator("#updated")).to_contain_text("Updated")


def test_a_password_from_the_desk_is_replaced_at_the_first_log_in(
    open_page: OpenPage, scene: Scene, watch: Watch
) -> None:
    registration = {"name": "Robin Own", "phone": "+12025550171", "username": "robin.own", "sms_consent": False}
    patient = scene.desk.post("/api/patients/", {**registration, "password": "forgotten password"})
    given = scene.desk.post(f"/api/patients/{patient['id']}/password/", {})
    page = open_page("/#/login", width=390, height=844)
    page.get_by_label("User name").fill("robin.own")
    page.get_by_label("Password").fill(given["password"])
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("has worked once")).to_be_visible()
    page.goto(f"{scene.url}/")
    page.get_by_label("The password you were given").fill(given["password"])
    page.get_by_label("Your new password").fill("my own password")
    page.get_by_role("button", name="Keep this password").click()
    expect(page.get_by_role("link", name="My visits")).to_be_visible()
    expect(page.get_by_label("Your new password")).to_have_count(0)
    again = open_page("/#/login", width=390, height=844)
    watch.expect("401")
    again.get_by_label("User name").fill("robin.own")
    again.get_by_label("Password").fill(given["password"])
    again.get_by_role("button", name="Log in", exact=True).click()
    expect(again.get_by_role("alert")).not_to_be_empty()
    again.get_by_label("Password").fill("my own password")
    again.get_by_role("button", name="Log in", exact=True).click()
    expect(again.get_by_role("link", name="My visits")).to_be_visible()
