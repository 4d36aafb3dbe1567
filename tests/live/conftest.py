"""A clinic on the real server, with real sockets to it; and storage as several processes share it."""

from __future__ import annotations

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from tests.api import Api
from tests.conftest import WsConnect
from tests.live.clients import Clinic, open_clinic
from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["clinic", "home", "sqlite_home", "storage", "wire_server"]


@pytest.fixture
def clinic(io_loop: IOLoop, server: Server, ws_connect: WsConnect, admin: Api) -> Clinic:
    """Two doctors, reception and a patient."""

    async def make() -> Clinic:
        return await open_clinic(server, ws_connect, admin)

    made: Clinic = io_loop.run_sync(make, timeout=30)
    return made
