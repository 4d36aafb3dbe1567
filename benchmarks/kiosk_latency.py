"""From a call to the screen: `notify-next` has answered, and the pixels of an open board have changed.

    python -m benchmarks.kiosk_latency

The page itself notes when it drew the first frame that shows the call, by the same computer's clock; a frame that came
before the answer counts as it is, below zero. After each call the board is brought back by an undo. Beside it stands
the same from the asking.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from playwright.async_api import Page, async_playwright

from benchmarks.clinic import make_doctor
from benchmarks.figures import milliseconds
from benchmarks.http import Connection
from benchmarks.process import product, signed_in

CHROMIUM = Path("/usr/bin/chromium")
CALLS = 100
WARM = 5
WAITING = 12
# When the frame with a change of the cover was on the screen: the first moment after it was drawn.
WATCH = """() => {
  window.drawn = [];
  const cover = document.getElementById("call");
  new MutationObserver(() => {
    const shown = !cover.hidden;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => shown && window.drawn.push((performance.timeOrigin + performance.now()) / 1000);
      port2.postMessage(null);
    });
  }).observe(cover, { attributes: true, attributeFilter: ["hidden"] });
}"""


async def measure(address: str, page: Page) -> tuple[list[float], list[float]]:
    """Seconds from the answer to the screen and from asking to the screen, of each call."""
    from_answer, from_asking = [], []
    async with Connection(address, await signed_in(address)) as connection:
        doctor_id = await make_doctor(connection, "Dr Caller", "1")
        for number in range(WAITING):
            walk_in = {"name": f"Bench Patient {number}"}
            await connection.call("POST", "/api/enqueue/", {"doctor_id": doctor_id, "walk_in": walk_in}, expect=201)
        await page.goto(f"{address}/kiosk/?doctor={doctor_id}")
        await page.locator(".codes .code").first.wait_for()
        await page.evaluate(WATCH)
        for number in range(1, 1 + WARM + CALLS):
            asked = time.time()
            await connection.call("POST", "/api/notify-next/", {"doctor_id": doctor_id})
            answered = time.time()
            await page.wait_for_function("(count) => window.drawn.length === count", arg=number)
            drawn = await page.evaluate("window.drawn.at(-1)")
            await connection.call("POST", f"/api/queue/{doctor_id}/undo/", {})
            await page.locator("#call").wait_for(state="hidden")
            if number > WARM:
                from_answer.append(drawn - answered)
                from_asking.append(drawn - asked)
    return from_answer, from_asking


async def main() -> None:
    """One server, one board, one call after the other."""
    async with product() as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        from_answer, from_asking = await measure(running.address, page)
        await browser.close()
    print(f"notify-next answered → pixels changed: {milliseconds(from_answer)}  ({CALLS} calls)")
    print(f"notify-next asked    → pixels changed: {milliseconds(from_asking)}")


if __name__ == "__main__":
    asyncio.run(main())
