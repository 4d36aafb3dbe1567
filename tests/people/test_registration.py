"""Registrations that die in the middle, on every home: whatever was written, the same key finishes it."""

from __future__ import annotations

import pytest

from server.errors import IdempotencyKeyReused, Invalid, NotFound
from server.patients.model import PatientChanges
from server.storage.port import In
from tests.people.office import DESK, Office, at_once, dies
from tests.storage.faulty import FaultyStorage, Verb

LOGIN = {"phone": "+12025550147", "username": "robin", "password": "a long password"}


async def everything(office: Office) -> tuple[int, int, int]:
    """How many patients, accounts of theirs and search terms there are."""
    patients = await office.storage.find("patients", {}, sort="order")
    accounts = await office.storage.find("accounts", {}, sort="order")
    terms = await office.storage.find("patient_terms", {"patient_id": In([row["_id"] for row in patients])})
    return len(patients), len(accounts), len(terms)


@pytest.mark.parametrize("fault", ["before", "reply"])
@pytest.mark.parametrize("collection", ["patient_terms", "patients", "accounts"])
@pytest.mark.gen_test
async def test_the_same_key_finishes_what_was_cut_off(
    office: Office, faulty: FaultyStorage, collection: str, fault: str
) -> None:
    if fault == "before":
        faulty.fail_before(collection, "insert")
        await dies(office.patient(command_id="one", **LOGIN))
    else:
        faulty.lose_reply(collection, "insert")
        await at_once(office.patient(command_id="one", **LOGIN))
    faulty.heal()
    again = await office.patient(command_id="one", **LOGIN)
    assert await everything(office) == (1, 1, 5)
    session = await office.accounts.sign_in("robin", "a long password")
    assert session.account.patient_id == again.id
    found = await office.patients.search("example 0147", None, 50)
    assert [patient.id for patient in found.patients] == [again.id]
    codes = [message for message in office.outbox.messages.values() if message.kind == "code"]
    if (collection, fault) != ("accounts", "reply"):
        confirmed = await office.patients.confirm_number(again.id, codes[-1].values["code"])
        assert confirmed.number_confirmed


@pytest.mark.gen_test
async def test_a_lost_reply_to_the_patients_own_row_is_looked_up(office: Office, faulty: FaultyStorage) -> None:
    faulty.lose_reply("patients", "insert")
    made = await office.patient(command_id="one")
    assert (await office.patients.get(made.id)).name == "Robin Example"


@pytest.mark.gen_test
async def test_a_username_taken_in_between_leaves_nothing(office: Office, faulty: FaultyStorage) -> None:
    other = Office(faulty)
    gate = faulty.hold("accounts", "insert")
    first, second = office.patient(command_id="one", **LOGIN), other.patient(command_id="two", **LOGIN)

    async def let_second_win() -> None:
        await gate.reached.wait()
        await second
        gate.open.set()

    answers = await at_once(first, let_second_win())
    assert isinstance(answers[0], Invalid)
    assert [error.field for error in answers[0].errors] == ["username"]
    assert await everything(office) == (1, 1, 5)


@pytest.mark.gen_test
async def test_another_body_under_the_same_key_is_refused(office: Office) -> None:
    await office.patient(command_id="one")
    with pytest.raises(IdempotencyKeyReused):
        await office.patient("Another", command_id="one")


@pytest.mark.gen_test
async def test_two_processes_with_one_key_register_once(office: Office, faulty: FaultyStorage) -> None:
    others = [office, *(Office(faulty) for _ in range(3))]
    made = await at_once(*(other.patient(command_id="one", **LOGIN) for other in others))
    assert len({patient.id for patient in made}) == 1
    assert await everything(office) == (1, 1, 5)


@pytest.mark.gen_test
async def test_a_change_that_dies_leaves_the_patient_findable(office: Office, faulty: FaultyStorage) -> None:
    made = await office.patient("Robin Before", command_id="one")
    faults: list[tuple[str, Verb]] = [
        ("patient_terms", "insert"),
        ("patients", "replace_if_unchanged"),
        ("patient_terms", "delete"),
    ]
    for number, (collection, verb) in enumerate(faults):
        faulty.fail_before(collection, verb)
        await dies(office.patients.update(made.id, PatientChanges(name=f"Robin After{number}")))
        faulty.heal()
        now = await office.patients.get(made.id)
        words = now.name.split()
        assert [found.id for found in (await office.patients.search(words[1], None, 50)).patients] == [made.id]
        await office.patients.update(made.id, PatientChanges(name="Robin Before"))
        assert (await office.patients.search("after", None, 50)).patients == ()


@pytest.mark.gen_test
async def test_two_who_change_one_record_both_get_their_way(office: Office, faulty: FaultyStorage) -> None:
    made = await office.patient(command_id="one")
    other = Office(faulty)
    await at_once(
        office.patients.update(made.id, PatientChanges(phone="+12025550148")),
        other.patients.update(made.id, PatientChanges(name="Robin Renamed")),
        office.patients.update(made.id, PatientChanges(language="fr")),
    )
    now = await office.patients.get(made.id)
    assert (now.phone, now.name, now.language) == ("+12025550148", "Robin Renamed", "fr")


@pytest.mark.parametrize("collection", ["accounts", "patients", "patient_terms"])
@pytest.mark.gen_test
async def test_anonymising_again_finishes_what_was_cut_off(
    office: Office, faulty: FaultyStorage, collection: str
) -> None:
    made = await office.patient(command_id="one", **LOGIN)
    faulty.fail_before(collection)

    await dies(office.patients.anonymise(made.id, DESK))
    faulty.heal()
    await office.patients.anonymise(made.id, DESK)
    assert await everything(office) == (1, 0, 0)
    assert "Robin" not in str(await office.storage.get("patients", made.id))
    with pytest.raises(NotFound):
        await office.patients.get(made.id)


@pytest.mark.gen_test
async def test_a_search_goes_on_through_more_than_one_look(office: Office) -> None:
    for number in range(230):
        await office.patient(f"Robin Number{number}", command_id=f"p{number}")
    rare = await office.patient("Robina Rare", command_id="rare")
    assert [found.id for found in (await office.patients.search("robin ra", None, 5)).patients] == [rare.id]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await office.patients.search("robin", cursor, 100)
        seen += [patient.id for patient in page.patients]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 231
