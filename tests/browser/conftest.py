"""A real Chromium on a real server process. A page that logs an error, throws, or breaks its policy fails its test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from playwright.sync_api import Error as PageGone

from tests.browser.process import ROOT, ServerProcess
from tests.browser.scene import DESK, Scene

CHROMIUM = "/usr/bin/chromium"
PATIENCE_SECONDS = 15
SHOTS = Path(__file__).parent / "out"
# A plain run leaves the tree as it was; with RENEW_SCREENSHOTS=1 it renews the pictures of the documentation.
KIOSK = {"", "-dark", "-1080x1920-dark", "-arabic", "-call", "-pairing", "-stale", "-twelve-1280x720"}
DOCUMENTED = frozenset(
    {"console", "console-dark", "console-phone", "patient", "ticket-called", *(f"kiosk{name}" for name in KIOSK)}
)
DOCUMENTATION = ROOT / "docs" / "screenshots"
RENEW = bool(os.environ.get("RENEW_SCREENSHOTS"))

# A press counts again after the page has led the focus somewhere: for `until`, in tests that go on by the keyboard.
SETTLED = r"""import(document.querySelector("script[type=module]").src.replace(/\w+\/main\.js$/, "base/focus.js"))
    .then(({ justMoved }) => !justMoved())"""

OpenPage = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this folder, closed after the last: Playwright keeps this thread's event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module, with nothing in it but its administrator."""
    process = ServerProcess(tmp_path_factory.mktemp("server"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def scene(server: ServerProcess) -> Scene:
    """The module's clinic."""
    return Scene(server)


class Watch:
    """What pages complained of. `expect` names what a test provokes on purpose."""

    def __init__(self) -> None:
        self._expected: list[str] = []
        self._said: list[str] = []

    def expect(self, text: str) -> None:
        """Lines that contain `text` are meant."""
        self._expected.append(text)

    def expect_outage(self) -> None:
        """The server is killed, or the network cut: whatever was under way fails, each in its own words."""
        self._expected += ["net::ERR_", "WebSocket", "fetching the script"]

    def page(self, page: Page) -> None:
        """Listen to `page`."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._said.append(f"threw {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def complaints(self) -> list[str]:
        """What nobody expected."""
        return [line for line in self._said if not any(text in line for text in self._expected)]


@pytest.fixture
def watch() -> Watch:
    """The complaints of this test's pages."""
    return Watch()


@pytest.fixture
def open_page(chromium: Browser, server: ServerProcess, watch: Watch) -> Iterator[OpenPage]:
    """`open_page("/console/", width=390, height=844, color_scheme="dark", …)`: a page in a browser of its own."""
    contexts = []

    def open_it(path: str, *, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=server.url,
            viewport={"width": width, "height": height},
            **{"locale": "en-GB", "reduced_motion": "reduce", **options},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        watch.page(page)
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert watch.complaints() == []


@pytest.fixture
def console(open_page: OpenPage, scene: Scene) -> Callable[..., Page]:
    """`console()`: the reception console, logged in."""

    def open_it(username: str = DESK[0], password: str = DESK[1], **options: Any) -> Page:
        page = open_page("/console/", **options)
        log_in(page, username, password)
        page.locator(".columns:visible, .empty-clinic:visible").first.wait_for()
        return page

    return open_it


@pytest.fixture
def shoot() -> Shoot:
    """`shoot(page, "console")`: a picture for people to look at."""

    def take(page: Page, name: str) -> None:
        folder = DOCUMENTATION if RENEW and name in DOCUMENTED else SHOTS
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}.png"))

    return take


def until(page: Page, condition: str) -> None:
    """Wait until the JavaScript expression `condition` holds in the page, however often it loads anew meanwhile.

    Playwright's own `wait_for_function` looks again by `eval` inside the page, which its policy forbids.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(PageGone):
            if page.evaluate(condition):
                return
        assert time.monotonic() < deadline, f"{condition} does not come true"
        page.wait_for_timeout(50)


def log_in(page: Page, username: str, password: str) -> None:
    """Fill in the log-in form."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
