"""Fixtures for every test: an event loop of our own, the real server in this process, and ways to talk to it."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from tornado.httpclient import HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

from config.settings import Settings
from server.app import Server
from tests.api import Api
from tests.clocks import TurnedClock

# bcrypt's least: tests make many accounts.
BCRYPT_COST = 4

StartServer = Callable[..., Awaitable[Server]]
Call = Callable[[Server], Api]
WsConnect = Callable[..., Awaitable[WebSocketClientConnection]]


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """A loop for this test alone; what is left on it is cancelled and awaited, then it is closed.

    pytest-tornado's own fixture makes the loop current in a way Tornado 6.6 warns about.
    """
    loop = IOLoop(make_current=False)
    asyncio.set_event_loop(loop.asyncio_loop)
    yield loop

    async def end() -> None:
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()

    loop.run_sync(end)
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """The settings of this test's database: embedded, or a database of its own on the server MONGODB_URI names."""
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        yield {}
        return
    name = f"clinic_test_{secrets.token_hex(6)}"
    yield {"mongodb_uri": uri, "mongodb_database": name}
    with MongoClient[dict[str, Any]](uri) as client:
        client.drop_database(name)


@pytest.fixture
def make_settings(tmp_path: Path, database: dict[str, str]) -> Callable[..., Settings]:
    """Settings on a free port and a database of this test, whatever the environment says; name what differs."""

    def make(**changed: Any) -> Settings:
        values: dict[str, Any] = {
            **{name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()},
            "port": 0,
            "data_dir": tmp_path / "data",
            "admin_username": "admin",
            "admin_password": "admin-password",
            "jwt_secret": "a secret of tests, long enough for HS256",
            "rate_limits": False,
            "log_level": "WARNING",
            **database,
        }
        return Settings(**values | changed)

    return make


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that stands still until it is turned; begins at a Monday's noon, UTC."""
    return TurnedClock()


@pytest.fixture
def start_server(io_loop: IOLoop, make_settings: Callable[..., Settings]) -> Iterator[StartServer]:
    """`await start_server(**settings)`: the real server in this process; it is stopped after the test.

    `clock=` takes a TurnedClock; without one it is the machine's clock.
    """
    started: list[Server] = []

    async def start(*, clock: TurnedClock | None = None, **changed: Any) -> Server:
        server = Server(make_settings(**changed), clock=clock, bcrypt_cost=BCRYPT_COST)
        await server.start()
        started.append(server)
        return server

    yield start

    async def stop() -> None:
        for server in reversed(started):
            await server.stop()

    io_loop.run_sync(stop, timeout=30)


@pytest.fixture
def server(io_loop: IOLoop, start_server: StartServer) -> Server:
    """The real server with its defaults, started."""

    async def start() -> Server:
        return await start_server()

    started: Server = io_loop.run_sync(start)
    return started


@pytest.fixture
def call(io_loop: IOLoop) -> Iterator[Call]:
    """`call(server)`: an anonymous caller of a server, closed after the test."""
    callers: list[Api] = []

    def connect(server: Server) -> Api:
        callers.append(Api(server.url))
        return callers[-1]

    yield connect
    for caller in callers:
        caller.close()


@pytest.fixture
def api(server: Server, call: Call) -> Api:
    """An anonymous caller of `server`; `await api.sign_in(username, password)` gives one with a token."""
    return call(server)


@pytest.fixture
def admin(io_loop: IOLoop, api: Api) -> Api:
    """The administrator of `server`."""

    async def sign_in() -> Api:
        return await api.sign_in("admin", "admin-password")

    signed_in: Api = io_loop.run_sync(sign_in)
    return signed_in


@pytest.fixture
def ws_connect(io_loop: IOLoop) -> Iterator[WsConnect]:
    """`await ws_connect(url)`: a WebSocket client whose connection is closed after the test."""
    opened: list[WebSocketClientConnection] = []

    async def connect(url: str | HTTPRequest, **options: Any) -> WebSocketClientConnection:
        connection = await websocket_connect(url, **options)
        opened.append(connection)
        return connection

    yield connect

    async def close() -> None:
        for connection in opened:
            connection.close()
            if connection.close_code is not None:
                continue  # the server had closed it, and the test has heard so
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while await connection.read_message() is not None:
                        pass

    io_loop.run_sync(close)
