"""A board in Chromium through 20,000 updates: heap, nodes and listeners before and after must be the same.

    python -m benchmarks.kiosk_memory [updates]

The display's socket is the script's: it sends one made-up board after the other (`benchmarks.boards`) in batches and
waits until the last stands on the screen, while the page's own clock runs on, so that languages, announcements, pages
of doctors and announced calls take their turns as in days of a clinic. Counted by the browser itself after collecting
its garbage.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, WebSocketRoute, sync_playwright

from benchmarks.boards import board, now_utc
from benchmarks.process import product

CHROMIUM = Path("/usr/bin/chromium")
UPDATES = 20_000
PARTS = 4
# What a page makes once and keeps: it is warm after these.
WARM = 495
# So many are sent in a row; then the script waits until the last stands on the screen, and lets time pass.
BATCH = 20
# The made-up boards repeat what they hold, though never their codes and calls, after so many.
CYCLE = 165
DISPLAY = "display-of-the-benchmark"
SHOWN = "(code) => document.querySelector('.codes .code span')?.textContent === code"


@dataclass(frozen=True, slots=True)
class Count:
    """What the page holds."""

    heap: int  # bytes of JavaScript objects
    nodes: int
    listeners: int

    def __str__(self) -> str:
        return f"heap {self.heap / 2**20:6.2f} MiB  nodes {self.nodes:6}  listeners {self.listeners:4}"


class Feed:
    """The display's socket, as the script answers it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sockets: list[WebSocketRoute] = []
        self._version = ""
        page.clock.install()
        page.route_web_socket(re.compile("/ws/display/"), self._take)

    def _take(self, socket: WebSocketRoute) -> None:
        self._sockets.append(socket)

    def open(self, address: str) -> None:
        """The board of a display whose token is made up too: nobody asks for it."""
        self._page.goto(f"{address}/kiosk/{DISPLAY}#token")
        self._version = self._page.locator("html").get_attribute("data-version") or ""
        while not self._sockets:
            self._page.wait_for_timeout(10)

    def send(self, first: int, count: int) -> None:
        """That many boards, each taken in by the page by itself."""
        for number in range(first, first + count):
            told = board(number, DISPLAY, self._version, now_utc())
            self._sockets[-1].send(json.dumps(told))
            if number % BATCH and number < first + count - 1:
                continue
            code = told["data"]["queues"][0]["waiting"][0]["code"]
            self._page.wait_for_function(SHOWN, arg=code)
            self._page.clock.run_for(6_000)


def count(session: CDPSession) -> Count:
    """What is left once the garbage is gone; twice, because collecting the first time frees more."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    found = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return Count(int(found["JSHeapUsedSize"]), int(found["Nodes"]), int(found["JSEventListeners"]))


def run(page: Page, address: str, updates: int, parts: int = 1) -> list[Count]:
    """Before and after each of `parts`: always with as much on the screen, in the same language."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    feed = Feed(page)
    feed.open(address)
    feed.send(1, WARM)
    counted = [settled(page, session)]
    sent = WARM
    for part in range(1, 1 + parts):
        until = WARM + updates * part // parts
        until += -until % CYCLE
        feed.send(1 + sent, until - sent)
        sent = until
        counted.append(settled(page, session))
    return counted


def settled(page: Page, session: CDPSession) -> Count:
    """Once no call covers the board and the first language is back."""
    while page.locator("#call").is_visible() or page.locator("html").get_attribute("lang") != "en":
        page.clock.run_for(6_000)
    return count(session)


async def main(updates: int) -> int:
    """1 if anything grew by more than a hundredth and a little."""
    async with product() as running:
        counted = await asyncio.to_thread(measure, running.address, updates)
    for part, found in enumerate(counted):
        print(f"after {updates * part // PARTS:6} updates: {found}")
    return 1 if grown(counted[0], counted[-1]) else 0


def measure(address: str, updates: int) -> list[Count]:
    """In a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="en-GB")
        page.set_default_timeout(60_000)
        counted = run(page, address, updates, PARTS)
        browser.close()
    return counted


def grown(before: Count, after: Count) -> bool:
    """Whether the page holds more than before; some hundred kilobytes go to and fro with the browser's own caches."""
    return after.nodes > before.nodes + 50 or after.listeners > before.listeners + 5 or after.heap > before.heap + 2**19


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("updates", type=int, nargs="?", default=UPDATES)
    sys.exit(asyncio.run(main(parser.parse_args().updates)))
