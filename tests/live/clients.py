"""A WebSocket client for tests, and a clinic with two doctors to listen to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection

from server.app import Server
from tests.api import Api

PATIENCE = 10.0
PASSWORD = "a long enough password"

Connect = Callable[..., Awaitable[WebSocketClientConnection]]


class Listener:
    """One socket: what it says and what it hears, in order."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        """Send JSON, or text and bytes as they are."""
        raw = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.write_message(raw, binary=isinstance(raw, bytes))

    async def authenticate(self, token: str | None) -> None:
        await self.say({"type": "authenticate", "token": token})

    async def hear(self) -> dict[str, Any]:
        """The next message; fails when the socket closes instead."""
        async with asyncio.timeout(PATIENCE):
            raw = await self.connection.read_message()
        assert raw is not None, f"closed with {self.connection.close_code}"
        message: dict[str, Any] = json.loads(raw)
        return message

    async def hear_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is as wanted; those before it are dropped."""
        while not wanted(message := await self.hear()):
            pass
        return message

    async def closed(self) -> int | None:
        """The code the server closes with; messages before it are dropped."""
        async with asyncio.timeout(PATIENCE):
            while await self.connection.read_message() is not None:
                pass
        return self.connection.close_code


@dataclass(frozen=True)
class Clinic:
    """A running server with doctors Rao (A) and Silva (B), reception and a patient with an account."""

    server: Server
    connect: Connect
    desk: Api
    patient: Api
    rao: str
    silva: str

    async def listen(self, path: str, **headers: str) -> Listener:
        """A socket to `path`, just opened."""
        url = self.server.url.replace("http", "ws", 1) + path
        return Listener(await self.connect(HTTPRequest(url, headers=headers)))

    async def walk_in(self, doctor_id: str, name: str = "Ada Okoye") -> dict[str, Any]:
        """A new ticket."""
        ticket: dict[str, Any] = (
            await self.desk.post("/api/enqueue/", {"doctor_id": doctor_id, "walk_in": {"name": name}})
        ).ok(201)
        return ticket

    async def call_next(self, doctor_id: str) -> dict[str, Any]:
        called: dict[str, Any] = (await self.desk.post("/api/notify-next/", {"doctor_id": doctor_id})).ok()
        return called


async def open_clinic(server: Server, connect: Connect, admin: Api) -> Clinic:
    """Fill `server` with what the tests of sockets need."""
    doctors = [
        (await admin.post("/api/doctors/", {"name": name, "specialty": "General", "room": room})).ok(201)["id"]
        for name, room in (("Dr Rao", "3"), ("Dr Silva", "5"))
    ]
    user = {"username": "desk", "password": PASSWORD, "role": "receptionist", "name": "Desk"}
    (await admin.post("/api/users/", {key: user[key] for key in ("username", "password", "role")})).ok(201)
    registration = {
        "name": "Pat Lind",
        "phone": "+14155550123",
        "username": "pat",
        "password": PASSWORD,
        "sms_consent": False,
    }
    (await admin.with_token(None).post("/api/patients/", registration)).ok(201)
    desk, patient = await admin.sign_in("desk", PASSWORD), await admin.sign_in("pat", PASSWORD)
    return Clinic(server, connect, desk, patient, doctors[0], doctors[1])
