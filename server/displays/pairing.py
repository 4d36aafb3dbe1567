"""A screen that nobody has named yet: the code it shows, which staff type in to make it a display. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from server.displays.model import hash_of

# Without the ones that look alike on a screen across the room: 0 O, 1 I L.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# Whoever guesses one names a stranger's screen, for 15 minutes at worst, and staff alone may try: 30 bits are plenty.
LENGTH: Final = 6
LIFETIME: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pairing:
    """The screen keeps `display_id` and its token when it is paired."""

    code: str
    display_id: str
    token_hash: str
    expires_at: datetime

    def admits(self, token: str) -> bool:
        """Whether `token` is this screen's."""
        return hmac.compare_digest(self.token_hash, hash_of(token))

    def view(self) -> Mapping[str, Any]:
        """What the screen itself sees of it."""
        return {"id": self.display_id, "paired": False, "code": self.code}


def as_code(typed: str) -> str | None:
    """The code somebody typed, however they spaced it; None for what cannot be one."""
    code = "".join(character for character in typed.upper() if not character.isspace() and character not in "-–·.")
    return code if is_code(code) else None


def is_code(text: str) -> bool:
    """Whether it has a code's form."""
    return len(text) == LENGTH and all(character in ALPHABET for character in text)
