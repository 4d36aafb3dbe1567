"""Whether this process is ready for work: started, not stopping, and its database answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.errors import StorageUnavailable
from server.storage.port import Storage

PATIENCE_SECONDS: Final = 2.5


@dataclass(frozen=True, slots=True)
class Readiness:
    """`why` names what is missing, or is empty."""

    ready: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class JobRun:
    """When a job last began and last ended well (None: not yet), whether the latest run did, and how often it failed.

    A run that waits for the database has not ended well, and has not failed either.
    """

    began: datetime | None
    succeeded: datetime | None
    ok: bool
    failures: int


class Health:
    """Turned on when the server has loaded what it serves and off first thing when it stops."""

    def __init__(self, storage: Storage, jobs: Callable[[], Mapping[str, JobRun]]) -> None:
        self.jobs = jobs
        self._storage = storage
        self._serving = False
        self._stopping = False

    def started(self) -> None:
        self._serving = True

    def require_started(self) -> None:
        """Raises StorageUnavailable until the server has loaded what it serves."""
        if not self._serving:
            raise StorageUnavailable("The server is starting and cannot reach its database yet. Try again.")

    def stopping(self) -> None:
        self._stopping = True

    async def check(self) -> Readiness:
        """Ask the database now."""
        if self._stopping or not self._serving:
            return Readiness(False, "stopping" if self._stopping else "starting, the database does not answer yet")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._storage.ping()
        except (StorageUnavailable, TimeoutError):
            return Readiness(False, "the database does not answer")
        return Readiness(True)
