"""The SQLite file: how it is opened, and its tables kept equal to the declarations in `indexes.py`.

A table holds `_id`, `rev`, the document as BSON, and one column per indexed field. Declarations may change from
release to release: new columns are filled from the documents, columns and indexes no longer declared are dropped.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from bson.codec_options import CodecOptions

from server.storage.indexes import COLLECTIONS, Index, indexed_fields
from server.storage.port import CannotOpenStorage, Document

CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)

FORMAT = 1
"""Rises when the layout of the file changes in a way that older releases cannot read."""

BUSY_SECONDS = 2.0
LOG_PAGES = 8000
"""The write-ahead log is moved into the file at the latest when it has this many 4 KiB pages."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def comparable(value: Any) -> Any:
    """A scalar as its column holds it: instants as milliseconds since 1970, so that they compare as they should."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone is not an instant")
        return (value - _EPOCH) // _MILLISECOND
    return value


def quoted(name: str) -> str:
    """A table, column or index name as SQL takes it; the names are our own declarations, never input."""
    return f'"{name}"'


def connect(path: Path, *, writes: bool) -> sqlite3.Connection:
    """A connection to the existing file. Raises sqlite3.Error; never creates a file in the place of a lost one."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if writes:
            # Acknowledged means on disk: FULL syncs the log at every commit (https://sqlite.org/pragma.html#pragma_synchronous).
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * 4096}")
        else:
            # Not mode=ro: the first to open the file may have to recover its log.
            connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def snapshot(source: Path, target: Path) -> None:
    """SQLite's online backup of a file in use: the state of one instant, whatever is written meanwhile."""
    with closing(connect(source, writes=False)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def prepare_file(path: Path) -> None:
    """Create the file if need be and bring its tables up to date. Raises CannotOpenStorage."""
    try:
        created = _create_file(path)
        connection = connect(path, writes=True)
        try:
            _prepare(connection, path, created=created)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CannotOpenStorage(f"the database file {path} cannot be opened: {error}") from error
    except OSError as error:
        raise CannotOpenStorage(f"the data directory {path.parent} cannot be used: {error.strerror}") from error


def _create_file(path: Path) -> bool:
    """Readable by its owner only: it holds patients' data. The directory is synced, so that the name is durable."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return True


def _prepare(connection: sqlite3.Connection, path: Path, *, created: bool) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise CannotOpenStorage(f"the database file {path} cannot use a write-ahead log: put it on a local disk")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version > FORMAT:
        raise CannotOpenStorage(f"the database file {path} was written by a newer release than this one")
    if version == 0 and tables and not created:
        raise CannotOpenStorage(f"the database file {path} belongs to another program")
    connection.execute("BEGIN IMMEDIATE")
    for collection, indexes in COLLECTIONS.items():
        _keep_table(connection, collection, indexes)
    if version != FORMAT:
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _keep_table(connection: sqlite3.Connection, collection: str, indexes: tuple[Index, ...]) -> None:
    table = quoted(collection)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (_id TEXT NOT NULL PRIMARY KEY, rev INTEGER, document BLOB NOT NULL)"
    )
    _keep_indexes(connection, collection, indexes)


def _keep_indexes(connection: sqlite3.Connection, collection: str, indexes: tuple[Index, ...]) -> None:
    table = quoted(collection)
    declared = {f"{collection}__{index.name}": index for index in indexes}
    present = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (collection,)
        )
    }
    for name in present - declared.keys():
        connection.execute(f"DROP INDEX {quoted(name)}")
    _keep_columns(connection, collection)
    for name, index in declared.items():
        if name not in present:
            columns = ", ".join(map(quoted, index.fields))
            connection.execute(f"CREATE {'UNIQUE ' * index.unique}INDEX {quoted(name)} ON {table} ({columns})")


def _keep_columns(connection: sqlite3.Connection, collection: str) -> None:
    table = quoted(collection)
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} - {"_id", "rev", "document"}
    for field in columns - set(indexed_fields(collection)):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(field)}")
    new = [field for field in indexed_fields(collection) if field not in columns]
    for field in new:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(field)}")
    if new:
        _fill(connection, table, new)


def _fill(connection: sqlite3.Connection, table: str, fields: list[str]) -> None:
    """Give new columns their values from the documents; a document without the field has none (it matches nothing)."""
    assignments = ", ".join(f"{quoted(field)} = ?" for field in fields)
    ids = [row[0] for row in connection.execute(f"SELECT _id FROM {table}")]
    for id in ids:
        (blob,) = connection.execute(f"SELECT document FROM {table} WHERE _id = ?", (id,)).fetchone()
        document: Document = bson.decode(blob, CODEC)
        values = (comparable(document.get(field)) for field in fields)
        scalars = (value if isinstance(value, str | int | float) else None for value in values)
        connection.execute(f"UPDATE {table} SET {assignments} WHERE _id = ?", (*scalars, id))
