"""The whole database as one file, and back: a line of JSON per document, compressed, the same for both homes.

The first line says what the file is, the last how many documents stand between them, so that half a file is told
from a whole one before anything is written. Times and whole numbers keep their types (MongoDB Extended JSON).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bson.json_util import CANONICAL_JSON_OPTIONS, dumps, loads

from config.settings import Settings
from server.storage.indexes import COLLECTIONS
from server.storage.open import open_storage
from server.storage.port import CannotOpenStorage, Document, Range, Storage
from server.storage.sqlite import FILE
from server.storage.sqlite_schema import snapshot

FORMAT: Final = "clinic-queue"
VERSION: Final = 1
PAGE: Final = 200
AT_ONCE: Final = 100
OPTIONS: Final = CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)


class NotACopy(Exception):
    """The file cannot be read back, in one line for the operator."""


@asynccontextmanager
async def still(settings: Settings) -> AsyncIterator[Storage]:
    """The database to copy from. Of the embedded one a copy as of now, so that a server may run on it meanwhile."""
    if settings.mongodb_uri is not None:
        storage = await open_storage(settings)
        try:
            yield storage
        finally:
            await storage.close()
        return
    source = settings.data_dir / FILE
    if not source.is_file():
        raise CannotOpenStorage(f"DATA_DIR: there is no database in {settings.data_dir}")
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="copy-") as name:
        await asyncio.to_thread(snapshot, source, Path(name) / FILE)
        storage = await open_storage(settings.model_copy(update={"data_dir": Path(name)}))
        try:
            yield storage
        finally:
            await storage.close()


async def write(storage: Storage, target: Path) -> int:
    """Write every document to `target`, which appears only once it is whole and on disk; how many there are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    count = 0
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.open(raw, "wt", encoding="utf-8") as out:
                out.write(json.dumps({"format": FORMAT, "version": VERSION}) + "\n")
                for collection in COLLECTIONS:
                    async for document in _documents(storage, collection):
                        out.write(dumps([collection, document], json_options=OPTIONS) + "\n")
                        count += 1
                out.write(json.dumps({"documents": count}) + "\n")
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


async def read(storage: Storage, source: Path) -> int:
    """Fill an empty database from a copy; how many documents. Raises NotACopy, and then nothing was written."""
    for _ in _lines(source):
        pass
    for collection in COLLECTIONS:
        if await storage.find(collection, {}, sort="_id", limit=1):
            raise NotACopy("the database is not empty: name an empty DATA_DIR or MONGODB_DATABASE")
    count = 0
    batch: list[tuple[str, Document]] = []
    for entry in _lines(source):
        batch.append(entry)
        if len(batch) == AT_ONCE:
            count += await _insert(storage, batch)
            batch = []
    return count + await _insert(storage, batch)


async def _insert(storage: Storage, batch: list[tuple[str, Document]]) -> int:
    await asyncio.gather(*(storage.insert(collection, document) for collection, document in batch))
    return len(batch)


async def _documents(storage: Storage, collection: str) -> AsyncIterator[Document]:
    after = ""
    while page := await storage.find(collection, {"_id": Range(gt=after)}, sort="_id", limit=PAGE):
        for document in page:
            yield document
        after = page[-1]["_id"]


def _lines(source: Path) -> Iterator[tuple[str, Document]]:
    """The documents of a copy. Raises NotACopy at its first fault, at the latest where it ends."""
    count, whole = 0, False
    try:
        with gzip.open(source, "rt", encoding="utf-8") as lines:
            if json.loads(next(lines, "null")) != {"format": FORMAT, "version": VERSION}:
                raise NotACopy(f"{source} is not a copy of this version's database")
            for line in lines:
                entry: Any = loads(line, json_options=OPTIONS)
                if isinstance(entry, dict):
                    whole = entry == {"documents": count}
                    continue
                collection, document = entry
                if collection not in COLLECTIONS:
                    raise NotACopy(f"{source} holds {collection}, which this version does not know")
                count += 1
                yield collection, document
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise NotACopy(f"{source} cannot be read: {error}") from error
    if not whole:
        raise NotACopy(f"{source} is not whole: it breaks off after {count} documents")
