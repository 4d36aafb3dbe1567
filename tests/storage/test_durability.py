"""What was acknowledged is there after kill -9: of the process that writes, and of the database's."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.storage.port import CannotOpenStorage
from tests.storage.support import Home, WireServer, mongo_home

pytestmark = pytest.mark.gen_test(timeout=120)

ROUNDS = 4


@contextmanager
def writer(home: Home, run: str) -> Iterator[subprocess.Popen[str]]:
    """The process of `crash_writer` on `home`, past its opening of the storage; not running any more afterwards."""
    uri = home.settings.mongodb_uri
    environment = {
        **os.environ,
        "DATA_DIR": str(home.settings.data_dir),
        "MONGODB_URI": uri.get_secret_value() if uri else "",
        "MONGODB_DATABASE": home.settings.mongodb_database,
    }
    command = [sys.executable, "-m", "tests.storage.crash_writer", run]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def rest(process: subprocess.Popen[str]) -> list[str]:
    """What it still said; the last line may be cut short by the kill."""
    assert process.stdout is not None
    return [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def acknowledged(said: list[str]) -> dict[str, int]:
    """The greatest acknowledged rev of each id."""
    revs: dict[str, int] = {}
    for line in said:
        match line.split():
            case ["i", id]:
                revs[id] = 1
            case ["r", id, rev]:
                revs[id] = int(rev)
    return revs


async def assert_kept(home: Home, revs: dict[str, int]) -> None:
    storage = await home.open()
    try:
        stored: dict[str, int] = {}
        ids = sorted(revs)
        for start in range(0, len(ids), 500):
            stored |= await storage.revs("settings", ids[start : start + 500])
        assert {id for id, rev in revs.items() if stored.get(id, 0) < rev} == set()
        # One write per document may have happened without its reply getting out.
        assert {id for id, rev in revs.items() if stored[id] > rev + 1} == set()
        whole = await asyncio.gather(*(storage.get("settings", id) for id in ids[:50]))
        assert all(document is not None and len(document["filling"]) in (500, 3000) for document in whole)
    finally:
        await storage.close()


async def test_killing_the_writer_loses_nothing(home: Home) -> None:
    chance = random.Random(home.name)
    revs: dict[str, int] = {}
    for round in range(ROUNDS):
        with writer(home, f"run{round}") as process:
            said = lines(process, chance.randrange(20, 600))
            process.kill()
            revs |= acknowledged(said + rest(process))
        await assert_kept(home, revs)


async def test_killing_the_database_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    server = WireServer(tmp_path / "wire")
    server.start()
    home = mongo_home(server.uri, tmp_path / "data")
    revs: dict[str, int] = {}
    try:
        for round in range(ROUNDS):
            with writer(home, f"run{round}") as process:
                said = lines(process, chance.randrange(20, 400))
                server.kill()
                said += rest(process)
            assert said[-1] == "down\n"
            revs |= acknowledged(said)
            server.start()
            await assert_kept(home, revs)
    finally:
        server.stop()


async def test_a_second_process_is_refused_until_the_first_is_gone(sqlite_home: Home) -> None:
    with writer(sqlite_home, "run") as process:
        with pytest.raises(CannotOpenStorage, match=rf"in use by another server process \(pid {process.pid}\)"):
            await sqlite_home.open()
        process.kill()
        process.wait()
        storage = await sqlite_home.open()
        with pytest.raises(CannotOpenStorage, match=f"pid {os.getpid()}"):
            await sqlite_home.open()
        await storage.close()
    await (await sqlite_home.open()).close()
