"""A server process on each storage home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from tests.crash.serving import Process
from tests.storage.support import Home, home, sqlite_home, wire_server

__all__ = ["home", "sqlite_home", "wire_server"]


@pytest.fixture
def process(io_loop: IOLoop, home: Home) -> Iterator[Process]:
    """Not started yet; ended after the test."""
    process = Process(home)
    yield process
    io_loop.run_sync(process.stop)
