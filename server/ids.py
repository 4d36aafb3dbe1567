"""Identifiers: opaque random ids, ids derived from an Idempotency-Key, and time-ordered list keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime


def new_id() -> str:
    """128 random bits as 22 URL-safe characters; encodes nothing."""
    return secrets.token_urlsafe(16)


def derived_id(*parts: str) -> str:
    """The same parts always give the same opaque 32-character id (scope + Idempotency-Key → `_id`)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def order_key(moment: datetime, unique: str) -> str:
    """A unique string that sorts by time: what lists are sorted and paged by (the `order` field)."""
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}-{unique}"
