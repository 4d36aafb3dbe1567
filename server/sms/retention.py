"""The job that ends what the notification log keeps: first number and wording go, later the row itself.

Nothing else deletes a row. Any process may run it, twice or late; how far it came is only remembered to save
reading, and a new start looks at everything again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import Clock
from server.sms.keep import Keep
from server.sms.model import OPEN_STATES, Message
from server.sms.store import MessageStore
from server.storage.port import Storage


class Retention:
    """`keep` are the clinic's settings."""

    def __init__(self, storage: Storage, clock: Clock, keep: Callable[[], Keep]) -> None:
        self._store = MessageStore(storage)
        self._clock = clock
        self._keep = keep
        self._anonymised_to = ""

    async def run(self) -> None:
        """Delete and anonymise what is old enough."""
        keep, now = self._keep(), self._clock.now()
        async for row in self._store.older(now - timedelta(days=keep.row_days)):
            await self._store.delete(row.id)
        await self._anonymise(now - timedelta(days=keep.personal_days))

    async def _anonymise(self, before: datetime) -> None:
        async for row in self._store.older(before, after=self._anonymised_to):
            await self._anonymise_one(row)
            self._anonymised_to = row.order

    async def _anonymise_one(self, message: Message) -> None:
        row: Message | None = message
        while row is not None and row.state not in OPEN_STATES and (row.to or row.body):
            if await self._store.replace(replace(row, to="", body="")) is not None:
                return
            row = await self._store.get(message.id)
