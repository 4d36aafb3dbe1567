"""The job that takes the person out of old visits: who it was and what was written about them.

What is counted stays: doctor, times, states, priority. Any process may run it, twice or late; how far it came
is only remembered to save reading.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from server.clock import Clock
from server.queue.store import QueueStore
from server.storage.port import Storage


class VisitRetention:
    """`days`: how long a visit shows whose it was, by the clinic's settings."""

    def __init__(self, storage: Storage, clock: Clock, days: Callable[[], int]) -> None:
        self._store = QueueStore(storage)
        self._clock = clock
        self._days = days
        self._anonymised_to = ""

    async def run(self) -> None:
        """Anonymise what is old enough."""
        before = self._clock.now() - timedelta(days=self._days())
        async for visit in self._store.visits_older(before, after=self._anonymised_to):
            await self._store.anonymise_visit(visit)
            self._anonymised_to = visit["order"]
