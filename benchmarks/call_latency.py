"""From a call to the text leaving: `notify-next` is asked, and its POST arrives at a stand-in for Twilio.

    python -m benchmarks.call_latency

Budget (DESIGN 10): at most two durable one-row writes and one turn of the loop, so it stands beside this disk's fsync.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.clinic import make_doctor
from benchmarks.figures import fsync_seconds, milliseconds, percentile
from benchmarks.http import Connection
from benchmarks.process import product, signed_in
from tests.twilio.faults import NUMBERS
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

CALLS = 200
YOUR_TURN = "It is your turn."
PHONES = [
    phone
    for area in (202, 212, 312)
    for number in range(100)
    if (phone := f"+1{area}55501{number:02}") not in NUMBERS  # those the stand-in always refuses
][:CALLS]


class Arrivals:
    """When the `your_turn` to each number arrived."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._at: dict[str, asyncio.Future[float]] = {}

    def of(self, number: str) -> asyncio.Future[float]:
        """The moment, once it has come."""
        return self._at.setdefault(number, asyncio.get_running_loop().create_future())

    async def watch(self) -> None:
        """Note every arrival, for ever."""
        seen = 0
        while True:
            posts = (await self._stand_in.arrived(seen + 1))[seen:]
            now = time.perf_counter()
            seen += len(posts)
            for post in posts:
                if post.form["Body"].startswith(YOUR_TURN):
                    self.of(post.form["To"]).set_result(now)


async def measure(address: str, arrivals: Arrivals) -> tuple[list[float], list[float]]:
    """Seconds from asking to the POST, and from the answer to the POST, of each call."""
    from_asking, from_answer = [], []
    async with Connection(address, await signed_in(address)) as connection:
        doctor_id = await make_doctor(connection, "Dr Caller", "Room 1")
        for phone in PHONES:
            walk_in = {"name": "Bench Patient", "phone": phone, "sms_consent": True}
            await connection.call("POST", "/api/enqueue/", {"doctor_id": doctor_id, "walk_in": walk_in}, expect=201)
            asked = time.perf_counter()
            await connection.call("POST", "/api/notify-next/", {"doctor_id": doctor_id})
            answered = time.perf_counter()
            left = await asyncio.wait_for(arrivals.of(phone), 30)
            from_asking.append(left - asked)
            from_answer.append(left - answered)
    return from_asking, from_answer


async def main() -> None:
    """One server, one stand-in, one call after the other."""
    stand_in = StandIn()
    stand_in.start()
    account = {
        "TWILIO_API_URL": stand_in.url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM_NUMBER": "+12025550100",
        "PUBLIC_URL": "https://clinic.example",
    }
    arrivals = Arrivals(stand_in)
    watching = asyncio.create_task(arrivals.watch())
    async with product(settings=account) as running:
        from_asking, from_answer = await measure(running.address, arrivals)
    watching.cancel()
    await stand_in.close()
    fsync = fsync_seconds()
    print(f"asked → POST at Twilio:    {milliseconds(from_asking)}")
    print(f"answered → POST at Twilio: {milliseconds(from_answer)}")
    share = percentile(from_asking, 0.5) / fsync
    print(f"this disk's fsync: {fsync * 1e3:.2f} ms; asked → POST takes {share:.1f} of them")


if __name__ == "__main__":
    asyncio.run(main())
