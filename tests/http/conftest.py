"""Clinics with people in them: one for the tests that talk to queues, one on a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from tests.api import Api
from tests.clocks import TurnedClock
from tests.conftest import StartServer
from tests.http.clinic import Clinic, make_clinic
from tests.http.people import Practice, open_practice
from tests.http.roles import People, gather_people


@pytest.fixture
def people(io_loop: IOLoop, api: Api, admin: Api) -> People:
    """One caller of each role, a doctor and a patient."""

    async def gather() -> People:
        return await gather_people(api, admin)

    gathered: People = io_loop.run_sync(gather)
    return gathered


@pytest.fixture
def clinic(io_loop: IOLoop, server: Server, admin: Api) -> Clinic:
    """One doctor, one receptionist, one patient, on the real server."""

    async def make() -> Clinic:
        return await make_clinic(server, admin)

    made: Clinic = io_loop.run_sync(make)
    return made


@pytest.fixture
def practice(io_loop: IOLoop, start_server: StartServer, clock: TurnedClock) -> Iterator[Practice]:
    """The staff of a clinic whose clock stands at Monday noon; whoever else is needed is made by the test."""

    async def start() -> Practice:
        return await open_practice(start_server, clock)

    opened = io_loop.run_sync(start)
    yield opened
    opened.anyone.close()
