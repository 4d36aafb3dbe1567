"""Quiet hours: over midnight, over a change of the clocks, and only for what can wait."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.sms.lifecycle import written
from server.sms.model import Kind, Message, MessageState, NewMessage
from server.sms.quiet import CAN_WAIT, QuietHours, held_until

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = QuietHours(time(21), time(7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-03-02 20:59", None),
        (NIGHT, "2026-03-02 21:00", "2026-03-03 07:00"),
        (NIGHT, "2026-03-03 06:59", "2026-03-03 07:00"),
        (NIGHT, "2026-03-03 07:00", None),
        (NIGHT, "2026-03-28 23:00", "2026-03-29 07:00"),
        (QuietHours(time(13), time(15)), "2026-03-02 14:00", "2026-03-02 15:00"),
        (QuietHours(time(13), time(15)), "2026-03-02 15:00", None),
    ],
)
def test_when_they_end(quiet: QuietHours, now: str, until: str | None) -> None:
    assert quiet.until(at(now), MADRID) == (at(until) if until else None)


def message(kind: Kind, **changes: object) -> Message:
    expires_at = at("2026-03-03 12:00")
    fields: dict[str, object] = {"expires_at": expires_at, "consent": True, "confirmed": True, **changes}
    asked = NewMessage("id", kind, "+12025550123", "en", "patient", **fields)  # type: ignore[arg-type]
    return written(asked, "text", "2026-03-02", at("2026-03-02 12:00"), MessageState.QUEUED, None)


def test_only_texts_about_bookings_wait() -> None:
    now = at("2026-03-02 23:00")
    held = {kind for kind in Kind if held_until(message(kind), NIGHT, now, MADRID)}
    assert held == CAN_WAIT == {Kind.BOOKED, Kind.REMINDER, Kind.CANCELLED}
    assert held_until(message(Kind.CANCELLED, ticket_id="ticket"), NIGHT, now, MADRID) is None
    assert held_until(message(Kind.BOOKED), None, now, MADRID) is None


def test_what_would_be_worth_nothing_in_the_morning_goes_at_night() -> None:
    now = at("2026-03-02 23:00")
    early = message(Kind.CANCELLED, expires_at=now + timedelta(hours=8))
    assert held_until(early, NIGHT, now, MADRID) is None
