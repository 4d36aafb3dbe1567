"""Reminders: each booked time once, hours before, in any number of processes, and never for what is cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from server.accounts.roles import Actor
from server.appointments.model import Appointment
from server.appointments.reminders import Reminders
from server.clock import ClinicTime
from server.sms.model import Kind
from server.storage.port import Storage
from tests.people.office import DESK, Office

PATIENT = Actor("account", "Robin Example", "patient")


def job(office: Office, hours: int = 24) -> Reminders:
    """A process that has just started."""
    zone = ClinicTime(office.appointments._clinic_time.zone)
    return Reminders(office.storage, office.clock, zone, office.patients, office.outbox, lambda: hours)


def turn_to(moment: datetime, *offices: Office) -> None:
    for office in offices:
        office.clock.turn(seconds=(moment - office.clock.now()).total_seconds())


def reminders(office: Office) -> list[str]:
    return [message.id for message in office.outbox.messages.values() if message.kind == Kind.REMINDER]


async def booked(office: Office, days: int = 2) -> Appointment:
    patient = await office.patient(command_id="patient", phone="+12025550147")
    doctor = await office.doctor(command_id="doctor")
    start = await office.first_slot(doctor) + timedelta(days=days)
    return (
        await office.appointments.book(patient.id, doctor.id, start, actor=DESK, command_id=f"book-{days}")
    ).appointment


@pytest.mark.gen_test
async def test_a_booking_is_reminded_of_once_and_in_time(office: Office) -> None:
    appointment = await booked(office)
    reminding = job(office)
    await reminding.run()
    assert reminders(office) == []
    turn_to(appointment.start - timedelta(hours=24) + timedelta(minutes=1), office)
    await reminding.run()
    await reminding.run()
    await job(office).run()
    assert reminders(office) == [f"{appointment.id}:reminder:0"]
    message = office.outbox.messages[f"{appointment.id}:reminder:0"]
    assert (message.expires_at, message.values) == (appointment.start, {"when": f"{appointment.start:%Y-%m-%d %H:%M}"})
    assert (message.appointment_id, message.ticket_id, message.to) == (appointment.id, "", "+12025550147")


@pytest.mark.gen_test
async def test_who_was_asleep_at_the_time_reminds_late_but_never_afterwards(office: Office) -> None:
    appointment = await booked(office)
    turn_to(appointment.start, office)
    await job(office).run()
    assert reminders(office) == []
    turn_to(appointment.start - timedelta(minutes=30), office)
    await job(office).run()
    assert len(reminders(office)) == 1


@pytest.mark.gen_test
async def test_the_cancelled_are_not_reminded_and_zero_hours_remind_nobody(office: Office) -> None:
    appointment = await booked(office)
    turn_to(appointment.start - timedelta(hours=2), office)
    await job(office, hours=0).run()
    assert reminders(office) == []
    await office.appointments.cancel(appointment.id, actor=PATIENT)
    await job(office).run()
    assert reminders(office) == []


@pytest.mark.gen_test
async def test_what_was_booked_within_the_hours_has_just_been_told(office: Office) -> None:
    await booked(office, days=0)
    await job(office).run()
    assert reminders(office) == []


@pytest.mark.gen_test
async def test_a_moved_booking_is_reminded_of_at_its_new_time(office: Office) -> None:
    appointment = await booked(office)
    turn_to(appointment.start - timedelta(hours=1), office)
    reminding = job(office)
    await reminding.run()
    moved = await office.appointments.reschedule(appointment.id, appointment.start + timedelta(days=3), actor=DESK)
    assert reminders(office) == []
    turn_to(moved.start - timedelta(hours=1), office)
    await reminding.run()
    assert reminders(office) == [f"{appointment.id}:reminder:1"]


@pytest.mark.gen_test
async def test_a_cancellation_in_the_very_moment_takes_the_reminder_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = await booked(office)
    turn_to(appointment.start - timedelta(hours=1), office)
    put = office.outbox.put

    async def cancelled_meanwhile(message: object) -> None:
        if getattr(message, "kind", "") == Kind.REMINDER:
            await office.appointments.cancel(appointment.id, actor=PATIENT)
        await put(message)  # type: ignore[arg-type]

    monkeypatch.setattr(office.outbox, "put", cancelled_meanwhile)
    await job(office).run()
    assert reminders(office) == []


@pytest.mark.gen_test
async def test_two_processes_ask_under_one_id(storage: Storage) -> None:
    one, other = Office(storage), Office(storage)
    appointment = await booked(one)
    turn_to(appointment.start - timedelta(hours=3), one, other)
    await job(one).run()
    await job(other).run()
    assert reminders(one) == reminders(other) == [f"{appointment.id}:reminder:0"]
