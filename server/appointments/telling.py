"""Tells patients of their bookings: booked, moved, cancelled.

A move and a cancellation write down what is owed: what was not told, because the server was killed or the database went
away, is told later. A new booking owes nothing, so that its text can be lost that way.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from server.appointments import texts
from server.appointments.model import Appointment, Owed
from server.appointments.neighbours import Outbox, Patients
from server.appointments.store import AppointmentStore
from server.clock import ClinicTime, Clock
from server.errors import StorageUnavailable
from server.patients.model import Patient

OWED_AT_ONCE = 100

log = structlog.get_logger("appointments")


class Telling:
    """The texts about bookings."""

    def __init__(
        self, store: AppointmentStore, patients: Patients, outbox: Outbox, clock: Clock, clinic_time: ClinicTime
    ) -> None:
        self._store = store
        self._patients = patients
        self._outbox = outbox
        self._clock = clock
        self._clinic_time = clinic_time

    async def settle_owed(self) -> None:
        """Job: tell what a crash or a database that went away left untold."""
        for appointment in await self._store.owed(OWED_AT_ONCE):
            await self._settle(appointment)

    async def tell(self, appointment: Appointment) -> None:
        """Tell what the change owes, now if the database lets it; the change itself is done either way."""
        try:
            await self._settle(appointment)
        except StorageUnavailable:
            log.warning("an appointment's texts wait for the database", appointment=appointment.id)

    async def _settle(self, appointment: Appointment) -> None:
        """Tell what is owed, and note that it is told. The texts have ids of their own: twice is no harm."""
        if appointment.owed is Owed.NOTHING:
            return
        moved = appointment.owed is Owed.MOVED
        # What told an earlier time stands under the number of moves it had then.
        for moves in range(appointment.moves + (not moved)):
            why = "the appointment was moved" if moved else "the appointment was cancelled"
            await self._take_back(replace(appointment, moves=moves), why)
        if moved:
            await self.booked(appointment)
        elif appointment.owed is Owed.CANCELLED:
            await self._cancelled(appointment)
        # Somebody who has changed it meanwhile owes the rest.
        await self._store.replace(replace(appointment, owed=Owed.NOTHING))

    async def _take_back(self, appointment: Appointment, reason: str) -> None:
        """Of the texts that tell the appointment's time, those that have not left."""
        for id in (texts.booked_id(appointment), texts.reminder_id(appointment)):
            await self._outbox.retract(id, reason)

    async def booked(self, appointment: Appointment) -> None:
        """Tell the time; the same booking again is told once."""
        if patient := await self._told(appointment):
            await self._outbox.put(texts.booked(appointment, patient, self._clinic_time.zone, self._clock.now()))

    async def _cancelled(self, appointment: Appointment) -> None:
        if patient := await self._told(appointment):
            await self._outbox.put(texts.cancelled(appointment, patient, self._clock.now()))

    async def _told(self, appointment: Appointment) -> Patient | None:
        return (await self._patients.get_many([appointment.patient_id])).get(appointment.patient_id)
