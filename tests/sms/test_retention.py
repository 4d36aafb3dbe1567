"""Old texts lose number and wording, older ones go; what is younger or still open stays as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.sms.keep import Keep
from server.sms.model import MessageState
from server.sms.retention import Retention
from server.sms.store import MessageStore
from server.storage import aged
from tests.sms.support import TO, World

DAY = 86_400


def job(world: World) -> Retention:
    return Retention(world.storage, world.clock, lambda: Keep(personal_days=90, row_days=400))


@pytest.mark.gen_test
async def test_a_text_grows_old(world: World) -> None:
    outbox = world.simulated()
    await outbox.put(world.message("old"))
    world.clock.turn(80 * DAY)
    await outbox.put(world.message("young"))
    world.clock.turn(9 * DAY)
    await job(world).run()
    assert (await world.row("old:your_turn:1")).to == TO
    world.clock.turn(2 * DAY)
    keeping = job(world)
    for _ in range(2):
        await keeping.run()
        old, young = await world.row("old:your_turn:1"), await world.row("young:your_turn:1")
        assert (old.to, old.body, old.state, old.patient_id) == ("", "", MessageState.SIMULATED, "patient")
        assert (young.to, bool(young.body)) == (TO, True)
    world.clock.turn(310 * DAY)
    await keeping.run()
    store = MessageStore(world.storage.inner)
    assert await store.get("old:your_turn:1") is None
    assert (await world.row("young:your_turn:1")).body == ""


@pytest.mark.gen_test
async def test_an_open_text_keeps_its_number_until_it_ends(world: World) -> None:
    outbox = world.outbox()
    outbox._pump.stop()
    await outbox.put(world.message())
    world.clock.turn(100 * DAY)
    await job(world).run()
    assert (await world.row()).to == TO


@pytest.mark.gen_test
async def test_years_are_taken_in_turns(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aged, "PAGE", 2)
    monkeypatch.setattr(aged, "MOST_AT_ONCE", 4)
    outbox = world.simulated()
    for number in range(7):
        await outbox.put(world.message(f"ticket{number}"))
        world.clock.turn(1)
    world.clock.turn(timedelta(days=401).total_seconds())
    keeping = job(world)
    left = []
    for _ in range(2):
        await keeping.run()
        left.append(len((await outbox.page({}, None, 50)).items))
    assert left == [3, 0]
