"""Two receptionists' pages in Chromium: from a click in one to the other's screen, and how smooth a long queue stays.

    python -m benchmarks.console_pages

A click is timed by the page that is clicked, its effect by the frame in which the other page drew it, both by this
computer's clock. Smoothness is the longest time between two frames while people join a column of 200 waiting and it is
scrolled, beside the same of an empty page: ten joins a second, and as many as the server takes. Needs Chromium.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.clinic import make_doctor
from benchmarks.figures import milliseconds
from benchmarks.http import Connection
from benchmarks.process import ADMIN, PASSWORD, product, signed_in

CHROMIUM = Path("/usr/bin/chromium")
CLICKS = 100
WARM = 5
WAITING = 200
UPDATES = 50
PACE_SECONDS = 0.1
CLICKED = (
    """() => addEventListener("click", () => { window.clicked = performance.timeOrigin + performance.now(); }, true)"""
)
# When the frame with a new first row of the room was on the screen: the first moment after it was drawn.
DRAWN = """() => {
  const now = document.querySelector(".rows-now");
  new MutationObserver(() => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const code = now.querySelector(".row-code")?.textContent ?? "";
      window.drawn = { code, at: performance.timeOrigin + performance.now() };
    };
    port2.postMessage(null);
  })).observe(now, { childList: true, subtree: true, characterData: true });
}"""
FRAMES = """() => {
  window.longest = 0;
  let before = performance.now();
  const tick = (now) => {
    window.longest = Math.max(window.longest, now - before);
    before = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame((now) => {
    before = now;
    requestAnimationFrame(tick);
  });
}"""
SCROLL = """async () => {
  const list = document.querySelector(".column-lists");
  for (let step = 0; !window.enough; step += 1) {
    list?.scrollBy(0, step % 60 < 30 ? 200 : -200);
    await new Promise(requestAnimationFrame);
  }
}"""


async def reception(browser: Browser, address: str) -> Page:
    """A console of its own, signed in."""
    page = await (await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")).new_page()
    await page.goto(f"{address}/console/")
    await page.get_by_label("User name").fill(ADMIN)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()
    await page.locator(".column .rows").first.wait_for(state="attached")
    return page


async def clicks(browser: Browser, address: str, connection: Connection, doctor_id: str) -> list[float]:
    """Seconds from each click on "Call next" to the other's screen; an undo brings the queue back after it."""
    one, other = await reception(browser, address), await reception(browser, address)
    await one.evaluate(CLICKED)
    await other.evaluate(DRAWN)
    button = one.locator(".column-primary").first
    taken = []
    for number in range(WARM + CLICKS):
        await one.get_by_role("button", name="Call next").first.wait_for()
        await one.wait_for_function("() => !document.querySelector('.column-primary').hasAttribute('aria-busy')")
        await button.click()
        await other.wait_for_function("() => window.drawn?.code", polling=5)
        if number >= WARM:
            taken.append((await other.evaluate("window.drawn.at") - await one.evaluate("window.clicked")) / 1000)
        await connection.call("POST", f"/api/queue/{doctor_id}/undo/", {})
        await other.wait_for_function("() => window.drawn.code === ''", polling=5)
    return taken


async def longest_frame(page: Page, connection: Connection | None, doctor_id: str, pace: float) -> float:
    """Milliseconds; with a connection while somebody joins every `pace` seconds."""
    await page.evaluate(FRAMES)
    scrolling = asyncio.ensure_future(page.evaluate(SCROLL))
    for number in range(UPDATES):
        if connection is not None:
            body = {"doctor_id": doctor_id, "walk_in": {"name": f"Late Patient {number}"}}
            await connection.call("POST", "/api/enqueue/", body, expect=201)
        await asyncio.sleep(pace)
    await page.evaluate("window.enough = true")
    await scrolling
    longest: float = await page.evaluate("window.longest")
    return longest


async def main() -> None:
    """Both, on one server."""
    async with product() as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        async with Connection(running.address, await signed_in(running.address)) as connection:
            doctor_id = await make_doctor(connection, "Dr Often", "1")
            for number in range(WAITING):
                body = {"doctor_id": doctor_id, "walk_in": {"name": f"Bench Patient {number}"}}
                await connection.call("POST", "/api/enqueue/", body, expect=201)
            taken = await clicks(browser, running.address, connection, doctor_id)
            print(
                f"click → the other receptionist's screen: {milliseconds(taken)}  ({CLICKS} clicks, {WAITING} waiting)"
            )
            busy = []
            for pace in (PACE_SECONDS, 0.0):
                page = await reception(browser, running.address)
                busy.append(await longest_frame(page, connection, doctor_id, pace))
                await page.close()
            idle = await longest_frame(await browser.new_page(), None, doctor_id, PACE_SECONDS)
            print(
                f"longest frame with {WAITING} waiting, scrolled: {busy[0]:.0f} ms at ten joins a second,",
                f"{busy[1]:.0f} ms at as many as the server takes; an empty page {idle:.0f} ms",
            )
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
