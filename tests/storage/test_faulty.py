"""The storage that fails on demand does what the tests that use it rely on."""

from __future__ import annotations

import asyncio

import pytest

from server.errors import StorageUnavailable
from server.storage.port import Storage
from tests.storage.support import FaultyStorage, filled

pytestmark = pytest.mark.gen_test


async def test_failing_before_the_write_writes_nothing(storage: Storage) -> None:
    faulty = FaultyStorage(storage)
    faulty.fail_before("displays", times=2)
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            await faulty.insert("displays", filled("displays", "d"))
    assert await faulty.get("displays", "d") is None
    await faulty.insert("displays", filled("displays", "d"))
    assert faulty.commits == {"displays": 1}


async def test_a_lost_reply_has_written(storage: Storage) -> None:
    faulty = FaultyStorage(storage)
    await faulty.insert("settings", {"_id": "s", "rev": 1})
    faulty.lose_reply("settings", "replace_if_unchanged")
    with pytest.raises(StorageUnavailable):
        await faulty.replace_if_unchanged("settings", {"_id": "s", "rev": 1})
    assert await faulty.replace_if_unchanged("settings", {"_id": "s", "rev": 1}) is False
    assert await faulty.revs("settings", ["s"]) == {"s": 2}
    assert faulty.commits == {"settings": 2}


@pytest.mark.parametrize("after", [False, True])
async def test_a_held_write_waits_at_the_gate(storage: Storage, after: bool) -> None:
    faulty = FaultyStorage(storage)
    gate = faulty.hold("settings", after=after)
    write = asyncio.create_task(faulty.insert("settings", {"_id": "s", "rev": 1}))
    await gate.reached.wait()
    assert not write.done()
    assert (await faulty.get("settings", "s") is not None) is after
    gate.open.set()
    await write
    assert await faulty.get("settings", "s") is not None


async def test_being_down_and_healing(storage: Storage) -> None:
    faulty = FaultyStorage(storage)
    faulty.down = True
    with pytest.raises(StorageUnavailable):
        await faulty.ping()
    with pytest.raises(StorageUnavailable):
        await faulty.find("displays", {})
    faulty.fail_before()
    faulty.heal()
    await faulty.ping()
    await faulty.insert("displays", filled("displays", "d"))
