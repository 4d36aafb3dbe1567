"""Imports on every home: the dry run does nothing, the same file makes nobody twice, and a crash loses nothing."""

from __future__ import annotations

import pytest

from server.errors import Invalid, NotFound, WrongState
from server.imports.model import CHUNK, KEPT, ImportState, Refusal
from server.patients.merging import Merging
from server.patients.model import PatientChanges
from tests.clocks import TurnedClock
from tests.imports.desk import ImportDesk, counts
from tests.people.office import DESK, Office, at_once, dies
from tests.people.test_merging import Queues
from tests.storage.faulty import FaultyStorage, Verb

HEAD = "name,phone,birthdate\n"
FEW = HEAD + "Ana Núñez,2025550141,1980-05-17\nBo,,\nCem Aslan,2025550143,\nNUNEZ ana,202 555 0141,\n"


def people(number: int) -> str:
    return HEAD + "".join(f"Person {at},20255{at:05d},\n" for at in range(number))


@pytest.fixture
def desk(office: Office) -> ImportDesk:
    return ImportDesk(office)


@pytest.mark.gen_test
async def test_a_dry_run_says_what_would_be_done_and_does_nothing(desk: ImportDesk) -> None:
    await desk.office.patient("Aslan Cem", command_id="there", phone="+12025550143")
    item = await desk.checked(FEW)
    assert (item.state, item.seen, counts(item)) == (ImportState.CHECKED, 4, (1, 2, 1))
    assert await desk.names() == ["Aslan Cem"]
    (refused,) = await desk.imports.refused(item.id, 0, 50)
    assert (refused.row, refused.cells, refused.reasons) == (3, ("Bo", "", ""), ("too_little",))
    assert desk.ended == []


@pytest.mark.gen_test
async def test_the_real_run_makes_them_findable_and_the_same_file_makes_nobody_twice(desk: ImportDesk) -> None:
    item = await desk.done(FEW)
    assert (item.state, counts(item)) == (ImportState.DONE, (2, 1, 1))
    assert [ended.id for ended in desk.ended] == [item.id]
    found = (await desk.office.patients.search("nunez 0141", None, 50)).patients
    assert [(patient.name, patient.number_confirmed) for patient in found] == [("Ana Núñez", True)]
    assert desk.office.outbox.messages == {}
    again = await desk.done(FEW, key="two")
    assert counts(again) == (0, 3, 1)
    assert await desk.names() == ["Ana Núñez", "Cem Aslan"]


@pytest.mark.gen_test
async def test_nobody_comes_back_who_was_renamed_or_made_anonymous(desk: ImportDesk) -> None:
    await desk.done(FEW)
    ana, cem = sorted((await desk.office.patients.newest(None, 9)).patients, key=lambda patient: patient.name)
    await desk.office.patients.update(ana.id, PatientChanges(name="Ana Ruiz", phone="+12025550199"))
    await desk.office.patients.anonymise(cem.id, DESK)
    assert counts(await desk.done(FEW, key="two")) == (0, 3, 1)
    assert await desk.names() == ["Ana Ruiz"]


@pytest.mark.parametrize("fault", ["before", "reply"])
@pytest.mark.parametrize(
    ("collection", "verb", "skip"),
    [
        ("patients", "insert", 0),
        ("patients", "insert", CHUNK + 3),
        ("patient_terms", "insert", 7),
        ("patients", "find", 3),
        ("import_rows", "replace_if_unchanged", 0),
        ("import_rows", "get", 1),
        ("imports", "replace_if_unchanged", 0),
        ("imports", "replace_if_unchanged", 1),
        ("imports", "replace_if_unchanged", 2),
        ("imports", "replace_if_unchanged", 3),
    ],
)
@pytest.mark.gen_test
async def test_what_a_crash_cut_off_goes_on_and_counts_right(
    desk: ImportDesk, faulty: FaultyStorage, fault: str, collection: str, verb: Verb, skip: int
) -> None:
    text = people(2 * CHUNK + 5) + "Nobody,,\n"
    item = await desk.checked(text)
    expected = counts(item)
    await desk.imports.start(item.id, tell=False)
    gate = faulty.fail_before if fault == "before" else faulty.lose_reply
    faulty.pass_by(collection, verb, times=skip)
    gate(collection, verb, times=2)  # and the look whether it is there after all
    await at_once(desk.runner.run())
    faulty.heal()
    after_the_crash = ImportDesk(desk.office)
    await after_the_crash.runner.run()
    item = await desk.imports.get(item.id)
    assert (item.state, item.seen, counts(item)) == (ImportState.DONE, 2 * CHUNK + 6, expected)
    assert expected == (2 * CHUNK + 5, 0, 1)
    assert len(await desk.names()) == 2 * CHUNK + 5
    assert [row.row for row in await desk.imports.refused(item.id, 0, 9)] == [2 * CHUNK + 7]


@pytest.mark.gen_test
async def test_a_dry_run_that_was_cut_off_counts_those_twice_in_the_file_once(
    desk: ImportDesk, faulty: FaultyStorage
) -> None:
    text = people(CHUNK) + "0 Person,2025500000,\n"
    item = await desk.upload(text)
    await desk.imports.check(item.id, item.choices.columns, None, "en")
    faulty.pass_by("import_rows", "get", times=1)
    faulty.fail_before("import_rows", "get")
    await dies(desk.runner.run())
    faulty.heal()
    await ImportDesk(desk.office).runner.run()
    assert counts(await desk.imports.get(item.id)) == (CHUNK, 1, 0)


@pytest.mark.gen_test
async def test_two_processes_do_not_work_on_one_import(office: Office) -> None:
    one, other = ImportDesk(office, sole=False), ImportDesk(office, sole=False)
    item = await one.checked(people(3))
    await one.imports.start(item.id, tell=False)
    one.runner.stop()
    await one.runner.run()
    (under_way,) = [await one.imports.get(item.id)]
    held = under_way.leased("somebody else", office.clock.now())
    assert held is not None
    await one.imports._store.replace(held)
    await other.runner.run()
    assert (await one.imports.get(item.id)).state is ImportState.RUNNING
    office.clock.turn(seconds=31)
    await other.runner.run()
    assert (await one.imports.get(item.id)).state is ImportState.DONE


@pytest.mark.gen_test
async def test_steps_come_in_their_order(desk: ImportDesk) -> None:
    item = await desk.upload(FEW)
    with pytest.raises(WrongState):
        await desk.imports.start(item.id, tell=False)
    with pytest.raises(Invalid):
        await desk.imports.check(item.id, {"name": 0}, None, "en")
    await desk.imports.check(item.id, item.choices.columns, None, "en")
    with pytest.raises(WrongState):
        await desk.imports.start(item.id, tell=False)
    with pytest.raises(WrongState):
        await desk.imports.remove(item.id)
    await desk.runner.run()
    await desk.imports.start(item.id, tell=False)
    await desk.runner.run()
    assert (await desk.imports.start(item.id, tell=False)).state is ImportState.DONE
    with pytest.raises(WrongState):
        await desk.imports.check(item.id, item.choices.columns, None, "en")


@pytest.mark.gen_test
async def test_the_same_upload_is_one_import_and_dates_that_leave_a_doubt_are_asked_about(desk: ImportDesk) -> None:
    text = "name,birthdate\nAna,03/04/1980\n"
    item = await desk.upload(text)
    assert (await desk.upload(text)).id == item.id
    with pytest.raises(Invalid, match="date_order"):
        await desk.imports.check(item.id, item.choices.columns, None, "en")


@pytest.mark.gen_test
async def test_a_file_is_forgotten_when_asked_and_after_a_week(desk: ImportDesk) -> None:
    kept, removed = await desk.done(FEW), await desk.checked(people(3), key="two")
    await desk.imports.remove(removed.id)
    with pytest.raises(NotFound):
        await desk.imports.get(removed.id)
    assert {row["import_id"] for row in await desk.office.storage.find("import_rows", {}, sort="order")} == {kept.id}
    clock: TurnedClock = desk.office.clock
    clock.turn(seconds=KEPT.total_seconds() + 1)
    await desk.imports.forget_old()
    assert await desk.office.storage.find("import_rows", {}, sort="order") == []
    assert await desk.imports.newest(None, 5) == []
    assert len(await desk.names()) == 2


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.gen_test
async def test_once_done_the_file_holds_nobody_who_was_taken(
    desk: ImportDesk, faulty: FaultyStorage, crash: bool
) -> None:
    item = await desk.checked(FEW)
    await desk.imports.start(item.id, tell=False)
    if crash:
        faulty.fail_before("import_rows", "replace_if_unchanged")
        await dies(desk.runner.run())
        assert (await desk.imports.get(item.id)).state is ImportState.DONE
        faulty.heal()
        await ImportDesk(desk.office).imports.forget_old()
    else:
        await desk.runner.run()
    kept = str(await desk.office.storage.find("import_rows", {}, sort="order")) + str(await desk.imports.get(item.id))
    assert "2025550141" not in kept
    assert "Cem" not in kept
    (refused,) = await desk.imports.refused(item.id, 0, 50)
    assert refused.cells == ("Bo", "", "")


@pytest.mark.gen_test
async def test_appointments_find_patient_and_doctor_and_are_booked_once(desk: ImportDesk) -> None:
    office = desk.office
    rao = await office.doctor(name="Dr Rao")
    await office.doctor(name="Dr Silva", command_id="second")
    await desk.done("reference,name,phone\nP1,Ana,2025550141\nP2,Bo,2025550142\nP0,Anna,2025550149\n")
    ana, kept = [(await office.patients.search(name, None, 1)).patients[0] for name in ("0141", "0149")]
    moves = Merging(office.storage, office.clock, office.accounts, Queues(), (), office.patients.on_change, print)
    await moves.merge(kept.id, ana.id, (), DESK)  # P1 is found under the record that took its place
    day = "2026-03-04"
    text = "patient no,doctor,date,time\n" + "".join(
        f"{who},{doctor},{date},{time}\n"
        for who, doctor, date, time in (
            ("P1", "rao", day, "10:00"),
            ("P2", "Dr Rao", day, "10:00"),
            ("P2", "Silva", day, "10:00"),
            ("P1", "Rao", day, "10:00"),
            ("P3", "Rao", day, "11:00"),
            ("P1", "Who", day, "11:00"),
            ("P1", "Rao", day, "10:07"),
            ("P1", "Rao", "2026-03-01", "10:00"),
            ("P1", "Rao", "2026-09-01", "10:00"),
        )
    )
    item = await desk.checked(text, kind="appointments", key="booked")
    expected = [
        Refusal(3, ("taken",)),
        Refusal(6, ("patient_unknown",)),
        Refusal(7, ("doctor_unknown",)),
        Refusal(8, ("no_slot",)),
        Refusal(9, ("past",)),
        Refusal(10, ("too_far",)),
    ]
    for state in (ImportState.CHECKED, ImportState.DONE):
        assert (item.state, counts(item)) == (state, (2, 1, 6))
        refused = await desk.imports.refused(item.id, 0, 50)
        assert [Refusal(row.row, row.reasons) for row in refused] == expected
        if state is ImportState.CHECKED:
            office.clock.turn(seconds=1)
            assert await office.storage.find("appointments", {}, sort="order") == []
            await desk.imports.start(item.id, tell=False)
            await desk.runner.run()
            item = await desk.imports.get(item.id)
    assert office.outbox.messages == {}
    again = await desk.done(text, kind="appointments", key="again")
    assert counts(again) == (0, 3, 6)
    assert len(await office.storage.find("appointments", {"doctor_id": rao.id}, sort="order")) == 1


@pytest.mark.gen_test
async def test_patients_are_told_of_imported_appointments_only_if_that_was_asked_for(desk: ImportDesk) -> None:
    await desk.office.doctor(name="Dr Rao")
    await desk.done("name,phone,sms\nAna,2025550141,yes\n")
    text = "name,phone,doctor,start\nAna,2025550141,Rao,2026-03-04 10:00\n"
    await desk.done(text, kind="appointments", key="booked", tell=True)
    assert [message.kind for message in desk.office.outbox.messages.values()] == ["booked"]


@pytest.mark.gen_test
async def test_two_of_one_name_and_phone_but_two_birth_dates_are_two_people(desk: ImportDesk) -> None:
    text = HEAD + "Ana Núñez,2025550141,1950-01-01\nAna Núñez,2025550141,1980-05-17\nNUNEZ ana,2025550141,1980-05-17\n"
    assert counts(await desk.checked(text, key="checked")) == (2, 1, 0)
    assert counts(await desk.done(text)) == (2, 1, 0)
    assert await desk.names() == ["Ana Núñez", "Ana Núñez"]
    assert counts(await desk.done(text, key="again")) == (0, 3, 0)


@pytest.mark.gen_test
async def test_a_number_that_is_somebody_else_s_here_is_refused(desk: ImportDesk) -> None:
    head = "reference,name,phone,birthdate\n"
    first = head + "1,Ana,2025550141,1980-05-17\n2,Bo,2025550142,\n"
    await desk.done(first)
    other = head + "".join(
        f"{row}\n"
        for row in (
            "1,Cem,2025550143,1970-01-01",
            "1,Ana,2025550141,1950-01-01",
            "1,ANA,2025550149,1980-05-17",  # a new phone, and it is she
            "2,Bo,2025550148,",
            "2,Bo,,",
            "3,Dana,2025550144,",
            "3,Eve,2025550145,",
        )
    )
    item = await desk.checked(other, key="other")
    for state in (ImportState.CHECKED, ImportState.DONE):
        assert (item.state, counts(item)) == (state, (1, 2, 4))
        refused = await desk.imports.refused(item.id, 0, 50)
        assert [(row.row, row.reasons) for row in refused] == [(at, ("reference_taken",)) for at in (2, 3, 5, 8)]
        if state is ImportState.CHECKED:
            desk.office.clock.turn(seconds=1)
            await desk.imports.start(item.id, tell=False)
            await desk.runner.run()
            item = await desk.imports.get(item.id)
    assert await desk.names() == ["Ana", "Bo", "Dana"]


@pytest.mark.gen_test
async def test_who_was_corrected_here_is_known_when_the_same_file_comes_again(desk: ImportDesk) -> None:
    text = "reference,name,phone\n1,Ana,2025550141\n"
    await desk.done(text)
    (ana,) = (await desk.office.patients.newest(None, 9)).patients
    await desk.office.patients.update(ana.id, PatientChanges(name="Ana Ruiz", phone="+12025550199"))
    assert counts(await desk.done(text, key="again")) == (0, 1, 0)


@pytest.mark.gen_test
async def test_nobody_is_booked_by_a_number_that_is_somebody_else_s(desk: ImportDesk) -> None:
    office = desk.office
    await office.doctor(name="Dr Rao")
    await desk.done("reference,name,phone,birthdate\n1,Ana,2025550141,1980-05-17\n2,Bo,2025550142,\n")
    text = "reference,name,phone,doctor,start\n" + "".join(
        f"{who},Rao,2026-03-04 1{at}:00\n"
        for at, who in enumerate(("1,Cem,2025550143", "1,Ana,2025550149", "2,,2025550141", "2,bo,", "1,,"))
    )
    item = await desk.done(text, kind="appointments", key="booked")
    assert counts(item) == (2, 0, 3)
    refused = await desk.imports.refused(item.id, 0, 50)
    assert [(row.row, row.reasons) for row in refused] == [(at, ("reference_taken",)) for at in (2, 3, 4)]


@pytest.mark.gen_test
async def test_a_number_whose_record_was_merged_is_held_against_the_one_that_was_kept(desk: ImportDesk) -> None:
    office = desk.office
    await office.doctor(name="Dr Rao")
    await desk.done("reference,name,phone\n1,Anna,2025550141\n2,Ana,2025550142\n")
    anna, ana = [(await office.patients.search(number, None, 1)).patients[0] for number in ("0141", "0142")]
    moves = Merging(office.storage, office.clock, office.accounts, Queues(), (), office.patients.on_change, print)
    await moves.merge(ana.id, anna.id, (), DESK)
    text = "reference,name,doctor,start\n1,Ana,Rao,2026-03-04 10:00\n1,Cem,Rao,2026-03-04 11:00\n"
    item = await desk.done(text, kind="appointments", key="booked")
    assert [row.row for row in await desk.imports.refused(item.id, 0, 50)] == [3]
    (booked,) = await office.storage.find("appointments", {}, sort="order")
    assert booked["patient_id"] == ana.id
    assert counts(await desk.done("reference,name,phone\n1,Cem,2025550143\n", key="cem")) == (0, 0, 1)


@pytest.mark.gen_test
async def test_whose_spelling_was_corrected_here_is_still_the_one_of_the_number(desk: ImportDesk) -> None:
    await desk.office.doctor(name="Dr Rao")
    await desk.done("reference,name,phone\n1,Ana Ruis,2025550141\n")
    (ana,) = (await desk.office.patients.newest(None, 9)).patients
    await desk.office.patients.update(ana.id, PatientChanges(name="Ana Ruiz"))
    booked = "reference,name,phone,doctor,start\n1,Ana Ruis,2025550141,Rao,2026-03-04 10:00\n"
    assert counts(await desk.done(booked, kind="appointments", key="booked")) == (1, 0, 0)
    with_birth_date = "reference,name,phone,birthdate\n1,Ana Ruis,2025550141,1980-05-17\n"
    assert counts(await desk.done(with_birth_date, key="next")) == (0, 1, 0)
