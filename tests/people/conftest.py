"""The storage homes, and an office on a storage that can be told to fail."""

from __future__ import annotations

import pytest

from server.storage.port import Storage
from tests.people.office import Office
from tests.storage.support import FaultyStorage, home, sqlite_home, storage, wire_server

__all__ = ["home", "sqlite_home", "storage", "wire_server"]


@pytest.fixture
def faulty(storage: Storage) -> FaultyStorage:
    return FaultyStorage(storage)


@pytest.fixture
def office(faulty: FaultyStorage) -> Office:
    return Office(faulty)
