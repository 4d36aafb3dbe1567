"""Makes one record of two: what was meant is written down first, then carried out in steps that may be repeated.

There are no transactions: whatever a crash leaves, the intent says what is still to be done, and the next start or
the job does it. The record that goes stays as a stone that names the one that was kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from server.accounts.roles import Actor
from server.clock import Clock
from server.errors import DomainError, Invalid, NotFound, PatientInQueue, StorageUnavailable, WrongState
from server.patients.model import Patient
from server.patients.neighbours import Accounts, HeldTickets
from server.patients.store import PatientStore
from server.patients.union import Part, united
from server.storage import certain
from server.storage.port import Document, DuplicateKey, Storage

MERGES: Final = "merges"
# Whoever carries a merge out right now is left alone so long.
PATIENCE: Final = timedelta(minutes=1)
MOST_TRIES: Final = 20

Move = Callable[[str, str], Awaitable[None]]

log = structlog.get_logger("patients")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to become of two records. `filled`: the kept one has what it takes from the other."""

    other_id: str
    kept_id: str
    take: tuple[Part, ...]
    actor: Actor
    at: datetime
    filled: bool = False
    rev: int = 1


class Merging:
    """The collection `merges`: what is not done yet.

    `moves` bring what belongs to one patient id under another; `changed` hears of the kept record and `done` of the
    end, both perhaps twice.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        accounts: Accounts,
        queues: HeldTickets,
        moves: Sequence[Move],
        changed: Callable[[Patient], Awaitable[None]],
        done: Callable[[Intent], None],
    ) -> None:
        self._storage = storage
        self._store = PatientStore(storage)
        self._clock = clock
        self._accounts = accounts
        self._queues = queues
        self._moves = moves
        self._changed = changed
        self._done = done

    async def merge(self, kept_id: str, other_id: str, take: Sequence[Part], actor: Actor) -> Patient:
        """The kept record once the other is part of it; again on the same two finishes what is left.

        Raises NotFound, Invalid, PatientInQueue while the other is in a queue, WrongState where both can sign in.
        """
        if kept_id == other_id:
            raise Invalid.field("other_id", "is the same record; name the other one")
        kept, other = await self._here(kept_id), await self._found(other_id)
        if other.merged_into == kept_id and other.anonymised_at is not None:
            await self._finish_if_left(other_id)
            return await self._here(kept_id)
        intent = await self._intent(other_id)
        if intent is None:
            await self._check(kept, other)
            intent = Intent(other_id=other_id, kept_id=kept_id, take=tuple(take), actor=actor, at=self._clock.now())
            intent = await self._intend(intent)
        if intent.kept_id != kept_id:
            raise _busy()
        await self._carry_out(intent)
        return await self._here(kept_id)

    async def refuse_named(self, patient_id: str) -> None:
        """Raises WrongState while a merge names this record: it could not be told what is still to be erased."""
        kept = await self._storage.find(MERGES, {"kept_id": patient_id}, limit=1)
        if kept or await self._intent(patient_id) is not None:
            raise _busy("This record")

    async def resume(self, *, everything: bool = False) -> None:
        """Carry out what was cut off: everything at the start, by the job only what nobody is at work on."""
        for document in await self._storage.find(MERGES, {}):
            intent = _intent(document)
            if not everything and self._clock.now() < intent.at + PATIENCE:
                continue
            try:
                await self._carry_out(intent)
            except StorageUnavailable:
                raise
            except DomainError as refusal:
                log.warning("a merge was given up", kept=intent.kept_id, why=refusal.code)

    async def _check(self, kept: Patient, other: Patient) -> None:
        if other.gone:
            raise _no_more()
        self._refuse_in_queue(other.id)
        if await self._accounts.of_patient(kept.id) and await self._accounts.of_patient(other.id):
            detail = "Both records have an account to sign in with. Remove one of them under Users first."
            raise WrongState(detail, limit="two_accounts", state="two_accounts", by=None, at=None)

    def _refuse_in_queue(self, other_id: str) -> None:
        if self._queues.open_tickets_of(other_id):
            raise PatientInQueue("The record that goes is in a queue. Take it out first, or keep that one.")
        if self._queues.holds(other_id):
            detail = (
                "The record that goes was in a queue just now or has missed a call. Try again later, or keep that one."
            )
            raise PatientInQueue(detail, limit="just_in_queue")

    async def _intend(self, intent: Intent) -> Intent:
        """Write down what is meant. Raises WrongState where one of the two is part of another merge."""
        try:
            await certain.insert(self._storage, MERGES, _document(intent))
        except DuplicateKey:
            return await self._intent(intent.other_id) or intent
        chained = await self._storage.find(MERGES, {"kept_id": intent.other_id}, limit=1)
        if chained or await self._intent(intent.kept_id) is not None:
            await self._storage.delete(MERGES, intent.other_id)
            raise _busy()
        return intent

    async def _carry_out(self, intent: Intent) -> None:
        """Every step, in order; each may have been done before."""
        await self._change(intent.other_id, lambda other: replace(other, merged_into=intent.kept_id))
        if not intent.filled:
            await self._back_out_if_in_queue(intent)
            await self._fill(intent)
        await self._move(intent)
        now = self._clock.now()
        await self._change(intent.other_id, lambda other: replace(other.anonymised(now), merged_into=intent.kept_id))
        await self._store.forget_terms(intent.other_id)
        await self._move(intent)  # what was under way the first time
        await self._changed(await self._found(intent.kept_id))
        self._done(intent)
        await self._storage.delete(MERGES, intent.other_id)

    async def _back_out_if_in_queue(self, intent: Intent) -> None:
        """From the stone on nobody joins as the other; who was faster keeps their record."""
        try:
            self._refuse_in_queue(intent.other_id)
        except PatientInQueue:
            await self._back_out(intent)
            raise

    async def _back_out(self, intent: Intent) -> None:
        """Nothing was taken over yet: the other keeps their record."""
        await self._change(intent.other_id, lambda other: replace(other, merged_into=""))
        await self._storage.delete(MERGES, intent.other_id)

    async def _fill(self, intent: Intent) -> None:
        other = await self._found(intent.other_id)
        own = await self._accounts.of_patient(intent.kept_id)
        account = own or await self._accounts.of_patient(intent.other_id)

        def filled(kept: Patient) -> Patient:
            if kept.gone:  # who was made anonymous meanwhile gets no name and no number again
                raise _no_more()
            return replace(united(kept, other, intent.take), account_id=account.id if account else "")

        try:
            await self._change(intent.kept_id, filled)
        except NotFound:
            await self._back_out(intent)
            raise
        if account is not None and own is None:
            await self._accounts.hand_over(account.id, intent.kept_id)
        document = {**_document(intent), "filled": True}
        await certain.replace_if_unchanged(self._storage, MERGES, document)

    async def _move(self, intent: Intent) -> None:
        for move in self._moves:
            await move(intent.other_id, intent.kept_id)

    async def _finish_if_left(self, other_id: str) -> None:
        if (intent := await self._intent(other_id)) is not None:
            await self._carry_out(intent)

    async def _intent(self, other_id: str) -> Intent | None:
        document = await self._storage.get(MERGES, other_id)
        return _intent(document) if document else None

    async def _here(self, patient_id: str) -> Patient:
        patient = await self._found(patient_id)
        if patient.gone:
            raise _no_more(patient.merged_into)
        return patient

    async def _found(self, patient_id: str) -> Patient:
        patient = await self._store.get(patient_id)
        if patient is None:
            raise NotFound("There is no such patient.")
        return patient

    async def _change(self, patient_id: str, made: Callable[[Patient], Patient]) -> None:
        for _ in range(MOST_TRIES):
            before = await self._found(patient_id)
            after = made(before)
            if after == before or await self._store.replace(before, after):
                return
        raise StorageUnavailable("This record is being changed by many at once. Try again.")


def _no_more(merged_into: str = "") -> NotFound:
    return NotFound("There is no such patient any more.", merged_into=merged_into or None)


def _busy(which: str = "One of these records") -> WrongState:
    detail = f"{which} is being merged with another one. Try again in a moment."
    return WrongState(detail, limit="being_merged", state="being_merged", by=None, at=None)


def _document(intent: Intent) -> Document:
    return {
        "_id": intent.other_id,
        "rev": intent.rev,
        "kept_id": intent.kept_id,
        "take": [part.value for part in intent.take],
        "actor": asdict(intent.actor),
        "at": intent.at,
        "filled": intent.filled,
    }


def _intent(document: Document) -> Intent:
    return Intent(
        other_id=document["_id"],
        rev=document["rev"],
        kept_id=document["kept_id"],
        take=tuple(Part(part) for part in document["take"]),
        actor=Actor(**document["actor"]),
        at=document["at"],
        filled=document["filled"],
    )
