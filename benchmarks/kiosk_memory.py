"""What an open board keeps after 20,000 updates: heap, DOM nodes and listeners, every few thousand.

    python -m benchmarks.kiosk_memory [UPDATES]

Needs Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.endurance import Changes, kept
from tests.browser.process import ServerProcess
from tests.browser.scene import Scene

STEPS = 10


def main(updates: int) -> None:
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = ServerProcess(Path(directory))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            scene = Scene(server)
            doctor = scene.doctor("Dr Often")
            for number in range(20):
                scene.walk_in(doctor, f"Patient {number}")
            display = scene.admin.post("/api/displays/", {"name": "Hall", "doctor_ids": [doctor["id"]]})
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            heard = 0

            def count(_: object) -> None:
                nonlocal heard
                heard += 1

            page.on("websocket", lambda socket: socket.on("framereceived", count))
            page.goto(f"{server.url}/kiosk/{display['id']}#{display['token']}")
            page.locator(".doctor").wait_for()
            print("| updates | messages | heap MB | nodes | listeners |")
            made = 0
            while made <= updates:
                # Access tokens last a quarter of an hour.
                changes = Changes(server.url, server.caller().token, doctor["id"])
                page.wait_for_timeout(1_000)
                now = kept(page)
                print(f"| {made} | {heard} | {now.heap / 1e6:.2f} | {now.nodes} | {now.listeners} |", flush=True)
                changes.make(updates // STEPS)
                made += updates // STEPS
                changes.close()
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
