"""A waiting-room display: its name, the doctors it shows, and the token that lets it in. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Display:
    """`token_hash` is of the long random token that the display alone keeps; `order` is its place in lists."""

    id: str
    order: str
    name: str
    doctor_ids: tuple[str, ...]
    token_hash: str
    created_at: datetime
    rev: int = 0

    def admits(self, token: str) -> bool:
        """Whether `token` is this display's."""
        return hmac.compare_digest(self.token_hash, hash_of(token))

    def view(self) -> Mapping[str, Any]:
        """What its own board and the administrators see of it."""
        return {"id": self.id, "name": self.name, "doctor_ids": list(self.doctor_ids)}


def hash_of(token: str) -> str:
    """SHA-256 is enough for a token of 256 random bits: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
