"""Whose address counts, and how much one address may do."""

from __future__ import annotations

import pytest

from handlers.addresses import FAILURES_PER_MINUTE, WRITES_PER_MINUTE, AddressLimits, Proxies
from server.errors import SlowDown

PROXIES = Proxies(("10.0.0.0/8", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", None, "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2"),
        ("2001:db8::1", "2001:4860::1", "2001:4860::1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(peer: str, forwarded: str | None, client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


@pytest.mark.parametrize(
    ("peer", "forwarded", "scheme"),
    [
        ("198.51.100.1", "https", "http"),
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "http, https", "https"),
        ("10.0.0.1", "gopher", "http"),
        ("10.0.0.1", None, "http"),
    ],
)
def test_the_scheme_the_browser_sees(peer: str, forwarded: str | None, scheme: str) -> None:
    assert PROXIES.scheme(peer, "http", forwarded) == scheme


class Ticking:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_address_gets_its_allowance_back_evenly() -> None:
    time = Ticking()
    limits = AddressLimits(enabled=True, monotonic=time)
    for _ in range(WRITES_PER_MINUTE):
        limits.anonymous_write("a")
    with pytest.raises(SlowDown) as refusal:
        limits.anonymous_write("a")
    limits.anonymous_write("b")
    time.now += refusal.value.retry_after
    for _ in range(refusal.value.retry_after * WRITES_PER_MINUTE // 60):
        limits.anonymous_write("a")
    with pytest.raises(SlowDown):
        limits.anonymous_write("a")
    time.now += 3600
    for _ in range(WRITES_PER_MINUTE):
        limits.anonymous_write("a")
    with pytest.raises(SlowDown):
        limits.anonymous_write("a")


def test_failures_are_counted_where_they_happen() -> None:
    limits = AddressLimits(enabled=True, monotonic=Ticking())
    for _ in range(FAILURES_PER_MINUTE):
        limits.before_sign_in("a")
        limits.failed("a")
    with pytest.raises(SlowDown):
        limits.before_sign_in("a")
    limits.before_sign_in("b")


def test_switched_off_nothing_is_limited() -> None:
    limits = AddressLimits(enabled=False, monotonic=Ticking())
    for _ in range(WRITES_PER_MINUTE * 2):
        limits.anonymous_write("a")
        limits.failed("a")
        limits.before_sign_in("a")
