"""Calls that are spoken: in each language in turn, never two at once, and never held up by a voice that got lost."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.browser.scene import Scene

# A browser's speech with voices for English and Arabic only. It tells `said` what it was asked to say, and how many
# sentences it was given at once at most; with `lost` it never tells how a sentence ended.
SPEECH = """
  window.said = [];
  window.most = 0;
  let under = 0;
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  const voice = (lang, localService) => ({ lang, localService });
  const speech = {
    getVoices: () => [voice("en-US", false), voice("en_GB", true), voice("ar-SA", true)],
    addEventListener() {},
    speak(utterance) {
      under += 1;
      window.most = Math.max(window.most, under);
      window.said.push(`${utterance.lang} ${utterance.volume} ${utterance.text}`);
      if (window.lost) return;
      setTimeout(() => utterance.onstart?.(), 10);
      setTimeout(() => { under = Math.max(0, under - 1); utterance.onend?.(); }, 2000);
    },
    cancel() { under = 0; },
  };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
"""
PLEASE = "en_GB 0.5 Number {} 1. Please go to Room {}."


def screen(open_page: OpenPage, scene: Scene, doctors: list[dict[str, Any]], **look: Any) -> Page:
    """A display that speaks at half its volume; its time passes only by `page.clock.run_for`."""
    body = {"name": "Hall", "doctor_ids": [doctor["id"] for doctor in doctors], "volume": 50, **look}
    display = scene.admin.post("/api/displays/", body)
    page = open_page("about:blank", width=1920, height=1080)
    page.add_init_script(SPEECH)
    page.clock.install()
    page.goto(f"{scene.url}/kiosk/{display['id']}#{display['token']}")
    expect(page.locator(".doctor")).to_have_count(len(doctors))
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 1, UTC))
    return page


def said(page: Page) -> list[str]:
    """What was spoken so far."""
    spoken: list[str] = page.evaluate("window.said")
    return spoken


def test_a_call_is_spoken_in_each_language_that_has_a_voice_and_again_when_recalled(
    open_page: OpenPage, scene: Scene
) -> None:
    doctor = scene.doctor("Dr Voice", letter="V", room="3")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = screen(open_page, scene, [doctor], languages=["en", "fr", "ar"])
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text("V001")
    page.clock.run_for(1_600)
    assert said(page) == [PLEASE.format("V", 3)]
    page.clock.run_for(2_500)
    assert [line.split()[0] for line in said(page)] == ["en_GB", "ar-SA"]
    assert "V 1" in said(page)[1]
    expect(page.locator("#call")).to_be_visible()
    page.clock.run_for(2_500)
    expect(page.locator("#call")).to_be_hidden()
    scene.desk.post(f"/api/tickets/{ticket['id']}/recall/", {})
    expect(page.locator("#call .code")).to_have_text("V001")
    page.clock.run_for(8_000)
    assert len(said(page)) == 4
    assert page.evaluate("window.most") == 1


def test_calls_at_once_are_spoken_one_after_another(open_page: OpenPage, scene: Scene) -> None:
    doctors = [scene.doctor(f"Dr Many {letter}", letter=letter, room="4") for letter in ("P", "Q", "R")]
    for doctor in doctors:
        scene.walk_in(doctor, "Somebody")
    page = screen(open_page, scene, doctors)
    for doctor in doctors:
        scene.call_next(doctor)
    expect(page.locator("#call .next-call")).to_have_text("Then: Q001 R001")
    for number, letter in enumerate(("P", "Q", "R"), 1):
        expect(page.locator("#call .code")).to_have_text(f"{letter}001")
        page.clock.run_for(5_900)
        assert said(page)[number - 1 :] == [PLEASE.format(letter, 4)]
        page.clock.run_for(200)
    expect(page.locator("#call")).to_be_hidden()
    assert page.evaluate("window.most") == 1


def test_a_voice_that_never_ends_does_not_hold_up_the_next_call(open_page: OpenPage, scene: Scene) -> None:
    doctors = [scene.doctor(f"Dr Lost {letter}", letter=letter, room="4") for letter in ("X", "Y")]
    for doctor in doctors:
        scene.walk_in(doctor, "Somebody")
    page = screen(open_page, scene, doctors, languages=["en", "ar"])
    page.evaluate("window.lost = true")
    for doctor in doctors:
        scene.call_next(doctor)
    expect(page.locator("#call .next-call")).to_have_text("Then: Y001")
    page.clock.run_for(12_000)
    expect(page.locator("#call .code")).to_have_text("Y001")
    page.clock.run_for(12_000)
    expect(page.locator("#call")).to_be_hidden()
    assert [line.split()[0] for line in said(page)] == ["en_GB", "ar-SA"] * 2


@pytest.mark.parametrize("taken_back", ["undo", "no-show"])
def test_a_call_taken_back_falls_silent(open_page: OpenPage, scene: Scene, taken_back: str) -> None:
    doctor = scene.doctor(f"Dr Silent {taken_back}", room="3")
    ticket = scene.walk_in(doctor, "Amina Yusuf")
    page = screen(open_page, scene, [doctor], languages=["en", "ar"])
    scene.call_next(doctor)
    expect(page.locator("#call")).to_be_visible()
    page.clock.run_for(1_600)
    path = f"/api/queue/{doctor['id']}/undo/" if taken_back == "undo" else f"/api/tickets/{ticket['id']}/no-show/"
    scene.desk.post(path, {})
    expect(page.locator("#call")).to_be_hidden()
    page.clock.run_for(10_000)
    assert len(said(page)) == 1


def test_a_display_without_voice_only_chimes(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Mute", letter="M", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    page = screen(open_page, scene, [doctor], voice=False)
    scene.call_next(doctor)
    expect(page.locator("#call .code")).to_have_text("M001")
    page.clock.run_for(6_500)
    expect(page.locator("#call")).to_be_hidden()
    assert said(page) == []


def test_a_late_call_is_shown_in_silence(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Late", letter="L", room="3")
    scene.walk_in(doctor, "Amina Yusuf")
    scene.call_next(doctor)
    display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"]]})
    page = open_page("about:blank", width=1920, height=1080)
    page.add_init_script(SPEECH)
    page.clock.install()
    page.route_web_socket(re.compile("/ws/display/"), long_ago)
    page.goto(f"{scene.url}/kiosk/{display['id']}#{display['token']}")
    expect(page.locator("#call .code")).to_have_text("L001")
    page.clock.run_for(5_000)
    expect(page.locator("#call")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.locator("#call")).to_be_hidden()
    assert said(page) == []


def long_ago(socket: WebSocketRoute) -> None:
    """Every call the server tells of was made more than a minute before."""

    def pass_on(message: str | bytes) -> None:
        told = json.loads(message)
        for queue in told.get("data", {}).get("queues", []):
            for call in queue["calls"]:
                call["at"] = (datetime.fromisoformat(call["at"]) - timedelta(seconds=70)).isoformat()
        socket.send(json.dumps(told))

    socket.connect_to_server().on_message(pass_on)
