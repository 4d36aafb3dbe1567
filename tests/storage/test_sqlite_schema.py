"""The SQLite file follows the declarations from release to release, and the indexes serve what they are for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.storage import sqlite, sqlite_schema
from server.storage.indexes import COLLECTIONS, Index, indexed_fields
from server.storage.port import Condition, DuplicateKey, Range
from tests.storage.support import Home

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Declarations:
    """The declared collections, changed for one test as a new release would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def become(self, collection: str, *indexes: Index) -> None:
        self._monkeypatch.setitem(COLLECTIONS, collection, indexes)
        self.forget()

    @staticmethod
    def forget() -> None:
        indexed_fields.cache_clear()
        sqlite.statements.cache_clear()


@pytest.fixture
def declarations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Declarations]:
    yield Declarations(monkeypatch)
    monkeypatch.undo()
    Declarations.forget()


@pytest.mark.gen_test
async def test_a_field_newly_indexed_is_filled_from_the_documents(
    sqlite_home: Home, declarations: Declarations
) -> None:
    declarations.become("displays", Index(("order",), unique=True))
    storage = await sqlite_home.open()
    for number in range(5):
        document = {"_id": f"d{number}", "rev": 1, "order": str(number), "place": f"p{number % 2}", "seen": NOON}
        await storage.insert("displays", document)
    await storage.insert("displays", {"_id": "without", "rev": 1, "order": "9"})
    await storage.close()

    declarations.become("displays", Index(("order",), unique=True), Index(("place", "order")), Index(("seen",)))
    storage = await sqlite_home.open()
    found = await storage.find("displays", {"place": "p1"}, sort="order")
    assert [document["_id"] for document in found] == ["d1", "d3"]
    assert len(await storage.find("displays", {"seen": Range(lte=NOON)})) == 5
    assert await storage.get("displays", "without") == {"_id": "without", "rev": 1, "order": "9"}
    await storage.close()


@pytest.mark.gen_test
async def test_a_field_no_longer_indexed_may_come_back(sqlite_home: Home, declarations: Declarations) -> None:
    both = (Index(("order",), unique=True), Index(("place",), unique=True))
    declarations.become("displays", *both)
    storage = await sqlite_home.open()
    await storage.insert("displays", {"_id": "d", "rev": 1, "order": "1", "place": "hall"})
    await storage.close()

    declarations.become("displays", Index(("order",), unique=True))
    storage = await sqlite_home.open()
    await storage.replace_if_unchanged("displays", {"_id": "d", "rev": 1, "order": "1", "place": "desk"})
    await storage.insert("displays", {"_id": "e", "rev": 1, "order": "2", "place": "hall"})
    await storage.close()

    declarations.become("displays", *both)
    storage = await sqlite_home.open()
    assert [document["_id"] for document in await storage.find("displays", {"place": "desk"})] == ["d"]
    with pytest.raises(DuplicateKey):
        await storage.insert("displays", {"_id": "f", "rev": 1, "order": "3", "place": "hall"})
    await storage.close()


@pytest.mark.gen_test
async def test_a_collection_newly_declared(sqlite_home: Home, declarations: Declarations) -> None:
    await (await sqlite_home.open()).close()
    declarations.become("novelties", Index(("order",)))
    storage = await sqlite_home.open()
    await storage.insert("novelties", {"_id": "n", "order": "1"})
    assert await storage.get("novelties", "n") == {"_id": "n", "order": "1"}
    await storage.close()


@pytest.mark.gen_test
async def test_every_declared_index_serves_its_queries_without_scan_or_sort(sqlite_home: Home) -> None:
    storage = await sqlite_home.open()
    await storage.close()
    connection = sqlite3.connect(sqlite_home.settings.data_dir / "clinic.sqlite3")
    poor: list[str] = []
    for collection, indexes in COLLECTIONS.items():
        for index in indexes:
            *equal, last = index.fields
            queries: list[tuple[dict[str, Condition], str | None]] = [
                (dict.fromkeys(index.fields, "x"), None),
                (dict.fromkeys(equal, "x"), last),
                ({**dict.fromkeys(equal, "x"), last: Range(gt="x")}, last),
            ]
            for where, sort in queries:
                sql, values = sqlite.selection(collection, where)
                sql += f' ORDER BY "{sort}" DESC' if sort else ""
                plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 10", values)]
                scan = bool(where) and any("SCAN" in step for step in plan)
                if scan or any("TEMP B-TREE" in step for step in plan):
                    poor.append(f"{sql}: {plan}")
    connection.close()
    assert poor == []


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "clinic.sqlite3"
    sqlite_schema.prepare_file(path)
    connection = sqlite_schema.connect(path, writes=True)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()
