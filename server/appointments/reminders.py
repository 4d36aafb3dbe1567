"""The job that reminds of bookings some hours before they begin, each time of a booking once.

It keeps nothing that has to survive: every run looks at what is booked within the next hours and asks for the
texts under their own ids, so that a restart, a late run or a second process changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from server.appointments import texts
from server.appointments.model import Appointment, BookingState
from server.appointments.neighbours import Outbox, Patients
from server.appointments.store import AppointmentStore
from server.clock import ClinicTime, Clock
from server.storage.port import Storage

PAGE = 200


class Reminders:
    """`hours()` before a booking begins its patient is reminded; 0: nobody is."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        clinic_time: ClinicTime,
        patients: Patients,
        outbox: Outbox,
        hours: Callable[[], int],
    ) -> None:
        self._store = AppointmentStore(storage)
        self._clock = clock
        self._clinic_time = clinic_time
        self._patients = patients
        self._outbox = outbox
        self._hours = hours
        self._asked: dict[str, datetime] = {}

    async def run(self) -> None:
        """Ask for every reminder that is due. What this process asked for before is not asked for again."""
        now, lead = self._clock.now(), timedelta(hours=self._hours())
        self._asked = {id: start for id, start in self._asked.items() if start > now}
        cursor: str | None = None
        while lead:
            page, cursor = await self._store.page({}, (now, now + lead), cursor, PAGE)
            due = [one for one in page if _is_due(one, lead, now) and texts.reminder_id(one) not in self._asked]
            patients = await self._patients.get_many(one.patient_id for one in due)
            for appointment in due:
                if (patient := patients.get(appointment.patient_id)) is not None:
                    await self._outbox.put(texts.reminder(appointment, patient, self._clinic_time.zone))
                    await self._take_back_if_gone(appointment)
                self._asked[texts.reminder_id(appointment)] = appointment.start
            if cursor is None:
                return

    async def _take_back_if_gone(self, appointment: Appointment) -> None:
        """Cancelled or moved while the text was being asked for: whoever did that found no text to take back."""
        current = await self._store.get(appointment.id)
        if current is None or current.state is BookingState.CANCELLED or current.moves != appointment.moves:
            await self._outbox.retract(texts.reminder_id(appointment), "the appointment was cancelled or moved")


def _is_due(appointment: Appointment, lead: timedelta, now: datetime) -> bool:
    """Booked, not over, and booked or moved before the reminder's time: else the text about that has just told it."""
    remind_at = appointment.start - lead
    booked = appointment.state is BookingState.BOOKED
    return booked and remind_at <= now < appointment.start and appointment.changed_at < remind_at
