"""Every collection and its indexes, declared once as data; both homes create them at start.

All indexed fields are present scalars in every document of the collection: where there is no value,
the empty string (or the document's own `_id`, where the index is unique) stands in its place.
`order` is the unique, time-ordered string that lists are sorted and paged by (`ids.order_key`).
Both homes ask `check_document` and `check_query` before they go to the database, so that a store
that strays from this fails the same way on each, in its first test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from server.storage.port import Condition, In, Range, Scalar


@dataclass(frozen=True, slots=True)
class Index:
    """An index over `fields`, in that order."""

    fields: tuple[str, ...]
    unique: bool = False

    @property
    def name(self) -> str:
        """What the index is called in both homes; tells the plain from the unique one over the same fields."""
        return "__".join(("unique" if self.unique else "plain", *self.fields))


def _lists(*filters: str) -> tuple[Index, ...]:
    """A collection that is listed by `order`, whole and by each of `filters`."""
    return (Index(("order",), unique=True), *(Index((field, "order")) for field in filters))


COLLECTIONS: dict[str, tuple[Index, ...]] = {
    "accounts": (*_lists("role"), Index(("username",), unique=True), Index(("patient_id",))),
    "leaving_admins": (),
    "refresh_families": (Index(("account_id",)), Index(("expires_at",))),
    "patients": (*_lists(), Index(("phone",))),
    "patient_terms": (Index(("patient_id",)),),
    "doctors": (*_lists(), Index(("letter_key",), unique=True)),
    "appointments": (*_lists("doctor_id", "patient_id"), Index(("slot",), unique=True), Index(("owed",))),
    "queue_days": (Index(("settled", "day")),),
    "visits": _lists("doctor_id", "patient_id", "day"),
    "day_figures": _lists("doctor_id"),
    "notifications": (
        *_lists("state", "kind", "patient_id", "ticket_id", "day"),
        Index(("lane", "next_at")),
        Index(("to", "order")),
        Index(("sid",)),
    ),
    "suppressions": _lists(),
    "displays": _lists(),
    "pairings": (Index(("display_id",), unique=True), Index(("expires_at",))),
    "display_health": (),
    "imports": (*_lists(), Index(("state",))),
    "import_rows": (*_lists(), Index(("import_id",))),
    "merges": (Index(("kept_id",)),),
    "distinct_patients": (),
    "audit": _lists("actor_id", "subject_id"),
    "settings": (),
    "desk_marks": (),
}


@cache
def indexed_fields(collection: str) -> tuple[str, ...]:
    """Every field of `collection` that some index names, in order of first mention. KeyError if it is not declared."""
    return tuple(dict.fromkeys(field for index in COLLECTIONS[collection] for field in index.fields))


def check_document(collection: str, document: Mapping[str, Any]) -> None:
    """Raises ValueError unless `_id` is a string and every indexed field is a present scalar."""
    if not isinstance(document.get("_id"), str):
        raise ValueError(f"{collection}: _id must be a string")
    for field in indexed_fields(collection):
        value = document.get(field)
        if not isinstance(value, str | int | float | datetime):
            raise ValueError(f"{collection}.{field} is indexed: it must be a present scalar, not {value!r}")
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(f"{collection}.{field} must be an aware datetime")


def check_query(collection: str, where: Mapping[str, Condition], sort: str | None) -> None:
    """Raises ValueError unless a declared index (or `_id`) serves the query.

    Without `sort`, some index must begin with a field of `where`. With it, an index must hold equalities (or In) of
    `where` and then `sort`, and a Range may stand on `sort` only. What the index leaves over is filtered by the
    database, so it must be declared too.
    """
    for condition in where.values():
        for value in _scalars(condition):
            if isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError(f"{collection}: {value} has no time zone")
    unknown = where.keys() - {"_id", *indexed_fields(collection)}
    if unknown:
        raise ValueError(f"{collection}: {', '.join(sorted(unknown))} stands in no index")
    equal = {field for field, condition in where.items() if not isinstance(condition, Range)}
    candidates = [("_id",), *(index.fields for index in COLLECTIONS[collection])]
    if sort is None:
        served = not where or any(fields[0] in where for fields in candidates)
    else:
        served = where.keys() <= equal | {sort} and any(_sorts(fields, equal, sort) for fields in candidates)
    if not served:
        raise ValueError(f"{collection}: no index serves {sorted(where)} sorted by {sort}; declare it in indexes.py")


def _scalars(condition: Condition) -> Iterable[Scalar | None]:
    if isinstance(condition, Range):
        return condition.gte, condition.gt, condition.lte, condition.lt
    if isinstance(condition, In):
        return condition.values
    return (condition,)


def _sorts(fields: tuple[str, ...], equal: set[str], sort: str) -> bool:
    if sort not in fields:
        return False
    before = fields[: fields.index(sort)]
    return set(before) <= equal and (bool(before) or sort in equal or not equal)
