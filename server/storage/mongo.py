"""The MongoDB home, and the only module that knows Motor.

Acknowledged means on the disks of a majority (`w: majority, j: true`); reads see only what a majority holds, so that
nothing once read can be rolled back. When the database cannot be reached every verb fails within seconds; from then
on all callers share one probe at a time until it answers again.

A database that is down when the server starts does not stop the start: verbs raise StorageUnavailable until it
answers, and nothing is written before the indexes exist, for without the unique ones two patients could get one slot.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import Any, Self, TypeVar

import bson
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidName,
    InvalidURI,
    OperationFailure,
    ProtocolError,
)

from server.errors import StorageUnavailable
from server.storage.indexes import COLLECTIONS, check_document, check_query, indexed_fields
from server.storage.port import CannotOpenStorage, Condition, Document, DuplicateKey, In, Range

log = logging.getLogger(__name__)

T = TypeVar("T")

SELECTION_SECONDS = 2.0
OPERATION_SECONDS = 5.0
"""After this long a verb gives up, whatever holds it: a frozen server, or others that wait for it."""

REFUSALS = frozenset({13, 18, 85, 86, 8000, 11000})
"""Answers that waiting does not mend: not authorised, wrong password (18; Atlas: 8000), another index of that name or
over those fields (85, 86), documents that break a unique index (11000).
https://www.mongodb.com/docs/manual/reference/error-codes/"""


class MongoStorage:
    """`Storage` on one database of a MongoDB server, replica set or sharded cluster."""

    def __init__(self, client: AsyncIOMotorClient[Document], database: str) -> None:
        self._client = client
        self._database = client[database]
        self._usable = False
        self._recovering: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, uri: str, database: str) -> Self:
        """Connect and create the indexes, or leave that to the first verb that finds the database up.

        Raises CannotOpenStorage when the settings are wrong or the database refuses them.
        """
        storage = cls(*_connect(uri, database))
        try:
            await storage._recover()
        except StorageUnavailable as unavailable:
            refusal = unavailable.__cause__
            if isinstance(refusal, ConfigurationError) or getattr(refusal, "code", None) in REFUSALS:
                await storage.close()
                raise CannotOpenStorage(f"MongoDB cannot be used: {_reason(refusal)}") from refusal
        except asyncio.CancelledError:
            await storage.close()
            raise
        return storage

    async def insert(self, collection: str, document: Mapping[str, Any]) -> None:
        check_document(collection, document)
        raw = RawBSONDocument(bson.encode(document))
        try:
            await self._ask(lambda: self._collection(collection).insert_one(raw))
        except DuplicateKeyError as error:
            raise await self._duplicate(collection, document, error, inserting=True) from error

    async def get(self, collection: str, id: str) -> Document | None:
        indexed_fields(collection)
        return await self._ask(lambda: self._collection(collection).find_one({"_id": id}))

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
        conditions = {field: _condition(condition) for field, condition in where.items()}
        order = None if sort is None else [(sort, DESCENDING if descending else ASCENDING)]

        def question() -> Awaitable[list[Document]]:
            cursor = self._collection(collection).find(conditions, sort=order, limit=limit, batch_size=limit)
            return cursor.to_list(length=limit)

        return await self._ask(question)

    async def replace_if_unchanged(self, collection: str, document: Mapping[str, Any]) -> bool:
        guard = {"_id": document["_id"], "rev": document["rev"]}
        following = {**document, "rev": document["rev"] + 1}
        check_document(collection, following)
        raw = RawBSONDocument(bson.encode(following))
        try:
            result = await self._ask(lambda: self._collection(collection).replace_one(guard, raw))
        except DuplicateKeyError as error:
            raise await self._duplicate(collection, document, error, inserting=False) from error
        return bool(result.matched_count == 1)

    async def delete(self, collection: str, id: str) -> bool:
        indexed_fields(collection)
        result = await self._ask(lambda: self._collection(collection).delete_one({"_id": id}))
        return bool(result.deleted_count == 1)

    async def revs(self, collection: str, ids: Sequence[str]) -> dict[str, int]:
        indexed_fields(collection)
        conditions = {"_id": {"$in": list(ids)}}
        found = await self._ask(lambda: self._collection(collection).find(conditions, {"rev": 1}).to_list(length=None))
        return {document["_id"]: document["rev"] for document in found if "rev" in document}

    async def ping(self) -> None:
        try:
            async with asyncio.timeout(SELECTION_SECONDS):
                await self._ask(lambda: self._database.command("ping"))
        except TimeoutError:
            raise StorageUnavailable from None

    async def close(self) -> None:
        self._closed = True
        if self._recovering is not None:
            self._recovering.cancel()
        self._client.close()

    def _collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        return self._database[name]

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Every word to the database goes through here. Raises DuplicateKeyError, or StorageUnavailable."""
        if self._closed:
            raise StorageUnavailable("The database is closed.")
        if not self._usable:
            await self._recover()
        return await self._bounded(question)

    async def _recover(self) -> None:
        """Wait for the one probe under way, or start one: it ends when the database answers and has its indexes."""
        if self._recovering is None or self._recovering.done():
            self._recovering = asyncio.create_task(self._probe())
            self._recovering.add_done_callback(_look_at)
        await asyncio.shield(self._recovering)

    async def _probe(self) -> None:
        try:
            await self._bounded(self._prepare)
        except DuplicateKeyError as error:
            log.error("MongoDB cannot be used: %s", _reason(error))
            raise StorageUnavailable from error

    async def _prepare(self) -> None:
        await self._database.command("ping")
        for name, indexes in COLLECTIONS.items():
            models = [
                IndexModel([(field, ASCENDING) for field in index.fields], name=index.name, unique=index.unique)
                for index in indexes
            ]
            if models:
                await self._collection(name).create_indexes(models)
        self._usable = True

    async def _bounded(self, question: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(OPERATION_SECONDS):
                return await question()
        except DuplicateKeyError:
            raise
        except OperationFailure as error:
            log.error("MongoDB refused an operation: %s (code %s)", type(error).__name__, error.code)
            raise StorageUnavailable from error
        except (TimeoutError, ConnectionFailure, ProtocolError, ConfigurationError) as error:
            if self._usable:
                log.error("MongoDB cannot be reached: %s", type(error).__name__)
            self._usable = False
            raise StorageUnavailable from error

    async def _duplicate(
        self, collection: str, document: Mapping[str, Any], error: DuplicateKeyError, *, inserting: bool
    ) -> DuplicateKey:
        """What the port promises to name: `_id` first, else the index that MongoDB's `keyPattern` tells.

        A server that does not tell is asked which unique value another document holds.
        """
        if inserting and await self.get(collection, document["_id"]) is not None:
            return DuplicateKey(collection, ("_id",))
        pattern = (error.details or {}).get("keyPattern")
        if pattern:
            return DuplicateKey(collection, tuple(pattern))
        for index in COLLECTIONS[collection]:
            if index.unique:
                values = {field: document[field] for field in index.fields}
                holder = await self._ask(partial(self._collection(collection).find_one, values))
                if holder is not None and holder["_id"] != document["_id"]:
                    return DuplicateKey(collection, index.fields)
        return DuplicateKey(collection, ())


def _connect(uri: str, database: str) -> tuple[AsyncIOMotorClient[Document], str]:
    """A client, not yet connected. The driver's own texts may quote the address, so they are not passed on."""
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise CannotOpenStorage("MONGODB_URI must begin with mongodb:// or mongodb+srv://")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # an option that the driver does not know
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                uri,
                io_loop=asyncio.get_running_loop(),
                w="majority",
                journal=True,
                wtimeoutMS=int(OPERATION_SECONDS * 1000),
                readConcernLevel="majority",
                readPreference="primary",
                serverSelectionTimeoutMS=int(SELECTION_SECONDS * 1000),
                connectTimeoutMS=int(SELECTION_SECONDS * 1000),
                socketTimeoutMS=int(OPERATION_SECONDS * 1000),
                tz_aware=True,
                tzinfo=UTC,
                appname="clinic-queue",
            )
    except UserWarning as warning:
        raise CannotOpenStorage(f"MONGODB_URI has an option that is not understood: {_one_line(warning)}") from warning
    except (InvalidURI, ConfigurationError, ValueError, TypeError) as error:
        raise CannotOpenStorage(
            "MONGODB_URI is not an address such as mongodb://user:password@host:27017/ "
            "(special characters in the password are written percent-encoded, such as %40 for @)"
        ) from error
    try:
        client[database]
    except InvalidName as error:
        client.close()
        raise CannotOpenStorage(f"MONGODB_DATABASE is not a database name: {error}") from error
    return client, database


def _condition(condition: Condition) -> Any:
    if isinstance(condition, Range):
        bounds = {"$gte": condition.gte, "$gt": condition.gt, "$lte": condition.lte, "$lt": condition.lt}
        return {operator: bound for operator, bound in bounds.items() if bound is not None}
    if isinstance(condition, In):
        return {"$in": list(condition.values)}
    return condition


def _look_at(task: asyncio.Task[None]) -> None:
    """A probe whose callers have all gone may fail unseen; its failure was logged where it happened."""
    if not task.cancelled():
        task.exception()


def _reason(error: object) -> str:
    """One line without personal data: a DuplicateKeyError quotes the value that stands twice."""
    if isinstance(error, DuplicateKeyError):
        fields = ", ".join((error.details or {}).get("keyPattern", ())) or "a field"
        return f"documents in it share a value of {fields} that must be unique"
    return _one_line(error)


def _one_line(error: object) -> str:
    return " ".join(str(error).split(", full error:")[0].split())
