"""Quick presses: those that are meant count, and none acts on a patient who came into the place meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import SETTLED, Watch, until
from tests.browser.scene import Scene
from tests.browser.test_console import column_of
from tests.browser.test_double_press import ENTER_ON_ARRIVAL, PRESSED_AGAIN, check_in, expected

Console = Callable[..., Page]


def button(page: Page, doctor: dict[str, str], code: str) -> Locator:
    return column_of(page, doctor["name"]).get_by_role("button", name=f"Actions for {code}")


def section(page: Page, doctor: dict[str, str], name: str) -> Locator:
    return column_of(page, doctor["name"]).get_by_role("heading", name=name)


def test_keys_on_a_patients_row_count_as_fast_as_they_are_pressed(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Fast Keys")
    ticket = scene.walk_in(doctor, "Ada Fast")
    page = console()
    button(page, doctor, ticket["code"]).focus()
    page.keyboard.press("c")
    expect(column_of(page, doctor["name"]).locator(".rows-now")).to_contain_text("Called")
    expect(button(page, doctor, ticket["code"])).to_be_focused()
    page.keyboard.press("s")
    expect(column_of(page, doctor["name"]).locator(".rows-now")).to_contain_text("In the room")


def test_after_a_call_from_the_row_the_primary_key_counts_at_once(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Own Call")
    ticket = scene.walk_in(doctor, "Ada Own")
    page = console()
    button(page, doctor, ticket["code"]).focus()
    page.keyboard.press("c")
    expect(column_of(page, doctor["name"]).locator(".rows-now")).to_contain_text("Called")
    page.keyboard.press("n")
    expect(column_of(page, doctor["name"]).locator(".rows-now")).to_contain_text("In the room")


def test_the_second_enter_on_a_refusals_cross_calls_nobody(console: Console, scene: Scene, watch: Watch) -> None:
    doctor = scene.doctor("Dr Cross")
    scene.walk_in(doctor, "Ada Cross")
    page = console()
    watch.expect("409")

    def refuse(route: Route) -> None:
        problem = '{"code": "wrong_state", "status": 409, "detail": "It was already called.", "state": "called"}'
        route.fulfill(status=409, content_type="application/problem+json", body=problem)

    page.route("**/api/notify-next/", refuse)
    column = column_of(page, doctor["name"])
    column.get_by_role("button", name="Call next").click()
    cross = column.get_by_role("alert").get_by_role("button", name="Close")
    page.unroute("**/api/notify-next/")
    cross.focus()
    page.evaluate(ENTER_ON_ARRIVAL, ".column-act button")
    page.keyboard.press("Enter")
    until(page, PRESSED_AGAIN)
    until(page, SETTLED)
    assert [ticket["state"] for ticket in scene.queue(doctor)["waiting"]] == ["waiting"]


@pytest.mark.parametrize("action", ["Did not come", "Call again"])
def test_a_press_meant_for_the_one_before_does_nothing_to_the_next(console: Console, scene: Scene, action: str) -> None:
    doctor = scene.doctor(f"Dr Next {action}")
    first, second = (scene.walk_in(doctor, name) for name in ("Ada Before", "Bea Next"))
    scene.call_next(doctor)
    page = console()
    column = column_of(page, doctor["name"])
    expect(column.get_by_role("button", name=action, exact=True)).to_be_visible()
    # The press falls the moment that the next one is shown in the place.
    page.evaluate(
        """([word, name]) => new MutationObserver((_, observer) => {
            const now = [...document.querySelectorAll(".rows-now")].find((each) => each.textContent.includes(name));
            if (!now) return;
            observer.disconnect();
            const act = now.closest(".column-act");
            queueMicrotask(() => {
                [...act.querySelectorAll("button")].find((each) => each.textContent === word).click();
                window.pressed = true;
            });
        }).observe(document.body, { childList: true, subtree: true, characterData: true })""",
        [action, "Bea Next"],
    )
    missed = {"doctor_id": doctor["id"], "current": first["id"], "outcome": "no_show"}
    scene.desk.post("/api/notify-next/", missed)
    until(page, "window.pressed === true")
    expect(column.locator(".rows-now")).to_contain_text("Bea Next")
    view = scene.queue(doctor)
    assert [(ticket["id"], ticket["calls"]) for ticket in view["called"]] == [(second["id"], 1)]


def test_the_key_of_undo_waits_for_a_check_in_under_way(console: Console, scene: Scene) -> None:
    doctor = scene.doctor("Dr Under Way")
    held = scene.walk_in(doctor, "Ada Held")
    expected(scene, doctor, "Bea Expected")
    page = console()
    scene_hold = button(page, doctor, held["code"])
    scene_hold.focus()
    page.keyboard.press("h")
    expect(section(page, doctor, "On hold 1")).to_be_visible()
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    page.route("**/check-in/", hold)
    with page.expect_request("**/check-in/"):
        check_in(page, "Bea Expected").click()
    page.keyboard.press("u")
    for route in routes:
        route.continue_()
    expect(page.locator(".toast").filter(has_text="Undone")).to_contain_text("Bea Expected")
    view = scene.queue(doctor)
    assert ([ticket["id"] for ticket in view["on_hold"]], view["waiting"]) == ([held["id"]], [])


def test_a_refused_check_in_stays_said_when_others_book(console: Console, scene: Scene, watch: Watch) -> None:
    doctor, other = scene.doctor("Dr Said"), scene.doctor("Dr Others")
    expected(scene, doctor, "Ada Refused")
    watch.expect("409")
    page = console()

    def refuse(route: Route) -> None:
        problem = '{"code": "queue_closed", "status": 409, "detail": "Dr Said is closed for today."}'
        route.fulfill(status=409, content_type="application/problem+json", body=problem)

    page.route("**/check-in/", refuse)
    check_in(page, "Ada Refused").click()
    alert = page.locator("#appointments [role=alert]")
    expect(alert).to_contain_text("closed for today")
    expected(scene, other, "Bob Other")
    expect(check_in(page, "Bob Other")).to_be_visible()
    expect(alert).to_contain_text("closed for today")


def test_an_undo_that_did_not_reach_the_server_can_be_tried_again(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Tries Again")
    ticket = scene.walk_in(doctor, "Ada Again")
    page = console()
    button(page, doctor, ticket["code"]).focus()
    page.keyboard.press("h")
    expect(section(page, doctor, "On hold 1")).to_be_visible()
    page.route("**/undo/", lambda route: route.abort())
    page.keyboard.press("u")
    alert = column_of(page, doctor["name"]).get_by_role("alert")
    expect(alert).to_contain_text("connection", timeout=30_000)
    page.unroute("**/undo/")
    page.keyboard.press("u")
    expect(section(page, doctor, "Waiting 1")).to_be_visible()
