"""An open board in Chromium, read from its screen and compared with what the API answers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, ViewportSize, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
# Four doctors and all that stands below them, with those who come next.
SCREEN: ViewportSize = {"width": 3840, "height": 2160}
READ = """() => {
  const texts = (place, what) => [...place.querySelectorAll(what)].filter((e) => !e.hidden).map((e) => e.textContent);
  const queues = [...document.querySelectorAll(".doctor")].map((row) => [row.dataset.key, {
    now: texts(row, ".line:not([data-state=free]) .code"),
    next: texts(row, ".codes .code"),
  }]);
  const missed = document.getElementById("return");
  return { queues: Object.fromEntries(queues), missed: missed.hidden ? [] : texts(missed, ".code") };
}"""


class OpenBoard:
    """One board of these doctors."""

    def __init__(self, page: Page, doctors: Sequence[str]) -> None:
        self._page = page
        self._doctors = doctors

    @classmethod
    @asynccontextmanager
    async def of(cls, address: str, doctors: Sequence[str]) -> AsyncIterator[OpenBoard]:
        """In a browser of its own."""
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page(viewport=SCREEN, reduced_motion="reduce")
            await page.goto(f"{address}/kiosk/?" + "&".join(f"doctor={doctor}" for doctor in doctors))
            await page.locator(f".doctor >> nth={len(doctors) - 1}").wait_for()
            yield cls(page, doctors)
            await browser.close()

    async def difference(self, views: Sequence[dict[str, Any]], patience: float) -> str | None:
        """What still differs from the public `views` after `patience` seconds; None if nothing does."""
        until = time.perf_counter() + patience
        while (found := _difference(await self._page.evaluate(READ), views)) and time.perf_counter() < until:
            await self._page.wait_for_timeout(10)
        return found


def _difference(shown: dict[str, Any], views: Sequence[dict[str, Any]]) -> str | None:
    """The screen shows everybody who is called or in a room, the first of those who wait, and all who are missed."""
    for view in views:
        row = shown["queues"].get(view["doctor"]["id"])
        if row is None:
            return f"{view['doctor']['name']} is not on the board"
        now = [ticket["code"] for ticket in (*view["called"], *view["current"])]
        waiting = [ticket["code"] for ticket in view["waiting"]]
        if row["now"] != now:
            return f"{view['doctor']['name']}: now {row['now']}, the API says {now}"
        if row["next"] != waiting[: len(row["next"])] or (waiting and not row["next"]):
            return f"{view['doctor']['name']}: next {row['next']}, the API says {waiting}"
    missed = [ticket["code"] for view in views for ticket in view["missed"]]
    return None if shown["missed"] == missed else f"missed {shown['missed']}, the API says {missed}"
