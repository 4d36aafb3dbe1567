"""Calls are spoken in the display's languages, one after another; a voice that never ends holds up nobody."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene
from tests.browser.test_kiosk import stop_time

# A speech engine that writes down what it is told to say; `mute`: it never says that it has finished.
ENGINE = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => ["en-GB", "fr-FR"].map((lang) => ({ lang, name: lang })),
  cancel: () => null,
  speak: (said) => {
    window.spoken.push(`${said.lang} ${said.text}`);
    if (!window.mute) setTimeout(() => said.onend?.(), 1000);
  },
} });
"""


def speaking(open_page: OpenPage, scene: Scene, doctor: dict[str, Any], **settings: Any) -> Page:
    """A board of this doctor that speaks English and French, on a clock that is turned by hand."""
    body = {"name": "Hall", "doctor_ids": [doctor["id"]], "languages": ["en", "fr", "ar"], "rotate": False, **settings}
    display = scene.admin.post("/api/displays/", body)
    page = open_page("about:blank", width=1280, height=720)
    page.clock.install()
    page.add_init_script(ENGINE)
    page.goto(f"{scene.url}/kiosk/{display['id']}#{display['token']}")
    expect(page.locator(".doctor")).to_have_count(1)
    page.wait_for_load_state("networkidle")  # the texts of every language are there
    stop_time(page)
    return page


def spoken(page: Page) -> list[str]:
    said: list[str] = page.evaluate("window.spoken")
    return said


def test_two_calls_at_once_are_spoken_one_after_the_other_in_every_language(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Voice", room="3")
    codes = [scene.walk_in(doctor, name)["code"] for name in ("Amina Yusuf", "Bo Lind")]
    page = speaking(open_page, scene, doctor)
    for _ in codes:
        scene.call_next(doctor)
    cover = page.locator("#call .code")
    expect(cover).to_have_text(codes[0])
    expect(page.locator("#call .next-call")).to_contain_text(codes[1])
    page.clock.run_for(1_400)
    assert spoken(page) == []
    page.clock.run_for(200)
    number = int(codes[0][1:])
    english = f"en-GB Number {codes[0][0]} {number}. Please go to Room 3."
    assert spoken(page) == [english]
    page.clock.run_for(1_000)
    assert spoken(page) == [english, f"fr-FR Numéro {codes[0][0]} {number}. Veuillez vous rendre : Salle 3."]
    page.clock.run_for(3_400)
    expect(cover).to_have_text(codes[1])
    page.clock.run_for(6_000)
    said = spoken(page)
    assert [line[:5] for line in said] == ["en-GB", "fr-FR"] * 2
    assert f"{codes[1][0]} {int(codes[1][1:])}." in said[2]
    expect(page.locator("#call")).to_be_hidden()


def test_a_recall_is_said_again(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Recall", room="3")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = speaking(open_page, scene, doctor)
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text(ticket["code"])
    page.clock.run_for(6_500)
    expect(page.locator("#call")).to_be_hidden()
    first = len(spoken(page))
    scene.desk.post(f"/api/tickets/{ticket['id']}/recall/", {})
    expect(page.locator("#call .code")).to_have_text(ticket["code"])
    page.clock.run_for(6_500)
    assert len(spoken(page)) == 2 * first


def test_a_voice_that_never_ends_holds_up_nobody(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Stuck", room="3")
    codes = [scene.walk_in(doctor, name)["code"] for name in ("Amina Yusuf", "Bo Lind")]
    page = speaking(open_page, scene, doctor)
    page.evaluate("window.mute = true")
    for _ in codes:
        scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text(codes[0])
    page.clock.run_for(30_000)
    expect(page.locator("#call .code")).to_have_text(codes[1])


def test_a_display_without_voice_only_chimes(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Silent", room="3")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = speaking(open_page, scene, doctor, voice=False)
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text(ticket["code"])
    page.clock.run_for(6_500)
    expect(page.locator("#call")).to_be_hidden()
    assert spoken(page) == []


def test_a_new_release_is_loaded_once_and_never_in_a_loop(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Release")
    page = open_page("about:blank", width=1280, height=720)
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    # The page believes it is of an earlier release each time it is loaded.
    page.add_init_script(
        """new MutationObserver(() => {
          const meta = document.querySelector('meta[name="release"]');
          if (meta) meta.content = "an earlier one";
        }).observe(document, {childList: true, subtree: true});"""
    )
    page.clock.install()
    page.goto(f"{scene.url}/kiosk/?doctor={doctor['id']}")
    while len(loads) < 2:
        page.wait_for_timeout(20)
    expect(page.locator(".doctor")).to_have_count(1)
    page.clock.run_for(10_000)  # it looks every second
    expect(page.locator(".doctor")).to_have_count(1)
    assert len(loads) == 2
