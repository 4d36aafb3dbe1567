"""The storage port: the few verbs every store speaks, and nothing else (DESIGN: storage).

Two homes stand behind it, `mongo.py` and `sqlite.py`; stores import this module only. Documents are
dictionaries of strings, numbers, booleans, None, aware UTC datetimes (whole milliseconds), lists and
dictionaries, with a string `_id`. Every mutable document carries an integer `rev`. An indexed field
keeps one type throughout its collection (`indexes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Document = dict[str, Any]
Scalar = str | int | float | datetime


@dataclass(frozen=True, slots=True)
class Range:
    """A condition on one indexed field; the bounds that are None are not set. Strings, numbers, whole-second dates.

    Only values of the bounds' own kind match: the empty string that stands for "no date" is in no range of dates.
    """

    gte: Scalar | None = None
    gt: Scalar | None = None
    lte: Scalar | None = None
    lt: Scalar | None = None


@dataclass(frozen=True, slots=True)
class In:
    """The field equals one of `values` (at most some hundreds)."""

    values: Sequence[Scalar]


Condition = Scalar | Range | In


class DuplicateKey(Exception):
    """An insert or replace would break a unique index; `fields` names it (`("_id",)` for the id itself).

    An insert whose `_id` exists always names `_id`, whatever else it would break.
    """

    def __init__(self, collection: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"{collection}: {', '.join(fields)} exists already")
        self.collection = collection
        self.fields = fields


class CannotOpenStorage(Exception):
    """The settings or the state of this machine make the database unusable; the text is one line for the operator.

    It never holds the database's address, which may carry a password.
    """


class Storage(Protocol):
    """One database, used from the event loop it was opened on. A write that returns is on disk.

    Any verb may raise `errors.StorageUnavailable`: for a write that means *unknown whether it happened*, and so does
    being cancelled while waiting for it. A collection, field or query that `indexes.py` does not declare raises
    KeyError or ValueError.
    """

    async def insert(self, collection: str, document: Mapping[str, Any]) -> None:
        """Add a document. Raises DuplicateKey."""
        ...

    async def get(self, collection: str, id: str) -> Document | None:
        """The document with this `_id`, or None."""
        ...

    async def find(
        self,
        collection: str,
        where: Mapping[str, Condition],
        *,
        sort: str | None = None,
        descending: bool = False,
        limit: int = 200,
    ) -> list[Document]:
        """Documents that meet every condition. `where` and `sort` must be served by a declared index (or `_id`)."""
        ...

    async def replace_if_unchanged(self, collection: str, document: Mapping[str, Any]) -> bool:
        """Write `document` with `rev + 1` if the stored `_id` still has `document["rev"]`; False if it lost.

        The caller's mapping is not changed. Raises DuplicateKey on another unique index.
        """
        ...

    async def delete(self, collection: str, id: str) -> bool:
        """Remove the document; False if there was none."""
        ...

    async def revs(self, collection: str, ids: Sequence[str]) -> dict[str, int]:
        """The current `rev` of each of `ids` that exists."""
        ...

    async def ping(self) -> None:
        """Raises StorageUnavailable unless the database answers within about two seconds."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database; every verb then raises StorageUnavailable."""
        ...
