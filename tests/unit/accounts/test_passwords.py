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
