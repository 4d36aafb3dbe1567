"""The cursors of every list: where the next page begins, wrapped so that only what a list gave is taken back.

No secret: the check keeps a made-up or mistyped cursor from quietly beginning somewhere.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, overload

_CHECK_BYTES: Final = 6


@overload
def sealed(position: str) -> str: ...
@overload
def sealed(position: None) -> None: ...


def sealed(position: str | None) -> str | None:
    """The cursor for a list's own `position` (None: there is no next page)."""
    if position is None:
        return None
    raw = position.encode()
    return urlsafe_b64encode(_check(raw) + raw).decode().rstrip("=")


def opened(cursor: str | None) -> str | None:
    """The position in `cursor`. Raises ValueError for anything that `sealed` did not make."""
    if cursor is None:
        return None
    try:
        whole = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        check, raw = whole[:_CHECK_BYTES], whole[_CHECK_BYTES:]
        position = raw.decode() if check == _check(raw) else None
    except ValueError:
        position = None
    if position is None or sealed(position) != cursor:
        raise ValueError("is not one this list gave; begin without it")
    return position


def _check(raw: bytes) -> bytes:
    return hashlib.sha256(b"cursor:" + raw).digest()[:_CHECK_BYTES]
