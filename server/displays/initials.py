"""What stands beside a code on a display whose clinic wants initials there. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

PLACES: Final = ("current", "called", "waiting", "on_hold", "missed")


def initials_of(name: str) -> str:
    """Two letters at most, of the first and the last word: `A. Y.`; empty where the name has no letter."""
    letters = [found for word in name.split() if (found := next(filter(str.isalpha, word), ""))]
    chosen = letters[:1] + letters[1:][-1:]
    return " ".join(f"{letter.upper()}." for letter in chosen)


def initials_in(staff_view: str) -> Mapping[str, str]:
    """The initials of everybody in a queue, by code, out of the staff's view of it (JSON text)."""
    view: Mapping[str, Any] = json.loads(staff_view)
    tickets = (ticket for place in PLACES for ticket in view[place])
    found = {ticket["code"]: initials_of(ticket["patient"]["name"]) for ticket in tickets}
    return {code: initials for code, initials in found.items() if initials}
