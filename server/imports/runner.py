"""Carries out imports chunk by chunk, the dry run and the real one alike; the same chunk twice changes nothing.

What is made has an id made from its row, and how far a run has come is written after every chunk: what a crash cut
off is looked at again and found. The loop is given back between a few rows, so that no queue waits for an import.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from server.appointments.rules import HORIZON
from server.clock import ClinicTime, Clock, iso
from server.errors import Invalid, NotFound, SlotTaken
from server.ids import derived_id, new_id
from server.imports.columns import ImportKind
from server.imports.model import ACTIVE, Counts, Import, ImportState, Refusal
from server.imports.neighbours import Appointments, Doctors, Patients
from server.imports.rows import AppointmentRow, PatientRow, Person, names_doctor, read_appointment, read_patient
from server.imports.run import Run
from server.imports.store import Chunk, ImportStore
from server.patients.likeness import contradict
from server.patients.model import Patient
from server.patients.record import Desk
from server.storage.port import Storage

AT_ONCE: Final = 10

# What becomes of a row: made, there already, or the reasons why not.
Outcome = str | Refusal
CREATED: Final = "created"
KNOWN: Final = "known"
REFERENCE_TAKEN: Final = "reference_taken"

A = TypeVar("A")
T = TypeVar("T")


class ImportRunner:
    """`ended` hears of every real run that came to its end. `sole`: no other process works on this database."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        patients: Patients,
        doctors: Doctors,
        appointments: Appointments,
        ended: Callable[[Import], Awaitable[None]],
        *,
        country: str,
        clinic_time: ClinicTime,
        sole: bool,
    ) -> None:
        self._store = ImportStore(storage)
        self._clock = clock
        self._patients = patients
        self._doctors = doctors
        self._appointments = appointments
        self._ended = ended
        self._country = country
        self._clinic_time = clinic_time
        self._sole = sole
        self._owner = new_id()
        self._stopping = False

    async def run(self) -> None:
        """Job: take up whatever is under way and in nobody's hands, and bring it to its end."""
        for item in await self._store.active():
            if self._stopping:
                return
            free = replace(item, leased_until=None) if self._sole else item
            if (leased := free.leased(self._owner, self._clock.now())) and (mine := await self._store.replace(leased)):
                await self._carry_out(mine)

    def stop(self) -> None:
        """End after the chunk in hand; the next start goes on from there."""
        self._stopping = True

    async def _carry_out(self, item: Import) -> None:
        if item.state is ImportState.CHECKING and item.next_chunk:
            # Whom the rows before named is known to nobody any more, and a check costs little.
            item = item.checking(item.choices, self._clock.now())
        run = Run(item)
        while run.item.state in ACTIVE and not self._stopping:
            item = run.item
            chunk = await self._store.chunk(item.id, item.next_chunk)
            if chunk is None:
                return  # removed meanwhile
            look_at = self._patients_in if item.kind is ImportKind.PATIENTS else self._appointments_in
            outcomes = await look_at(run, chunk)
            refused = [one for one in outcomes if isinstance(one, Refusal)]
            await self._store.note_refused(chunk, refused)
            counts = Counts(outcomes.count(CREATED), outcomes.count(KNOWN), len(refused))
            after = item.advanced(len(chunk.rows), counts, self._clock.now())
            if after.state is ImportState.DONE:
                await self._ended(after)
            saved = await self._store.replace(after)
            if saved is None:
                return  # begun anew, or in other hands
            run.item, run.again = saved, False
        if run.item.to_be_shortened:
            await self._store.keep_refused_only(run.item)

    # Patients

    async def _patients_in(self, run: Run, chunk: Chunk) -> list[Outcome]:
        rows = [
            await self._paced(read_patient(row, cells, run.width, run.item.choices, self._desk()), at)
            for at, (row, cells) in enumerate(chunk.rows)
        ]
        known = await self._imported(row.person.id for row in rows if isinstance(row, PatientRow))
        outcomes: list[Outcome] = []
        fresh: list[tuple[int, PatientRow]] = []
        for at, row in enumerate(rows):
            if isinstance(row, Refusal):
                outcomes.append(row)
                continue
            existing = known.get(row.person.id)
            if run.belies(row.person) or (existing and _is_another(existing, row)):
                outcomes.append(Refusal(row.row, (REFERENCE_TAKEN,)))
                continue
            twice = run.has_met(row.person)
            outcomes.append(KNOWN if twice or (existing and not run.made(existing.created_at)) else CREATED)
            if not twice and existing is None:
                fresh.append((at, row))
        there = await _few_at_once([row for _, row in fresh], self._is_there)
        for (at, _), is_there in zip(fresh, there, strict=True):
            if is_there:
                outcomes[at] = KNOWN
        if run.item.state is ImportState.RUNNING:
            new = [row.patient for (_, row), is_there in zip(fresh, there, strict=True) if not is_there]
            await _few_at_once(new, self._patients.add)
        return outcomes

    async def _is_there(self, row: PatientRow) -> bool:
        person = row.person
        return bool(await self._patients.like(person.name, person.phone, person.date_of_birth))

    # Appointments

    async def _appointments_in(self, run: Run, chunk: Chunk) -> list[Outcome]:
        """One after another: two rows may want one time."""
        rows = [
            await self._paced(read_appointment(row, cells, run.width, run.item.choices, self._desk()), at)
            for at, (row, cells) in enumerate(chunk.rows)
        ]
        found = await self._imported(row.person.id for row in rows if isinstance(row, AppointmentRow))
        imported = {id: patient for id, patient in found.items() if not patient.gone}
        return [row if isinstance(row, Refusal) else await self._booking(run, row, imported) for row in rows]

    async def _booking(self, run: Run, row: AppointmentRow, imported: dict[str, Patient]) -> Outcome:
        now = self._clock.now()
        doctors = [doctor.id for doctor in self._doctors.all() if names_doctor(row.doctor, doctor.name)]
        known = imported.get(row.person.id)
        patients = [known.id] if known else await self._like(row.person)
        wrong = {
            REFERENCE_TAKEN: known is not None and row.person.by_reference and contradict(known, row.person),
            "patient_unknown": not patients,
            "patient_unclear": len(patients) > 1,
            "doctor_unknown": not doctors,
            "doctor_unclear": len(doctors) > 1,
            "past": row.start <= now,
            "too_far": row.start > now + HORIZON,
        }
        if any(wrong.values()):
            return Refusal(row.row, tuple(reason for reason, so in wrong.items() if so))
        return await self._book(run, row, patients[0], doctors[0])

    async def _like(self, person: Person) -> list[str]:
        if not person.name:
            return []
        return [patient.id for patient in await self._patients.like(person.name, person.phone, person.date_of_birth)]

    async def _book(self, run: Run, row: AppointmentRow, patient_id: str, doctor_id: str) -> Outcome:
        time, command_id = (
            f"{doctor_id}:{iso(row.start)}",
            derived_id("imported", patient_id, doctor_id, iso(row.start)),
        )
        if run.has_seen(f"{time}:{patient_id}"):
            return KNOWN
        if run.has_seen(time):
            return Refusal(row.row, ("taken",))
        book = self._appointments
        if existing := await book.made_by(command_id) or await book.at(doctor_id, row.start):
            if existing.patient_id != patient_id:
                return Refusal(row.row, ("taken",))
            return CREATED if run.made(existing.created_at) else KNOWN
        item = run.item
        try:
            if item.state is ImportState.RUNNING:
                await book.book(
                    patient_id, doctor_id, row.start, actor=item.actor, command_id=command_id, tell=item.choices.tell
                )
            else:
                await book.check(doctor_id, row.start)
        except SlotTaken:
            return Refusal(row.row, ("taken",))
        except Invalid:
            return Refusal(row.row, ("no_slot",))
        except NotFound:
            return Refusal(row.row, ("patient_unknown",))  # gone meanwhile, or the doctor is
        return CREATED

    async def _imported(self, ids: Iterable[str]) -> dict[str, Patient]:
        """Whom imports have made under these ids, or the record that has taken their place."""
        found = await self._patients.get_many(ids)
        kept = await self._patients.get_many({one.merged_into for one in found.values() if one.merged_into})
        return {id: kept.get(one.merged_into, one) for id, one in found.items()}

    async def _paced(self, read: T, at: int) -> T:
        """What was read, after the loop was given back now and then: reading a phone number takes a while."""
        if at % AT_ONCE == 0:
            await asyncio.sleep(0)
        return read

    def _desk(self) -> Desk:
        return Desk(self._country, self._clinic_time.zone, self._clock.now())


def _is_another(existing: Patient, row: PatientRow) -> bool:
    """Whether the row's number is somebody else's here; of the very same row nothing is but corrected since."""
    same_row = existing.request_hash == row.patient.request_hash
    return row.person.by_reference and not same_row and contradict(existing, row.person)


async def _few_at_once(items: Sequence[A], work: Callable[[A], Awaitable[T]]) -> list[T]:
    """What `work` gives for each, in order; so few at a time that others' writes come in between.

    Nothing of it is under way any more when this raises.
    """
    results: list[T] = []
    for first in range(0, len(items), AT_ONCE):
        some = await asyncio.gather(*map(work, items[first : first + AT_ONCE]), return_exceptions=True)
        for one in some:
            if isinstance(one, BaseException):
                raise one
            results.append(one)
    return results
