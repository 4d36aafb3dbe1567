"""A clinic whose service day is still that of yesterday, as everywhere after midnight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Route, expect

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


def test_statistics_open_on_the_service_day_under_way(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Late")
    scene.walk_in(doctor, "Late Guest")
    page = open_page("/admin/#/statistics")
    log_in(page, *ADMIN)
    page.get_by_label("Doctor", exact=True).select_option(label="Dr Late")
    expect(page.locator(".headline").first.locator("strong")).to_have_text("1")
    day = date.fromisoformat(scene.queue(doctor)["day"])
    page.get_by_label("Period").select_option(label="Last 7 days")
    first = page.locator(".statistics-filters input[type=date]").first
    expect(first).to_have_value((day - timedelta(days=6)).isoformat())  # the day is asked for first
    page.get_by_label("Period").select_option(label="Other days…")
    expect(page.get_by_label("From", exact=True)).to_have_value((day - timedelta(days=6)).isoformat())
    expect(page.get_by_label("To", exact=True)).to_have_value(day.isoformat())


def test_far_east_a_date_stays_the_date(open_page: OpenPage) -> None:
    def two_days(route: Route) -> None:
        found = route.fetch().json()
        total = {**found["total"], "arrived": 2}
        days = [{**total, "key": f"2026-03-0{number}", "arrived": 1} for number in (3, 4)]
        route.fulfill(json={**found, "total": total, "by_day": days})

    page = open_page("about:blank")
    east = {"timezone": "Pacific/Kiritimati", "day": "2026-03-04"}
    page.route("**/api/clinic/", lambda route: route.fulfill(json={**route.fetch().json(), **east}))
    page.route("**/api/statistics/?*", two_days)
    page.goto("/admin/#/statistics")
    log_in(page, *ADMIN)
    chart = page.get_by_role("img", name="Arrivals by day")
    expect(chart.locator(".chart-label")).to_have_text(["Tue, Mar 3", "Wed, Mar 4"])
