"""A waiting-room display: its name, what it shows and how, and the token that lets it in. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Look:
    """How a display says what it says.

    `languages` in the order they take turns; with `rotate` off only the first is shown. `volume` is 0 to 100.
    `identify`: what stands for a patient, the code alone or initials beside it. `announcements`: whether the
    clinic's are shown.
    """

    languages: tuple[str, ...] = ("en",)
    rotate: bool = True
    voice: bool = True
    chime: bool = True
    volume: int = 80
    theme: str = "auto"
    layout: str = "auto"
    identify: str = "code"
    announcements: bool = True


@dataclass(frozen=True, slots=True)
class Display:
    """`token_hash` is of the long random token that the display alone keeps; `order` is its place in lists.

    `reloads` and `identifications` count what it was asked to do; the screen obeys when one has grown.
    """

    id: str
    order: str
    name: str
    doctor_ids: tuple[str, ...]
    token_hash: str
    created_at: datetime
    look: Look = field(default_factory=Look)
    reloads: int = 0
    identifications: int = 0
    rev: int = 0

    def admits(self, token: str) -> bool:
        """Whether `token` is this display's."""
        return hmac.compare_digest(self.token_hash, hash_of(token))

    def view(self) -> Mapping[str, Any]:
        """What its own board and the administrators see of it."""
        return {
            "id": self.id,
            "name": self.name,
            "doctor_ids": list(self.doctor_ids),
            **asdict(self.look),
            "languages": list(self.look.languages),
            "asked": {"reload": self.reloads, "identify": self.identifications},
        }


def hash_of(token: str) -> str:
    """SHA-256 is enough for a token of 256 random bits: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
