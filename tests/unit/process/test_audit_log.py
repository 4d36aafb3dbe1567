"""The audit keeps every row: while the database is away, while it loses replies, and at the end."""

from __future__ import annotations

import pytest

from server.accounts.roles import Actor
from server.audit.log import AuditLog
from server.errors import StorageUnavailable
from server.storage.port import Storage
from tests.clocks import TurnedClock
from tests.storage.faulty import FaultyStorage
from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["home", "sqlite_home", "storage", "wire_server"]

RAO = Actor("A" * 22, "Dr Rao", "doctor")


async def actions(log: AuditLog) -> list[str]:
    return sorted(row.action for row in await log.page(limit=200))


@pytest.mark.gen_test
async def test_rows_in_the_background_outlast_a_lost_database(storage: Storage, clock: TurnedClock) -> None:
    faulty = FaultyStorage(storage)
    log = AuditLog(faulty, clock, retry_seconds=0.01)
    faulty.fail_before("audit", times=3)
    faulty.lose_reply("audit", times=3)
    for number in range(10):
        log.record_soon(RAO, f"{number}", "subject", {"number": number})
    await log.flush()
    assert await actions(log) == [str(number) for number in range(10)]
    row = (await log.page(subject_id="subject", limit=1))[0]
    assert (row.actor_id, row.actor_role, row.at) == (RAO.id, "doctor", clock.now())
    assert "Rao" not in str(row)


@pytest.mark.gen_test
async def test_a_row_that_must_stand_says_when_it_does_not(storage: Storage, clock: TurnedClock) -> None:
    faulty = FaultyStorage(storage)
    log = AuditLog(faulty, clock)
    faulty.fail_before("audit")
    with pytest.raises(StorageUnavailable):
        await log.record(RAO, "set password", "subject")
    await log.record(RAO, "set password", "subject")
    assert await actions(log) == ["set password"]


@pytest.mark.gen_test
async def test_closing_writes_what_waits_and_does_not_wait_for_ever(storage: Storage, clock: TurnedClock) -> None:
    faulty = FaultyStorage(storage)
    log = AuditLog(faulty, clock, retry_seconds=3600)
    log.record_soon(RAO, "first", "")
    await log.flush()
    faulty.down = True
    log.record_soon(RAO, "second", "")
    await log.close()
    faulty.heal()
    assert await actions(log) == ["first"]


@pytest.mark.gen_test
async def test_rows_are_listed_newest_first_by_page(storage: Storage, clock: TurnedClock) -> None:
    log = AuditLog(storage, clock)
    for number in range(5):
        clock.turn(seconds=1)
        await log.record(RAO, str(number), "")
    first = await log.page(actor_id=RAO.id, limit=3)
    rest = await log.page(actor_id=RAO.id, before=first[-1].order, limit=3)
    assert [row.action for row in [*first, *rest]] == ["4", "3", "2", "1", "0"]


@pytest.mark.gen_test
async def test_old_rows_are_forgotten_and_younger_ones_stay(storage: Storage, clock: TurnedClock) -> None:
    log = AuditLog(storage, clock)
    await log.record(RAO, "old", "subject")
    clock.turn(seconds=10)
    limit = clock.now()
    await log.record(RAO, "young", "subject")
    await log.forget_older(limit)
    assert await actions(log) == ["young"]
