"""The embedded home when its disk, its file or its directory is not as it should be."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import StorageUnavailable
from server.storage import sqlite_schema
from server.storage.port import CannotOpenStorage
from server.storage.sqlite import SqliteStorage
from tests.storage.support import Home

pytestmark = pytest.mark.gen_test(timeout=60)


def file_of(home: Home) -> Path:
    return home.settings.data_dir / "clinic.sqlite3"


async def test_a_lost_file_is_not_written_into_and_heals_when_it_is_back(sqlite_home: Home) -> None:
    storage = await sqlite_home.open()
    await storage.insert("settings", {"_id": "before", "rev": 1})
    directory = sqlite_home.settings.data_dir
    elsewhere = directory.with_name("elsewhere")
    directory.rename(elsewhere)
    with pytest.raises(StorageUnavailable):
        await storage.insert("settings", {"_id": "lost", "rev": 1})
    with pytest.raises(StorageUnavailable):
        await storage.get("settings", "before")
    with pytest.raises(StorageUnavailable):
        await storage.ping()
    assert not directory.exists()
    elsewhere.rename(directory)
    await storage.ping()
    await storage.insert("settings", {"_id": "after", "rev": 1})
    assert await storage.revs("settings", ["before", "lost", "after"]) == {"before": 1, "after": 1}
    await storage.close()


async def test_a_file_put_back_from_a_copy_is_the_one_that_is_used(sqlite_home: Home) -> None:
    storage = await sqlite_home.open()
    await storage.insert("settings", {"_id": "old", "rev": 1})
    await storage.close()
    copy = file_of(sqlite_home).with_name("copy")
    shutil.copy(file_of(sqlite_home), copy)
    storage = await sqlite_home.open()
    await storage.insert("settings", {"_id": "new", "rev": 1})
    for name in ("clinic.sqlite3-wal", "clinic.sqlite3-shm"):
        file_of(sqlite_home).with_name(name).unlink()
    copy.rename(file_of(sqlite_home))
    assert await storage.get("settings", "new") is None
    await storage.insert("settings", {"_id": "newer", "rev": 1})
    await storage.close()
    storage = await sqlite_home.open()
    assert await storage.revs("settings", ["old", "new", "newer"]) == {"old": 1, "newer": 1}
    await storage.close()


async def test_another_program_that_holds_the_file_is_outlived(
    sqlite_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_schema, "BUSY_SECONDS", 0.1)
    storage = await sqlite_home.open()
    other = sqlite3.connect(file_of(sqlite_home), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writes = [storage.insert("settings", {"_id": f"s{number}", "rev": 1}) for number in range(3)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
    assert await storage.get("settings", "s0") is None
    with pytest.raises(StorageUnavailable):
        await storage.ping()
    other.execute("ROLLBACK")
    other.close()
    await storage.ping()
    await storage.insert("settings", {"_id": "s0", "rev": 1})
    assert await storage.revs("settings", ["s0", "s1", "s2"]) == {"s0": 1}
    await storage.close()


async def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.storage.full_disk", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, *_, last = done.stdout.splitlines()
    assert int(first.removeprefix("refused ")) > 0
    assert last == "kept"


async def test_a_damaged_file_is_told_from_an_empty_one(sqlite_home: Home) -> None:
    file_of(sqlite_home).parent.mkdir()
    file_of(sqlite_home).write_bytes(b"this is no database" * 1000)
    with pytest.raises(CannotOpenStorage, match=r"clinic\.sqlite3 cannot be opened: file is not a database"):
        await sqlite_home.open()
    file_of(sqlite_home).unlink()
    await (await sqlite_home.open()).close()


async def test_a_file_of_another_program_is_left_alone(sqlite_home: Home) -> None:
    file_of(sqlite_home).parent.mkdir()
    other = sqlite3.connect(file_of(sqlite_home))
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(CannotOpenStorage, match="belongs to another program"):
        await sqlite_home.open()


async def test_a_file_of_a_newer_release_is_left_alone(sqlite_home: Home) -> None:
    await (await sqlite_home.open()).close()
    other = sqlite3.connect(file_of(sqlite_home))
    other.execute(f"PRAGMA user_version = {sqlite_schema.FORMAT + 1}")
    other.close()
    with pytest.raises(CannotOpenStorage, match="newer release"):
        await sqlite_home.open()


async def test_a_start_that_was_cut_off_is_done_again(sqlite_home: Home) -> None:
    file_of(sqlite_home).parent.mkdir()
    file_of(sqlite_home).touch()
    storage = await sqlite_home.open()
    await storage.insert("settings", {"_id": "s", "rev": 1})
    await storage.close()


async def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(CannotOpenStorage, match="cannot be used"):
        await SqliteStorage.open(tmp_path / "data")
    with pytest.raises(CannotOpenStorage, match="cannot be used"):
        await SqliteStorage.open(tmp_path / "data" / "below")


async def test_the_files_are_for_their_owner_only(sqlite_home: Home) -> None:
    storage = await sqlite_home.open()
    await storage.insert("settings", {"_id": "s", "rev": 1})
    directory = sqlite_home.settings.data_dir
    assert directory.stat().st_mode & 0o077 == 0
    files = list(directory.iterdir())
    assert len(files) == 4
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []
    await storage.close()
