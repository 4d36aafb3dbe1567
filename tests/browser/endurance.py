"""Drives an open board through many changes and measures what it keeps: heap, nodes, listeners."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page


@dataclass(frozen=True)
class Kept:
    """What a page holds after its garbage was collected. `heap` is in bytes."""

    heap: int
    nodes: int
    listeners: int


def kept(page: Page) -> Kept:
    """Collect the garbage and count. Source: Chrome DevTools Protocol, HeapProfiler, Memory and Runtime."""
    session = page.context.new_cdp_session(page)
    try:
        for _ in range(3):
            session.send("HeapProfiler.collectGarbage")
        counters = session.send("Memory.getDOMCounters")
        heap = session.send("Runtime.getHeapUsage")
    finally:
        session.detach()
    return Kept(int(heap["usedSize"]), int(counters["nodes"]), int(counters["jsEventListeners"]))


@dataclass
class Changes:
    """Changes to one queue over one connection, each a message to its boards."""

    url: str
    token: str
    doctor_id: str
    made: int = 0
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)

    def make(self, count: int) -> None:
        """Pause and open in turn."""
        for _ in range(count):
            self.made += 1
            command = ("pause", {"minutes": 5 + self.made % 50}) if self.made % 2 else ("open", {})
            self._post(f"/api/queue/{self.doctor_id}/{command[0]}/", command[1])

    def _post(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said

    def close(self) -> None:
        self._connection.close()
