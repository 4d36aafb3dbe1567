"""Thousands of random steps on each home, compared with a dictionary that obeys the port's words."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.storage.port import Condition, Document, DuplicateKey, In, Range, Storage
from tests.storage.support import filled

STEPS = 500
EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COLLECTION = "appointments"


class Model:
    """What the storage should hold: documents by id, `order` and `slot` unique."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}

    def broken_by(self, document: Document, *, inserting: bool) -> tuple[str, ...]:
        if inserting and document["_id"] in self.documents:
            return ("_id",)
        others = [other for id, other in self.documents.items() if id != document["_id"]]
        return tuple(field for field in ("order", "slot") if any(other[field] == document[field] for other in others))

    def find(self, where: dict[str, Condition], sort: str | None, *, descending: bool, limit: int) -> list[Document]:
        found = [document for document in self.documents.values() if _meets(document, where)]
        if sort is not None:
            found.sort(key=lambda document: document[sort], reverse=descending)
            return found[:limit]
        return found


def _meets(document: Document, where: dict[str, Condition]) -> bool:
    for field, condition in where.items():
        value = document[field]
        if isinstance(condition, In):
            if value not in condition.values:
                return False
        elif isinstance(condition, Range):
            bounds: list[tuple[Any, Callable[[Any, Any], bool]]] = [
                (condition.gte, lambda a, b: a >= b),
                (condition.gt, lambda a, b: a > b),
                (condition.lte, lambda a, b: a <= b),
                (condition.lt, lambda a, b: a < b),
            ]
            if not all(holds(value, bound) for bound, holds in bounds if bound is not None):
                return False
        elif value != condition:
            return False
    return True


class Walk:
    """One random walk; every choice comes from the seed."""

    def __init__(self, storage: Storage, seed: int) -> None:
        self.storage = storage
        self.model = Model()
        self.random = random.Random(seed)

    def id(self) -> str:
        return f"a{self.random.randrange(40)}"

    def document(self, id: str) -> Document:
        pick = self.random
        return filled(
            COLLECTION,
            id,
            rev=1,
            order=f"o{pick.randrange(60):02d}",
            slot=f"s{pick.randrange(60):02d}",
            doctor_id=pick.choice(("d1", "d2", "d3")),
            patient_id=pick.choice(("p1", "p2", "")),
            start=EPOCH + timedelta(minutes=pick.randrange(500)),
            notes=[{"n": pick.random(), "flag": pick.random() < 0.5, "none": None}] * pick.randrange(4),
        )

    async def insert(self) -> None:
        document = self.document(self.id())
        broken = self.model.broken_by(document, inserting=True)
        if not broken:
            await self.storage.insert(COLLECTION, document)
            self.model.documents[document["_id"]] = document
            return
        with pytest.raises(DuplicateKey) as refused:
            await self.storage.insert(COLLECTION, document)
        assert refused.value.fields[0] in broken

    async def replace(self) -> None:
        id = self.id()
        stored = self.model.documents.get(id)
        stale = self.random.random() < 0.2
        document = {**self.document(id), "rev": (stored["rev"] if stored else 1) - stale}
        broken = self.model.broken_by(document, inserting=False)
        if stored is None or stale:
            assert await self.storage.replace_if_unchanged(COLLECTION, document) is False
        elif broken:
            with pytest.raises(DuplicateKey) as refused:
                await self.storage.replace_if_unchanged(COLLECTION, document)
            assert refused.value.fields[0] in broken
        else:
            assert await self.storage.replace_if_unchanged(COLLECTION, document) is True
            self.model.documents[id] = {**document, "rev": document["rev"] + 1}

    async def delete(self) -> None:
        id = self.id()
        assert await self.storage.delete(COLLECTION, id) is (self.model.documents.pop(id, None) is not None)

    async def get(self) -> None:
        id = self.id()
        assert await self.storage.get(COLLECTION, id) == self.model.documents.get(id)

    async def revs(self) -> None:
        ids = [self.id() for _ in range(5)]
        documents = self.model.documents
        assert await self.storage.revs(COLLECTION, ids) == {id: documents[id]["rev"] for id in ids if id in documents}

    async def find(self) -> None:
        pick = self.random
        bounds = {pick.choice(("gte", "gt")): f"o{pick.randrange(60):02d}", pick.choice(("lte", "lt")): "o50"}
        queries: list[tuple[dict[str, Condition], str | None]] = [
            ({}, "order"),
            ({"order": Range(**bounds)}, "order"),
            ({"doctor_id": "d1"}, "order"),
            ({"doctor_id": "d2", "order": Range(**bounds)}, "order"),
            ({"patient_id": "", "doctor_id": In(["d1", "d3"])}, "order"),
            ({"slot": In([f"s{pick.randrange(60):02d}" for _ in range(8)])}, None),
            ({"_id": Range(gte=self.id())}, "_id"),
        ]
        where, sort = pick.choice(queries)
        descending, limit = pick.random() < 0.5, pick.choice((1, 3, 200))
        limit = 200 if sort is None else limit
        found = await self.storage.find(COLLECTION, where, sort=sort, descending=descending, limit=limit)
        expected = self.model.find(where, sort, descending=descending, limit=limit)
        if sort is None:
            found.sort(key=lambda document: str(document["_id"]))
            expected.sort(key=lambda document: str(document["_id"]))
        assert found == expected


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_steps_end_where_the_model_ends(storage: Storage, seed: int) -> None:
    walk = Walk(storage, seed)
    steps = [walk.insert, walk.insert, walk.replace, walk.replace, walk.delete, walk.get, walk.revs, walk.find]
    for _ in range(STEPS):
        await walk.random.choice(steps)()
    everything = await storage.find(COLLECTION, {}, sort="order")
    assert everything == walk.model.find({}, "order", descending=False, limit=200)
    assert len(everything) > 5
