"""The console on a busy day: long names, a paused doctor, full columns, in every language and size. Nothing is cut off,
lies on something else or leaves its box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Shoot
from tests.browser.scene import DESK, Scene

SIZES = {"": (1920, 1080), "-laptop": (1280, 800), "-phone": (390, 844)}
LANGUAGES = ("en", "fr", "es", "ar")
DOCTOR = {"username": "dr-alex", "password": "a-good-password"}
LONG_REASON = "cough for two weeks and a rash on both arms since the weekend, worse at night and after meals"
WAITING = (
    "Maximilian Featherstonehaugh-Cholmondeley",
    "Wolfeschlegelsteinhausenbergerd",
    "أمينة عبد الرحمن القحطاني",
    "Ana María Fernández de la Cruz Echeverría",
    "Bo Li",
    "Christine Lindqvist",
    "Ngozi Okafor-Adeyemi",
    "José Silva",
    "Marguerite Vandenbroucke",
    "Priya Raghunathan",
    "Ola Berg",
    # Moved to the front: on the card of who is next, for the doctor who has a column of their own.
    "Ines Wolfeschlegelsteinhausenbergerdorf",
)
# What people wrote may be cut short on a row, since the row's menu says all of it.
FAULTS = """() => {
  const faults = new Set();
  const shown = (element) => element.checkVisibility() && !element.closest(".visually-hidden, option, select");
  const named = (element) => `${element.localName}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;
  const clips = (element) => getComputedStyle(element).overflowX === "hidden";
  if (document.documentElement.scrollWidth > innerWidth) faults.add("the page scrolls sideways");
  const boxes = (element) => {
    const clip = element.closest(".row-free");
    if (clip) return [clip.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(element);
    return [...range.getClientRects()];
  };
  const words = [...document.querySelectorAll("#app *")].filter((element) =>
    shown(element) && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  for (const element of words) {
    for (const box of boxes(element)) {
      for (let around = element; around.id !== "app"; around = around.parentElement) {
        if (around.matches(".columns")) break;
        if (["inline", "contents"].includes(getComputedStyle(around).display)) continue;
        const edge = around.getBoundingClientRect();
        if (box.left < edge.left - 1 || box.right > edge.right + 1)
          faults.add(`${named(element)} leaves ${named(around)}`);
      }
    }
  }
  for (const element of document.querySelectorAll("#app *")) {
    if (!shown(element) || !clips(element) || element.closest(".row-free")) continue;
    if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
      faults.add(`${named(element)} is cut off`);
  }
  for (const group of document.querySelectorAll(".row, .column-head, .column-act .buttons, .top, .expected-row")) {
    const inside = words.filter((element) => group.contains(element));
    inside.forEach((one, at) => inside.slice(at + 1).forEach((other) => {
      for (const a of boxes(one)) for (const b of boxes(other)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 4) faults.add(`${named(one)} lies on ${named(other)}`);
      }
    }));
  }
  return [...faults];
}"""
# Words of `selector` that stand on more than one line.
BROKEN_WORDS = """(selector) => [...document.querySelectorAll(selector)].flatMap((element) => {
  const text = element.firstChild;
  return [...text.data.matchAll(/[^\\s-]+/g)].filter(({ index, 0: word }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
  }).map(({ 0: word }) => word);
})"""

# The words that the focus ring lies on, and "edge" where a scrolling list cuts it off.
UNDER_RING = """() => {
  const focused = document.activeElement;
  const { outlineWidth, outlineOffset } = getComputedStyle(focused);
  const out = Math.max(0, parseFloat(outlineWidth) + parseFloat(outlineOffset));
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const ring = { left: left - out, right: right + out, top: top - out, bottom: bottom + out };
  const lies = (box) => Math.min(ring.right, box.right) - Math.max(ring.left, box.left) > 0.5
    && Math.min(ring.bottom, box.bottom) - Math.max(ring.top, box.top) > 0.5;
  const around = focused.closest(".column").getBoundingClientRect();
  const faults = ring.left < around.left || ring.right > around.right ? ["edge"] : [];
  const texts = document.createTreeWalker(focused.closest(".column"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const apart = focused.contains(texts.currentNode) || !texts.currentNode.parentElement.checkVisibility();
    const cut = texts.currentNode.parentElement.closest(".row-free");
    const boxes = cut ? [cut.getBoundingClientRect()] : [...range.getClientRects()];
    if (!apart && boxes.some(lies)) faults.push(texts.currentNode.data);
  }
  return faults;
}"""

BUTTONS = {"status": ".column-status", "now": ".rows-now .row-more", "waiting": ".column-lists .row-more"}

OpenDesk = Callable[..., Page]


@pytest.fixture(scope="module")
def clinic(scene: Scene) -> list[dict[str, Any]]:
    """Four queues with twelve who wait in each, somebody with the doctor, called, missed and on hold."""
    doctors = [
        scene.doctor("Dr Alexandra Featherstonehaugh", "3", **DOCTOR),
        scene.doctor("Dr Rao", "5"),
        scene.doctor("Dr Silva", "Sala azul"),
        scene.doctor("Nurses", "1", kind="team", rooms=["1", "2"]),
    ]
    for doctor in doctors:
        _fill(scene, doctor)
    pause = {"minutes": 20, "reason": "called to an emergency", "note": "back door open, phone 4711 if it is urgent"}
    scene.desk.post(f"/api/queue/{doctors[0]['id']}/pause/", pause)
    for doctor in doctors[:2]:
        booked = scene.desk.post("/api/patients/", {"name": WAITING[0], "sms_consent": False})
        day = scene.queue(doctor)["day"]
        slot = scene.desk.get(f"/api/doctors/{doctor['id']}/slots/?date={day}")["items"][0]
        body = {"doctor_id": doctor["id"], "patient_id": booked["id"], "start": slot["start"]}
        scene.desk.post("/api/appointments/", body)
    return doctors


def _fill(scene: Scene, doctor: dict[str, Any]) -> None:
    names = ("In the Room", "Missed Person", "Called Wolfeschlegelsteinhausen", "Held Person", *WAITING)
    tickets = []
    for at, name in enumerate(names):
        person = {"name": name, "sms_consent": at % 3 == 0, "language": LANGUAGES[at % 4]}
        if at % 4:
            person["phone"] = f"+1202555{at:04d}"
        patient = scene.desk.post("/api/patients/", person)
        body = {"doctor_id": doctor["id"], "patient_id": patient["id"]}
        if name in WAITING[:2]:
            body["priority"] = "emergency"
        elif name in WAITING[2:4]:
            body["priority"] = "priority"
        if at % 4 == 0:
            body["reason"] = LONG_REASON
        tickets.append(scene.desk.post("/api/enqueue/", body))

    def act(ticket: dict[str, Any], verb: str, **body: Any) -> None:
        scene.desk.post(f"/api/tickets/{ticket['id']}/{verb}/", body)

    in_room, missed, called, held = tickets[:4]
    team = doctor["kind"] == "team"
    act(missed, "call", **({"room": "2"} if team else {}))
    act(missed, "no-show", reason="went to the pharmacy")
    act(held, "hold", reason="is having blood taken")
    first = in_room if doctor["name"] != "Dr Rao" else called
    act(first, "call", **({"room": "1"} if team else {}))
    if first is in_room:
        act(in_room, "start")
    if team:
        act(called, "call", room="2")
    act(tickets[-1], "move", after=0, reason="has to catch the last bus home")


@pytest.fixture
def busy(open_page: OpenPage, clinic: list[dict[str, Any]]) -> OpenDesk:
    """`busy("fr", width=390, height=844)`: the console on that day."""

    def open_it(language: str = "en", login: tuple[str, str] = DESK, **options: Any) -> Page:
        page = open_page(f"/console/?lang={language}", **options)
        page.locator("input").first.fill(login[0])
        page.locator("input[type=password]").fill(login[1])
        page.locator("button[type=submit]").click()
        page.locator(".column .row").first.wait_for()
        expect(page.locator(".loading:visible")).to_have_count(0)
        page.locator(".expected-row").first.wait_for()
        return page

    return open_it


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", ["desk", "doctor"])
def test_nothing_is_cut_off_or_lies_on_something_else(busy: OpenDesk, shoot: Shoot, language: str, who: str) -> None:
    page = busy(language, DESK if who == "desk" else (DOCTOR["username"], DOCTOR["password"]))
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        shoot(page, f"busy-{who}-{language}{name}")
        assert page.evaluate(FAULTS) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_a_paused_doctor_stays_in_one_piece(busy: OpenDesk, language: str) -> None:
    page = busy(language)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(BROKEN_WORDS, ".column-head h2") == [], width
        assert page.evaluate(BROKEN_WORDS, ".expected-doctor") == [], width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_ring_lies_on_no_words(busy: OpenDesk, shoot: Shoot, theme: str) -> None:
    page = busy(color_scheme=theme)
    column = page.get_by_role("region", name="Dr Alexandra Featherstonehaugh")
    page.keyboard.press("Tab")  # from here on the focus is the keyboard's, and shows
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for what, button in BUTTONS.items():
            column.locator(button).first.focus()
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            shoot(page, f"ring-{theme}{name}-{what}")
            assert page.evaluate(UNDER_RING) == [], (name, what)


def test_what_is_cut_short_on_a_row_stands_whole_in_its_menu(busy: OpenDesk) -> None:
    page = busy(width=1280, height=800)
    row = page.get_by_role("region", name="Dr Rao").locator(".row").filter(has_text="Featherstonehaugh-Cholmondeley")
    assert row.locator(".row-free").last.evaluate("(reason) => reason.scrollWidth > reason.clientWidth")
    row.get_by_role("button", name="Actions").click()
    menu = page.get_by_role("menu")
    expect(menu).to_contain_text(WAITING[0])
    expect(menu).to_contain_text(f"Reason for the visit: {LONG_REASON}")
    expect(menu).to_have_accessible_description(f"B005 {WAITING[0]} Reason for the visit: {LONG_REASON}")


def test_what_staff_wrote_for_each_other_is_shown(busy: OpenDesk) -> None:
    page = busy()
    paused = page.get_by_role("region", name="Dr Alexandra Featherstonehaugh")
    expect(paused.locator(".column-head")).to_contain_text("For staff: back door open, phone 4711 if it is urgent")
    for name, note in (
        ("Held Person", "is having blood taken"),
        ("Missed Person", "went to the pharmacy"),
        (WAITING[-1], "has to catch the last bus home"),
    ):
        row = paused.locator(".row").filter(has_text=name)
        expect(row).to_contain_text(note)
        row.get_by_role("button", name="Actions").click()
        expect(page.get_by_role("menu")).to_contain_text(f"Latest note: {note}")
        page.keyboard.press("Escape")


def test_texts_are_spoken_of_only_where_one_was_due(busy: OpenDesk) -> None:
    page = busy()
    waiting = page.get_by_role("region", name="Dr Rao").locator("section").first
    expect(waiting).to_contain_text("No phone")
    expect(waiting).not_to_contain_text("text")
    expect(waiting.get_by_role("img")).to_have_count(0)


def test_a_row_without_remarks_takes_two_lines(busy: OpenDesk) -> None:
    page = busy(width=1920, height=1080)
    row = page.get_by_role("region", name="Dr Silva").locator(".row").filter(has_text="Christine Lindqvist")
    assert row.evaluate("(row) => row.clientHeight < 3 * parseFloat(getComputedStyle(row).lineHeight)")
