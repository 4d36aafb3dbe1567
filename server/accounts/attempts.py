"""How often an account may be guessed at: ten failures a minute. Pure.

Only failures count; what is being checked at this moment may still become one, so it takes a place until it is known.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

from server.errors import SlowDown

MOST_FAILURES: Final = 10
WINDOW: Final = timedelta(minutes=1)
BUSY_SECONDS: Final = 1
_MOST_NAMES: Final = 10_000


class Attempts:
    """The recent failures by username, whether such an account exists or not."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._checking: Counter[str] = Counter()

    def begin(self, username: str, now: datetime) -> None:
        """An attempt is about to be checked; `end` it, whatever comes of it. Raises SlowDown."""
        failures = self._failures.get(username, deque())
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        if len(failures) >= MOST_FAILURES:
            seconds = max(1, round((failures[0] + WINDOW - now).total_seconds()))
            raise SlowDown(f"Too many failed attempts for this name. Try again in {seconds} s.", retry_after=seconds)
        if len(failures) + self._checking[username] >= MOST_FAILURES:
            raise SlowDown(
                f"Busy: this name is signing in many times at once. Try again in {BUSY_SECONDS} s.",
                retry_after=BUSY_SECONDS,
            )
        self._checking[username] += 1

    def end(self, username: str) -> None:
        """The attempt has been checked, or given up."""
        self._checking[username] -= 1
        if not self._checking[username]:
            del self._checking[username]

    def failed(self, username: str, now: datetime) -> None:
        """The attempt was a wrong password."""
        self._failures.setdefault(username, deque()).append(now)
        self._failures.move_to_end(username)
        while len(self._failures) > _MOST_NAMES:
            self._failures.popitem(last=False)
