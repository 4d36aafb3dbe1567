"""An import: a file of patients or appointments on its way in, how far it is, and what was refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from server.accounts.roles import Actor
from server.clock import iso
from server.errors import WrongState
from server.imports.columns import DateOrder, ImportKind

CHUNK: Final = 50
KEPT: Final = timedelta(days=7)
LEASE: Final = timedelta(seconds=30)


class ImportState(StrEnum):
    """`checking` is the dry run, `running` the real one; both go on by themselves until their end."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"


ACTIVE: Final = (ImportState.CHECKING, ImportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows looked at so far (in the dry run: what would)."""

    created: int = 0
    known: int = 0
    refused: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(self.created + other.created, self.known + other.known, self.refused + other.refused)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken, by its number in the file, and every reason (`imports.reason.<code>` in the pages)."""

    row: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its name, the first things in it, and how its dates read (`columns.dates_in`)."""

    name: str
    samples: tuple[str, ...] = ()
    dates: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """How the rows are read and what is done: field → column, the order of dates, the language of who names none.

    `tell`: imported appointments are texted like those that are booked.
    """

    columns: Mapping[str, int] = field(default_factory=dict)
    date_order: DateOrder = DateOrder.DAY_FIRST
    language: str = "en"
    tell: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file. `next_chunk` is the first that is not done yet; `owner` works on it until `leased_until`."""

    id: str
    order: str
    kind: ImportKind
    file: str
    actor: Actor
    created_at: datetime
    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    rows: int
    chunks: int
    state: ImportState = ImportState.UPLOADED
    choices: Choices = field(default_factory=Choices)
    next_chunk: int = 0
    seen: int = 0
    counts: Counts = field(default_factory=Counts)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    owner: str = ""
    leased_until: datetime | None = None
    rev: int = 1

    @property
    def to_be_shortened(self) -> bool:
        """Whether it is done and still holds those who were taken."""
        return self.state is ImportState.DONE and any(column.samples for column in self.columns)

    def checking(self, choices: Choices, now: datetime) -> Import:
        """The dry run begins. Raises WrongState while or after the real one."""
        if self.state in (ImportState.RUNNING, ImportState.DONE):
            raise self._refusal()
        return replace(self._from_the_start(now), state=ImportState.CHECKING, choices=choices)

    def running(self, tell: bool, now: datetime) -> Import:
        """The real run begins; once begun it stays so. Raises WrongState before the dry run's end."""
        if self.state in (ImportState.RUNNING, ImportState.DONE):
            return self
        if self.state is not ImportState.CHECKED:
            raise self._refusal()
        choices = replace(self.choices, tell=tell)
        return replace(self._from_the_start(now), state=ImportState.RUNNING, choices=choices)

    def advanced(self, rows: int, counts: Counts, now: datetime) -> Import:
        """One more chunk of so many rows is done; after the last one the run is over."""
        ended = self.next_chunk + 1 >= self.chunks
        after = ImportState.DONE if self.state is ImportState.RUNNING else ImportState.CHECKED
        return replace(
            self,
            next_chunk=self.next_chunk + 1,
            seen=self.seen + rows,
            counts=self.counts.plus(counts),
            state=after if ended else self.state,
            ended_at=now if ended else None,
            leased_until=None if ended else now + LEASE,
        )

    def leased(self, owner: str, now: datetime) -> Import | None:
        """This import in the hands of `owner`, or None while somebody else works on it."""
        if self.owner != owner and self.leased_until is not None and now < self.leased_until:
            return None
        return replace(self, owner=owner, leased_until=now + LEASE)

    def view(self) -> dict[str, Any]:
        """The import as JSON."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "file": self.file,
            "state": self.state.value,
            "created_at": iso(self.created_at),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "columns": [asdict(column) for column in self.columns],
            "rows": self.rows,
            "seen": self.seen,
            "created": self.counts.created,
            "known": self.counts.known,
            "refused": self.counts.refused,
            "chosen": dict(self.choices.columns),
            "date_order": self.choices.date_order.value,
            "language": self.choices.language,
            "tell": self.choices.tell,
            "started_at": iso(self.started_at) if self.started_at else None,
            "ended_at": iso(self.ended_at) if self.ended_at else None,
            "kept_until": iso(self.created_at + KEPT),
        }

    def _from_the_start(self, now: datetime) -> Import:
        return replace(
            self, next_chunk=0, seen=0, counts=Counts(), started_at=now, ended_at=None, owner="", leased_until=None
        )

    def _refusal(self) -> WrongState:
        detail = {
            ImportState.UPLOADED: "Check the file first: the check says what would be done, and does nothing.",
            ImportState.CHECKING: "The check is not at its end yet. Wait for it.",
        }.get(self.state, "This file has been imported already. Upload it again to import it once more.")
        return WrongState(
            detail, state=self.state.value, by=self.actor.name, at=iso(self.started_at or self.created_at)
        )
