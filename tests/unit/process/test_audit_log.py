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
    return sorted(row.action for row in (await log.page(limit=200)).rows)


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
    row = (await log.page(subject_id="subject", limit=1)).rows[0]
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
    rest = await log.page(actor_id=RAO.id, before=first.next_cursor, limit=3)
    assert rest.next_cursor is None
    assert [row.action for row in [*first.rows, *rest.rows]] == ["4", "3", "2", "1", "0"]


@pytest.mark.gen_test
async def test_filters_narrow_together_and_a_page_looks_at_a_bounded_number_of_rows(
    storage: Storage, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(storage, clock)
    lind = Actor("B" * 22, "Lind", "receptionist")
    for number in range(12):
        clock.turn(seconds=1)
        await log.record(lind if number % 3 else RAO, f"even {number % 2}", "AB"[number % 2] * 22)
    both = await log.page(actor_id=RAO.id, subject_id="A" * 22, limit=9)
    assert [row.action for row in both.rows] == ["even 0", "even 0"]
    third, first = [row.order for row in (await log.page(limit=12)).rows[8::2]]
    assert len((await log.page(action="even 1", since=first, before=third, limit=9)).rows) == 1
    assert [row.action for row in (await log.page(action="even 1", limit=2)).rows] == ["even 1", "even 1"]
    monkeypatch.setattr("server.audit.log.MOST_LOOKED_AT", 1)
    monkeypatch.setattr("server.audit.log.PAGE", 4)
    found, cursor, pages = 0, None, 0
    while pages == 0 or cursor is not None:
        page = await log.page(action="even 1", subject_id="B" * 22, actor_id=RAO.id, before=cursor, limit=9)
        found, cursor, pages = found + len(page.rows), page.next_cursor, pages + 1
    assert (found, pages) == (2, 2)


@pytest.mark.gen_test
async def test_old_rows_are_forgotten_and_younger_ones_stay(storage: Storage, clock: TurnedClock) -> None:
    log = AuditLog(storage, clock)
    await log.record(RAO, "old", "subject")
    clock.turn(seconds=10)
    limit = clock.now()
    await log.record(RAO, "young", "subject")
    await log.forget_older(limit)
    assert await actions(log) == ["young"]
