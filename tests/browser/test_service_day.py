"""A clinic whose service day is still that of yesterday, as everywhere after midnight."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, log_in
from tests.browser.process import ADMIN, ServerProcess
from tests.browser.scene import Scene


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """It is about noon there, and the day changes late in the evening."""
    process = ServerProcess(tmp_path_factory.mktemp("night"), DAY_STARTS_AT="23:00")
    yield process
    process.stop()


def test_log_opens_on_the_service_day_under_way(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Night")
    scene.walk_in(doctor, "Night Owl", walk_in={"name": "Night Owl", "phone": "+12025550171", "sms_consent": True})
    page = open_page("/admin/#/notifications")
    log_in(page, *ADMIN)
    expect(page.get_by_label("Day")).to_have_value(scene.queue(doctor)["day"])
    expect(page.get_by_role("row").filter(has_text="0171").first).to_be_visible()
