"""The fixtures of the storage tests: every home a test can run on."""

from __future__ import annotations

from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["home", "sqlite_home", "storage", "wire_server"]
