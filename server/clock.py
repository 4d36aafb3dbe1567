"""Time as the product sees it: aware UTC instants in whole milliseconds, and the clinic's service day.

Pure rules never read a clock; they take `now`. Whole milliseconds, because that is what BSON keeps:
an instant read back equals the one that was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Clock(Protocol):
    """Where services get `now` from; tests pass one they can turn."""

    def now(self) -> datetime:
        """The current instant, aware, UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return whole_milliseconds(datetime.now(UTC))


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` in UTC, cut to milliseconds. Naive datetimes raise ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone is not an instant")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def whole_seconds(moment: datetime) -> datetime:
    """`moment` cut to seconds: fields that are queried by range are stored so (DESIGN: storage)."""
    return moment.replace(microsecond=0)


def iso(moment: datetime) -> str:
    """The one way an instant is written in JSON: ISO 8601, UTC, `+00:00`, milliseconds only when there are any."""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def date_written(text: str) -> date | None:
    """The date `text` is, written year-month-day; None for all else, the other ways of ISO 8601 included (weeks)."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


@dataclass(slots=True)
class ClinicTime:
    """The clinic's time zone and the local time at which its service day starts (default 04:00).

    `zone` is set once more at most, while the server starts, before anything is asked of it.
    """

    zone: ZoneInfo
    day_starts_at: time = time(4, 0)

    def service_day(self, now: datetime) -> date:
        """The service day that `now` belongs to: before `day_starts_at` it is still the day before.

        Instants are compared, not the hands of the clock: an hour that comes twice must not bring the day back.
        """
        local = now.astimezone(self.zone).date()
        return local if now >= self.day_start(local) else local - timedelta(days=1)

    def day_start(self, day: date) -> datetime:
        """The UTC instant at which the service day `day` starts; the first one, if its time comes twice that night."""
        return datetime.combine(day, self.day_starts_at, self.zone).astimezone(UTC)
