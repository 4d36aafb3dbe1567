"""A board that hangs for months: nothing piles up with updates, and every restart of the server heals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Watch
from tests.browser.endurance import Changes, kept
from tests.browser.process import ADMIN, ServerProcess
from tests.browser.scene import Scene
from tests.browser.test_display import paired

RESTARTS = 10
WARM_UP = 100
UPDATES = 400


def test_updates_leave_nothing_behind(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Often")
    for number in range(5):
        scene.walk_in(doctor, f"Patient {number}")
    page, _ = paired(open_page, scene, doctor)
    token = scene.server.caller(*ADMIN).token
    changes = Changes(scene.url, token, doctor["id"])
    changes.make(WARM_UP)
    expect(page.locator(".notice-line")).to_be_hidden()
    before = kept(page)
    changes.make(UPDATES)
    expect(page.locator(".notice-line")).to_be_hidden()
    after = kept(page)
    changes.close()
    print(f"{UPDATES} updates: {before} -> {after}")
    assert after.nodes <= before.nodes + 20
    assert after.listeners <= before.listeners + 5
    assert after.heap <= before.heap * 1.15


@pytest.fixture
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    process = ServerProcess(Path(tmp_path_factory.mktemp("frail")))
    yield process
    process.stop()


def test_ten_restarts_under_an_open_board(open_page: OpenPage, frail: ServerProcess, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_REFUSED")
    watch.expect("WebSocket")
    watch.expect("503")
    scene = Scene(frail)
    doctor = scene.doctor("Dr Again")
    page = open_page(f"{frail.url}/kiosk/?doctor={doctor['id']}", width=1280, height=720)
    expect(page.locator(".doctor")).to_have_count(1)
    waiting = []
    port = frail.port
    for number in range(RESTARTS):
        frail.kill()
        expect(page.locator(".doctor")).to_have_count(1)
        frail.start(port)
        waiting.append(scene.walk_in(doctor, f"Patient {number}")["code"])
        shown = page.locator(".codes .code").first
        expect(shown).to_have_text(waiting[0], timeout=30_000)
        page.wait_for_function("count => document.querySelectorAll('.codes .code').length === count", arg=number + 1)
    expect(page.locator("#age")).to_be_hidden()
