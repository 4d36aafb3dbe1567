"""Use cases of appointments: free times, book, move, cancel, check in.

Two requests for one time, in one process or in several, are told apart by the unique slot in the
database; nothing is decided by what was read before. Texts go out after the write, which says what is owed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from weakref import WeakValueDictionary

from server.accounts.roles import Actor, Role
from server.appointments import rules, texts
from server.appointments.checking_in import CheckIns
from server.appointments.model import Appointment, BookingState, Owed, PatientShown, Place, view
from server.appointments.neighbours import Doctors, Outbox, Patients, Queues
from server.appointments.store import AppointmentStore, SlotInUse
from server.appointments.telling import Telling
from server.clock import ClinicTime, Clock, iso
from server.doctors.closures import Closed, ClosedOn
from server.doctors.hours import Slot
from server.doctors.model import Doctor
from server.errors import IdempotencyKeyReused, NotFound, StorageUnavailable, WrongState
from server.ids import derived_id
from server.patients.model import Patient
from server.queue.model import Ticket
from server.sms.model import Kind, News
from server.storage.port import DuplicateKey, Storage

MOST_TRIES = 20
PAGE = 200


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking; `replayed` if the same request had made it before."""

    appointment: Appointment
    replayed: bool


class AppointmentService:
    """Every use case of a booking. `on_change` is told of every saved one; the application sets it."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        clinic_time: ClinicTime,
        doctors: Doctors,
        patients: Patients,
        queues: Queues,
        outbox: Outbox,
        closed: ClosedOn = rules.never_closed,
    ) -> None:
        self._store = AppointmentStore(storage)
        self._clock = clock
        self._clinic_time = clinic_time
        self._doctors = doctors
        self._patients = patients
        self._queues = queues
        self._telling = Telling(self._store, patients, outbox, clock, clinic_time)
        self.settle_owed = self._telling.settle_owed
        self._check_ins = CheckIns(patients, queues, clock, clinic_time, get=self.get, change=self._change)
        self.check_in = self._check_ins.check_in
        self.check_in_as = self._check_ins.check_in_as
        self.undo_check_in = self._check_ins.undo
        self._closed = closed
        self.on_change: Callable[[], None] = lambda: None
        # One patient's bookings wait for one another, so that they are counted right.
        self._booking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def today(self) -> date:
        """The clinic's calendar date."""
        return self._clock.now().astimezone(self._clinic_time.zone).date()

    def why_closed(self, doctor_id: str, day: date, language: str) -> Closed | None:
        """Why nobody can be booked with the doctor on that day; None: it is a day like others. Raises NotFound."""
        return rules.why_closed(self._doctors.get(doctor_id), day, self._closed, language)

    async def free_slots(self, doctor_id: str, day: date) -> list[Slot]:
        """The doctor's times on the clinic's date `day` that can still be booked. Raises NotFound."""
        doctor = self._doctors.get(doctor_id)
        kept = await self._kept(doctor_id, day)
        return rules.free_slots(doctor, day, kept, self._clinic_time, self._clock.now(), self._closed)

    async def book(
        self,
        patient_id: str,
        doctor_id: str,
        start: datetime,
        *,
        actor: Actor,
        command_id: str,
        tell: bool = True,
    ) -> Booked:
        """Book the time that begins at `start`; unless `tell`, the patient gets no text about it now.

        Raises NotFound, Invalid on `start`, SlotTaken, IdempotencyKeyReused, and Forbidden once patients have
        booked as many as they may.
        """
        async with self._booking.setdefault(patient_id, asyncio.Lock()):
            return await self._book(patient_id, doctor_id, start, actor, command_id, tell)

    async def _book(
        self, patient_id: str, doctor_id: str, start: datetime, actor: Actor, command_id: str, tell: bool
    ) -> Booked:
        appointment_id = derived_id("appointment", command_id)
        request_hash = hashlib.sha256(f"{patient_id}\x1f{doctor_id}\x1f{iso(start)}".encode()).hexdigest()
        if existing := await self._store.get(appointment_id):
            return await self._again(existing, request_hash)
        doctor = self._doctors.get(doctor_id)
        patient = await self._patients.get(patient_id)
        now = self._clock.now()
        slot = rules.bookable(doctor, start, self._clinic_time, now, self._closed)
        rules.refuse_overlap(slot, await self._kept(doctor_id, self._date(start)), appointment_id)
        if actor.role == Role.PATIENT:
            rules.refuse_many(await self._store.of_patient_from(patient_id, now))
        appointment = Appointment(
            id=appointment_id,
            patient_id=patient.id,
            doctor_id=doctor_id,
            start=slot.start,
            end=slot.end,
            created_at=now,
            changed_at=now,
            changed_by=actor.name,
            request_hash=request_hash,
            owed=Owed.BOOKED if tell else Owed.NOTHING,
        )
        try:
            await self._store.insert(appointment)
        except SlotInUse:
            raise rules.taken(start) from None
        except DuplicateKey:
            return await self._again(await self.get(appointment_id), request_hash)
        self.on_change()
        return Booked(await self._telling.tell(appointment), replayed=False)

    async def check(self, doctor_id: str, start: datetime) -> None:
        """Raise what `book` would, and write nothing."""
        slot = rules.bookable(self._doctors.get(doctor_id), start, self._clinic_time, self._clock.now(), self._closed)
        rules.refuse_overlap(slot, await self._kept(doctor_id, self._date(start)), "")

    async def at(self, doctor_id: str, start: datetime) -> Appointment | None:
        """Whatever keeps the doctor's time that begins at `start`."""
        return await self._store.at(doctor_id, start)

    async def made_by(self, command_id: str) -> Appointment | None:
        """What `book` made under this command, whatever has become of it."""
        return await self._store.get(derived_id("appointment", command_id))

    async def cancel(self, appointment_id: str, *, actor: Actor) -> Appointment:
        """Give the time back at once. Raises NotFound, WrongState."""
        owed = Owed.SILENCE if actor.role == Role.PATIENT else Owed.CANCELLED
        appointment = await self._change(
            appointment_id,
            lambda booked: replace(rules.cancelled(booked, actor.name, self._clock.now()), owed=owed),
        )
        await self._telling.tell(appointment)
        return appointment

    async def reschedule(
        self,
        appointment_id: str,
        start: datetime,
        *,
        doctor_id: str | None = None,
        seen: Place | None = None,
        actor: Actor,
    ) -> Appointment:
        """Move to another time, in one write that frees the old one.

        Raises NotFound, Invalid on `start`, SlotTaken, and WrongState also if it is no longer where it was `seen`.
        """
        before = await self.get(appointment_id)
        doctor = self._doctors.get(doctor_id or before.doctor_id)
        now = self._clock.now()
        if before.state is BookingState.BOOKED and (before.doctor_id, before.start) == (doctor.id, start):
            return before
        rules.may_move(before)
        rules.refuse_moved(before, seen, self._clinic_time)
        slot = rules.bookable(doctor, start, self._clinic_time, now, self._closed)
        rules.refuse_overlap(slot, await self._kept(doctor.id, self._date(start)), appointment_id)

        def move(booked: Appointment) -> Appointment:
            moved = replace(rules.rescheduled(booked, doctor.id, slot, actor.name, now), owed=Owed.MOVED)
            rules.refuse_moved(booked, seen, self._clinic_time)
            return moved

        try:
            moved = await self._change(appointment_id, move)
        except SlotInUse:
            raise rules.taken(start) from None
        await self._telling.tell(moved)
        return moved

    async def get(self, appointment_id: str) -> Appointment:
        """The appointment. Raises NotFound."""
        appointment = await self._store.get(appointment_id)
        if appointment is None:
            raise NotFound("There is no such appointment.")
        return appointment

    async def still_true(self, appointment_id: str, kind: Kind, moves: int) -> bool:
        """Whether a text about the booking still holds, right before it is sent. Raises StorageUnavailable."""
        return texts.still_true(kind, await self._store.get(appointment_id), moves)

    async def news(self, appointment_id: str, kind: Kind, moves: int) -> News | None:
        """What a text about the booking would tell if staff sent it again now; None: nothing that is news."""
        appointment = await self._store.get(appointment_id)
        return texts.news(kind, appointment, moves, self._clock.now())

    async def page(
        self,
        *,
        doctor_id: str | None,
        patient_id: str | None,
        day: date | None,
        state: BookingState | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[Appointment], str | None]:
        """One page and the next cursor: a day's by time, else the latest start first. A page may be short."""
        equal = {"patient_id": patient_id} if patient_id else {"doctor_id": doctor_id} if doctor_id else {}
        between = rules.day_bounds(day, self._clinic_time) if day else None
        found, following = await self._store.page(
            {key: value for key, value in equal.items() if value}, between, cursor, limit
        )
        kept = [
            appointment
            for appointment in found
            if doctor_id in (None, appointment.doctor_id) and state in (None, appointment.state)
        ]
        return kept, following

    async def views(self, appointments: Sequence[Appointment], *, staff: bool) -> list[dict[str, Any]]:
        """The appointments as JSON, for staff with their patients."""
        patients = await self._patients.get_many(one.patient_id for one in appointments) if staff else {}
        tickets = await asyncio.gather(*(self._check_ins.last_ticket(appointment) for appointment in appointments))
        return [
            self._view(appointment, patients.get(appointment.patient_id), ticket)
            for appointment, ticket in zip(appointments, tickets, strict=True)
        ]

    async def view(self, appointment: Appointment, *, staff: bool) -> dict[str, Any]:
        """One appointment as JSON."""
        return (await self.views([appointment], staff=staff))[0]

    async def end_for_patient(self, patient_id: str, actor: Actor) -> None:
        """Cancel what a patient who is being anonymised has booked; nobody is told."""
        for appointment in await self._store.of_patient_from(patient_id, self._clock.now()):
            if appointment.state is BookingState.BOOKED:
                await self._cancel_if_booked(appointment, actor, Owed.SILENCE)

    async def move_patient(self, patient_id: str, to: str) -> None:
        """Bring every appointment, past ones too, under another record of the same patient."""
        while found := (await self._store.page({"patient_id": patient_id}, None, None, PAGE))[0]:
            for appointment in found:
                await self._change(appointment.id, lambda one: replace(one, patient_id=to))

    async def end_for_doctor(self, doctor: Doctor, actor: Actor) -> None:
        """Cancel what is booked with a doctor who is being deleted; the patients are told."""
        for appointment in await self._store.of_doctor(doctor.id, self._clock.now()):
            if appointment.state is BookingState.BOOKED:
                await self._cancel_if_booked(appointment, actor, Owed.CANCELLED)

    async def _again(self, existing: Appointment, request_hash: str) -> Booked:
        """The same request again: the booking it made is the answer, and what it still owes is told."""
        if existing.request_hash != request_hash:
            raise IdempotencyKeyReused("This Idempotency-Key booked another time. Use a new key.")
        return Booked(await self._telling.tell(existing), replayed=True)

    async def _cancel_if_booked(self, appointment: Appointment, actor: Actor, owed: Owed) -> None:
        with suppress(WrongState):
            cancelled = await self._change(
                appointment.id,
                lambda booked: replace(rules.cancelled(booked, actor.name, self._clock.now()), owed=owed),
            )
            await self._telling.tell(cancelled)

    async def _kept(self, doctor_id: str, day: date) -> list[Appointment]:
        return await self._store.of_doctor(doctor_id, *rules.day_bounds(day, self._clinic_time))

    async def _change(self, appointment_id: str, made: Callable[[Appointment], Appointment]) -> Appointment:
        for _ in range(MOST_TRIES):
            before = await self.get(appointment_id)
            after = made(before)
            if after == before:
                return before
            if saved := await self._store.replace(after):
                self.on_change()
                return saved
        raise StorageUnavailable("This appointment is being changed by many at once. Try again.")

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self._clinic_time.zone).date()

    def _view(self, appointment: Appointment, patient: Patient | None, ticket: Ticket | None) -> dict[str, Any]:
        doctor = self._doctors.find(appointment.doctor_id)
        shown = PatientShown(patient.id, patient.name, patient.phone_masked) if patient else None
        state = ticket.state.value if ticket else None
        return view(appointment, doctor.name if doctor else "", shown, state)
