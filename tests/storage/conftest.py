"""The fixtures of the storage tests: every home a test can run on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["home", "io_loop", "sqlite_home", "storage", "wire_server"]


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """A loop of this test's own; what is still running at its end is cancelled and waited for."""
    loop = IOLoop(make_current=False)
    asyncio.set_event_loop(loop.asyncio_loop)
    yield loop

    async def finish() -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    loop.run_sync(finish)
    asyncio.set_event_loop(None)
    loop.close(all_fds=True)
