"""What may be booked and what may be done with a booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.appointments import rules
from server.appointments.model import Appointment, BookingState, PatientShown, view
from server.clock import ClinicTime, iso
from server.doctors.hours import Slot, default_hours
from server.doctors.model import Doctor, Kind
from server.errors import AlreadyQueued, Forbidden, Invalid, SlotTaken, WrongState
from server.queue.model import PatientCopy, Priority, Source, State, Step, Ticket

MADRID = ClinicTime(ZoneInfo("Europe/Madrid"))
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # Monday, 11:00 in Madrid
TUESDAY = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)  # 09:00 in Madrid
QUARTER = timedelta(minutes=15)
RAO = Doctor("d" * 22, "1", Kind.DOCTOR, "Dr Rao", "Cardiology", "3", ("3",), "A", 15, default_hours())


def appointment(start: datetime = TUESDAY, minutes: int = 15, **changed: object) -> Appointment:
    made = Appointment("a" * 22, "p" * 22, RAO.id, start, start + timedelta(minutes=minutes), NOW, NOW, "Desk")
    return replace(made, **changed)  # type: ignore[arg-type]


def field(refusal: pytest.ExceptionInfo[Invalid]) -> str:
    return refusal.value.errors[0].field


def test_a_time_of_the_doctors_hours_can_be_booked() -> None:
    assert rules.bookable(RAO, TUESDAY, MADRID, NOW) == Slot(TUESDAY, TUESDAY + QUARTER)


@pytest.mark.parametrize(
    "start",
    [
        NOW,
        NOW - timedelta(days=1),
        TUESDAY + timedelta(minutes=5),
        TUESDAY - QUARTER,
        TUESDAY + timedelta(days=4),
        TUESDAY + timedelta(days=91),
    ],
)
def test_no_other_time_can(start: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.bookable(RAO, start, MADRID, NOW)
    assert field(refusal) == "start"


def test_free_slots_leave_out_the_past_and_what_is_taken() -> None:
    today = rules.free_slots(RAO, date(2026, 3, 2), [], MADRID, NOW)
    assert today[0].start == NOW + QUARTER
    kept = [appointment(), appointment(TUESDAY + QUARTER, state=BookingState.CANCELLED)]
    tuesday = rules.free_slots(RAO, date(2026, 3, 3), kept, MADRID, NOW)
    assert tuesday[0].start == TUESDAY + QUARTER
    assert rules.free_slots(RAO, date(2026, 3, 7), [], MADRID, NOW) == []
    assert rules.free_slots(RAO, date(2026, 6, 2), [], MADRID, NOW) == []


def test_a_longer_booking_from_before_a_change_of_hours_takes_all_it_needs() -> None:
    kept = [appointment(TUESDAY + timedelta(minutes=10), minutes=25)]
    tuesday = rules.free_slots(RAO, date(2026, 3, 3), kept, MADRID, NOW)
    assert tuesday[0].start == TUESDAY + timedelta(minutes=45)
    with pytest.raises(SlotTaken):
        rules.refuse_overlap(Slot(TUESDAY + QUARTER, TUESDAY + 2 * QUARTER), kept, "another")
    rules.refuse_overlap(Slot(TUESDAY + QUARTER, TUESDAY + 2 * QUARTER), kept, kept[0].id)


def test_the_day_of_a_clock_change_has_its_own_length() -> None:
    begin, end = rules.day_bounds(date(2026, 3, 29), MADRID)
    assert end - begin == timedelta(hours=23)


def test_cancelling_gives_the_time_back() -> None:
    booked = appointment()
    cancelled = rules.cancelled(booked, "Robin", NOW)
    assert booked.slot == f"{RAO.id}:2026-03-03T08:00:00+00:00"
    assert cancelled.slot == cancelled.id
    assert (cancelled.changed_by, cancelled.changed_at) == ("Robin", NOW)


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.CHECKED_IN])
def test_only_a_booked_one_can_be_cancelled_or_moved(state: BookingState) -> None:
    slot = Slot(TUESDAY + QUARTER, TUESDAY + 2 * QUARTER)
    with pytest.raises(WrongState) as refusal:
        rules.cancelled(appointment(state=state), "Robin", NOW)
    assert refusal.value.extra == {"state": state.value, "by": "Desk", "at": "2026-03-02T10:00:00+00:00"}
    with pytest.raises(WrongState):
        rules.rescheduled(appointment(state=state), RAO.id, slot, "Robin", NOW)


def test_moving_changes_time_doctor_and_count_and_to_the_same_time_nothing() -> None:
    slot = Slot(TUESDAY + QUARTER, TUESDAY + 2 * QUARTER)
    moved = rules.rescheduled(appointment(), "other", slot, "Robin", NOW)
    assert (moved.doctor_id, moved.start, moved.end, moved.moves) == ("other", slot.start, slot.end, 1)
    same = Slot(TUESDAY, TUESDAY + QUARTER)
    assert rules.rescheduled(appointment(), RAO.id, same, "Robin", NOW) == appointment()


def ticket(state: State, source: Source = Source.APPOINTMENT) -> Ticket:
    patient = PatientCopy("p" * 22, "Robin Example")
    steps = (Step(State.WAITING, NOW, NOW, "Desk"), Step(state, NOW + QUARTER, None, "Dr Rao"))
    return Ticket("t" * 22, "A007", 1, patient, source, Priority.NORMAL, NOW, steps)


@pytest.mark.parametrize("state", [None, *(state for state in State if state is not State.DONE)])
def test_a_booking_is_checked_in_again_unless_the_patient_was_seen(state: State | None) -> None:
    rules.may_check_in(appointment(), ticket(state) if state else None)


def test_who_was_seen_is_not_checked_in_again() -> None:
    with pytest.raises(WrongState) as refusal:
        rules.may_check_in(appointment(), ticket(State.DONE))
    assert refusal.value.extra == {"state": "done", "by": "Dr Rao", "at": iso(NOW + QUARTER)}


def test_who_was_transferred_waits_there() -> None:
    with pytest.raises(AlreadyQueued) as refusal:
        rules.may_check_in(appointment(), ticket(State.CALLED, Source.TRANSFER))
    assert refusal.value.extra["ticket_code"] == "A007"
    rules.may_check_in(appointment(), ticket(State.NO_SHOW, Source.TRANSFER))


def test_a_refusal_says_who_and_when_and_null_where_nobody_knows() -> None:
    cancelled = appointment(state=BookingState.CANCELLED)
    for by in ("Desk", ""):
        with pytest.raises(WrongState) as refusal:
            rules.may_check_in(replace(cancelled, changed_by=by), None)
        assert refusal.value.extra == {"state": "cancelled", "by": by or None, "at": iso(NOW)}
        assert "()" not in refusal.value.detail


def test_a_patient_books_ten_times_ahead_without_the_desk() -> None:
    ahead = [appointment(TUESDAY + QUARTER * number) for number in range(10)]
    rules.refuse_many([*ahead[1:], appointment(state=BookingState.CANCELLED)])
    with pytest.raises(Forbidden) as refusal:
        rules.refuse_many(ahead)
    assert refusal.value.extra == {"limit": "bookings_ahead"}


def test_checked_in_keeps_the_ticket_and_the_time() -> None:
    there = rules.checked_in(appointment(), "ticket", "Desk", NOW)
    assert (there.state, there.ticket_id, there.slot) == (BookingState.CHECKED_IN, "ticket", appointment().slot)
    with pytest.raises(WrongState):
        rules.checked_in(appointment(state=BookingState.CANCELLED), "ticket", "Desk", NOW)


def test_only_staff_see_whose_it_is() -> None:
    shown = view(appointment(), "Dr Rao", PatientShown("p" * 22, "Robin", "•••• 0147"), None)
    assert shown["patient"] == {"id": "p" * 22, "name": "Robin", "phone_masked": "•••• 0147"}
    assert "patient" not in view(appointment(), "Dr Rao", None, None)
    assert shown["ticket_id"] is None
