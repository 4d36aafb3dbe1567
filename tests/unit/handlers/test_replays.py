"""Kept answers: once per key, forgotten after a while, never mixed up."""

from __future__ import annotations

import asyncio

import pytest

from handlers.replays import KEPT_SECONDS, MOST, KeptAnswer, Replays
from server.errors import IdempotencyKeyReused

DONE = KeptAnswer(201, "{}")


@pytest.mark.gen_test
async def test_those_who_come_meanwhile_wait_for_the_first() -> None:
    replays = Replays()
    assert await replays.claim("id", "body") is None
    second = asyncio.ensure_future(replays.claim("id", "body"))
    await asyncio.sleep(0)
    assert not second.done()
    with pytest.raises(IdempotencyKeyReused):
        await replays.claim("id", "other")
    replays.settle("id", DONE)
    assert await second == DONE
    assert await replays.claim("id", "body") == DONE


@pytest.mark.gen_test
async def test_after_a_failure_one_of_those_who_waited_tries_again() -> None:
    replays = Replays()
    await replays.claim("id", "body")
    waiting = [asyncio.ensure_future(replays.claim("id", "body")) for _ in range(3)]
    await asyncio.sleep(0)
    replays.settle("id", None)
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [None]
    assert len(pending) == 2
    replays.settle("id", DONE)
    assert await asyncio.gather(*pending) == [DONE, DONE]


@pytest.mark.gen_test
async def test_answers_are_forgotten() -> None:
    now = [0.0]
    replays = Replays(lambda: now[0])
    await replays.claim("id", "body")
    replays.settle("id", DONE)
    now[0] = KEPT_SECONDS
    assert await replays.claim("id", "body") == DONE
    now[0] += 1
    assert await replays.claim("id", "another body") is None


@pytest.mark.gen_test
async def test_at_most_so_many_are_kept() -> None:
    replays = Replays(lambda: 0.0)
    for number in range(MOST + 10):
        await replays.claim(str(number), "body")
        replays.settle(str(number), DONE)
    assert await replays.claim(str(MOST + 9), "body") == DONE
    assert await replays.claim("0", "body") is None


@pytest.mark.gen_test
async def test_a_request_that_hangs_keeps_nothing_after_it() -> None:
    now = [0.0]
    replays = Replays(lambda: now[0])
    await replays.claim("hangs", "body")
    await replays.claim("id", "body")
    replays.settle("id", DONE)
    now[0] = KEPT_SECONDS + 1
    assert await replays.claim("id", "another body") is None
    with pytest.raises(IdempotencyKeyReused):
        await replays.claim("hangs", "another body")
