"""How many requests are under way, so that a stopping server can let them finish."""

from __future__ import annotations

import asyncio


class Traffic:
    """Every request says when it begins and ends. `stopping` asks clients to come back on a new connection."""

    def __init__(self) -> None:
        self.stopping = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self) -> None:
        self._under_way += 1
        self._idle.clear()

    def end(self) -> None:
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
