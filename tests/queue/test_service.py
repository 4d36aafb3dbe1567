"""Effects, transfers, archive and the end of the day, over crashes and lost databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from server.errors import AlreadyQueued, DayOver, NotFound, StorageUnavailable, WrongState
from server.queue import commands
from server.queue.model import State
from tests.queue.clinic import RAO, SILVA, Clinic, until
from tests.storage.support import FaultyStorage
from tests.unit.queue.bench import DESK, fresh_id, patient

pytestmark = pytest.mark.gen_test(timeout=60)


async def transfer(clinic: Clinic, ticket_id: str, to: str, *, id: str = "") -> tuple[str, bool]:
    command = commands.Transfer(
        id=id or fresh_id("command"),
        actor=DESK,
        ticket_id=ticket_id,
        to_doctor_id=to,
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


async def test_a_restart_tags_nothing_as_before(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    before = await clinic.queues.view(RAO.id, staff=False)
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    after = await reborn.queues.view(RAO.id, staff=False)
    assert after.seq == before.seq
    assert after.etag.split("-")[2] != before.etag.split("-")[2]


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


async def test_whoever_follows_a_ticket_never_sees_seq_fall(clinic: Clinic) -> None:
    for _ in range(5):
        await clinic.join()
    ticket = await clinic.join()
    new_id, _ = await transfer(clinic, ticket.id, SILVA.id)
    left, joined = await clinic.queues.find(ticket.id), await clinic.queues.find(new_id)
    assert joined.day.seq > left.day.seq


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
    await clinic.on(commands.Transfer, ticket, to_doctor_id=SILVA.id, new_ticket_id=new_id)
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
    assert (stored["settled"], stored["tickets"]) == (1, [])
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


async def test_a_crash_while_the_day_is_archived_loses_no_visit(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    day = f"{RAO.id}:{clinic.queues.today().isoformat()}"
    clinic.clock.later(hours=24)
    dying = Clinic(faulty, clinic.clock)
    faulty.fail_before("visits", times=100)
    with pytest.raises(StorageUnavailable):
        await dying.queues.start()
    faulty.heal()
    await Clinic(faulty, clinic.clock).queues.start()
    assert await faulty.get("visits", ticket.id) is not None
    stored = await faulty.get("queue_days", day)
    assert ticket.patient.name not in str(stored)


async def test_a_refused_transfer_repeated_is_refused_again(clinic: Clinic, faulty: FaultyStorage) -> None:
    amina = patient()
    first = await clinic.join(RAO, patient=amina)
    await clinic.join(SILVA, patient=amina)
    for _ in range(2):
        with pytest.raises(AlreadyQueued):
            await transfer(clinic, first.id, SILVA.id, id="once")
    reborn = Clinic(faulty, clinic.clock)
    await reborn.queues.start()
    with pytest.raises(AlreadyQueued):
        await transfer(reborn, first.id, SILVA.id, id="once")
    await reborn.queues.close()
    await reborn.queues.sweep()
    third = Clinic(faulty, clinic.clock)
    await third.queues.start()
    with pytest.raises(WrongState):
        await transfer(third, first.id, SILVA.id, id="once")


async def test_a_refused_transfer_is_refused_though_its_reply_was_lost(clinic: Clinic, faulty: FaultyStorage) -> None:
    amina = patient()
    first = await clinic.join(RAO, patient=amina)
    await clinic.join(SILVA, patient=amina)
    faulty.lose_reply("queue_days", "replace_if_unchanged")
    with pytest.raises(AlreadyQueued):
        await transfer(clinic, first.id, SILVA.id)


async def test_a_called_patient_who_comes_back_from_a_transfer_is_texted_again(clinic: Clinic) -> None:
    amina = patient()
    first = await clinic.join(RAO, patient=amina)
    await clinic.join(SILVA, patient=amina)
    await clinic.do(commands.CallNext)
    with pytest.raises(AlreadyQueued):
        await transfer(clinic, first.id, SILVA.id)
    await clinic.queues.close()
    assert (await clinic.now(first)).state is State.CALLED
    assert clinic.messenger.kinds().count("your_turn") == 2


async def test_a_transfer_that_the_day_overtakes_ends_with_it(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    await clinic.queues.close()
    clinic.queues._relay.carry = lambda line, day: None  # type: ignore[method-assign]
    command = {"to_doctor_id": SILVA.id, "new_ticket_id": "new-ticket"}
    await clinic.on(commands.Transfer, ticket, **command)
    clinic.clock.later(hours=24)
    reborn = Clinic(faulty, clinic.clock)
    for _ in range(3):
        await reborn.queues.rollover()
        await reborn.queues.close()
    assert (await reborn.queues.ticket(ticket.id, staff=True))["state"] == "left"
    with pytest.raises(NotFound):
        await reborn.queues.ticket("new-ticket", staff=True)


@pytest.mark.parametrize("archived", [True, False])
async def test_a_transfer_accepted_before_a_crash_stays_so_the_next_day(
    clinic: Clinic, faulty: FaultyStorage, archived: bool
) -> None:
    ticket = await clinic.join()
    await clinic.queues.close()
    clinic.queues._lines.of(RAO.id).mark_carried = lambda number: None  # type: ignore[method-assign]
    new_id, _ = await transfer(clinic, ticket.id, SILVA.id)
    assert [effect["kind"] for effect in (await clinic.stored())["effects"]] == ["accept"]
    accepting = f"{SILVA.id}:{clinic.queues.today().isoformat()}"
    clinic.clock.later(hours=24)
    if archived:
        day = await clinic.queues._lines._store.load(accepting)
        assert day is not None
        other = Clinic(faulty, clinic.clock)
        await other.queues._upkeep._finish(other.queues._lines.of_day(day))
    reborn = Clinic(faulty, clinic.clock)
    for _ in range(3):
        await reborn.queues.rollover()
        await reborn.queues.close()
    old = await reborn.queues.ticket(ticket.id, staff=True)
    assert (old["state"], old["moved_to"]) == ("transferred", new_id)
    assert (await reborn.queues.ticket(new_id, staff=True))["state"] == "left"


async def test_one_faulty_queue_keeps_no_other_from_its_sweep(
    clinic: Clinic, faulty: FaultyStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await clinic.join(RAO)
    await clinic.join(SILVA)
    await clinic.queues.close()
    for line in clinic.queues._lines.all():
        if line.shown is not None and line.shown.doctor.id == RAO.id:
            monkeypatch.setattr(line, "tidying", lambda now: 1 / 0)
    await clinic.queues.sweep()
    assert (await clinic.stored(SILVA))["effects"] == []
    assert "sweep of a queue failed" in caplog.text


async def test_a_change_of_the_doctor_that_got_lost_is_healed(clinic: Clinic) -> None:
    await clinic.join()
    clinic.doctors.known[RAO.id] = type(RAO)(RAO.id, "Dr Rao", "A", "Room 9", ("Room 9",))
    await clinic.queues.sweep()
    assert '"Room 9"' in (await clinic.queues.view(RAO.id, staff=False)).body


async def test_a_restart_still_knows_how_the_texts_fared(clinic: Clinic, faulty: FaultyStorage) -> None:
    await clinic.join()
    await clinic.queues.close()
    reborn = Clinic(faulty, clinic.clock)
    reborn.messenger = clinic.messenger
    reborn.queues._messenger = clinic.messenger
    await reborn.queues.start()
    view = json.loads((await reborn.queues.view(RAO.id, staff=True)).body)
    assert view["waiting"][0]["sms"] == {"state": "queued", "code": None}


async def test_a_command_on_an_archived_ticket_is_still_known(clinic: Clinic) -> None:
    ticket = await clinic.join()
    finish = commands.Finish(id="finish-once", actor=DESK, ticket_id=ticket.id)
    await clinic.do(commands.CallNext)
    await clinic.queues.run_on_ticket(finish)
    clinic.clock.later(minutes=3)
    await clinic.queues.close()
    await clinic.queues.sweep()
    assert (await clinic.queues.run_on_ticket(finish)).replayed


async def test_undo_is_forgotten_after_its_time(clinic: Clinic) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.CallNext)
    assert (await clinic.stored())["undo"] is not None
    clinic.clock.later(minutes=3)
    await clinic.queues.close()
    await clinic.queues.sweep()
    stored = await clinic.stored()
    assert stored["undo"] is None
    assert [kept["id"] for kept in stored["tickets"]] == [ticket.id]


async def test_a_queue_whose_join_is_under_way_is_occupied(clinic: Clinic) -> None:
    await clinic.queues.view(RAO.id, staff=True)
    assert not await clinic.queues.occupied(RAO.id)
    joining = asyncio.create_task(clinic.join())
    await asyncio.sleep(0)
    del clinic.doctors.known[RAO.id]
    assert await clinic.queues.occupied(RAO.id)
    assert (await joining).state is State.WAITING


@pytest.mark.gen_test
async def test_a_notice_taken_back_is_given_again_unless_it_had_left(clinic: Clinic) -> None:
    await clinic.queues.start()
    tickets = [await clinic.join() for _ in range(5)]
    for sent in (False, True):
        await clinic.do(commands.CallNext)
        await until(lambda: clinic.messenger.kinds()[-1] == "soon")
        told = [id for id, data in clinic.messenger.texts.items() if data["kind"] == "soon"]
        if sent:
            clinic.messenger.sent.add(told[-1])
        await clinic.do(commands.UndoLast)
        await until(lambda told=told: told[-1] in clinic.messenger.retracted)  # type: ignore[misc]
    assert all(id.startswith(tickets[3].id) for id in told)
    await clinic.do(commands.CallNext)
    await clinic.queues.close()
    assert [id for id, data in clinic.messenger.texts.items() if data["kind"] == "soon"] == told
    assert not await clinic.queues.still_true(RAO.id, tickets[0].id, "soon", 0)
    assert await clinic.queues.still_true(RAO.id, tickets[3].id, "soon", 0)
    assert not await clinic.queues.still_true(RAO.id, tickets[3].id, "delayed", 0)


@pytest.mark.gen_test
async def test_what_another_process_has_just_written_is_looked_for_before_a_text_is_dropped(
    faulty: FaultyStorage,
) -> None:
    one = Clinic(faulty, shared=True)
    two = Clinic(faulty, one.clock, shared=True)
    ticket = await one.join()
    assert not await two.queues.still_true(RAO.id, ticket.id, "your_turn", 2)
    called = (await one.do(commands.CallNext)).day.tickets[ticket.id]
    assert await two.queues.still_true(RAO.id, ticket.id, "your_turn", called.call)
    await one.on(commands.Hold, ticket)
    await two.queues.follow()
    assert await two.queues.news(RAO.id, ticket.id, "your_turn", called.call) is None
    await one.do(commands.UndoLast)
    assert await two.queues.news(RAO.id, ticket.id, "your_turn", called.call) is not None


@pytest.mark.gen_test
async def test_a_text_that_waits_for_the_database_is_not_sent_besides_the_one_that_stands_for_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await clinic.join()
    put, away, put_first = clinic.messenger.text, True, ""

    async def text(data: Mapping[str, Any]) -> None:
        nonlocal put_first
        put_first = put_first or data["message_id"]
        if away and data["message_id"] == put_first:
            raise StorageUnavailable
        await put(data)
        clinic.messenger.sent.add(data["message_id"])  # it leaves at once

    monkeypatch.setattr(clinic.messenger, "text", text)
    for step in (commands.CallNext, commands.Hold, commands.UndoLast):
        await (clinic.on(step, ticket) if step is commands.Hold else clinic.do(step))
        await clinic.queues.close()
    assert [each["kind"] for each in clinic.messenger.texts.values()] == ["joined"]
    away = False
    for _ in range(2):
        await clinic.queues.sweep()
        await clinic.queues.close()
    called = [each for each in clinic.messenger.texts.values() if each["kind"] == "your_turn"]
    true = [each for each in called if await clinic.queues.still_true(RAO.id, ticket.id, "your_turn", each["call"])]
    assert len(true) == 1


@pytest.mark.gen_test
async def test_what_an_ended_ticket_s_texts_say_is_known_from_its_visit(clinic: Clinic, faulty: FaultyStorage) -> None:
    ticket = await clinic.join()
    await clinic.do(commands.Left, ticket_id=ticket.id)
    clinic.clock.later(minutes=3)
    await clinic.queues.sweep()
    await until(lambda: clinic.queues.open_tickets() == [])
    assert not await clinic.queues.still_true(RAO.id, ticket.id, "joined", 0)
    another = Clinic(faulty, clinic.clock)  # a process that has not looked at this queue yet
    fresh = await clinic.join()
    assert await another.queues.still_true(RAO.id, fresh.id, "joined", 0)
    assert not await another.queues.still_true(RAO.id, fresh.id, "missed", 0)


@pytest.mark.gen_test
async def test_a_pause_that_never_ends_is_told_by_the_sweep(clinic: Clinic) -> None:
    await clinic.queues.start()
    await clinic.join()
    await clinic.do(commands.PauseQueue)
    clinic.clock.later(minutes=16)
    await clinic.queues.sweep()
    await clinic.queues.sweep()
    await clinic.queues.close()
    assert clinic.messenger.kinds() == ["joined", "delayed"]
