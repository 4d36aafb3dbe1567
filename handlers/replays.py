"""Answers kept for callers that repeat a request under its Idempotency-Key (15 minutes, at most 10,000).

Lives in one process. After a restart, or in another process, the services recognise the same command
id and give the thing that exists.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from server.errors import IdempotencyKeyReused

KEPT_SECONDS: Final = 15 * 60
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A success as it was sent."""

    status: int
    text: str


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    since: float
    answer: KeptAnswer | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Replays:
    """One entry per command id: in progress, or answered."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def claim(self, command_id: str, fingerprint: str) -> KeptAnswer | None:
        """The kept answer, or None: then the caller carries the request out and must `settle` it.

        Waits while another request with the same id is being carried out. Raises IdempotencyKeyReused.
        """
        self._forget_old()
        while (entry := self._entries.get(command_id)) is not None:
            if entry.fingerprint != fingerprint:
                raise IdempotencyKeyReused("This Idempotency-Key was sent before with another body. Use a new key.")
            if entry.answer is not None:
                return entry.answer
            await entry.settled.wait()
        self._entries[command_id] = _Entry(fingerprint, self._monotonic())
        return None

    def settle(self, command_id: str, answer: KeptAnswer | None) -> None:
        """Keep the success, or forget the failure, and let those who wait go on."""
        entry = self._entries.get(command_id)
        if entry is None:
            return
        if answer is None:
            del self._entries[command_id]
        entry.answer = answer
        entry.settled.set()

    def _forget_old(self) -> None:
        """Oldest first; a request that still runs is passed over, or one that hangs would keep all after it."""
        oldest = self._monotonic() - KEPT_SECONDS
        too_many = len(self._entries) - MOST + 1
        forgotten: list[str] = []
        for command_id, entry in self._entries.items():
            if entry.answer is None:
                continue
            if entry.since >= oldest and len(forgotten) >= too_many:
                break
            forgotten.append(command_id)
        for command_id in forgotten:
            del self._entries[command_id]
