"""Old visits lose the person and keep what is counted; younger ones stay whole."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import StorageUnavailable
from server.queue import commands
from server.queue.model import Ticket
from server.queue.retention import VisitRetention
from tests.queue.clinic import Clinic
from tests.storage.support import FaultyStorage

pytestmark = pytest.mark.gen_test(timeout=60)


async def ended(clinic: Clinic) -> Ticket:
    """Somebody who came with a reason, was moved for one and left, out of the day's document."""
    ticket = await clinic.join(reason="A sore knee")
    await clinic.on(commands.Hold, ticket, reason="At the X-ray")
    await clinic.on(commands.Left, ticket)
    clinic.clock.later(minutes=3)
    await clinic.queues.sweep()
    return ticket


async def visit(clinic: Clinic, ticket: Ticket) -> dict[str, Any]:
    found = await clinic.storage.get("visits", ticket.id)
    assert found is not None
    return found


async def test_an_old_visit_no_longer_shows_whose_it_was(clinic: Clinic, faulty: FaultyStorage) -> None:
    old = await ended(clinic)
    clinic.clock.later(days=20)
    young = await ended(clinic)
    before = await visit(clinic, old)
    clinic.clock.later(days=15)
    retention = VisitRetention(clinic.storage, clinic.clock, lambda: 30)
    for _ in range(2):
        await retention.run()
        after = await visit(clinic, old)
        assert after["patient_id"] == after["ticket"]["patient"]["id"] == ""
        for personal in (old.patient.id, "sore knee", "X-ray"):
            assert personal in str(before) and personal not in str(after)
        times = [
            [(step["state"], step["start"], step["end"]) for step in of["ticket"]["steps"]] for of in (before, after)
        ]
        assert times[0] == times[1]
        assert (await visit(clinic, young))["patient_id"] == young.patient.id
    assert (await clinic.queues.find(old.id)).ticket.patient.id == ""


async def test_a_run_cut_short_is_taken_up_again(clinic: Clinic, faulty: FaultyStorage) -> None:
    tickets = [await ended(clinic) for _ in range(3)]
    clinic.clock.later(days=31)
    retention = VisitRetention(clinic.storage, clinic.clock, lambda: 30)
    faulty.lose_reply("visits", "replace_if_unchanged")
    with pytest.raises(StorageUnavailable):
        await retention.run()
    await retention.run()
    assert [(await visit(clinic, ticket))["patient_id"] for ticket in tickets] == ["", "", ""]
