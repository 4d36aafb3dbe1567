"""What was typed into a dialog stays until it was done; why it was not is said in the dialog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.scene import Scene
from tests.browser.test_console import act, column_of

Console = Callable[..., Page]

REFUSAL = '{"code": "storage_unavailable", "status": 500, "detail": "The database cannot be reached."}'


@contextmanager
def refused(page: Page, path: str) -> Iterator[None]:
    """The server refuses what is sent to `path`."""

    def refuse(route: Route) -> None:
        route.fulfill(status=500, content_type="application/problem+json", body=REFUSAL)

    page.route(path, refuse)
    yield
    page.unroute(path)


def test_a_reason_stays_when_the_priority_could_not_be_changed(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("500")
    doctor = scene.doctor("Dr Kept")
    ticket = scene.walk_in(doctor, "Kept Person")
    page = console()
    column = column_of(page, "Dr Kept")
    act(page, column, ticket["code"], "Change priority…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Priority").select_option("emergency")
    dialog.get_by_label("Reason").fill("chest pain")
    with refused(page, "**/priority/"):
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert").first).to_contain_text("cannot be reached")
    expect(dialog.get_by_label("Reason")).to_have_value("chest pain")
    expect(column.locator("[role=alert]")).to_be_empty()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(column).to_contain_text("Emergency")
    changed = scene.desk.get(f"/api/tickets/{ticket['id']}/")
    assert (changed["priority"], changed["steps"][-1]["reason"]) == ("emergency", "chest pain")


def test_a_transfer_and_a_pause_keep_their_dialogs(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("500")
    doctor = scene.doctor("Dr Keeps")
    scene.doctor("Dr Takes")
    ticket = scene.walk_in(doctor, "Moving Person")
    page = console()
    column = column_of(page, "Dr Keeps")
    dialog = page.get_by_role("dialog")
    act(page, column, ticket["code"], "Move to another doctor…")
    dialog.get_by_label("Doctor").select_option(label="Dr Takes")
    dialog.get_by_label("Reason").fill("needs a scan")
    with refused(page, "**/transfer/"):
        dialog.get_by_role("button", name="Move", exact=True).click()
        expect(dialog.get_by_role("alert").first).to_contain_text("cannot be reached")
    expect(dialog.get_by_label("Reason")).to_have_value("needs a scan")
    page.keyboard.press("Escape")
    column.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("menuitem", name="Pause…").click()
    dialog.get_by_label("Note for staff").fill("back at four")
    with refused(page, "**/pause/"):
        dialog.get_by_role("button", name="Pause", exact=True).click()
        expect(dialog.get_by_role("alert").first).to_contain_text("cannot be reached")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Dr Keeps is paused")
    assert scene.queue(doctor)["pause"]["note"] == "back at four"


def test_a_refusal_after_the_dialog_was_closed_is_said_in_the_column(
    console: Console, scene: Scene, watch: Watch
) -> None:
    watch.expect("500")
    doctor = scene.doctor("Dr Closed Early")
    ticket = scene.walk_in(doctor, "Early Person")
    page = console()
    column = column_of(page, "Dr Closed Early")
    act(page, column, ticket["code"], "Change priority…")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/priority/", hold)
    with page.expect_request("**/priority/"):
        page.get_by_role("button", name="Save").click()
    page.keyboard.press("Escape")
    held[0].fulfill(status=500, content_type="application/problem+json", body=REFUSAL)
    expect(column.get_by_role("alert")).to_contain_text("cannot be reached")


def test_that_the_server_cannot_be_reached_is_said_until_it_can(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Away")
    ticket = scene.walk_in(doctor, "Away Person")
    page = console()
    column = column_of(page, "Dr Away")
    act(page, column, ticket["code"], "Change priority…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("chest pain")
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Save").click()
    said = dialog.get_by_role("alert").first
    expect(said).to_contain_text("cannot be reached", timeout=30_000)  # it is tried some times before that is said
    page.context.set_offline(False)
    expect(said).to_be_hidden(timeout=20_000)
    expect(dialog.get_by_label("Reason")).to_have_value("chest pain")
