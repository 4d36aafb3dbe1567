"""Bookings across processes and lost replies, on every home: a time is one patient's, and nobody loses one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from server.appointments.model import Appointment, BookingState, Owed
from server.appointments.service import Booked
from server.doctors.model import Doctor, DoctorChanges
from server.errors import NotFound, SlotTaken
from server.storage.port import In, Storage
from tests.people.office import DESK, Office, at_once
from tests.storage.support import FaultyStorage


async def opened(office: Office, faulty: FaultyStorage, processes: int) -> tuple[Doctor, list[Office]]:
    """A doctor whom several processes know."""
    doctor = await office.doctor()
    others = [Office(faulty) for _ in range(processes - 1)]
    for other in others:
        await other.doctors.start()
    return doctor, [office, *others]


def won(answers: list[object]) -> list[Booked | Appointment]:
    assert all(isinstance(answer, Booked | Appointment | SlotTaken) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Booked | Appointment)]


@pytest.mark.gen_test
async def test_of_several_processes_one_books_the_time(office: Office, faulty: FaultyStorage) -> None:
    doctor, offices = await opened(office, faulty, 4)
    patients = [await office.patient(command_id=f"p{number}") for number in range(12)]
    start = await office.first_slot(doctor)
    answers = await at_once(
        *(
            offices[number % 4].appointments.book(patient.id, doctor.id, start, actor=DESK, command_id=f"b{number}")
            for number, patient in enumerate(patients)
        )
    )
    assert len(won(answers)) == 1
    assert len(office.outbox.messages) + sum(len(other.outbox.messages) for other in offices[1:]) == 1


@pytest.mark.gen_test
async def test_of_several_processes_one_moves_to_the_time(office: Office, faulty: FaultyStorage) -> None:
    doctor, offices = await opened(office, faulty, 3)
    patient = await office.patient(command_id="p")
    slots = await office.appointments.free_slots(doctor.id, office.appointments.today())
    booked = [
        (await office.appointments.book(patient.id, doctor.id, slot.start, actor=DESK, command_id=f"b{n}")).appointment
        for n, slot in enumerate(slots[:6])
    ]
    target = slots[10].start
    answers = await at_once(
        *(offices[number % 3].appointments.reschedule(one.id, target, actor=DESK) for number, one in enumerate(booked))
    )
    assert len(won(answers)) == 1
    free = {slot.start for slot in await office.appointments.free_slots(doctor.id, office.appointments.today())}
    assert len({one.start for one in booked} & free) == 1
    assert target not in free


@pytest.mark.gen_test
async def test_a_lost_reply_is_looked_up(office: Office, faulty: FaultyStorage) -> None:
    doctor, patient = await office.doctor(), await office.patient(command_id="p")
    start = await office.first_slot(doctor)
    faulty.lose_reply("appointments", "insert")
    booked = await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="b")
    assert not booked.replayed
    faulty.lose_reply("appointments", "replace_if_unchanged")
    cancelled = await office.appointments.cancel(booked.appointment.id, actor=DESK)
    assert cancelled.state is BookingState.CANCELLED
    assert start == await office.first_slot(doctor)


@pytest.mark.gen_test
async def test_the_same_key_finds_the_booking_and_tells_what_it_still_owes(office: Office) -> None:
    doctor, patient = await office.doctor(), await office.patient(command_id="p", phone="+12025550147")
    start = await office.first_slot(doctor)
    office.outbox.down = True
    first = await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="b")
    assert (first.replayed, office.outbox.messages) == (False, {})
    office.outbox.down = False
    again = await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="b")
    assert (again.appointment.id, again.replayed) == (first.appointment.id, True)
    assert [message.id for message in office.outbox.messages.values()] == [f"{first.appointment.id}:booked:0"]
    await office.appointments.cancel(first.appointment.id, actor=DESK)
    office.outbox.messages.clear()
    gone = await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="b")
    assert gone.appointment.state is BookingState.CANCELLED
    assert office.outbox.messages == {}


@pytest.mark.gen_test
async def test_a_booking_stands_and_is_told_though_the_database_goes_away(storage: Storage) -> None:
    office = Office(storage)
    doctor, patient = await office.doctor(), await office.patient(command_id="p", phone="+12025550123")
    start = await office.first_slot(doctor)
    silent = await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="a", tell=False)
    office.outbox.down = True
    later = start + timedelta(hours=3)
    booked = await office.appointments.book(patient.id, doctor.id, later, actor=DESK, command_id="b")
    assert (await office.appointments.get(booked.appointment.id)).state is BookingState.BOOKED
    office.outbox.down = False
    for _ in range(2):
        await office.appointments.settle_owed()
        assert [message.id for message in office.outbox.messages.values()] == [f"{booked.appointment.id}:booked:0"]
    assert await storage.find("appointments", {"owed": "booked"}) == []
    assert silent.appointment.owed is Owed.NOTHING


@pytest.mark.gen_test
async def test_longer_slots_respect_what_was_booked_before(office: Office) -> None:
    doctor, patient = await office.doctor(), await office.patient(command_id="p")
    slots = await office.appointments.free_slots(doctor.id, office.appointments.today())
    taken = slots[4]
    await office.appointments.book(patient.id, doctor.id, taken.start, actor=DESK, command_id="b")
    await office.doctors.update(doctor.id, DoctorChanges(slot_minutes=60))
    for slot in await office.appointments.free_slots(doctor.id, office.appointments.today()):
        assert slot.end <= taken.start or slot.start >= taken.end
    with pytest.raises(SlotTaken):
        await office.appointments.book(patient.id, doctor.id, taken.start.replace(minute=0), actor=DESK, command_id="c")


@pytest.mark.gen_test
async def test_the_last_letter_goes_to_one_process_and_the_next_to_the_other(
    office: Office, faulty: FaultyStorage
) -> None:
    other = Office(faulty)
    made = await at_once(*((office if number % 2 else other).doctor(command_id=f"d{number}") for number in range(6)))
    assert sorted(doctor.letter for doctor in made) == list("ABCDEF")


@pytest.mark.gen_test
async def test_other_processes_follow_a_doctors_changes(office: Office, faulty: FaultyStorage) -> None:
    doctor, (_, other) = await opened(office, faulty, 2)
    changed: list[str] = []

    async def note(doctor_id: str) -> None:
        changed.append(doctor_id)

    other.doctors.on_change = note
    await other.doctors.refresh()
    assert changed == []
    await office.doctors.update(doctor.id, DoctorChanges(room="9"))
    await other.doctors.refresh()
    assert (other.doctors.get(doctor.id).room, changed) == ("9", [doctor.id])
    await office.doctors.delete(doctor.id, DESK)
    await other.doctors.refresh()
    with pytest.raises(NotFound):
        other.doctors.get(doctor.id)
    assert other.doctors.all() == []
    assert other.doctors.find(doctor.id) is not None


@pytest.mark.gen_test
async def test_following_reads_no_doctor_who_has_not_changed(
    office: Office, faulty: FaultyStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor, (_, other) = await opened(office, faulty, 2)
    gone = await office.doctor(command_id="gone", name="Dr Gone")
    await other.doctors.refresh()
    await office.doctors.delete(gone.id, DESK)
    await other.doctors.refresh()
    other.clock.turn(hours=1)
    await other.doctors.refresh()
    read: list[object] = []
    find, get = faulty.find, faulty.get

    async def noted(method: Any, *given: Any, **named: Any) -> Any:
        found = await method(*given, **named)
        read.append(found)
        return found

    monkeypatch.setattr(faulty, "find", partial(noted, find))
    monkeypatch.setattr(faulty, "get", partial(noted, get))
    await other.doctors.refresh()
    assert read == [[]]
    assert await faulty.delete("doctors", doctor.id)
    await other.doctors.refresh()
    assert other.doctors.find(doctor.id) is None, "it was taken back, as one whose account could not be made"


@pytest.mark.gen_test
async def test_a_doctors_leaving_ends_the_bookings_ahead_and_tells_the_patients(office: Office) -> None:
    doctor, patient = await office.doctor(), await office.patient(command_id="p", phone="+12025550147")
    booked = await office.appointments.book(
        patient.id, doctor.id, await office.first_slot(doctor), actor=DESK, command_id="b"
    )
    await office.doctors.delete(doctor.id, DESK)
    left = await office.appointments.get(booked.appointment.id)
    assert (left.state, left.changed_by) == (BookingState.CANCELLED, "Desk")
    assert [message.kind for message in office.outbox.messages.values()] == ["cancelled"]


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["cancel", "reschedule", "delete the doctor"])
async def test_what_a_change_owes_is_told_though_the_database_goes_away(storage: Storage, how: str) -> None:
    office = Office(storage)
    doctor, patient = await office.doctor(), await office.patient(command_id="p", phone="+12025550123")
    start = await office.first_slot(doctor)
    booked = (await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id="b")).appointment
    office.outbox.down = True
    if how == "cancel":
        await office.appointments.cancel(booked.id, actor=DESK)
    elif how == "reschedule":
        await office.appointments.reschedule(booked.id, start + timedelta(hours=3), actor=DESK)
    else:
        await office.appointments.end_for_doctor(doctor, DESK)
    assert [message.kind for message in office.outbox.messages.values()] == ["booked"]
    office.outbox.down = False
    for _ in range(2):
        await office.appointments.settle_owed()
        [message] = office.outbox.messages.values()
        assert message.kind == ("booked" if how == "reschedule" else "cancelled")
        assert message.id != f"{booked.id}:booked:0"
    assert await storage.find("appointments", {"owed": In(["silence", "cancelled", "moved"])}) == []
