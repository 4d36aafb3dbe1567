"""A board that runs for months holds no more in the end than in the beginning."""

from __future__ import annotations

from benchmarks.kiosk_memory import grown, run
from tests.browser.conftest import OpenPage, Watch
from tests.browser.process import ServerProcess

UPDATES = 330


def test_updates_leave_nothing_behind(open_page: OpenPage, server: ServerProcess, watch: Watch) -> None:
    watch.expect("/kiosk/join/")  # made-up codes have no picture
    page = open_page("about:blank", width=1920, height=1080)
    before, after = run(page, server.url, UPDATES)
    assert not grown(before, after), f"{before}, then {after}"
