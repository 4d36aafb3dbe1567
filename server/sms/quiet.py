"""Quiet hours: when texts that can wait until the morning wait. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.sms.lifecycle import waiting
from server.sms.model import Event, Kind, Message

HELD = "quiet_hours"  # the code of a text that waits for the morning
CAN_WAIT = frozenset({Kind.BOOKED, Kind.REMINDER, Kind.CANCELLED})


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` on the clinic's clock, over midnight where `end` is the earlier of the two."""

    start: time
    end: time

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that `now` lies in end; None outside them."""
        local = now.astimezone(zone)
        clock = local.time()
        over_midnight = self.end < self.start
        inside = clock >= self.start or clock < self.end if over_midnight else self.start <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.start else local.date()
        return datetime.combine(day, self.end, zone).astimezone(UTC)


def held_until(row: Message, quiet: QuietHours | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when a text waits; None: it goes now.

    Whoever stands in a queue, or asked for a code, waits for that text. One that would be worth nothing in the
    morning is better than none.
    """
    if quiet is None or row.ticket_id or row.kind not in CAN_WAIT:
        return None
    end = quiet.until(now, zone)
    return end if end is not None and end < row.expires_at else None


def quieted(row: Message, until: datetime, now: datetime) -> Message:
    """Queued until the quiet hours end."""
    return replace(waiting(row, until), code=HELD).with_event(Event(now, HELD))
