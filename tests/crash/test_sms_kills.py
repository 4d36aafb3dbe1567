"""Called patients get one text, or reception is told, whenever the server is killed: on every storage home.

The server is a process, Twilio a stand-in that counts. SIGKILL falls at random moments between a call's request and
the save of what Twilio answered, and while the next start puts things right. `KILLS=200` for the long run.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.api import Api
from tests.crash.serving import ADMIN, PASSWORD, Process
from tests.crash.texting import GONE, PHONES, Called, CountingTwilio, Verdict
from tests.storage.support import HOMES, Home

KILLS = max(1, int(os.environ.get("KILLS", "8")) // len(HOMES))
DOCTORS = 3
# A text that a kill cut off is found or sent once more within 45 s; one whose second try meets a fault of Twilio's is
# looked for as long again, and stands in reception's list meanwhile.
SETTLE_SECONDS = 90.0

pytestmark = pytest.mark.gen_test(timeout=120 + 15 * KILLS)


@pytest.fixture
def twilio(io_loop: IOLoop) -> Iterator[CountingTwilio]:
    stand_in = CountingTwilio()

    async def start() -> None:
        stand_in.start()

    io_loop.run_sync(start)
    yield stand_in
    io_loop.run_sync(stand_in.close)


@pytest.fixture
def texting(io_loop: IOLoop, home: Home, twilio: CountingTwilio) -> Iterator[Process]:
    """Not started yet; it texts through the stand-in."""
    process = Process(home, **twilio.settings())
    yield process
    io_loop.run_sync(process.stop)


@dataclass
class Rush:
    """Doctors who call at the same time, again and again, while the server dies under them."""

    process: Process
    twilio: CountingTwilio
    api: Api
    doctors: list[str]
    dice: random.Random
    phones: dict[str, str] = field(default_factory=dict)
    called: dict[str, Called] = field(default_factory=dict)
    moments: Counter[str] = field(default_factory=Counter)
    kill_times: list[float] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    phone: int = 0

    async def walk_in(self, doctor_id: str) -> None:
        # One in six shares the number of the one before: a parent with two children.
        if self.dice.random() > 1 / 6:
            self.phone += 1
        patient: dict[str, Any] = {"name": "Guest", "phone": PHONES[self.phone % len(PHONES)], "sms_consent": True}
        ticket = (await self.api.post("/api/enqueue/", {"doctor_id": doctor_id, "walk_in": patient})).ok()
        self.phones[ticket["id"]] = patient["phone"]

    async def call_next(self, doctor_id: str, key: str, asked: float) -> bool:
        """False: the server is gone, and nobody knows whether the call was taken."""
        try:
            reply = await self.api.post("/api/notify-next/", {"doctor_id": doctor_id}, key=key)
        except GONE:
            return False
        ticket = reply.ok()["called"]
        self.answered.set()
        self.called.setdefault(ticket["id"], Called(ticket["id"], self.phones[ticket["id"]], asked))
        return True

    async def kill_at(self, moment: str) -> None:
        match moment:
            case "call to POST":
                await asyncio.sleep(self.dice.uniform(0, 0.03))
            case "answered":
                await self.answered.wait()
                await asyncio.sleep(self.dice.uniform(0, 0.01))
            case "POST to save":
                await self.twilio.came.wait()
                await asyncio.sleep(self.dice.uniform(0, 0.06))
        await self.kill(moment)

    async def kill(self, moment: str) -> None:
        await self.process.kill()
        self.moments[moment] += 1
        self.kill_times.append(time.time())

    async def start(self) -> None:
        await self.process.start()
        self.api.url = self.twilio.through = self.process.url

    async def round(self, number: int) -> None:
        """Every doctor calls somebody, the server is killed meanwhile, and what was not answered is asked again."""
        await asyncio.gather(*map(self.walk_in, self.doctors))
        self.answered.clear()
        self.twilio.came.clear()
        keys = {doctor_id: f"call-{number}-{doctor_id}" for doctor_id in self.doctors}
        asked = time.time()
        calls = [asyncio.ensure_future(self.call_next(*call, asked)) for call in keys.items()]
        await self.kill_at(self.dice.choice(("call to POST", "answered", "POST to save")))
        taken = await asyncio.gather(*calls)
        await self.start()
        if self.dice.random() < 0.25:
            await asyncio.sleep(self.dice.uniform(0, 0.3))
            await self.kill("putting right")
            await self.start()
        for (doctor_id, key), was_answered in zip(keys.items(), taken, strict=True):
            assert was_answered or await self.call_next(doctor_id, key, asked)

    async def watch(self) -> None:
        """Note when each called patient's text is settled; for ever."""
        while True:
            await asyncio.sleep(0.2)
            for call in [call for call in self.called.values() if call.settled is None]:
                try:
                    await self.look(call)
                except GONE:
                    break

    async def look(self, call: Called) -> None:
        reply = await self.api.get("/api/notifications/", {"ticket_id": call.ticket_id})
        if reply.status != 503:  # just starting
            call.look(reply.ok()["items"], time.time())

    async def settled(self) -> None:
        """Wait until no text is open any more, for as long as one may take."""
        until = time.time() + SETTLE_SECONDS
        while any(call.settled is None for call in self.called.values()) and time.time() < until:
            await asyncio.sleep(0.2)


def figures(rush: Rush, verdict: Verdict, home: Home) -> str:
    """What is printed: how often it was killed and when, what became of the calls, how long it took."""
    calls = rush.called.values()
    once: list[float] = []
    often = [0.0]
    for call in calls:
        cuts = [at for at in rush.kill_times if call.asked <= at < (call.settled or time.time())]
        (often if len(cuts) > 1 else once).extend([(call.settled or time.time()) - at for at in cuts[:1]])
    by_asking = {call.row["id"]: call.asked for call in calls if call.row}
    taken = sorted(at[0] - by_asking[id] for id, at in rush.twilio.taken.items() if id in by_asking)
    lines = [
        f"{home.name}: {len(rush.kill_times)} kills ({', '.join(f'{n} {what}' for what, n in rush.moments.items())})",
        f"  {len(calls)} called: {', '.join(f'{n} {what}' for what, n in sorted(verdict.counts.items()))}",
        f"  reports: {', '.join(f'{n} {what}' for what, n in sorted(rush.twilio.reports.items()))}",
        f"  call → taken by Twilio: p50 {taken[len(taken) // 2]:.2f} s, last {taken[-1]:.1f} s",
        f"  killed → settled: last {max(once, default=0):.1f} s of {len(once)} calls that met one kill,"
        f" {max(often):.1f} s of {len(often) - 1} that met several",
    ]
    return "\n".join(lines)


async def test_whoever_is_called_gets_one_text_or_reception_is_told(
    texting: Process, twilio: CountingTwilio, home: Home
) -> None:
    await texting.start()
    twilio.through = texting.url
    api = await Api(texting.url).sign_in(ADMIN, PASSWORD)
    doctors = []
    for number in range(DOCTORS):
        doctor = {"name": f"Dr Rao {number}", "specialty": "GP", "room": f"Room {number}"}
        doctors.append((await api.post("/api/doctors/", doctor)).ok()["id"])
    rush = Rush(texting, twilio, api, doctors, random.Random(KILLS))
    watching = asyncio.ensure_future(rush.watch())
    number = 0
    while len(rush.kill_times) < KILLS:
        await rush.round(number)
        number += 1
        if number % 50 == 0:
            api.token = (await Api(texting.url).sign_in(ADMIN, PASSWORD)).token
    await rush.settled()
    assert not watching.done(), watching.result()
    watching.cancel()
    verdict = Verdict()
    unreached = (await api.get("/api/notifications/unreached/")).ok()["items"]
    listed = {item["ticket_id"] for item in unreached}
    for call in rush.called.values():
        await rush.look(call)
        call.told = call.ticket_id in listed
        call.over = (await api.get(f"/api/tickets/{call.ticket_id}/")).ok()["state"] == "done"
    verdict.judge(rush.called.values(), twilio)
    print("\n" + figures(rush, verdict, home))
    assert not verdict.wrong, "\n".join(verdict.wrong)
    assert [call.row for call in rush.called.values() if call.settled is None] == []
    assert await texting.stop() == 0
