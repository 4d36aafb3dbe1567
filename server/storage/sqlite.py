"""The embedded home: one SQLite file, for a clinic on one machine that needs no database server.

Documents are BSON blobs beside their indexed fields. Writes go through one lane (grouped into transactions),
reads through another with its own connection. The statements are made once per collection.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import bson

from config.settings import data_dir_mistake
from server.errors import StorageUnavailable
from server.storage.indexes import check_document, check_query, indexed_fields
from server.storage.lock import DirectoryLock
from server.storage.port import CannotOpenStorage, Condition, Document, DuplicateKey, In, Range
from server.storage.sqlite_lane import Lane
from server.storage.sqlite_schema import CODEC, FORMAT, comparable, connect, prepare_file, quoted

FILE = "clinic.sqlite3"
PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Statements:
    """The SQL of one collection, and the fields that its columns take from a document."""

    insert: str
    replace: str
    fields: tuple[str, ...]


@cache
def statements(collection: str) -> Statements:
    fields = indexed_fields(collection)
    columns = ["document", "rev", *map(quoted, fields), "_id"]
    return Statements(
        insert=f"INSERT INTO {quoted(collection)} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        replace=f"UPDATE {quoted(collection)} SET {', '.join(f'{column} = ?' for column in columns[:-1])}"
        " WHERE _id = ? AND rev = ?",
        fields=fields,
    )


def _row(collection: str, document: Mapping[str, Any]) -> list[Any]:
    """The values for `Statements.insert`, encoded now: what the caller does to the document later does not matter."""
    check_document(collection, document)
    values = (comparable(document[field]) for field in statements(collection).fields)
    return [bson.encode(document, codec_options=CODEC), document.get("rev"), *values, document["_id"]]


class SqliteStorage:
    """`Storage` on `clinic.sqlite3` in a directory that no other process may use meanwhile."""

    def __init__(self, lock: DirectoryLock, writer: Lane, reader: Lane) -> None:
        self._lock = lock
        self._writer = writer
        self._reader = reader

    @classmethod
    async def open(cls, directory: Path) -> Self:
        """Lock the directory (made if missing), bring the file up to date. Raises CannotOpenStorage."""
        path = directory / FILE
        lock = await asyncio.to_thread(_occupy, directory)
        try:
            await asyncio.to_thread(prepare_file, path)
        except BaseException:
            lock.release()
            raise
        writer = Lane(path, partial(connect, path, writes=True), writes=True)
        return cls(lock, writer, Lane(path, partial(connect, path, writes=False), writes=False))

    async def insert(self, collection: str, document: Mapping[str, Any]) -> None:
        row = _row(collection, document)
        await self._writer.do(partial(_insert, collection, row))

    async def get(self, collection: str, id: str) -> Document | None:
        indexed_fields(collection)
        return await self._reader.do(partial(_get, collection, id))

    async def find(
        self,
        collection: str,
        where: Mapping[str, Condition],
        *,
        sort: str | None = None,
        descending: bool = False,
        limit: int = 200,
    ) -> list[Document]:
        check_query(collection, where, sort)
        sql, values = selection(collection, where)
        if sort is not None:
            sql += f" ORDER BY {quoted(sort)} {'DESC' if descending else 'ASC'}"
        return await self._reader.do(partial(_find, f"{sql} LIMIT ?", [*values, limit]))

    async def replace_if_unchanged(self, collection: str, document: Mapping[str, Any]) -> bool:
        rev = document["rev"]
        row = _row(collection, {**document, "rev": rev + 1})
        return await self._writer.do(partial(_replace, collection, [*row, rev]))

    async def delete(self, collection: str, id: str) -> bool:
        indexed_fields(collection)
        return await self._writer.do(partial(_delete, collection, id))

    async def revs(self, collection: str, ids: Sequence[str]) -> dict[str, int]:
        indexed_fields(collection)
        return await self._reader.do(partial(_revs, collection, list(ids)))

    async def ping(self) -> None:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._reader.do(_look)
                await self._writer.do(_touch if self._writer.ailing else _look)
        except TimeoutError:
            raise StorageUnavailable from None

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()
        self._lock.release()


def _occupy(directory: Path) -> DirectoryLock:
    lock = DirectoryLock(directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.take()
    except OSError as error:
        raise CannotOpenStorage(data_dir_mistake(directory, error)) from error
    return lock


def _insert(collection: str, row: list[Any], connection: sqlite3.Connection) -> None:
    try:
        connection.execute(statements(collection).insert, row)
    except sqlite3.IntegrityError as error:
        raise _duplicate(connection, collection, error, new_id=row[-1]) from error


def _replace(collection: str, row: list[Any], connection: sqlite3.Connection) -> bool:
    try:
        return connection.execute(statements(collection).replace, row).rowcount == 1
    except sqlite3.IntegrityError as error:
        raise _duplicate(connection, collection, error, new_id=None) from error


def _delete(collection: str, id: str, connection: sqlite3.Connection) -> bool:
    return connection.execute(f"DELETE FROM {quoted(collection)} WHERE _id = ?", (id,)).rowcount == 1


def _duplicate(
    connection: sqlite3.Connection, collection: str, error: sqlite3.IntegrityError, *, new_id: str | None
) -> DuplicateKey:
    """SQLite names one broken constraint of several, and not always `_id`, which the port promises to name first.

    The text is `UNIQUE constraint failed: table.column, table.column`; it is the only place where the columns stand.
    """
    if new_id is not None and _get(collection, new_id, connection) is not None:
        return DuplicateKey(collection, ("_id",))
    columns = str(error).partition(": ")[2].split(", ")
    return DuplicateKey(collection, tuple(column.rpartition(".")[2] for column in columns))


def _get(collection: str, id: str, connection: sqlite3.Connection) -> Document | None:
    row = connection.execute(f"SELECT document FROM {quoted(collection)} WHERE _id = ?", (id,)).fetchone()
    return None if row is None else bson.decode(row[0], CODEC)


def _find(sql: str, values: list[Any], connection: sqlite3.Connection) -> list[Document]:
    return [bson.decode(blob, CODEC) for (blob,) in connection.execute(sql, values).fetchall()]


def _revs(collection: str, ids: list[str], connection: sqlite3.Connection) -> dict[str, int]:
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT _id, rev FROM {quoted(collection)} WHERE _id IN ({marks}) AND rev IS NOT NULL"
    return dict(connection.execute(sql, ids).fetchall())


def _look(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _touch(connection: sqlite3.Connection) -> None:
    """A write that changes nothing: after a failed one, only a write tells whether the disk takes writes again."""
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def selection(collection: str, where: Mapping[str, Condition]) -> tuple[str, list[Any]]:
    """The SQL up to the end of its WHERE clause, and the values for its marks."""
    clauses: list[str] = []
    values: list[Any] = []
    for field, condition in where.items():
        column = quoted(field)
        if isinstance(condition, Range):
            _add_range(column, condition, clauses, values)
        elif isinstance(condition, In):
            clauses.append(f"{column} IN ({', '.join('?' * len(condition.values))})")
            values.extend(map(comparable, condition.values))
        else:
            clauses.append(f"{column} = ?")
            values.append(comparable(condition))
    return f"SELECT document FROM {quoted(collection)} WHERE {' AND '.join(clauses) or 'true'}", values


def _add_range(column: str, condition: Range, clauses: list[str], values: list[Any]) -> None:
    bounds = (("<", condition.lt), ("<=", condition.lte), (">", condition.gt), (">=", condition.gte))
    given = [(sign, comparable(bound)) for sign, bound in bounds if bound is not None]
    for sign, bound in given:
        clauses.append(f"{column} {sign} ?")
        values.append(bound)
    if given and not isinstance(given[0][1], str):
        clauses.append(f"{column} < ''")  # numbers sort before text: keeps the "" that stands for "none" out
    elif given:
        clauses.append(f"{column} >= ''")
