"""How often an account may be guessed at: ten failures a minute, counted while they are still being checked. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

from server.errors import SlowDown

MOST_FAILURES: Final = 10
WINDOW: Final = timedelta(minutes=1)
_MOST_NAMES: Final = 10_000


class Attempts:
    """The recent attempts by username, whether such an account exists or not."""

    def __init__(self) -> None:
        self._recent: OrderedDict[str, deque[datetime]] = OrderedDict()

    def begin(self, username: str, now: datetime) -> None:
        """Count an attempt as failed until `succeeded` takes it back. Raises SlowDown."""
        recent = self._recent.setdefault(username, deque())
        while recent and recent[0] <= now - WINDOW:
            recent.popleft()
        if len(recent) >= MOST_FAILURES:
            seconds = max(1, round((recent[0] + WINDOW - now).total_seconds()))
            raise SlowDown(f"Too many failed attempts for this name. Try again in {seconds} s.", retry_after=seconds)
        recent.append(now)
        self._recent.move_to_end(username)
        while len(self._recent) > _MOST_NAMES:
            self._recent.popitem(last=False)

    def succeeded(self, username: str, began: datetime) -> None:
        """The attempt that began then was no failure."""
        recent = self._recent.get(username)
        if recent is not None and began in recent:
            recent.remove(began)
            if not recent:
                del self._recent[username]
