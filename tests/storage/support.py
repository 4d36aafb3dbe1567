"""The homes a test can run on, as fixtures: SQLite, Motor over the wire, and a real MongoDB when MONGODB_URI is set.

`home` says where (its `settings` start a whole server there), `storage` is that home opened, `wire_server` is the
session's stand-in for MongoDB. Import them in a conftest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from tornado.ioloop import IOLoop

from config.settings import Settings
from server.ids import new_id
from server.storage.indexes import COLLECTIONS, indexed_fields
from server.storage.open import open_storage
from server.storage.port import Document, Storage
from tests.storage.faulty import FaultyStorage, Gate
from tests.storage.wire import WireServer

__all__ = [
    "HOMES",
    "FaultyStorage",
    "Gate",
    "Home",
    "WireServer",
    "filled",
    "home",
    "mongo_home",
    "sqlite_home",
    "storage",
    "wire_server",
]

REAL_URI = os.environ.get("MONGODB_URI")
HOMES = ("sqlite", "motor-wire", *(("mongodb",) if REAL_URI else ()))


@dataclass(frozen=True)
class Home:
    """A place for documents that is this test's alone; opened twice it holds the same documents."""

    name: str
    settings: Settings

    async def open(self) -> Storage:
        return await open_storage(self.settings)


def filled(collection: str, id: str, **fields: Any) -> Document:
    """A document with every indexed field of `collection` present: the id where it must be unique, else empty."""
    unique = {field for index in COLLECTIONS[collection] if index.unique for field in index.fields}
    indexed = {field: id if field in unique else "" for field in indexed_fields(collection)}
    return {"_id": id, **indexed, **fields}


@pytest.fixture(scope="session")
def wire_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    """One for the session: tests that stop or freeze a server start their own."""
    server = WireServer(tmp_path_factory.mktemp("wire"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sqlite_home(tmp_path: Path) -> Home:
    return Home("sqlite", Settings(data_dir=tmp_path / "data", mongodb_uri=None))


def mongo_home(uri: str, directory: Path, name: str = "motor-wire") -> Home:
    """A database of its own on the server at `uri`."""
    database = "test_" + new_id().replace("-", "_")
    return Home(name, Settings(data_dir=directory, mongodb_uri=SecretStr(uri), mongodb_database=database))


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """Each home in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_home")
    elif request.param == "motor-wire":
        yield mongo_home(request.getfixturevalue("wire_server").uri, tmp_path / "data")
    else:
        assert REAL_URI is not None
        real = mongo_home(REAL_URI, tmp_path / "data", "mongodb")
        yield real
        with MongoClient[dict[str, object]](REAL_URI) as client:
            client.drop_database(real.settings.mongodb_database)


@pytest.fixture
def storage(io_loop: IOLoop, home: Home) -> Iterator[Storage]:
    """An empty storage, once on each home."""
    opened = io_loop.run_sync(home.open)
    yield opened
    io_loop.run_sync(opened.close)
