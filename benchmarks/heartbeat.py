"""How late a loop comes back to a sleeper: what a request or a board would have waited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import percentile

BEAT_SECONDS = 0.005


@dataclass
class Heartbeat:
    """Beats while work is under way; for a server in this very process."""

    late: list[float] = field(default_factory=list)

    async def during(self, work: Coroutine[Any, Any, None]) -> float:
        """The seconds `work` took, beating meanwhile."""
        beating = asyncio.create_task(self._beat())
        began = time.perf_counter()
        await work
        beating.cancel()
        return time.perf_counter() - began

    async def _beat(self) -> None:
        while True:
            planned = time.perf_counter() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.late.append(max(0.0, time.perf_counter() - planned))

    def __str__(self) -> str:
        p50, p99 = percentile(self.late, 0.5), percentile(self.late, 0.99)
        return f"p50 {p50 * 1e3:.1f}  p99 {p99 * 1e3:.1f}  max {max(self.late) * 1e3:.1f} ms"
