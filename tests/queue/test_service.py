"""Effects, transfers, archive and the end of the day, over crashes and lost databases."""

from __future__ import annotations

import json

import pytest

from server.errors import AlreadyQueued, DayOver, NotFound, WrongState
from server.queue import commands
from server.queue.model import State
from tests.queue.clinic import RAO, SILVA, Clinic, until
from tests.storage.support import FaultyStorage
from tests.unit.queue.bench import DESK, fresh_id, patient

pytestmark = pytest.mark.gen_test(timeout=60)


async def transfer(clinic: Clinic, ticket_id: str, to: str) -> tuple[str, bool]:
    command = commands.Transfer(
        id=fresh_id("command"),
        actor=DESK,
        ticket_id=ticket_id,
        to_doctor_id=to,
        to_doctor="",
        new_ticket_id=fresh_id("ticket"),
    )
    _, settled = await clinic.queues.transfer(command)
    return command.new_ticket_id, settled


async def test_a_call_asks_for_its_text_once_and_leaves_no_effect_behind(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.CallNext)
    await until(lambda: clinic.messenger.kinds() == ["joined", "your_turn"])
    await clinic.queues.close()
    await clinic.queues.sweep()
    assert (await clinic.stored())["effects"] == []
    seq = (await clinic.queues.view(RAO.id, staff=True)).seq
    assert f"{ticket.id}:your_turn:{seq}" in clinic.messenger.texts


async def test_housekeeping_is_not_seen(clinic: Clinic) -> None:
    await clinic.join()
    before = await clinic.queues.view(RAO.id, staff=True)
    await clinic.queues.close()
    await clinic.queues.sweep()
    assert await clinic.queues.view(RAO.id, staff=True) == before


async def test_what_a_crash_left_is_carried_out_at_the_start(clinic: Clinic, faulty: FaultyStorage) -> None:
    class Dead:
        async def text(self, data: object) -> None:
            raise ConnectionError("the process died here")

        async def retract(self, message_id: str, reason: str) -> str:
            return "none"

    clinic.queues._relay._messenger = Dead()  # type: ignore[assignment]
    clinic.queues._relay.carry = lambda line, day: None  # type: ignore[method-assign]
    await clinic.join()
    await clinic.do(commands.CallNext)
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    await until(lambda: reborn.messenger.kinds() == ["joined", "your_turn"])


async def test_undo_says_whether_the_text_had_left(clinic: Clinic) -> None:
    await clinic.join()
    await clinic.do(commands.CallNext)
    undo = commands.UndoLast(id=fresh_id(), actor=DESK)
    assert (await clinic.queues.undo(RAO.id, undo))[1] == "cancelled"
    await clinic.do(commands.CallNext)
    await clinic.queues.close()
    clinic.messenger.sent.update(clinic.messenger.texts)
    undo = commands.UndoLast(id=fresh_id(), actor=DESK)
    assert (await clinic.queues.undo(RAO.id, undo))[1] == "already_sent"
    assert clinic.messenger.kinds()[-1] == "put_back"


async def test_a_transfer_keeps_code_and_arrival_and_shows_where_it_went(clinic: Clinic) -> None:
    ticket = await clinic.join()
    new_id, settled = await transfer(clinic, ticket.id, SILVA.id)
    assert settled
    moved = await clinic.queues.ticket(new_id, staff=True)
    assert (moved["code"], moved["doctor"], moved["source"]) == ("A001", "Dr Silva", "transfer")
    old = await clinic.queues.ticket(ticket.id, staff=False)
    assert (old["state"], old["moved_to"]) == ("transferred", new_id)


async def test_a_refused_transfer_gives_the_old_place_back(clinic: Clinic) -> None:
    amina = patient()
    first = await clinic.join(RAO, patient=amina)
    await clinic.join(RAO)
    await clinic.join(SILVA, patient=amina)
    with pytest.raises(AlreadyQueued):
        await transfer(clinic, first.id, SILVA.id)
    assert (await clinic.now(first)).state is State.WAITING
    view = json.loads((await clinic.queues.view(RAO.id, staff=True)).body)
    assert [t["code"] for t in view["waiting"]] == ["A001", "A002"]


async def test_a_transfer_to_a_doctor_who_is_gone_comes_back(clinic: Clinic) -> None:
    ticket = await clinic.join()
    with pytest.raises(NotFound):
        await transfer(clinic, ticket.id, "nobody")
    assert (await clinic.now(ticket)).state is State.WAITING


async def test_a_transfer_survives_a_crash_between_the_two_queues(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    await clinic.queues.close()
    clinic.queues._relay.carry = lambda line, day: None  # type: ignore[method-assign]
    new_id = fresh_id("ticket")
    await clinic.on(commands.Transfer, ticket, to_doctor_id=SILVA.id, to_doctor="Dr Silva", new_ticket_id=new_id)
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    await reborn.queues.close()
    assert (await reborn.queues.ticket(new_id, staff=True))["code"] == "A001"


async def test_a_transfer_to_the_same_doctor_is_a_next_stage(clinic: Clinic) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.CallNext)
    new_id, settled = await transfer(clinic, ticket.id, RAO.id)
    assert settled
    assert (await clinic.queues.ticket(new_id, staff=True))["position"] == 1


async def test_elsewhere_shows_the_patients_other_queues(clinic: Clinic) -> None:
    amina = patient()
    await clinic.join(RAO, patient=amina)
    before = await clinic.queues.view(RAO.id, staff=True)
    await clinic.join(SILVA, patient=amina)
    after = await clinic.queues.view(RAO.id, staff=True)
    assert after.etag != before.etag
    assert after.seq == before.seq
    assert json.loads(after.body)["waiting"][0]["elsewhere"][0]["code"] == "B001"
    assert dict(clinic.queues.open_tickets_of(amina.id)).keys() == {RAO.id, SILVA.id}


async def test_an_sms_state_is_shown_without_a_new_seq(clinic: Clinic) -> None:
    ticket = await clinic.join()
    before = await clinic.queues.view(RAO.id, staff=True)
    clinic.queues.note_sms(ticket.id, "failed", "21211")
    after = await clinic.queues.view(RAO.id, staff=True)
    assert json.loads(after.body)["waiting"][0]["sms"] == {"state": "failed", "code": "21211"}
    assert (after.seq, after.tick) == (before.seq, before.tick + 1)


async def test_ended_tickets_leave_for_the_visits_after_the_undo_window(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join(reason="cough")
    await clinic.do(commands.CallNext)
    await clinic.on(commands.Finish, ticket)
    await clinic.queues.sweep()
    assert len((await clinic.stored())["tickets"]) == 1
    clinic.clock.later(minutes=3)
    await clinic.queues.close()
    await clinic.queues.sweep()
    assert (await clinic.stored())["tickets"] == []
    visit = await faulty.get("visits", ticket.id)
    assert visit is not None
    assert "name" not in visit["ticket"]["patient"]
    assert ticket.patient.phone not in str(visit)
    seen = await clinic.queues.ticket(ticket.id, staff=True)
    assert (seen["state"], seen["code"]) == ("done", "A001")
    with pytest.raises(WrongState, match="was already finished by"):
        await clinic.on(commands.Recall, ticket)


async def test_the_day_ends_once_and_later_commands_are_told(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    yesterday = clinic.queues.today()
    old_seq = (await clinic.queues.view(RAO.id, staff=False)).seq
    clinic.clock.later(hours=24)
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    await reborn.queues.rollover()
    stored = await faulty.get("queue_days", f"{RAO.id}:{yesterday.isoformat()}")
    assert stored is not None
    assert (stored["finished"], stored["tickets"]) == (1, [])
    assert (await reborn.queues.ticket(ticket.id, staff=False))["state"] == "left"
    with pytest.raises(DayOver):
        await reborn.on(commands.CallTicket, ticket)
    view = await reborn.queues.view(RAO.id, staff=False)
    assert view.seq > old_seq
    assert (await reborn.join()).code == "A001"


async def test_a_new_day_starts_with_the_pace_of_the_last(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.CallNext)
    await clinic.on(commands.Start, ticket)
    clinic.clock.later(minutes=7)
    await clinic.on(commands.Finish, ticket)
    clinic.clock.later(hours=24)
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    assert (await reborn.queues.day(RAO.id)).past_services == (420,)


async def test_waiting_too_long_moves_up_by_itself(clinic: Clinic) -> None:
    await clinic.join()
    await clinic.queues.close()
    seq = (await clinic.queues.view(RAO.id, staff=False)).seq
    clinic.clock.later(minutes=61)
    await clinic.queues.sweep()
    assert (await clinic.queues.view(RAO.id, staff=False)).seq == seq + 1


async def test_a_changed_doctor_shows_in_the_open_queue(clinic: Clinic) -> None:
    await clinic.join()
    clinic.doctors.known[RAO.id] = type(RAO)(RAO.id, "Dr Rao", "A", "Room 9", ("Room 9",))
    await clinic.queues.doctor_changed(RAO.id)
    assert '"Room 9"' in (await clinic.queues.view(RAO.id, staff=False)).body
