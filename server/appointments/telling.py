"""Tells patients of their bookings: booked, moved, cancelled.

Every change writes down what it owes: what was not told, because the server was killed or the database went away, is
told later.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from server.appointments import texts
from server.appointments.model import Appointment, BookingState, Owed
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

    async def tell(self, appointment: Appointment) -> Appointment:
        """Tell what the change owes, now if the database lets it; the change itself is done either way.

        Answers the appointment as it is then.
        """
        try:
            return await self._settle(appointment)
        except StorageUnavailable:
            log.warning("an appointment's texts wait for the database", appointment=appointment.id)
            return appointment

    async def _settle(self, appointment: Appointment) -> Appointment:
        """Tell what is owed, and note that it is told. The texts have ids of their own: twice is no harm."""
        match appointment.owed:
            case Owed.NOTHING:
                return appointment
            case Owed.BOOKED:
                await self._booked(appointment)
            case Owed.MOVED:
                await self._take_back_all(appointment, before=appointment.moves, why="the appointment was moved")
                await self._booked(appointment)
            case Owed.SILENCE | Owed.CANCELLED:
                why = "the appointment was cancelled"
                await self._take_back_all(appointment, before=appointment.moves + 1, why=why)
                if appointment.owed is Owed.CANCELLED:
                    await self._cancelled(appointment)
        # Somebody who has changed it meanwhile owes the rest.
        return await self._store.replace(replace(appointment, owed=Owed.NOTHING)) or appointment

    async def _take_back_all(self, appointment: Appointment, *, before: int, why: str) -> None:
        """Of what told earlier times, the texts that have not left; each stands under the number of moves then."""
        for moves in range(before):
            earlier = replace(appointment, moves=moves)
            for id in (texts.booked_id(earlier), texts.reminder_id(earlier)):
                await self._outbox.retract(id, why)

    async def _booked(self, appointment: Appointment) -> None:
        """Tell the time; whoever has come meanwhile knows it."""
        if appointment.state is not BookingState.BOOKED:
            return
        if patient := await self._told(appointment):
            await self._outbox.put(texts.booked(appointment, patient, self._clinic_time.zone, self._clock.now()))

    async def _cancelled(self, appointment: Appointment) -> None:
        if patient := await self._told(appointment):
            await self._outbox.put(texts.cancelled(appointment, patient, self._clock.now()))

    async def _told(self, appointment: Appointment) -> Patient | None:
        return (await self._patients.get_many([appointment.patient_id])).get(appointment.patient_id)
