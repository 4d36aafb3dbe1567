"""A world for each test of the outbox, on every home of the storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from server.sms import gateway
from server.storage.port import Storage
from tests.sms.support import World
from tests.storage.faulty import FaultyStorage
from tests.storage.support import home, sqlite_home, storage, wire_server
from tests.twilio.server import StandIn

__all__ = ["home", "sqlite_home", "storage", "wire_server"]


@pytest.fixture
def world(io_loop: IOLoop, storage: Storage) -> Iterator[World]:
    async def start() -> World:
        stand_in = StandIn()
        stand_in.start()
        return World(FaultyStorage(storage), stand_in)

    made = io_loop.run_sync(start)
    yield made
    io_loop.run_sync(made.close)


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are given up after a second, so that tests of silence are quick."""
    monkeypatch.setattr(gateway, "TOTAL_TIMEOUT", 1.0)
    monkeypatch.setattr(gateway, "CONNECT_TIMEOUT", 1.0)
