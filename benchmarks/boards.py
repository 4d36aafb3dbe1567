"""The boards that a display is told on a busy day, one after the other, made up: what a long run of updates needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

DOCTORS = 6
WAITING = 5
LISTED = 4  # calls of the last two minutes
LANGUAGES = ("en", "es", "fr", "ar")
REASONS = (None, "Emergency", "in a meeting")
CALL_EVERY = 40
LONG_AGO = timedelta(seconds=90)
DAY = 1_000_000


def board(number: int, display_id: str, version: str, now: datetime) -> dict[str, Any]:
    """The message with the `number`th state; every so often somebody is called, who is announced."""
    queues = [_queue(number, doctor, now) for doctor in range(DOCTORS)]
    at, seq = now.isoformat(), DAY + number
    announcements = [{"text": f"Announcement {number // 500}", "language": None}]
    data = {
        "display": _display(display_id),
        "clinic": {"name": "Riverside Clinic", "timezone": "UTC", "announcements": announcements},
        "queues": queues,
        "initials": {ticket["code"]: "A. Y." for queue in queues for ticket in queue["waiting"]},
        "version": version,
        "join": {"code": f"{number // 500 % 1_000_000:06}", "url": ""},
    }
    return {"type": "board", "seq": seq, "at": at, "seqs": {}, "data": data}


def _display(display_id: str) -> Mapping[str, Any]:
    look = {"voice": True, "chime": True, "volume": 80, "theme": "auto", "layout": "auto", "identify": "initials"}
    asked = {"reload": 0, "identify": 0}
    named = {"id": display_id, "name": "Hall", "paired": True, "asked": asked, "announcements": True}
    return {**named, **look, "languages": LANGUAGES, "rotate": True}


def _queue(number: int, doctor: int, now: datetime) -> dict[str, Any]:
    first = number + doctor * 7
    letter, room = chr(ord("A") + doctor), str(doctor + 1)
    called = [_ticket(letter, first, "called", room, now)] if (number + doctor) % 3 else []
    return {
        "doctor": {"id": f"doctor-{doctor}", "name": f"Dr {letter}", "letter": letter, "room": room},
        "day": f"{now:%Y-%m-%d}",
        "seq": DAY + number,
        "at": now.isoformat(),
        "status": "paused" if number % 11 == doctor else "open",
        "pause": {"reason": REASONS[number % 3], "until": now.isoformat()} if number % 11 == doctor else None,
        "current": [] if called else [_ticket(letter, first, "in_room", room, now)],
        "called": called,
        "waiting": [_ticket(letter, first + ahead, "waiting", room, now) for ahead in range(1, 1 + WAITING)],
        "on_hold": [],
        "missed": [_ticket(letter, first - 20, "no_show", room, now)] if number % 5 == doctor else [],
        "calls": [_call(first - back, doctor, letter, room, number, now) for back in range(LISTED)],
    }


def _ticket(letter: str, number: int, state: str, room: str, now: datetime) -> dict[str, Any]:
    estimate = {"from": (now + timedelta(minutes=10)).isoformat(), "to": (now + timedelta(minutes=25)).isoformat()}
    code = f"{letter}{number % 1000:03}"
    return {"code": code, "state": state, "room": room, "due_at": None, "arrived_at": now.isoformat()} | {
        "estimate": estimate
    }


def _call(number: int, doctor: int, letter: str, room: str, update: int, now: datetime) -> dict[str, Any]:
    """New to the screen with each update; only now and then one that has to be announced."""
    fresh = doctor == 0 and update % CALL_EVERY == 0
    return {
        "id": f"call-{doctor}-{number}",
        "code": f"{letter}{number % 1000:03}",
        "room": room,
        "doctor_id": f"doctor-{doctor}",
        "at": (now if fresh else now - LONG_AGO).isoformat(),
        "repeat": 0,
        "undone": not fresh,
    }


def now_utc() -> datetime:
    """The computer's own time; what is shown of it does not matter here."""
    return datetime.now(UTC)
