"""Where a request comes from, and how much an address may get wrong or write without signing in.

Forwarded addresses count only when the peer is one of TRUSTED_PROXIES. Limits bite on wrong passwords, on people who
register themselves and on anonymous writes, never on reads, sockets, refreshes or signed-in callers (DESIGN:
security). A whole clinic may share one address, so they are wide.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from server.errors import SlowDown

WRITES_PER_MINUTE: Final = 300
REGISTRATIONS_PER_MINUTE: Final = 30
FAILURES_PER_MINUTE: Final = 100
_MOST_ADDRESSES: Final = 20_000


class Proxies:
    """The proxies whose X-Forwarded-* headers are believed."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ip_network(network, strict=False) for network in networks)

    def trusts(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def client(self, peer: str, forwarded_for: str | None) -> str:
        """The nearest address that is not one of our proxies, read from the right of X-Forwarded-For."""
        address = peer
        for hop in (part.strip() for part in reversed((forwarded_for or "").split(","))):
            if not self.trusts(address) or not _is_address(hop):
                return address
            address = hop
        return address

    def scheme(self, peer: str, own: str, forwarded: str | None) -> str:
        """`http` or `https` as the browser sees it."""
        if forwarded is not None and self.trusts(peer):
            last = forwarded.rsplit(",", 1)[-1].strip().lower()
            if last in ("http", "https"):
                return last
        return own


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Allowance:
    """A token bucket per address: `per_minute` at once, refilled evenly."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._full = float(per_minute)
        self._rate = per_minute / 60
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, address: str) -> float:
        """How many more this address may have now."""
        level, since = self._buckets.get(address, (self._full, 0.0))
        return min(self._full, level + (self._monotonic() - since) * self._rate)

    def take(self, address: str) -> None:
        """Count one."""
        level = max(0.0, self.left(address) - 1)
        self._buckets[address] = (level, self._monotonic())
        self._buckets.move_to_end(address)
        while len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)

    def seconds_until_next(self, address: str) -> int:
        return max(1, math.ceil((1 - self.left(address)) / self._rate))


class AddressLimits:
    """What one address may do; `enabled` is RATE_LIMITS."""

    def __init__(self, *, enabled: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._writes = Allowance(WRITES_PER_MINUTE, monotonic)
        self._registrations = Allowance(REGISTRATIONS_PER_MINUTE, monotonic)
        self._failures = Allowance(FAILURES_PER_MINUTE, monotonic)

    def anonymous_write(self, address: str) -> None:
        """Count a write without a session. Raises SlowDown."""
        self._check(self._writes, address, "Too many requests from this address.")
        self._writes.take(address)

    def registration(self, address: str) -> None:
        """Count somebody who registers themselves: each costs a text and a password's hash. Raises SlowDown."""
        self._check(self._registrations, address, "Many people are registering from this address.")
        self._registrations.take(address)

    def before_sign_in(self, address: str) -> None:
        """Raises SlowDown where too many wrong passwords have come from this address lately."""
        self._check(self._failures, address, "Too many wrong passwords from this address.")

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        self._failures.take(address)

    def _check(self, allowance: Allowance, address: str, detail: str) -> None:
        if self._enabled and allowance.left(address) < 1:
            seconds = allowance.seconds_until_next(address)
            raise SlowDown(f"{detail} Try again in {seconds} s.", retry_after=seconds)
