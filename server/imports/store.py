"""Imports and their rows in the database: the shape of both documents, and no rule.

The rows of a file stand in documents of `CHUNK` rows, written before the import that they belong to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from server.accounts.roles import Actor
from server.ids import order_key
from server.imports.columns import DateOrder, ImportKind
from server.imports.model import ACTIVE, CHUNK, Choices, Column, Counts, Import, ImportState, Refusal
from server.storage import aged, certain
from server.storage.port import Condition, Document, DuplicateKey, In, Range, Storage

IMPORTS = "imports"
ROWS = "import_rows"
PAGE = 50
AT_ONCE = 20

Rows = Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, each with its number there, and those that the latest run refused."""

    number: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    refused: tuple[Refusal, ...]
    document: Document


class ImportStore:
    """The collections `imports` and `import_rows`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def insert(self, item: Import, rows: Rows) -> None:
        """Raises DuplicateKey where the import exists; rows that do are left as they are."""
        numbers = range(item.chunks)
        for first in range(0, item.chunks, AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            await asyncio.gather(*(self._insert_chunk(item, number, rows) for number in some))
        await certain.insert(self._storage, IMPORTS, _document(item))

    async def get(self, import_id: str) -> Import | None:
        document = await self._storage.get(IMPORTS, import_id)
        return _import(document) if document else None

    async def replace(self, item: Import) -> Import | None:
        """Write it over what was read; None if somebody else has changed it since."""
        if await certain.replace_if_unchanged(self._storage, IMPORTS, _document(item)):
            return replace(item, rev=item.rev + 1)
        return None

    async def newest(self, before: str | None, limit: int) -> list[Import]:
        """Newest first; `before` is the last one's `order`."""
        where: dict[str, Condition] = {"order": Range(lt=before)} if before else {}
        found = await self._storage.find(IMPORTS, where, sort="order", descending=True, limit=limit)
        return [_import(document) for document in found]

    async def active(self) -> list[Import]:
        """Those under way, in whatever process; there are few at once."""
        found = await self._storage.find(IMPORTS, {"state": In([state.value for state in ACTIVE])})
        return [_import(document) for document in found]

    async def chunk(self, import_id: str, number: int) -> Chunk | None:
        document = await self._storage.get(ROWS, _chunk_id(import_id, number))
        return _chunk(document) if document else None

    async def note_refused(self, chunk: Chunk, refused: Sequence[Refusal]) -> None:
        """Keep what the run refused. Whoever else wrote it meanwhile did so for the same rows."""
        written = {**chunk.document, "refused": [[one.row, list(one.reasons)] for one in refused]}
        if written["refused"] != chunk.document["refused"]:
            await certain.replace_if_unchanged(self._storage, ROWS, written)

    async def chunks(self, import_id: str, first: int = 0) -> AsyncIterator[Chunk]:
        """Every chunk from number `first` on, in the order of the file."""
        while True:
            ids = [_chunk_id(import_id, number) for number in range(first, first + PAGE)]
            found = await self._storage.find(ROWS, {"_id": In(ids)}, sort="_id", limit=PAGE)
            for document in found:
                yield _chunk(document)
            if len(found) < PAGE:
                return
            first += PAGE

    async def keep_refused_only(self, item: Import) -> None:
        """Forget the rows that were taken, and the examples last: while there are any, this is not done yet."""
        async for chunk in self.chunks(item.id):
            refused = {one.row for one in chunk.refused}
            rows = [[row, list(cells)] for row, cells in chunk.rows if row in refused]
            if len(rows) < len(chunk.rows):
                await certain.replace_if_unchanged(self._storage, ROWS, {**chunk.document, "rows": rows})
        await self.replace(replace(item, columns=tuple(replace(column, samples=()) for column in item.columns)))

    async def delete(self, import_id: str) -> None:
        """The import, then its rows."""
        await self._storage.delete(IMPORTS, import_id)
        while found := await self._storage.find(ROWS, {"import_id": import_id}, limit=PAGE):
            await asyncio.gather(*(self._storage.delete(ROWS, document["_id"]) for document in found))

    async def forget_older(self, before: datetime) -> None:
        """Delete imports made before `before` and their rows, also rows whose upload was cut off."""
        for collection in (IMPORTS, ROWS):
            async for document in aged.older(self._storage, collection, before):
                await self._storage.delete(collection, document["_id"])

    async def _insert_chunk(self, item: Import, number: int, rows: Rows) -> None:
        id = _chunk_id(item.id, number)
        document = {
            "_id": id,
            "rev": 1,
            "order": order_key(item.created_at, id),
            "import_id": item.id,
            "number": number,
            "rows": [[row, list(cells)] for row, cells in rows[number * CHUNK : (number + 1) * CHUNK]],
            "refused": [],
        }
        try:
            await self._storage.insert(ROWS, document)
        except DuplicateKey:
            return  # an earlier try of the same upload


def _chunk_id(import_id: str, number: int) -> str:
    return f"{import_id}:{number:05d}"


def _chunk(document: Document) -> Chunk:
    return Chunk(
        document["number"],
        tuple((row, tuple(cells)) for row, cells in document["rows"]),
        tuple(Refusal(row, tuple(reasons)) for row, reasons in document["refused"]),
        document,
    )


def _document(item: Import) -> Document:
    return {
        "_id": item.id,
        "rev": item.rev,
        "order": item.order,
        "state": item.state.value,
        "kind": item.kind.value,
        "file": item.file,
        "actor": {"id": item.actor.id, "name": item.actor.name, "role": item.actor.role},
        "created_at": item.created_at,
        "encoding": item.encoding,
        "delimiter": item.delimiter,
        "columns": [{**asdict(column), "samples": list(column.samples)} for column in item.columns],
        "rows": item.rows,
        "chunks": item.chunks,
        "choices": {
            "columns": dict(item.choices.columns),
            "date_order": item.choices.date_order.value,
            "language": item.choices.language,
            "tell": item.choices.tell,
        },
        "next_chunk": item.next_chunk,
        "seen": item.seen,
        "counts": asdict(item.counts),
        "started_at": item.started_at,
        "ended_at": item.ended_at,
        "owner": item.owner,
        "leased_until": item.leased_until,
    }


def _import(document: Document) -> Import:
    choices = document["choices"]
    return Import(
        id=document["_id"],
        rev=document["rev"],
        order=document["order"],
        state=ImportState(document["state"]),
        kind=ImportKind(document["kind"]),
        file=document["file"],
        actor=Actor(**document["actor"]),
        created_at=document["created_at"],
        encoding=document["encoding"],
        delimiter=document["delimiter"],
        columns=tuple(Column(**{**column, "samples": tuple(column["samples"])}) for column in document["columns"]),
        rows=document["rows"],
        chunks=document["chunks"],
        choices=Choices(**{**choices, "date_order": DateOrder(choices["date_order"])}),
        next_chunk=document["next_chunk"],
        seen=document["seen"],
        counts=Counts(**document["counts"]),
        started_at=document["started_at"],
        ended_at=document["ended_at"],
        owner=document["owner"],
        leased_until=document["leased_until"],
    )
