"""A thread that owns one SQLite connection and carries out what the event loop hands it, in groups.

Grouping is what makes durable writes cheap: all that wait while one fsync runs share the next one, and
the loop is woken once per group. Knows nothing of documents; `sqlite.py` says what is run.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from server.errors import StorageUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_LIMIT = 512
"""Jobs in one transaction at most, so that the first of a flood is not answered last."""

CHECKPOINT_AFTER = 64
"""Groups after which a lane that writes moves the log into the file, once it has a quiet moment."""

QUIET_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Job:
    """What to run on the connection, and the future that waits for it on the loop."""

    run: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job's end: `error`, or else `value`."""

    job: Job
    value: Any = None
    error: Exception | None = None


class Lane:
    """One connection, one thread, first come first served.

    `writes`: a group is one transaction, acknowledged after its commit. A job's own error (DuplicateKey, ValueError)
    is its own; an error of SQLite's ends the group as StorageUnavailable, and the next group opens the file anew.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection], *, writes: bool) -> None:
        self._path = path
        self._connect = connect
        self._writes = writes
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._since_checkpoint = 0
        self._closed = False
        self.ailing = False
        """The last group failed on the disk's account; set on this thread, read on any."""
        self._thread = threading.Thread(target=self._work, name="sqlite-writer" if writes else "sqlite-reader")
        self._thread.daemon = True  # a process that dies without close() must not wait for this
        self._thread.start()

    async def do(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Carry out `run`. Raises what it raises, or StorageUnavailable."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(Job(run, future))
        return await future

    async def close(self) -> None:
        """Finish what was accepted, then close the connection and end the thread."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (group := self._next_group()) is not None:
            if self._writes:
                outcomes = self._carry_out(group)
            else:
                outcomes = [outcome for job in group for outcome in self._carry_out([job])]
            try:
                self._loop.call_soon_threadsafe(_deliver, outcomes)
            except RuntimeError:  # the loop was closed without close(): nobody is left to tell
                break
        self._drop_connection()

    def _next_group(self) -> list[Job] | None:
        """Wait for a job, then take all that wait; None when the lane was closed and everything is done."""
        first = self._wait()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_LIMIT:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group

    def _wait(self) -> Job | None:
        if self._since_checkpoint >= CHECKPOINT_AFTER and self._connection is not None:
            try:
                return self._jobs.get(timeout=QUIET_SECONDS)
            except Empty:
                self._checkpoint(self._connection)
        return self._jobs.get()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        self._since_checkpoint = 0
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:  # what is in the log is safe there; the next write tells whether the disk is ill
            log.warning("moving the write-ahead log into the database failed: %s", error)

    def _carry_out(self, group: list[Job]) -> list[Outcome]:
        try:
            connection = self._open_connection()
            if len(group) == 1:
                outcomes = [_attempt(connection, group[0])]
            else:
                connection.execute("BEGIN IMMEDIATE")
                outcomes = [_attempt(connection, job) for job in group]
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            if not self.ailing:
                log.error("the database file cannot be used: %s", error)
            self.ailing = True
            self._drop_connection()
            return [Outcome(job, error=_unavailable(error)) for job in group]
        if self.ailing:
            log.warning("the database file can be used again")
            self.ailing = False
        self._since_checkpoint += self._writes
        return outcomes

    def _open_connection(self) -> sqlite3.Connection:
        """The connection, opened anew when the file under the path is not the one it was opened on.

        SQLite itself would go on writing into a file that was deleted or replaced, and acknowledge it.
        """
        identity = _identity(self._path)
        if self._connection is not None and identity != self._identity:
            self._drop_connection()
        if self._connection is None:
            self._connection = self._connect()
            self._identity = identity
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()  # rolls back what was not committed
            except sqlite3.Error as error:
                log.warning("closing the database file failed: %s", error)


def _attempt(connection: sqlite3.Connection, job: Job) -> Outcome:
    try:
        return Outcome(job, value=job.run(connection))
    except (sqlite3.OperationalError, sqlite3.InternalError):
        raise
    except sqlite3.DatabaseError as error:
        if type(error) is sqlite3.DatabaseError:  # a damaged file; the subclasses left are about this job alone
            raise
        return Outcome(job, error=error)
    except Exception as error:  # noqa: BLE001 - not swallowed: whatever it is, the caller gets it, and only the caller
        return Outcome(job, error=error)


def _unavailable(error: Exception) -> StorageUnavailable:
    unavailable = StorageUnavailable()
    unavailable.__cause__ = error
    return unavailable


def _identity(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _deliver(outcomes: list[Outcome]) -> None:
    """On the loop: resolve each future that somebody still waits for."""
    for outcome in outcomes:
        if outcome.job.future.done():
            continue
        if outcome.error is not None:
            outcome.job.future.set_exception(outcome.error)
        else:
            outcome.job.future.set_result(outcome.value)
