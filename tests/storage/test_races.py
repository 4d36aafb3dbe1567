"""Many callers at once: one wins, and the others are told so."""

from __future__ import annotations

import asyncio

import pytest

from server.storage.port import DuplicateKey, In, Storage
from tests.storage.support import filled

pytestmark = pytest.mark.gen_test(timeout=120)


async def test_one_of_many_replaces_of_the_same_rev_wins(storage: Storage) -> None:
    document = filled("displays", "a", rev=1, writer=-1)
    await storage.insert("displays", document)
    for round in range(10):
        tries = [
            storage.replace_if_unchanged("displays", {**document, "rev": round + 1, "writer": writer})
            for writer in range(20)
        ]
        won = await asyncio.gather(*tries)
        assert won.count(True) == 1
        read = await storage.get("displays", "a")
        assert read is not None
        assert (read["rev"], read["writer"]) == (round + 2, won.index(True))


async def test_one_of_many_inserts_gets_the_slot(storage: Storage) -> None:
    for round in range(5):
        bookings = [
            storage.insert("appointments", filled("appointments", f"{round}-{number}", slot=f"nine-{round}"))
            for number in range(20)
        ]
        outcomes = await asyncio.gather(*bookings, return_exceptions=True)
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert len(refused) == 19
        assert all(isinstance(error, DuplicateKey) and error.fields == ("slot",) for error in refused)
        assert len(await storage.find("appointments", {"slot": f"nine-{round}"})) == 1


async def test_one_of_many_inserts_of_the_same_document_is_the_first(storage: Storage) -> None:
    document = filled("visits", "ticket")
    outcomes = await asyncio.gather(*(storage.insert("visits", document) for _ in range(20)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert all(isinstance(error, DuplicateKey) and error.fields == ("_id",) for error in outcomes if error is not None)


async def test_guarded_increments_lose_nothing(storage: Storage) -> None:
    await storage.insert("settings", {"_id": "counter", "rev": 1, "value": 0})

    async def increment() -> None:
        while True:
            document = await storage.get("settings", "counter")
            assert document is not None
            if await storage.replace_if_unchanged("settings", {**document, "value": document["value"] + 1}):
                return

    await asyncio.gather(*(increment() for _ in range(40)))
    assert await storage.get("settings", "counter") == {"_id": "counter", "rev": 41, "value": 40}


async def test_a_write_that_fails_among_many_fails_alone(storage: Storage) -> None:
    await storage.insert("displays", filled("displays", "d7"))
    writes = [storage.insert("displays", filled("displays", f"d{number}")) for number in range(15)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert isinstance(outcomes[7], DuplicateKey)
    assert len(await storage.find("displays", {}, sort="order")) == 15


async def test_a_caller_that_goes_away_disturbs_nobody(storage: Storage) -> None:
    write = asyncio.ensure_future(storage.insert("settings", {"_id": "gone", "rev": 1}))
    await asyncio.sleep(0)
    write.cancel()
    await asyncio.gather(*(storage.insert("settings", {"_id": f"s{number}", "rev": 1}) for number in range(5)))
    assert len(await storage.find("settings", {"_id": In([f"s{number}" for number in range(5)])})) == 5
