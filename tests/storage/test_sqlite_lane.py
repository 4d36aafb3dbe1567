"""The writing thread: what waits together is committed together, and one failure stays one failure."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from server.errors import StorageUnavailable
from server.storage.sqlite_lane import Lane

pytestmark = pytest.mark.gen_test(timeout=60)


class Setup:
    """A lane on a file with one table, its statements recorded, and a first job that keeps it busy."""

    def __init__(self, directory: Path) -> None:
        path = directory / "lane.sqlite3"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
        connection.close()
        self.statements: list[str] = []
        self.busy = threading.Event()
        self.go_on = threading.Event()
        self._path = path
        self.lane = Lane(path, self._connect, writes=True)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.set_trace_callback(self.statements.append)
        return connection

    async def occupy(self) -> asyncio.Task[None]:
        """Start a job that ends when `go_on` is set; returns once the lane is at it."""

        def wait(_: sqlite3.Connection) -> None:
            self.busy.set()
            self.go_on.wait()

        first = asyncio.create_task(self.lane.do(wait))
        await asyncio.to_thread(self.busy.wait)
        return first

    async def insert(self, value: int) -> int:
        def run(connection: sqlite3.Connection) -> int:
            return connection.execute("INSERT INTO t VALUES (?)", (value,)).rowcount

        return await self.lane.do(run)

    def ailing(self) -> bool:
        return self.lane.ailing

    async def stored(self) -> list[int]:
        rows = await self.lane.do(lambda connection: connection.execute("SELECT x FROM t ORDER BY x").fetchall())
        return [x for (x,) in rows]


async def test_what_waits_is_one_transaction(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    first = await setup.occupy()
    inserts = [asyncio.create_task(setup.insert(number)) for number in range(50)]
    await asyncio.sleep(0)
    setup.go_on.set()
    await asyncio.gather(first, *inserts)
    assert setup.statements.count("COMMIT") == 1
    assert setup.statements.count("BEGIN IMMEDIATE") == 1
    assert await setup.stored() == list(range(50))
    await setup.lane.close()


async def test_jobs_that_fail_of_their_own_leave_the_others_of_their_group_alone(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    first = await setup.occupy()

    def stumble(_: sqlite3.Connection) -> int:
        raise LookupError

    jobs = [*map(setup.insert, (1, 2, 1)), setup.lane.do(stumble), setup.insert(3)]
    tasks = [asyncio.create_task(job) for job in jobs]
    await asyncio.sleep(0)
    setup.go_on.set()
    await first
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [int, int, sqlite3.IntegrityError, LookupError, int]
    assert await setup.stored() == [1, 2, 3]
    await setup.lane.close()


async def test_a_failing_disk_fails_the_whole_group_and_writes_none_of_it(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    first = await setup.occupy()

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    jobs = [
        asyncio.create_task(setup.insert(1)),
        asyncio.create_task(setup.lane.do(fail)),
        asyncio.create_task(setup.insert(2)),
    ]
    await asyncio.sleep(0)
    setup.go_on.set()
    await first
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    assert setup.ailing()
    assert await setup.stored() == []
    assert not setup.ailing()
    await setup.insert(4)
    assert await setup.stored() == [4]
    await setup.lane.close()


async def test_closing_finishes_what_was_accepted(tmp_path: Path) -> None:
    setup = Setup(tmp_path)
    first = await setup.occupy()
    inserts = [asyncio.create_task(setup.insert(number)) for number in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(setup.lane.close())
    await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable):
        await setup.insert(9)
    setup.go_on.set()
    await asyncio.gather(first, closing)
    assert await asyncio.gather(*inserts) == [1] * 5
