"""Finds records that may be one person's, a page of patients at a time, and remembers which are two people's after all.

The walk goes from the newest record to the oldest; each is held against those that share its number or its birth
date, found by their indexes. No page costs more than its patients, however many there are.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from server.errors import Invalid, NotFound
from server.patients.likeness import Alike, alike
from server.patients.model import Patient
from server.patients.store import PatientStore
from server.storage.port import DuplicateKey, In, Storage

DISTINCT = "distinct_patients"
AT_ONCE = 20
# A number that a whole clinic was given is no sign of one person: so many pairs of one record are enough to decide on.
MOST_OF_ONE = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person's, the older first, and what they have in common."""

    older: Patient
    newer: Patient
    alike: tuple[Alike, ...]


@dataclass(frozen=True, slots=True)
class PairPage:
    """What `looked_at` patients gave; `next_cursor` None: that was all."""

    pairs: tuple[Pair, ...]
    looked_at: int
    next_cursor: str | None


class Duplicates:
    """The collection `distinct_patients`, and a look over `patients`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._store = PatientStore(storage)

    async def page(self, cursor: str | None, limit: int) -> PairPage:
        """Hold `limit` patients against those older than each."""
        patients = await self._store.newest(cursor, limit)
        pairs: list[Pair] = []
        for first in range(0, len(patients), AT_ONCE):
            for found in await asyncio.gather(*map(self._pairs_of, patients[first : first + AT_ONCE])):
                pairs += found
        distinct = await self._distinct(pairs)
        shown: Counter[str] = Counter()
        kept: list[Pair] = []
        for pair in pairs:
            if _pair_id(pair.older.id, pair.newer.id) in distinct or shown[pair.newer.id] == MOST_OF_ONE:
                continue
            shown[pair.newer.id] += 1
            kept.append(pair)
        return PairPage(tuple(kept), len(patients), patients[-1].order if len(patients) == limit else None)

    async def tell_apart(self, patient_id: str, other_id: str) -> None:
        """These are two people: they are not shown again. Raises NotFound, Invalid for one and the same."""
        if patient_id == other_id:
            raise Invalid.field("other_id", "is the same record; name the other one")
        if len(await self._store.get_many((patient_id, other_id))) < 2:
            raise NotFound("There is no such patient.")
        try:
            await self._storage.insert(DISTINCT, {"_id": _pair_id(patient_id, other_id)})
        except DuplicateKey:
            return  # said before

    async def _pairs_of(self, patient: Patient) -> list[Pair]:
        if patient.gone:
            return []
        sharing = await self._store.sharing(patient.phone, patient.date_of_birth)
        older = sorted((one for one in sharing.values() if one.order < patient.order), key=lambda one: one.order)
        return [Pair(one, patient, why) for one in older if not one.gone and (why := alike(one, patient))]

    async def _distinct(self, pairs: list[Pair]) -> set[str]:
        ids = [_pair_id(pair.older.id, pair.newer.id) for pair in pairs]
        found: set[str] = set()
        for first in range(0, len(ids), 200):
            documents = await self._storage.find(DISTINCT, {"_id": In(ids[first : first + 200])}, limit=200)
            found |= {document["_id"] for document in documents}
        return found


def _pair_id(one: str, other: str) -> str:
    return "|".join(sorted((one, other)))
