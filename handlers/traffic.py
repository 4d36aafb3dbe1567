"""How many requests are being carried out, so that a stopping server can let them finish."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Traffic:
    """Entered for each operation. `stopping` asks clients to come back on a new connection."""

    def __init__(self) -> None:
        self.stopping = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        self._under_way += 1
        self._idle.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._idle.set()

    async def idle(self, seconds: float) -> bool:
        """Wait until nothing is under way, at most `seconds`; whether that came true."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True
