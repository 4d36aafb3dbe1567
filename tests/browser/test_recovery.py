"""Nothing done twice, nobody thrown out, pages that heal by themselves: lost answers, many tabs, a killed server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Watch
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene

Console = Callable[..., Page]
TABS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module that its tests may kill."""
    process = ServerProcess(tmp_path_factory.mktemp("recovery"))
    yield process
    process.stop()


def test_lost_answer_calls_nobody_twice(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    doctor = scene.doctor("Dr Lost")
    for name in ("First Person", "Second Person"):
        scene.walk_in(doctor, name)
    page = console()
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/notify-next/", lose_the_first)
    column = page.get_by_role("region", name="Dr Lost")
    column.get_by_role("button", name="Call next").click()
    expect(page.get_by_role("status").filter(has_text="was called to")).to_be_visible()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    view = scene.queue(doctor)
    assert [len(view[part]) for part in ("called", "waiting")] == [1, 1]


@pytest.mark.parametrize("locks", ["native", "lease"])
def test_tabs_renew_one_after_another(console: Console, scene: Scene, locks: str) -> None:
    page = console()
    if locks == "lease":
        page.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    page.reload()
    tabs = [page.context.new_page() for _ in range(TABS)]
    # Scripts start all tabs at once; goto would wait for one after the other.
    for tab in tabs:
        tab.evaluate(f"location.href = '{scene.url}/console/'")
    for tab in [page, *tabs]:
        expect(tab.get_by_role("combobox", name="Name, phone, birth date or ticket")).to_be_visible()
    page.reload()
    expect(page.get_by_role("combobox", name="Name, phone, birth date or ticket")).to_be_visible()


def test_expired_token_is_renewed_in_passing(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("401")
    scene.doctor("Dr Renew")
    page = console()
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.headers["authorization"])
        problem = '{"code": "token_expired", "status": 401, "detail": "The token has expired."}'
        route.fulfill(status=401, content_type="application/problem+json", body=problem)

    page.route("**/api/enqueue/", refuse_once)
    page.keyboard.press("/")
    page.keyboard.type("Renewed Person")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add to the queue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Renewed Person is")).to_be_visible()
    assert len(refused) == 1


def test_busy_database_is_waited_for(console: Console, scene: Scene, watch: Watch) -> None:
    watch.expect("503")
    doctor = scene.doctor("Dr Busy")
    scene.walk_in(doctor, "Patient Person")
    page = console()
    tries: list[int] = []

    def busy_twice(route: Route) -> None:
        tries.append(len(tries))
        if len(tries) > 2:
            route.continue_()
            return
        problem = '{"code": "storage_unavailable", "status": 503, "detail": "The database cannot be reached."}'
        route.fulfill(status=503, content_type="application/problem+json", headers={"Retry-After": "1"}, body=problem)

    page.route("**/api/notify-next/", busy_twice)
    column = page.get_by_role("region", name="Dr Busy")
    column.get_by_role("button", name="Call next").click()
    expect(column.get_by_text("Called", exact=True)).to_be_visible()
    assert len(tries) == 3


def test_pages_heal_after_the_server_was_killed(
    console: Console, open_page: OpenPage, server: ServerProcess, scene: Scene, watch: Watch
) -> None:
    watch.expect_outage()
    doctor = scene.doctor("Dr Phoenix")
    ahead, mine = scene.walk_in(doctor, "Ahead Person"), scene.walk_in(doctor, "Mine Person")
    desk = console()
    column = desk.get_by_role("region", name="Dr Phoenix")
    phone = open_page(f"/t/{mine['id']}", width=390, height=844)
    expect(phone.locator("#headline")).to_have_text("1 person before you")
    expect(phone.get_by_role("button", name="Cancel my place")).to_be_visible()

    server.kill()
    expect(desk.get_by_text("Not connected.")).to_be_visible()
    expect(phone.locator("#updated")).to_contain_text("No connection")
    expect(column).to_contain_text("Ahead Person")
    server.start(server.port)

    expect(desk.get_by_text("Not connected.")).to_be_hidden(timeout=30_000)
    column.get_by_role("button", name=f"Actions for {ahead['code']}").click()
    desk.get_by_role("menuitem", name="Cancel the visit").click()
    expect(phone.locator("#headline")).to_have_text("You are next", timeout=30_000)
