"""A server killed in the middle of an import goes on by itself, and the page with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Watch
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene
from tests.browser.test_import import file_of, imports

ROWS = 4000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module that its test kills."""
    process = ServerProcess(tmp_path_factory.mktemp("recovery"))
    yield process
    process.stop()


def test_a_killed_import_goes_on_and_the_page_shows_its_end(
    open_page: OpenPage, scene: Scene, server: ServerProcess, watch: Watch
) -> None:
    watch.expect_outage()
    page = imports(open_page)
    people = "".join(f"Person {at},20255{at:05d}\r\n" for at in range(ROWS))
    page.get_by_label("CSV file").set_input_files(file_of(f"name,phone\r\n{people}"))  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import 4,000 rows").click()
    caller, far = server.caller(), 0
    while not 0 < far < ROWS:
        (item,) = caller.get("/api/imports/")["items"]
        far = item["seen"] if item["state"] == "running" else 0
        assert item["state"] != "done", "it was faster than the test; let it have more rows"
    server.kill()
    expect(page.get_by_text("No connection to the clinic.")).to_be_visible()
    server.start(server.port)
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=60_000)
    expect(page.locator(".figures")).to_contain_text("4,000")
    (item,) = server.caller().get("/api/imports/")["items"]
    assert (item["created"], item["known"], item["refused"]) == (ROWS, 0, 0)
    count, cursor = 0, ""
    while True:
        found = server.caller().get(f"/api/patients/?limit=200{cursor}")
        count += len(found["items"])
        if not found["next_cursor"]:
            break
        cursor = f"&cursor={found['next_cursor']}"
    assert count == ROWS
