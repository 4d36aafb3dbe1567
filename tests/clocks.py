"""A clock for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# A Monday.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class TurnedClock:
    """Stands still until `turn` moves it on."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def turn(self, **by: float) -> datetime:
        """Move on by that much, as `timedelta` takes it (`minutes=5`); the new now."""
        self._now += timedelta(**by)
        return self._now
