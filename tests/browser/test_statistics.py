"""The panel's statistics say what the API says."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, log_in
from tests.browser.process import ADMIN
from tests.browser.scene import Scene
from tests.browser.test_accessible import violations


def test_the_page_says_what_the_api_says(open_page: OpenPage, scene: Scene) -> None:
    doctor = scene.doctor("Dr Counted")
    for name in ("Amina Yusuf", "Bo Lind", "Cem Aslan"):
        scene.walk_in(doctor, name)
    called = scene.call_next(doctor)["called"]["id"]
    scene.desk.post(f"/api/tickets/{called}/finish/", {})
    page = open_page("/admin/#/statistics")
    log_in(page, *ADMIN)
    total = scene.admin.get("/api/statistics/")["total"]
    expect(page.locator(".headline").first).to_contain_text(str(total["arrived"]))
    page.get_by_label("Doctor", exact=True).select_option(label="Dr Counted")
    expect(page.locator(".headline").first.locator("strong")).to_have_text("3")
    estimates = page.locator(".headline").filter(has_text="Calls within the estimate")
    # Somebody was called, but what they had been told counts only once nothing can change the visit any more.
    expect(estimates).to_contain_text("no ended visit has a known estimate")
    row = page.get_by_role("row").filter(has_text="Dr Counted")
    expect(row.get_by_role("cell")).to_contain_text(["3", "1", "0"])
    chart = page.get_by_role("img", name="Arrivals by hour")
    expect(chart.locator(".chart-bar")).to_have_count(1)
    assert violations(page) == []
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    file = saved.value.path().read_text(encoding="utf-8")
    assert "doctor,,Dr Counted,,,,3,1,0" in file
    assert "source,,,,walk_in,,3,1,0" in file
    page.get_by_label("Period").select_option(label="Yesterday")
    expect(page.locator(".empty")).to_contain_text("Nobody came on these days")
