"""Hashing off the loop: what is taken, how many may wait, and that nobody is told who exists."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from server.accounts.passwords import MOST_WAITING, THREADS, Passwords, check_password, readable_password
from server.errors import Invalid, SlowDown


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    pool = Passwords(cost=4)
    yield pool
    pool.close()


@pytest.mark.gen_test
async def test_a_password_is_known_again(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", hashed)
    assert not await passwords.verify("wrong horse", hashed)
    assert not await passwords.verify("correct horse", None)
    assert not await passwords.verify("x" * 73, hashed)


@pytest.mark.parametrize("password", ["1234567", "x" * 73, "é" * 37])
def test_passwords_that_cannot_be_are_named(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_password(password, "new")
    assert refusal.value.errors[0].field == "new"


@pytest.mark.parametrize("password", ["12345678", "x" * 72, "é" * 36])
def test_passwords_that_can(password: str) -> None:
    check_password(password)


def test_readable_passwords_differ_and_can_be_taken() -> None:
    made = {readable_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password)


@pytest.mark.gen_test
async def test_more_than_ten_who_wait_are_told_to_slow_down(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr("bcrypt.checkpw", lambda *_: release.wait(10))
    loop_thread = threading.get_ident()
    waiting = [asyncio.ensure_future(passwords.verify("x", "hash")) for _ in range(THREADS + MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(SlowDown) as refusal:
        await passwords.verify("x", "hash")
    assert refusal.value.retry_after > 0
    assert threading.get_ident() == loop_thread
    release.set()
    assert all(await asyncio.gather(*waiting))
    assert await passwords.verify("x", "hash")


@pytest.mark.gen_test
async def test_a_flood_of_registrations_keeps_nobody_from_signing_in(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, order = threading.Event(), list[str]()

    def hashpw(password: bytes, _: bytes) -> bytes:
        release.wait(10)
        order.append("registration")
        return password

    def checkpw(*_: bytes) -> bool:
        order.append("sign-in")
        return True

    monkeypatch.setattr("bcrypt.hashpw", hashpw)
    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    flood = [asyncio.ensure_future(passwords.hash("x", registration=True)) for _ in range(THREADS + MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(SlowDown):
        await passwords.hash("x", registration=True)
    given_up = asyncio.ensure_future(passwords.verify("x", "hash"))
    signing_in = [asyncio.ensure_future(passwords.verify("x", "hash")) for _ in range(2)]
    await asyncio.sleep(0)
    given_up.cancel()
    release.set()
    assert await asyncio.gather(*signing_in) == [True, True]
    # Those who were being served already, and one between the two who sign in.
    assert order.count("registration") <= 2 * THREADS + 1
    await asyncio.gather(*flood)
    assert order.count("registration") == THREADS + MOST_WAITING
    assert order.count("sign-in") == 2
