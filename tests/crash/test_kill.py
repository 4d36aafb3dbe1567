"""What was acknowledged is there after kill -9, whatever the server was doing, on every storage home."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError

from tests.api import Api
from tests.crash.serving import ADMIN, PASSWORD, Process

pytestmark = pytest.mark.gen_test(timeout=240)

ROUNDS = 8
JOINERS, CALLERS = 4, 2


@dataclass
class Acknowledged:
    """What the server said yes to: tickets by id, who was called, and each request's key with its answer."""

    joined: dict[str, str] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)
    answers: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    unclear: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def note(self, key: str, body: dict[str, Any], answer: dict[str, Any]) -> None:
        joined = key.startswith("join")
        ticket = answer if joined else answer["called"]
        if ticket is None:
            return
        self.answers[key] = (body, ticket["id"])
        if joined:
            self.joined[ticket["id"]] = ticket["code"]
        else:
            self.called.append(ticket["id"])


async def keep_asking(api: Api, seen: Acknowledged, doctor_id: str, who: str) -> None:
    """Join or call as fast as the answers come, until the server is gone."""
    for number in range(10_000):
        key = f"{who}-{number}"
        if who.startswith("join"):
            path, body = "/api/enqueue/", {"doctor_id": doctor_id, "walk_in": {"name": f"Guest {key}"}}
        else:
            path, body = "/api/notify-next/", {"doctor_id": doctor_id}
        try:
            reply = await api.post(path, body, key=key)
        except (HTTPClientError, OSError, StreamClosedError):
            seen.unclear.append((key, path, body))
            return
        seen.note(key, body, reply.ok())


async def crash_while_working(process: Process, api: Api, seen: Acknowledged, doctor_id: str, round: int) -> None:
    workers = [
        asyncio.ensure_future(keep_asking(api, seen, doctor_id, f"{kind}-{round}-{n}"))
        for kind, count in (("join", JOINERS), ("call", CALLERS))
        for n in range(count)
    ]
    enough = len(seen.answers) + random.Random(round).randint(5, 40)
    while len(seen.answers) < enough:
        await asyncio.sleep(0.001)
    await process.kill()
    await asyncio.gather(*workers)


async def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(process: Process) -> None:
    await process.start()
    api = await Api(process.url).sign_in(ADMIN, PASSWORD)
    doctor = {"name": "Dr Rao", "specialty": "GP", "room": "Room 3"}
    doctor_id = (await api.post("/api/doctors/", doctor)).ok()["id"]
    seen = Acknowledged()
    for round in range(ROUNDS):
        seen.unclear.clear()
        await crash_while_working(process, api, seen, doctor_id, round)
        await process.start()
        api.url = process.url
        for id, code in seen.joined.items():
            assert (await api.get(f"/api/tickets/{id}/")).ok()["code"] == code
        for key, path, body in seen.unclear:
            seen.note(key, body, (await api.post(path, body, key=key)).ok())
    assert len(set(seen.called)) == len(seen.called), "nobody was called twice"
    assert len(set(seen.joined.values())) == len(seen.joined), "each code once"
    for key, (body, ticket_id) in list(seen.answers.items())[-20:]:
        path = "/api/enqueue/" if key.startswith("join") else "/api/notify-next/"
        reply = await api.post(path, body, key=key)
        answer = reply.ok()
        ticket = answer if key.startswith("join") else answer["called"]
        assert ticket["id"] == ticket_id
        assert reply.headers["Idempotency-Replayed"] == "true"
    print(f"\n{ROUNDS} kills: {len(seen.joined)} joins and {len(seen.called)} calls acknowledged, none lost")
    assert await process.stop() == 0
