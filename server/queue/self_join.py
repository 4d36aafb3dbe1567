"""How a patient may join a queue without reception: from anywhere, on site with the TV's code, or not at all. Pure.

The on-site code is six digits made from the server's secret and the current five minutes; the one before
still counts, so that nobody's code dies while they type it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

from config.settings import SelfJoin
from server.errors import Forbidden

WINDOW_SECONDS: Final = 300


class JoinCodes:
    """The rotating code; `secret` is known to the server alone."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def at(self, now: datetime) -> str:
        """The code shown at `now`."""
        return self._code(int(now.timestamp()) // WINDOW_SECONDS)

    def accepts(self, code: str, now: datetime) -> bool:
        """Whether `code` was shown within the last five to ten minutes."""
        window = int(now.timestamp()) // WINDOW_SECONDS
        given = code.strip().encode()
        return any(hmac.compare_digest(given, self._code(recent).encode()) for recent in (window, window - 1))

    def _code(self, window: int) -> str:
        digest = hmac.new(self._secret, f"join:{window}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def mode(setting: SelfJoin | None, *, demo: bool, displays: bool) -> SelfJoin:
    """What holds: the setting; else on site, unless this is the demo or no TV could show a code."""
    if setting is not None:
        return setting
    return SelfJoin.ANYWHERE if demo or not displays else SelfJoin.ON_SITE


def check(rule: SelfJoin, codes: JoinCodes, code: str | None, now: datetime) -> None:
    """Raises Forbidden, with what to do instead, if a patient may not join like this."""
    if rule is SelfJoin.OFF:
        raise Forbidden("Please join at the reception desk: joining by phone is switched off.")
    if rule is SelfJoin.ON_SITE and not (code and codes.accepts(code, now)):
        raise Forbidden("Please scan the code on the waiting-room screen to join: it changes every few minutes.")
