"""Use cases around doctors and teams. All of them are held in memory: every view and every join asks for one.

With several processes on one database, `refresh` picks up what another one changed. Other services come in
through the constructor or as callbacks, typed by what is asked of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import timedelta

from server.accounts.roles import Actor, Role
from server.clock import Clock
from server.doctors.letters import first_free
from server.doctors.model import Doctor, DoctorChanges, NewDoctor, build, change
from server.doctors.neighbours import Accounts
from server.doctors.store import DoctorStore, LetterTaken
from server.encoding import encode
from server.errors import (
    DomainError,
    IdempotencyKeyReused,
    Invalid,
    NotFound,
    PatientInQueue,
    StorageUnavailable,
)
from server.ids import derived_id, order_key
from server.storage.port import DuplicateKey, Storage

MOST_TRIES = 20
PAGE = 200
# The order of doctors made elsewhere is that of another machine's clock.
CLOCKS_DIFFER = timedelta(minutes=10)


async def _nobody_listens(doctor_id: str) -> None:
    return None


async def _nothing_to_end(doctor: Doctor, actor: Actor) -> None:
    return None


async def _no_queue(doctor_id: str) -> bool:
    return False


class DoctorService:
    """Every use case of a doctor's record.

    `on_change` is told of every saved change, also of a deletion (the queue's day holds a copy);
    `occupied` asks the queue, joins under way included; `before_delete` ends the bookings. The application
    sets them.
    """

    def __init__(self, storage: Storage, clock: Clock, accounts: Accounts) -> None:
        self._store = DoctorStore(storage)
        self._clock = clock
        self._accounts = accounts
        self._doctors: dict[str, Doctor] = {}
        self._leaving: set[str] = set()
        self._looked = clock.now()
        self.on_change: Callable[[str], Awaitable[None]] = _nobody_listens
        self.before_delete: Callable[[Doctor, Actor], Awaitable[None]] = _nothing_to_end
        self.occupied: Callable[[str], Awaitable[bool]] = _no_queue

    async def start(self) -> None:
        """Load every doctor; before this there are none."""
        self._looked = self._clock.now()
        self._doctors = {doctor.id: doctor for doctor in await self._store.all()}

    async def refresh(self) -> None:
        """Take over what other processes changed, and say so to `on_change`.

        Asks for the `rev` of those who are here, who may have been taken back too, and for those made since the last
        look; whoever was deleted changes no more.
        """
        now = self._clock.now()
        here = [doctor.id for doctor in self._doctors.values() if not doctor.deleted]
        revs = await self._store.revs(here)
        for id in here:
            if id not in revs:
                del self._doctors[id]
                await self.on_change(id)
            elif revs[id] > self._doctors[id].rev and (changed := await self._store.get(id)) is not None:
                await self._remember(changed)
        for doctor in await self._store.all(after=order_key(self._looked - CLOCKS_DIFFER, "")):
            if doctor.id not in self._doctors:
                await self._remember(doctor)
        self._looked = now

    def get(self, doctor_id: str) -> Doctor:
        """The doctor. Raises NotFound, also for one who was deleted or is being deleted."""
        doctor = self._doctors.get(doctor_id)
        if doctor is None or not self._is_here(doctor):
            raise NotFound("There is no such doctor.")
        return doctor

    def find(self, doctor_id: str) -> Doctor | None:
        """The doctor, also a deleted one: past appointments still name them."""
        return self._doctors.get(doctor_id)

    def all(self) -> list[Doctor]:
        """Every doctor who is not deleted, in the order they were made."""
        return sorted((doctor for doctor in self._doctors.values() if self._is_here(doctor)), key=lambda it: it.order)

    async def create(self, new: NewDoctor, *, command_id: str) -> tuple[Doctor, bool]:
        """Make a doctor, with the next free letter if none is asked for, and the account if a username is given.

        Answers the doctor and whether the same request had made it before. Raises Invalid, IdempotencyKeyReused.
        """
        doctor_id = derived_id("doctor", command_id)
        doctor = build(new, id=doctor_id, order=order_key(self._clock.now(), doctor_id), request_hash=_hash(new))
        if existing := await self._store.get(doctor_id):
            if existing.request_hash != doctor.request_hash:
                raise IdempotencyKeyReused("This Idempotency-Key made another doctor. Use a new key.")
            await self._make_account(existing, new)
            return await self._remember(existing), True
        if new.username is not None and new.password is not None:
            await self._check_account(doctor, new.username, new.password)
        doctor = await self._insert(doctor)
        await self._make_account(doctor, new)
        return await self._remember(doctor), False

    async def update(self, doctor_id: str, changes: DoctorChanges) -> Doctor:
        """Make `changes`. Raises Invalid, NotFound."""
        return await self._change(doctor_id, lambda doctor: change(doctor, changes))

    async def delete(self, doctor_id: str, actor: Actor) -> None:
        """Take the doctor out: the letter is free again, bookings are cancelled, the accounts are gone.

        From then on `get` refuses the doctor, so that nobody joins or books any more; whoever was faster is
        found, and the doctor stays. Raises PatientInQueue while anybody is in the queue.
        """
        doctor = self.get(doctor_id)
        await self._refuse_if_occupied(doctor)
        self._leaving.add(doctor_id)
        try:
            await self._refuse_if_occupied(doctor)
            await self.before_delete(doctor, actor)
            await self._delete_accounts(doctor_id)
            await self._change(doctor_id, lambda doctor: replace(doctor, deleted=True))
        finally:
            self._leaving.discard(doctor_id)
        await self.before_delete(doctor, actor)  # a booking may have been under way the first time

    async def _refuse_if_occupied(self, doctor: Doctor) -> None:
        if await self.occupied(doctor.id):
            raise PatientInQueue(f"Patients are in the queue of {doctor.name}. Finish or transfer them first.")

    def _is_here(self, doctor: Doctor) -> bool:
        return not doctor.deleted and doctor.id not in self._leaving

    async def _insert(self, doctor: Doctor) -> Doctor:
        """Insert under the wished letter or the first free one; another process may take one meanwhile."""
        taken = {other.letter for other in self._doctors.values() if not other.deleted}
        while True:
            candidate = doctor if doctor.letter else replace(doctor, letter=first_free(taken))
            try:
                await self._store.insert(candidate)
            except LetterTaken:
                if doctor.letter:
                    raise _letter_taken(doctor.letter) from None
                taken.add(candidate.letter)
            except DuplicateKey:
                stored = await self._store.get(doctor.id)
                if stored is None:
                    raise StorageUnavailable from None
                return stored
            else:
                return candidate

    async def _check_account(self, doctor: Doctor, username: str, password: str) -> None:
        self._accounts.check_new(username, password, Role.DOCTOR, doctor.id)
        if not await self._accounts.is_free(username):
            raise Invalid.field("username", "is taken; choose another one")

    async def _delete_accounts(self, doctor_id: str) -> None:
        """Whoever signs in as this doctor; a clinic has few doctors' accounts, so all of them are looked through."""
        before: str | None = None
        while page := await self._accounts.page(Role.DOCTOR, before, PAGE):
            for account in page:
                if account.doctor_id == doctor_id:
                    await self._accounts.delete(account.id)
            before = page[-1].order

    async def _make_account(self, doctor: Doctor, new: NewDoctor) -> None:
        if new.username is None or new.password is None:
            return
        try:
            await self._accounts.create(
                username=new.username,
                password=new.password,
                role=Role.DOCTOR,
                name=doctor.name,
                doctor_id=doctor.id,
                id=derived_id("account", doctor.id),
            )
        except StorageUnavailable:
            raise  # perhaps it was made: the same key finishes what is left
        except DomainError:
            # Somebody took the username in between: no doctor is made.
            await self._store.remove(doctor.id)
            raise

    async def _change(self, doctor_id: str, made: Callable[[Doctor], Doctor]) -> Doctor:
        for _ in range(MOST_TRIES):
            before = await self._store.get(doctor_id)
            if before is None or before.deleted:
                raise NotFound("There is no such doctor.")
            after = made(before)
            if after == before:
                return before
            try:
                saved = await self._store.replace(after)
            except LetterTaken:
                raise _letter_taken(after.letter) from None
            if saved:
                return await self._remember(replace(after, rev=after.rev + 1))
        raise StorageUnavailable("This doctor is being changed by many at once. Try again.")

    async def _remember(self, doctor: Doctor) -> Doctor:
        known = self._doctors.get(doctor.id)
        if known is None or known.rev <= doctor.rev:
            self._doctors[doctor.id] = doctor
            if known != doctor:
                await self.on_change(doctor.id)
        return doctor


def _letter_taken(letter: str) -> Invalid:
    return Invalid.field("letter", f"{letter} belongs to another doctor; leave it out and a free one is given")


def _hash(new: NewDoctor) -> str:
    """What tells a repeated request from another; without the password, which no fast hash may hold."""
    return hashlib.sha256(encode({**asdict(new), "password": None}).encode()).hexdigest()
