"""Sockets that listen during a measurement, keep the last message of each queue, and note when each `seq` arrived."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect


class Listener:
    """One socket; `opening` is what it sends first."""

    def __init__(self, address: str, path: str, opening: tuple[dict[str, Any], ...] = ()) -> None:
        self.path = path
        self._url = address.replace("http", "ws", 1) + path
        self._opening = opening
        self.signs_in = bool(opening)
        self._socket: WebSocketClientConnection | None = None
        self._done = asyncio.Event()
        self.messages = 0
        self.errors: list[str] = []
        self.last: dict[str, Any] = {}  # by doctor (`""` where there is only one) the latest data
        self.arrivals: dict[str, list[tuple[int, float]]] = defaultdict(list)

    async def open(self) -> None:
        """Connect and say what has to be said first."""
        self._socket = await websocket_connect(self._url, on_message_callback=self._heard)
        for message in self._opening:
            await self._socket.write_message(json.dumps(message))

    def _heard(self, text: str | bytes | None) -> None:
        if text is None:
            self._done.set()
            return
        message = json.loads(text)
        if message["type"] == "heartbeat":
            return
        if message["type"] == "error":
            self.errors.append(f"{self.path}: {message['code']} {message['detail']}")
            return
        self.messages += 1
        queue = message.get("doctor_id", "") if self.path.startswith("/ws/console/") else ""
        self.last[queue] = message["data"]
        self.arrivals[queue].append((message["seq"], time.perf_counter()))

    async def close(self) -> None:
        """Close and wait until it is."""
        if self._socket is not None:
            self._socket.close()
            await self._done.wait()
