"""Identifiers: opaque random ids, ids derived from an Idempotency-Key, and time-ordered list keys."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from os import urandom
from typing import Final

_BYTES: Final = 16
_AT_ONCE: Final = 256


def new_id() -> str:
    """128 random bits as 22 URL-safe characters; encodes nothing.

    Never one with a `-` in front: a shell takes that for an option and a spreadsheet for a formula.
    """
    while (made := urlsafe_b64encode(_random.take()).rstrip(b"=").decode()).startswith("-"):
        pass
    return made


class _Random:
    """The system's random bytes, fetched for many ids at once: a request needs several, each a system call."""

    def __init__(self) -> None:
        self._left: list[bytes] = []

    def take(self) -> bytes:
        if not self._left:
            fetched = urandom(_BYTES * _AT_ONCE)
            self._left = [fetched[start : start + _BYTES] for start in range(0, len(fetched), _BYTES)]
        return self._left.pop()


_random = _Random()


def spoken_code(alphabet: str, length: int) -> str:
    """A random code for people to read and type."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def derived_id(*parts: str) -> str:
    """The same parts always give the same opaque 32-character id (scope + Idempotency-Key → `_id`)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def order_key(moment: datetime, unique: str) -> str:
    """A unique string that sorts by time: what lists are sorted and paged by (the `order` field)."""
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}-{unique}"
