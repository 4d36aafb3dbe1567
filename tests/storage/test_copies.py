"""A copy of the database: whole or refused, the same documents on whichever home it is read into."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.storage import copies
from server.storage.port import Storage
from tests.storage.support import filled

pytestmark = pytest.mark.gen_test(timeout=60)

AT = datetime(2026, 3, 3, 9, 0, 0, 250_000, tzinfo=UTC)


async def emptied(storage: Storage, ids: list[str]) -> None:
    for id in ids:
        await storage.delete("patients", id)


async def test_what_was_written_is_read_back_with_its_types(storage: Storage, tmp_path: Path) -> None:
    ids = [f"p{number:03}" for number in range(copies.PAGE + 5)]
    documents = [filled("patients", id, rev=7, at=AT, big=2**40, names=["Ñandú", None, True, 1.5]) for id in ids]
    for document in documents:
        await storage.insert("patients", document)
    assert await copies.write(storage, tmp_path / "copy") == len(ids)
    await emptied(storage, ids)
    assert await copies.read(storage, tmp_path / "copy") == len(ids)
    found = [await storage.get("patients", id) for id in ids]
    assert found == documents
    with pytest.raises(copies.NotACopy, match="not empty"):
        await copies.read(storage, tmp_path / "copy")


async def test_half_a_copy_writes_nothing(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "AT_ONCE", 1)
    ids = ["a", "b", "c"]
    for id in ids:
        await storage.insert("patients", filled("patients", id))
    await copies.write(storage, tmp_path / "copy")
    await emptied(storage, ids)
    lines = gzip.decompress((tmp_path / "copy").read_bytes()).splitlines(keepends=True)
    (tmp_path / "half").write_bytes(gzip.compress(b"".join(lines[:-1])))
    with pytest.raises(copies.NotACopy, match="breaks off after 3"):
        await copies.read(storage, tmp_path / "half")
    assert await storage.find("patients", {}, sort="_id") == []
