"""How long after `notify-next` was answered the board in a browser shows it: p50 and p95 over 100 calls.

    python -m benchmarks.kiosk_latency

Shown means: the frame with the called code has been painted. Needs Chromium.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.figures import milliseconds
from tests.browser.conftest import CHROMIUM
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene

CALLS = 100
# Notes when a called code was first painted: the callback of the second frame runs after the first was shown.
WATCH = """() => {
  window.painted = {};
  const note = () => {
    const codes = [...document.querySelectorAll('.line[data-state=called] .code span')].map((code) => code.textContent);
    const fresh = codes.filter((code) => !(code in window.painted));
    for (const code of fresh) window.painted[code] = 0;
    if (fresh.length) requestAnimationFrame(() => requestAnimationFrame(() => {
      for (const code of fresh) window.painted[code] = performance.timeOrigin + performance.now();
    }));
  };
  const everything = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(note).observe(document.querySelector('#board'), everything);
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = ServerProcess(Path(directory))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            scene = Scene(server)
            doctor = scene.doctor("Dr Quick")
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{server.url}/kiosk/?doctor={doctor['id']}")
            page.locator(".doctor").wait_for()
            page.evaluate(WATCH)
            seconds = []
            for number in range(CALLS):
                code = scene.walk_in(doctor, f"Patient {number}")["code"]
                scene.call_next(doctor)
                answered = time.time()
                page.wait_for_function("code => window.painted[code] > 0", arg=code, polling=5)
                seconds.append(page.evaluate("code => window.painted[code]", code) / 1000 - answered)
            print(f"answered -> painted over {CALLS} calls: {milliseconds(seconds)}")
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
