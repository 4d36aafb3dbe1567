"""What a ticket's page says about each state, in the reader's words. Pure.

The browser's twin is `static/patient/describe.js`; both speak from the same keys of the language files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Say = Callable[..., str]
_BARE_ROOM = re.compile(r"\w?\d+\w?|\w")
_STEP_MINUTES = 5
# Beyond this many minutes nobody counts in minutes.
_IN_HOURS = 120


@dataclass(frozen=True, slots=True)
class TicketWords:
    """The sentences of the page: what is the matter, what to expect or do, where."""

    headline: str
    detail: str
    where: str
    updated: str


def describe(ticket: Mapping[str, Any], now: datetime, say: Say, zone: ZoneInfo) -> TicketWords:
    """The page's sentences for a public ticket view at `now`."""
    state, room = ticket["state"], room_name(ticket["room"], say)
    headline = say(f"ticket.{state}")
    detail = say(f"ticket.{state}_detail", room=room)
    if state == "waiting":
        ahead = max(0, (ticket["position"] or 1) - 1)
        headline = say("ticket.before_you", count=ahead) if ahead else say("ticket.you_are_next")
        detail = about(ticket["estimate"], now, say)
    local = now.astimezone(zone)
    where = " · ".join(part for part in (ticket["doctor"], room) if part)
    return TicketWords(headline, detail, where, say("ticket.updated", time=f"{local:%H:%M}"))


def room_name(room: str | None, say: Say) -> str:
    """A room given as "3" gets the word; "Room 3" and "Blue room" have theirs."""
    if not room:
        return ""
    return say("room", room=room) if _BARE_ROOM.fullmatch(room) else room


def about(estimate: Mapping[str, str] | None, now: datetime, say: Say) -> str:
    """The estimate as people say it, rounded to five minutes or out to hours; empty when there is none."""
    if estimate is None:
        return ""
    start, end = (
        max(0, round((datetime.fromisoformat(estimate[side]) - now).total_seconds() / 60 / _STEP_MINUTES))
        * _STEP_MINUTES
        for side in ("from", "to")
    )
    end = max(start, end)
    if end == 0:
        return say("estimate.soon")
    if end > _IN_HOURS:
        return _about_hours(start // 60, -(-end // 60), say)
    if start == end:
        return say("estimate.about", minutes=end)
    if start == 0:
        return say("estimate.up_to", minutes=end)
    return say("estimate.range", **{"from": start, "to": end})


def _about_hours(start: int, end: int, say: Say) -> str:
    if start == end:
        return say("estimate.about_hours", hours=end)
    if start == 0:
        return say("estimate.up_to_hours", hours=end)
    return say("estimate.range_hours", **{"from": start, "to": end})
