"""The change of the service day: sharp for every command, shown at once, and nothing of old days is kept."""

from __future__ import annotations

import asyncio
import json

import pytest

from server.errors import DayOver, StorageUnavailable
from server.queue import commands
from server.queue.model import State
from tests.queue.clinic import RAO, Clinic
from tests.storage.support import FaultyStorage

pytestmark = pytest.mark.gen_test(timeout=60)


async def test_a_command_on_a_ticket_of_yesterday_ends_that_day_first(clinic: Clinic, faulty: FaultyStorage) -> None:
    called, waiting = await clinic.join(), await clinic.join()
    await clinic.do(commands.CallNext)
    old = clinic.queues.today()
    clinic.clock.later(hours=24)
    with pytest.raises(DayOver, match="The service day 2026-03-03 of Dr Rao is over"):
        await clinic.on(commands.Start, called)
    assert [(await clinic.now(ticket)).state for ticket in (called, waiting)] == [State.LEFT, State.LEFT]
    stored = await faulty.get("queue_days", f"{RAO.id}:{old.isoformat()}")
    assert stored is not None
    assert stored["finished"]
    await clinic.join()
    assert (await clinic.do(commands.CallNext)).day.day > old


async def test_a_command_of_yesterday_repeated_today_is_still_known(clinic: Clinic) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.CallNext)
    finish = commands.Finish(id="finish-once", actor=commands.SYSTEM, ticket_id=ticket.id)
    await clinic.queues.run_on_ticket(finish)
    clinic.clock.later(hours=24)
    assert (await clinic.queues.run_on_ticket(finish)).replayed


async def test_a_command_in_line_at_the_change_is_carried_out_on_the_new_day(
    clinic: Clinic, faulty: FaultyStorage
) -> None:
    gate = faulty.hold("queue_days")
    before = asyncio.ensure_future(clinic.join())
    await gate.reached.wait()
    after = asyncio.ensure_future(clinic.do(commands.CloseQueue))
    await asyncio.sleep(0)
    clinic.clock.later(hours=24)
    gate.open.set()
    await before
    assert (await after).day.day == clinic.queues.today()


async def test_the_new_day_is_shown_before_the_old_one_is_put_away(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    clinic.clock.later(hours=24)
    faulty.fail_before("visits", times=100)
    with pytest.raises(StorageUnavailable):
        await clinic.queues.rollover()
    shown = clinic.queues._showcase.view(RAO.id, staff=False)
    assert json.loads(shown.body)["day"] == clinic.queues.today().isoformat()


async def test_idle_days_are_let_go_of(clinic: Clinic) -> None:
    await clinic.queues.start()
    for _ in range(5):
        clinic.clock.later(hours=24)
        await clinic.queues.rollover()
    assert len(clinic.queues._lines.all()) == len(clinic.doctors.known)
