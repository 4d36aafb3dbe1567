"""A clinic with people in it, for the tests that talk to queues and tickets."""

from __future__ import annotations

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from tests.api import Api
from tests.http.clinic import Clinic, make_clinic


@pytest.fixture
def clinic(io_loop: IOLoop, server: Server, admin: Api) -> Clinic:
    """One doctor, one receptionist, one patient, on the real server."""

    async def make() -> Clinic:
        return await make_clinic(server, admin)

    return io_loop.run_sync(make)
