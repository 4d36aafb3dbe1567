"""Each way Twilio can misbehave, once: one patient is called, their first POST meets the fault, what then?

    python -m benchmarks.sms_faults

Faults of the account hold every text back, so they come one after the other, after all others have met theirs at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.call_latency import PHONES
from benchmarks.clinic import make_doctor
from benchmarks.http import Connection
from benchmarks.process import product, signed_in
from tests.twilio.faults import FAULTS, Fault
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

OF_THE_ACCOUNT = ("20003", "20403", "21606", "redirect")
PATIENCE_SECONDS = 90.0


@dataclass
class FirstTime(StandIn):
    """Misbehaves at the first POST to a number, as `faults` says; then works."""

    faults: dict[str, Fault] = field(default_factory=dict)

    def fault_for(self, to: str) -> Fault:
        return self.faults.pop(to, Fault(accept=True))


@dataclass(frozen=True)
class Ended:
    """What one fault led to."""

    fault: str
    row: dict[str, Any]
    posts: int
    taken: int
    seconds: float

    def line(self) -> str:
        tries = ", ".join(" ".join(filter(None, (a["outcome"], a["code"]))) for a in self.row["attempts"])
        end = " ".join(filter(None, (self.row["state"], self.row["code"])))
        return (
            f"| {self.fault:21} | {tries:44} | {self.posts:5} | {self.taken:5} | {end:22} | {self.seconds:5.1f} |"
            f" {self.row['reason'] or ''}"
        )


async def call(connection: Connection, stand_in: FirstTime, name: str, phone: str) -> Ended:
    """A doctor of their own calls one patient; returns once no job looks at the text any more."""
    stand_in.faults[phone] = FAULTS[name]
    doctor_id = await make_doctor(connection, f"Dr {name}", f"Room {name}")
    walk_in = {"name": "Bench Patient", "phone": phone, "sms_consent": True}
    body = {"doctor_id": doctor_id, "walk_in": walk_in}
    ticket = await connection.call("POST", "/api/enqueue/", body, expect=201)
    began = time.perf_counter()
    await connection.call("POST", "/api/notify-next/", {"doctor_id": doctor_id})
    row: dict[str, Any] | None = None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while row is None or (row["next_at"] is not None and row["state"] not in ("accepted", "sent", "delivered")):
            await asyncio.sleep(0.1)
            row = await your_turn(connection, ticket["id"])
    posts = [post for post in stand_in.posts if post.form["To"] == phone]
    taken = sum(post.sid is not None for post in posts)
    return Ended(name, row, len(posts), taken, time.perf_counter() - began)


async def your_turn(connection: Connection, ticket_id: str) -> dict[str, Any] | None:
    """The row of the ticket's call, once it is there."""
    page = await connection.call("GET", f"/api/notifications/?ticket_id={ticket_id}")
    return next((row for row in page["items"] if row["kind"] == "your_turn"), None)


async def all_at_once(address: str, token: str, stand_in: FirstTime, faults: Sequence[str]) -> list[Ended]:
    """Each on a connection of its own."""

    async def one(name: str, phone: str) -> Ended:
        async with Connection(address, token) as connection:
            return await call(connection, stand_in, name, phone)

    return await asyncio.gather(*(one(name, phone) for name, phone in zip(faults, PHONES, strict=False)))


async def main() -> None:
    """One server, one stand-in, one table."""
    stand_in = FirstTime()
    stand_in.start()
    account = {
        "TWILIO_API_URL": stand_in.url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM_NUMBER": "+12025550100",
        "PUBLIC_URL": "https://clinic.example",
    }
    async with product(settings=account) as running:
        token = await signed_in(running.address)
        async with Connection(running.address, token) as connection:
            kinds = (await connection.call("GET", "/api/settings/"))["sms"]
            only = {kind: kind == "your_turn" for kind in kinds}
            await connection.call("PATCH", "/api/settings/", {"sms": only})
            ended = await all_at_once(
                running.address, token, stand_in, [name for name in FAULTS if name not in OF_THE_ACCOUNT]
            )
            for name, phone in zip(OF_THE_ACCOUNT, reversed(PHONES), strict=False):
                ended.append(await call(connection, stand_in, name, phone))
    await stand_in.close()
    print(f"| {'fault':21} | {'attempts':44} | POSTs | taken | {'ends as':22} | after |")
    for one in ended:
        print(one.line())
    print(f"two texts for one call: {sum(one.taken > 1 for one in ended)} of {len(ended)}")


if __name__ == "__main__":
    asyncio.run(main())
