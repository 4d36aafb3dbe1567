"""Use cases around a patient: register, find, change, confirm the number, anonymise.

Registering writes terms, patient and account in that order: whatever a crash leaves is a patient as
reception could have registered it, and the same Idempotency-Key finishes the rest. Other services come
in through the constructor, typed by what is asked of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from server.accounts.roles import Actor, Role
from server.clock import ClinicTime, Clock
from server.errors import (
    DomainError,
    Faults,
    IdempotencyKeyReused,
    Invalid,
    NotFound,
    PatientInQueue,
    StorageUnavailable,
    WrongState,
)
from server.ids import derived_id
from server.patients.likeness import same_person
from server.patients.model import NewPatient, Patient, PatientChanges, next_code, try_code
from server.patients.neighbours import Accounts, Login, OpenTickets, Outbox
from server.patients.record import Desk, build, change, may_send_code, request_hash, wants_code, with_code
from server.patients.store import PatientStore
from server.patients.terms import needs_of
from server.queue.model import PatientCopy
from server.sms.model import Kind, NewMessage, expiry
from server.storage.port import DuplicateKey, Storage

# A change that loses against another writer is made again on what that one wrote; nobody loses this often.
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration; `replayed` if the same request had made it before."""

    patient: Patient
    replayed: bool


@dataclass(frozen=True, slots=True)
class PatientPage:
    """One page of a list, with the cursor of the next (None: the last page)."""

    patients: tuple[Patient, ...]
    next_cursor: str | None


async def _nobody_listens(patient: Patient) -> None:
    return None


async def _nothing_to_end(patient_id: str, actor: Actor) -> None:
    return None


class PatientService:
    """Every use case of a patient's record. `country` is the one that numbers without + belong to.

    `on_change` is told of every saved change (open tickets hold a copy); `before_anonymise` refuses, or
    ends what still lies ahead of the patient. The application sets both.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        clinic_time: ClinicTime,
        accounts: Accounts,
        outbox: Outbox,
        queues: OpenTickets,
        *,
        country: str,
    ) -> None:
        self._store = PatientStore(storage)
        self._clock = clock
        self._clinic_time = clinic_time
        self._accounts = accounts
        self._outbox = outbox
        self._queues = queues
        self._country = country
        self.on_change: Callable[[Patient], Awaitable[None]] = _nobody_listens
        self.before_anonymise: Callable[[str, Actor], Awaitable[None]] = _nothing_to_end

    async def get(self, patient_id: str) -> Patient:
        """The patient. Raises NotFound, also for one who was anonymised or merged into another."""
        patient = await self.find(patient_id)
        _refuse_gone(patient)
        return patient

    async def find(self, patient_id: str) -> Patient:
        """The patient, also an anonymised one. Raises NotFound."""
        patient = await self._store.get(patient_id)
        if patient is None:
            raise NotFound("There is no such patient.")
        return patient

    async def get_many(self, patient_ids: Iterable[str]) -> dict[str, Patient]:
        """Those of `patient_ids` that exist, anonymised ones included."""
        return await self._store.get_many(patient_ids)

    async def register(self, new: NewPatient, *, command_id: str) -> Registered:
        """Make a patient and, if a username is given, the account to sign in with.

        Raises Invalid naming every wrong field, `username` if it is taken, and IdempotencyKeyReused.
        """
        patient_id = derived_id("patient", command_id)
        if existing := await self._store.get(patient_id):
            return await self._finish(existing, new)
        patient = await self._checked(new, patient_id)
        code = _new_code() if wants_code(patient) else ""
        if code:
            patient = next_code(patient, code, patient.created_at)
        try:
            await self._store.insert(patient)
        except DuplicateKey:
            return await self._finish(await self.find(patient_id), new)
        await self._make_account(patient, new)
        if code:
            await self._send_code(patient, code)
        return Registered(patient, replayed=False)

    async def add(self, patient: Patient) -> None:
        """Keep a record made elsewhere, as by an import; one that exists under its id stays as it is."""
        with suppress(DuplicateKey):
            await self._store.insert(patient)

    async def like(self, name: str, phone: str, date_of_birth: str | None) -> list[Patient]:
        """Those whose record is this person's (`likeness.same_person`); `phone` is E.164 or empty."""
        found = await self._store.sharing(phone, date_of_birth)
        return [each for each in found.values() if not each.gone and same_person(each, name, phone, date_of_birth)]

    async def walk_in(
        self, *, name: str, phone: str | None, sms_consent: bool, language: str, command_id: str
    ) -> PatientCopy:
        """Register somebody at the desk who goes straight into a queue; the desk asked for the number."""
        new = NewPatient(name=name, phone=phone, sms_consent=sms_consent, language=language, number_confirmed=True)
        return (await self.register(new, command_id=command_id)).patient.copy_for_queue()

    async def for_queue(self, patient_id: str) -> PatientCopy:
        """What a queue keeps of the patient. Raises NotFound."""
        return (await self.get(patient_id)).copy_for_queue()

    async def update(self, patient_id: str, changes: PatientChanges, *, by_patient: bool = False) -> Patient:
        """Make `changes`; a number that patients change themselves gets a code. Raises Invalid, NotFound."""
        code = ""

        def made(before: Patient) -> Patient:
            nonlocal code
            after = change(before, changes, self._desk())
            reachable = (after.phone, after.sms_consent) != (before.phone, before.sms_consent)
            code = (
                _new_code()
                if by_patient and reachable and wants_code(after) and may_send_code(after, self._clock.now())
                else ""
            )
            return next_code(after, code, self._clock.now()) if code else after

        patient = await self._change(patient_id, made)
        if code:
            await self._send_code(patient, code)
        await self.on_change(patient)
        return patient

    async def send_code(self, patient_id: str) -> Patient:
        """Send a new code to the patient's number. Raises Invalid (no number, no consent), WrongState, SlowDown."""
        code = _new_code()
        patient = await self._change(patient_id, lambda patient: with_code(patient, code, self._clock.now()))
        await self._send_code(patient, code)
        return patient

    async def confirm_number(self, patient_id: str, code: str) -> Patient:
        """Confirm the number with the code that was sent to it. Raises Invalid on `code`; a try is counted."""
        refusal: Invalid | None = None

        def attempt(patient: Patient) -> Patient:
            nonlocal refusal
            if patient.number_confirmed:
                refusal = None
                return patient
            tried, refusal = try_code(patient, code, self._clock.now())
            return tried

        patient = await self._change(patient_id, attempt)
        if refusal:
            raise refusal
        await self.on_change(patient)
        return patient

    async def reset_password(self, patient_id: str) -> Login:
        """A one-time password for the patient's account. Raises WrongState if there is no account."""
        account = await self._accounts.of_patient((await self.get(patient_id)).id)
        if account is None:
            raise WrongState("This patient has no account to sign in with.", state="no_account", by=None, at=None)
        return await self._accounts.reset_password(account.id)

    async def anonymise(self, patient_id: str, actor: Actor) -> None:
        """Remove everything personal, the account and what lies ahead. Again on the same patient finishes the rest.

        Raises PatientInQueue while the patient waits anywhere, WrongState while a merge names the record.
        """
        await self.find(patient_id)
        if self._queues.open_tickets_of(patient_id):
            raise PatientInQueue("This patient is in a queue. Take them out of it first.")
        await self.before_anonymise(patient_id, actor)
        await self._accounts.delete_of_patient(patient_id)
        await self._change(patient_id, lambda patient: patient.anonymised(self._clock.now()), gone_too=True)
        await self._store.forget_terms(patient_id)

    async def newest(self, cursor: str | None, limit: int) -> PatientPage:
        """Patients as they were registered, newest first."""
        found = await self._store.newest(cursor, limit + 1)
        page = found[:limit]
        return PatientPage(
            tuple(patient for patient in page if not patient.gone),
            page[-1].order if len(found) > limit else None,
        )

    async def these(self, ids: Sequence[str]) -> PatientPage:
        """The patients with these ids, without those who are gone."""
        found = await self._store.get_many(ids)
        return PatientPage(tuple(found[id] for id in ids if id in found and not found[id].gone), None)

    async def search(self, query: str, cursor: str | None, limit: int) -> PatientPage:
        """Patients by words of the name, digits of the phone number, or birth date (`terms.needs_of`)."""
        needs = needs_of(query)
        if not needs:
            return PatientPage((), None)
        found = await self._store.search(needs, cursor, limit)
        return PatientPage(found.patients, found.next_term)

    def _desk(self) -> Desk:
        return Desk(self._country, self._clinic_time.zone, self._clock.now())

    async def _finish(self, existing: Patient, new: NewPatient) -> Registered:
        """The same request again: what a crash cut off is done now, and the patient it made is the answer."""
        _refuse_gone(existing)
        if existing.request_hash != request_hash(new):
            raise IdempotencyKeyReused("This Idempotency-Key registered another patient. Use a new key.")
        if existing.account_id and await self._accounts.of_patient(existing.id) is None:
            await self._make_account(existing, new)
            if wants_code(existing):
                code = _new_code()
                again = await self._change(
                    existing.id, lambda patient: next_code(replace(patient, code=None), code, self._clock.now())
                )
                await self._send_code(again, code)
        return Registered(existing, replayed=True)

    async def _checked(self, new: NewPatient, patient_id: str) -> Patient:
        """The patient `new` describes. Raises Invalid naming every wrong field, those of the account too."""
        faults = Faults()
        username, password = new.username, new.password
        patient = faults.read(lambda: build(new, patient_id, self._desk()), None)
        if username is not None and password is not None:
            faults.read(lambda: self._accounts.check_new(username, password, Role.PATIENT, patient_id=patient_id), None)
        faults.settle()
        if username is not None and not await self._accounts.is_free(username):
            raise Invalid.field("username", "is taken; choose another one")
        assert patient is not None  # else there was a fault
        return patient

    async def _make_account(self, patient: Patient, new: NewPatient) -> None:
        if new.username is None or new.password is None:
            return
        try:
            await self._accounts.create(
                username=new.username,
                password=new.password,
                role=Role.PATIENT,
                name=patient.name,
                patient_id=patient.id,
                id=patient.account_id,
            )
        except StorageUnavailable:
            raise  # perhaps it was made: the same key finishes what is left
        except DomainError:
            # Somebody took the username in between, or too many people sign in: nothing is registered.
            await self._store.remove(patient)
            raise

    async def _send_code(self, patient: Patient, code: str) -> None:
        if patient.code is None:
            return
        await self._outbox.put(
            NewMessage(
                id=f"{patient.id}:{Kind.CODE}:{patient.code.number}",
                kind=Kind.CODE,
                to=patient.phone,
                language=patient.language,
                patient_id=patient.id,
                expires_at=expiry(Kind.CODE, patient.code.sent_at),
                consent=patient.sms_consent,
                confirmed=patient.number_confirmed,
                values={"code": code},
            )
        )

    async def _change(self, patient_id: str, made: Callable[[Patient], Patient], *, gone_too: bool = False) -> Patient:
        for _ in range(MOST_TRIES):
            before = await (self.find if gone_too else self.get)(patient_id)
            after = made(before)
            if after == before:
                return before
            if saved := await self._store.replace(before, after):
                return saved
        raise StorageUnavailable("This record is being changed by many at once. Try again.")


def _refuse_gone(patient: Patient) -> None:
    """Raises NotFound for a record that nothing can be done with any more."""
    if patient.merged_into:
        detail = "This record was merged into another one of the same patient."
        raise NotFound(detail, merged_into=patient.merged_into)
    if patient.anonymised_at:
        raise NotFound("There is no such patient any more: the record was anonymised.")


def _new_code() -> str:
    return f"{secrets.randbelow(1_000_000):06d}"
