"""Use cases of an import: take a file, check it (the dry run), start it, show what was refused, forget it.

The work itself is `runner.py`'s; it goes on in whatever process looks first, also after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from server.accounts.roles import Actor
from server.clock import Clock
from server.errors import Invalid, NotFound, StorageUnavailable, WrongState
from server.ids import derived_id, order_key
from server.imports import columns
from server.imports.columns import DATES, DateOrder, ImportKind
from server.imports.model import ACTIVE, CHUNK, KEPT, Choices, Column, Import
from server.imports.rows import samples
from server.imports.store import ImportStore
from server.imports.table import Table, read_table
from server.patients.model import clean_language
from server.storage.port import DuplicateKey, Storage

MOST_TRIES = 20
LATEST = 100


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not taken, with its cells as they stand in the file."""

    row: int
    cells: tuple[str, ...]
    reasons: tuple[str, ...]


class ImportService:
    """`wake` sets the runner going at once."""

    def __init__(self, storage: Storage, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = ImportStore(storage)
        self._clock = clock
        self._wake = wake

    async def upload(
        self,
        kind: ImportKind,
        raw: bytes,
        *,
        file: str,
        encoding: str | None,
        delimiter: str | None,
        actor: Actor,
        command_id: str,
    ) -> Import:
        """Take a file and guess how it is to be read; nothing is done with it yet. Raises Invalid."""
        import_id = derived_id("import", command_id)
        table, about = await asyncio.to_thread(_read, raw, encoding, delimiter)
        now = self._clock.now()
        chosen = columns.guessed(kind, table.header)
        item = Import(
            id=import_id,
            order=order_key(now, import_id),
            kind=kind,
            file=file,
            actor=actor,
            created_at=now,
            encoding=table.encoding,
            delimiter=table.delimiter,
            columns=about,
            rows=len(table.rows),
            chunks=-(-len(table.rows) // CHUNK),
            choices=Choices(chosen, _order(about, chosen) or DateOrder.DAY_FIRST),
        )
        try:
            await self._store.insert(item, table.rows)
        except DuplicateKey:
            return await self.get(import_id)
        return item

    async def get(self, import_id: str) -> Import:
        """Raises NotFound."""
        item = await self._store.get(import_id)
        if item is None:
            raise NotFound("There is no such import: its file was removed, or is older than a week.")
        return item

    async def newest(self, cursor: str | None, limit: int) -> list[Import]:
        """Newest first."""
        return await self._store.newest(cursor, limit)

    async def check(
        self, import_id: str, chosen: Mapping[str, int], date_order: DateOrder | None, language: str
    ) -> Import:
        """Begin the dry run. Raises Invalid for what the rows cannot be read by, NotFound, WrongState."""
        item = await self.get(import_id)
        columns.check(item.kind, chosen, len(item.columns))
        order = date_order or _order(item.columns, chosen)
        if order is None:
            raise Invalid.field("date_order", "is needed: dates such as 03/04/1980 can be read both ways")
        choices = Choices(dict(chosen), order, clean_language(language))
        return await self._change(item, lambda current: current.checking(choices, self._clock.now()))

    async def start(self, import_id: str, *, tell: bool) -> Import:
        """Begin the real run; again is no harm. Raises NotFound, WrongState before the dry run's end."""
        item = await self.get(import_id)
        return await self._change(item, lambda current: current.running(tell, self._clock.now()))

    async def refused(self, import_id: str, after: int, most: int) -> list[RefusedRow]:
        """Rows that the latest run refused, beyond line `after`, in the order of the file. Raises NotFound."""
        await self.get(import_id)
        found: list[RefusedRow] = []
        async for row in self.every_refused(import_id):
            if row.row > after:
                found.append(row)
            if len(found) == most:
                break
        return found

    async def every_refused(self, import_id: str) -> AsyncIterator[RefusedRow]:
        """All of them, a few chunks at a time."""
        async for chunk in self._store.chunks(import_id):
            cells = dict(chunk.rows)
            for one in chunk.refused:
                yield RefusedRow(one.row, cells[one.row], one.reasons)

    async def remove(self, import_id: str) -> None:
        """Forget the file and what became of it; who was imported stays. Raises NotFound, WrongState while it runs."""
        item = await self.get(import_id)
        if item.state in ACTIVE:
            raise WrongState("This import is at work. Wait for its end.", state=item.state.value, by=None, at=None)
        await self._store.delete(import_id)

    async def forget_old(self) -> None:
        """Job: the files of more than a week ago go, they are full of people; so do rows that a crash kept too long."""
        for item in await self._store.newest(None, LATEST):
            if item.to_be_shortened:
                await self._store.keep_refused_only(item)
        await self._store.forget_older(self._clock.now() - KEPT)

    async def _change(self, item: Import, made: Callable[[Import], Import]) -> Import:
        for _ in range(MOST_TRIES):
            after = made(item)
            saved = item if after == item else await self._store.replace(after)
            if saved is not None:
                self._wake()
                return saved
            item = await self.get(item.id)
        raise StorageUnavailable("This import is being changed by many at once. Try again.")


def _read(raw: bytes, encoding: str | None, delimiter: str | None) -> tuple[Table, tuple[Column, ...]]:
    """Off the loop: the table, and what its columns hold."""
    table = read_table(raw, encoding=encoding, delimiter=delimiter)
    cells = [row for _, row in table.rows]
    about = (
        Column(name, tuple(samples(cells, at)), columns.dates_in(row[at] for row in cells if at < len(row)))
        for at, name in enumerate(table.header)
    )
    return table, tuple(about)


def _order(about: tuple[Column, ...], chosen: Mapping[str, int]) -> DateOrder | None:
    """How the dates of the chosen columns are read, if the file leaves no doubt."""
    return columns.date_order(about[at].dates for field, at in chosen.items() if field in DATES)
