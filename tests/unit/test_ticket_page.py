"""The sentences of a ticket's page, state by state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.texts import Texts
from handlers.ticket_page import about, describe, room_name

NOW = datetime(2026, 3, 3, 10, 42, tzinfo=UTC)
TEXTS = Texts(Path(__file__).resolve().parents[2] / "static" / "i18n")


def say(key: str, **values: object) -> str:
    return TEXTS.say("en", key, **values)


def ticket(**changed: Any) -> dict[str, Any]:
    return {"state": "waiting", "position": 1, "estimate": None, "doctor": "Dr Rao", "room": "3", **changed}


def between(start: float, end: float) -> dict[str, str]:
    return {
        "from": (NOW + timedelta(minutes=start)).isoformat(),
        "to": (NOW + timedelta(minutes=end)).isoformat(),
    }


def test_waiting_says_how_many_and_how_long() -> None:
    words = describe(ticket(position=4, estimate=between(14, 26)), NOW, say, ZoneInfo("Europe/Madrid"))
    assert (words.headline, words.detail) == ("3 people before you", "about 15–25 min")
    assert (words.where, words.updated) == ("Dr Rao · Room 3", "Updated 11:42")


def test_called_says_where_to_go() -> None:
    words = describe(ticket(state="called", position=None), NOW, say, ZoneInfo("UTC"))
    assert (words.headline, words.detail) == ("It is your turn", "Go to Room 3 now")


@pytest.mark.parametrize("state", ["in_room", "on_hold", "no_show", "done", "cancelled", "left", "transferred"])
def test_every_other_state_has_its_words(state: str) -> None:
    words = describe(ticket(state=state, position=None), NOW, say, ZoneInfo("UTC"))
    assert words.headline and words.detail


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, ""),
        (between(-4, 1), "any moment now"),
        (between(9, 11), "about 10 min"),
        (between(20, 10), "about 20 min"),
        (between(3, 33), "about 5–35 min"),
        (between(-4, 26), "up to 25 min"),
        (between(90, 120), "about 90–120 min"),
        (between(310, 340), "about 5–6 h"),
        (between(180, 180), "about 3 h"),
        (between(20, 150), "up to 3 h"),
    ],
)
def test_estimates_are_said_as_people_do(estimate: dict[str, str] | None, words: str) -> None:
    assert about(estimate, NOW, say) == words


@pytest.mark.parametrize(
    ("room", "name"), [("3", "Room 3"), ("B12", "Room B12"), ("Room 3", "Room 3"), ("Lab", "Lab"), ("", ""), (None, "")]
)
def test_bare_rooms_get_the_word(room: str | None, name: str) -> None:
    assert room_name(room, say) == name
