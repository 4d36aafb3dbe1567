"""The storage homes, and an office on a storage that can be told to fail."""

from __future__ import annotations

from tests.people.conftest import faulty, office
from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["faulty", "home", "office", "sqlite_home", "storage", "wire_server"]
