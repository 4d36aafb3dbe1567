"""Two records become one, on every home, whatever write fails on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from server.errors import Invalid, NotFound, PatientInQueue, WrongState
from server.ids import order_key
from server.patients.duplicates import Duplicates
from server.patients.merging import Intent, Merging
from server.patients.model import Patient, PatientChanges
from server.patients.union import Part
from server.queue.store import QueueStore
from server.sms.store import MessageStore
from tests.people.office import DESK, Office, at_once, dies
from tests.storage.faulty import FaultyStorage
from tests.storage.support import filled


@dataclass
class Queues:
    """Who waits, and who has only just ended."""

    waiting: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]:
        return [("doctor", "ticket")] if patient_id in self.waiting else []

    def holds(self, patient_id: str) -> bool:
        return patient_id in self.waiting | self.held


class Pairs:
    """An office that merges; `two` makes two records of one person with everything that may belong to one."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.queues = Queues()
        self.audited: list[Intent] = []
        self.merging = self.process()

    def process(self) -> Merging:
        """Another process, or this one after a crash."""
        storage, office = self.office.storage, self.office
        moves = (
            office.appointments.move_patient,
            QueueStore(storage).move_visits,
            MessageStore(storage).move_patient,
        )
        return Merging(
            storage, office.clock, office.accounts, self.queues, moves, office.patients.on_change, self.audited.append
        )

    async def two(self, number: int = 0) -> tuple[Patient, Patient]:
        office, storage = self.office, self.office.storage
        kept = await office.patient("Ana Núñez", command_id=f"kept {number}")
        other = await office.patient(
            "Nunez Ana",
            command_id=f"other {number}",
            phone=f"+120255501{number:02d}",
            username=f"ana{number}",
            password="a long password",
        )
        doctor = next(iter(office.doctors.all()), None) or await office.doctor()
        slot = await office.first_slot(doctor)
        await office.appointments.book(other.id, doctor.id, slot, actor=DESK, command_id=f"booked {number}")
        now = office.clock.now()
        visit = {"rev": 1, "order": order_key(now, f"v{number}"), "patient_id": other.id, "day": "2026-03-01"}
        ticket: dict[str, Any] = {"patient": {"id": other.id, "language": "en"}, "reason": None, "steps": []}
        await storage.insert("visits", filled("visits", f"v{number}", **visit, ticket=ticket))
        return kept, other

    async def assert_one(self, kept: Patient, other: Patient, number: int = 0) -> None:
        """The kept record has it all, and the other is a stone."""
        office, storage = self.office, self.office.storage
        record = await office.patients.get(kept.id)
        assert (record.name, record.phone) == ("Ana Núñez", other.phone)
        stone = await office.patients.find(other.id)
        assert (stone.name, stone.phone, stone.merged_into) == ("", "", kept.id)
        with pytest.raises(NotFound):
            await office.patients.get(other.id)
        assert await storage.find("patient_terms", {"patient_id": other.id}) == []
        found = (await office.patients.search(f"nunez {other.phone[-6:]}", None, 50)).patients
        assert [patient.id for patient in found] == [kept.id]
        for collection in ("appointments", "visits"):
            assert await storage.find(collection, {"patient_id": other.id}, sort="order") == []
            assert len(await storage.find(collection, {"patient_id": kept.id}, sort="order")) == 1
        (visit,) = await storage.find("visits", {"patient_id": kept.id}, sort="order")
        assert visit["ticket"]["patient"] == {"id": kept.id, "language": "en"}
        session = await office.accounts.sign_in(f"ana{number}", "a long password")
        assert (session.account.patient_id, record.account_id) == (kept.id, session.account.id)
        assert await storage.find("merges", {}) == []
        assert {(intent.kept_id, intent.other_id) for intent in self.audited if intent.other_id == other.id} == {
            (kept.id, other.id)
        }


@pytest.fixture
def pairs(office: Office) -> Pairs:
    return Pairs(office)


@pytest.mark.gen_test
async def test_everything_comes_over_and_again_is_no_harm(pairs: Pairs) -> None:
    kept, other = await pairs.two()
    for _ in range(2):
        made = await pairs.merging.merge(kept.id, other.id, (), DESK)
        await pairs.assert_one(kept, other)
    assert made.id == kept.id
    assert len(pairs.audited) == 1


@pytest.mark.gen_test
async def test_what_was_chosen_is_taken(pairs: Pairs) -> None:
    kept, other = await pairs.two()
    assert (await pairs.merging.merge(kept.id, other.id, (Part.NAME,), DESK)).name == "Nunez Ana"


@pytest.mark.parametrize("fault", ["before", "reply"])
@pytest.mark.gen_test(timeout=60)
async def test_whatever_write_fails_the_next_start_finishes_it(pairs: Pairs, faulty: FaultyStorage, fault: str) -> None:
    kept, other = await pairs.two()
    before = faulty.commits.total()
    await pairs.merging.merge(kept.id, other.id, (), DESK)
    writes = faulty.commits.total() - before
    assert writes > 12
    cut_off = 0
    for number in range(1, writes + 1):
        kept, other = await pairs.two(number)
        faulty.pass_by(times=number - 1)
        (faulty.fail_before if fault == "before" else faulty.lose_reply)()
        (answer,) = await at_once(pairs.merging.merge(kept.id, other.id, (), DESK))
        faulty.heal()
        cut_off += isinstance(answer, Exception)
        if await pairs.office.storage.get("merges", other.id) is None and isinstance(answer, Exception):
            await pairs.merging.merge(kept.id, other.id, (), DESK)  # the intent itself was lost: nothing was done
        await pairs.process().resume(everything=True)
        await pairs.assert_one(kept, other, number)
    assert cut_off > 3


@pytest.mark.gen_test
async def test_a_correction_between_crash_and_start_is_kept(pairs: Pairs, faulty: FaultyStorage) -> None:
    kept, other = await pairs.two()
    faulty.fail_before("appointments", "replace_if_unchanged")
    await dies(pairs.merging.merge(kept.id, other.id, (Part.NAME,), DESK))
    faulty.heal()
    await pairs.office.patients.update(kept.id, PatientChanges(name="Ana Núñez"))
    await pairs.process().resume(everything=True)
    await pairs.assert_one(kept, other)


@pytest.mark.gen_test
async def test_the_job_leaves_alone_what_somebody_is_at_work_on(pairs: Pairs, faulty: FaultyStorage) -> None:
    kept, other = await pairs.two()
    faulty.fail_before("visits", "replace_if_unchanged")
    await dies(pairs.merging.merge(kept.id, other.id, (), DESK))
    await pairs.process().resume()
    assert len(await pairs.office.storage.find("merges", {})) == 1
    pairs.office.clock.turn(seconds=61)
    await pairs.process().resume()
    await pairs.assert_one(kept, other)


@pytest.mark.gen_test
async def test_whoever_is_in_a_queue_stays_who_they_are(pairs: Pairs, faulty: FaultyStorage) -> None:
    kept, other = await pairs.two()
    for place in (pairs.queues.waiting, pairs.queues.held):
        place.add(other.id)
        with pytest.raises(PatientInQueue):
            await pairs.merging.merge(kept.id, other.id, (), DESK)
        place.clear()
    gate = faulty.hold("merges", "insert", after=True)

    async def join() -> None:
        await gate.reached.wait()
        pairs.queues.waiting.add(other.id)
        gate.open.set()

    answer, _ = await at_once(pairs.merging.merge(kept.id, other.id, (), DESK), join())
    assert isinstance(answer, PatientInQueue)
    assert (await pairs.office.patients.get(other.id)).name == "Nunez Ana"
    assert await pairs.office.storage.find("merges", {}) == []
    pairs.queues.waiting.clear()
    await pairs.merging.merge(kept.id, other.id, (), DESK)
    await pairs.assert_one(kept, other)


@pytest.mark.gen_test
async def test_what_cannot_be_one_is_refused(pairs: Pairs) -> None:
    office = pairs.office
    kept, other = await pairs.two()
    with pytest.raises(Invalid):
        await pairs.merging.merge(kept.id, kept.id, (), DESK)
    with pytest.raises(NotFound):
        await pairs.merging.merge(kept.id, "nobody at all", (), DESK)
    account: dict[str, Any] = {"phone": "+12025550199", "username": "third", "password": "a long password"}
    third = await office.patient("Ana Núñez", command_id="third", **account)
    with pytest.raises(WrongState) as refusal:
        await pairs.merging.merge(third.id, other.id, (), DESK)
    assert refusal.value.extra["state"] == "two_accounts"
    await pairs.merging.merge(kept.id, other.id, (), DESK)
    with pytest.raises(NotFound):
        await pairs.merging.merge(third.id, other.id, (), DESK)
    with pytest.raises(NotFound):
        await pairs.merging.merge(other.id, third.id, (), DESK)


@pytest.mark.gen_test
async def test_two_who_merge_each_into_the_other_lose_nobody(pairs: Pairs, faulty: FaultyStorage) -> None:
    one, two = [await pairs.office.patient(f"Ana {n}", command_id=f"p{n}") for n in (1, 2)]
    await at_once(pairs.process().merge(one.id, two.id, (), DESK), pairs.process().merge(two.id, one.id, (), DESK))
    there = (await pairs.office.patients.newest(None, 9)).patients
    assert there, "somebody is left"
    assert await pairs.office.storage.find("merges", {}) == []


@pytest.mark.gen_test
async def test_a_number_that_everybody_was_given_floods_no_page(office: Office) -> None:
    duplicates = Duplicates(office.storage)
    for at in range(9):
        office.clock.turn(seconds=1)
        newest = await office.patient(f"Somebody {at}", command_id=f"p{at}", phone="+12025550100")
    pairs = (await duplicates.page(None, 50)).pairs
    assert len(pairs) == 5 + 5 + 5 + 5 + 4 + 3 + 2 + 1
    for pair in pairs[:5]:
        await duplicates.tell_apart(pair.older.id, newest.id)
    further = [pair for pair in (await duplicates.page(None, 50)).pairs if pair.newer.id == newest.id]
    assert len(further) == 3


@pytest.mark.gen_test
async def test_duplicates_are_found_page_by_page_until_told_apart(office: Office) -> None:
    duplicates = Duplicates(office.storage)
    made = {}
    for at, (name, phone, born) in enumerate(
        (
            ("Ana Núñez", "+12025550141", "1980-05-17"),
            ("Bo Lind", "+12025550142", None),
            ("NUNEZ ana", None, "1980-05-17"),
            ("Child Lind", "+12025550142", None),
            ("Ana Núñez", None, "1990-01-01"),
            ("Ana Núñez", None, None),
        )
    ):
        office.clock.turn(seconds=1)
        made[at] = (await office.patient(name, command_id=f"p{at}", phone=phone, date_of_birth=born)).id

    async def found(limit: int) -> list[tuple[str, str, tuple[str, ...]]]:
        pairs, cursor, looked_at = [], None, 0
        while True:
            page = await duplicates.page(cursor, limit)
            pairs += [(pair.older.id, pair.newer.id, tuple(map(str, pair.alike))) for pair in page.pairs]
            looked_at += page.looked_at
            if (cursor := page.next_cursor) is None:
                assert looked_at == 6
                return pairs

    expected = [(made[1], made[3], ("phone",)), (made[0], made[2], ("name", "date_of_birth"))]
    assert await found(50) == expected
    assert await found(2) == expected
    for _ in range(2):
        await duplicates.tell_apart(made[3], made[1])
    assert await found(50) == expected[1:]
    await office.patients.anonymise(made[0], DESK)
    assert await found(50) == []
    with pytest.raises(NotFound):
        await duplicates.tell_apart(made[1], "nobody")


@pytest.mark.parametrize("which", ["kept", "other"])
@pytest.mark.gen_test
async def test_nobody_is_made_anonymous_while_a_merge_names_them(
    pairs: Pairs, faulty: FaultyStorage, which: str
) -> None:
    kept, other = await pairs.two()
    faulty.pass_by("patients", "replace_if_unchanged")  # the stone
    faulty.fail_before("patients", "replace_if_unchanged")
    await dies(pairs.merging.merge(kept.id, other.id, (), DESK))
    faulty.heal()
    named = kept if which == "kept" else other
    with pytest.raises(WrongState) as refusal:
        await pairs.merging.refuse_named(named.id)
    assert refusal.value.extra["limit"] == "being_merged"
    await pairs.process().resume(everything=True)
    await pairs.assert_one(kept, other)
    await pairs.merging.refuse_named(named.id)


@pytest.mark.gen_test
async def test_a_merge_into_one_who_was_made_anonymous_meanwhile_gives_up(pairs: Pairs, faulty: FaultyStorage) -> None:
    office = pairs.office
    kept, other = await pairs.two()
    faulty.pass_by("patients", "replace_if_unchanged")  # the stone
    faulty.fail_before("patients", "replace_if_unchanged")
    await dies(pairs.merging.merge(kept.id, other.id, (), DESK))
    faulty.heal()
    await office.patients.anonymise(kept.id, DESK)  # by somebody who had looked before the merge was written down
    await pairs.process().resume(everything=True)
    gone = await office.patients.find(kept.id)
    assert (gone.name, gone.phone, gone.account_id) == ("", "", "")
    assert (await office.patients.get(other.id)).phone == other.phone
    session = await office.accounts.sign_in("ana0", "a long password")
    assert session.account.patient_id == other.id
    assert len(await office.storage.find("appointments", {"patient_id": other.id}, sort="order")) == 1
    assert await office.storage.find("merges", {}) == []
    assert pairs.audited == []
