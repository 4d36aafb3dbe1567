"""Every collection and its indexes, declared once as data; both homes create them at start.

All indexed fields are present scalars in every document of the collection: where there is no value,
the empty string (or the document's own `_id`, where the index is unique) stands in its place.
`order` is the unique, time-ordered string that lists are sorted and paged by (`ids.order_key`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Index:
    """An index over `fields`, in that order."""

    fields: tuple[str, ...]
    unique: bool = False


def _lists(*filters: str) -> tuple[Index, ...]:
    """A collection that is listed by `order`, whole and by each of `filters`."""
    return (Index(("order",), unique=True), *(Index((field, "order")) for field in filters))


COLLECTIONS: dict[str, tuple[Index, ...]] = {
    "accounts": (*_lists("role"), Index(("username",), unique=True), Index(("patient_id",))),
    "refresh_families": (Index(("account_id",)), Index(("expires_at",))),
    "patients": (*_lists(), Index(("phone",))),
    "patient_terms": (Index(("patient_id",)),),
    "doctors": (*_lists(), Index(("letter_key",), unique=True)),
    "appointments": (*_lists("doctor_id", "patient_id"), Index(("slot",), unique=True)),
    "queue_days": (Index(("finished", "day")),),
    "visits": _lists("doctor_id", "patient_id", "day"),
    "notifications": (
        *_lists("state", "kind", "patient_id", "ticket_id", "day"),
        Index(("state", "next_at")),
        Index(("to", "order")),
        Index(("sid",)),
    ),
    "displays": _lists(),
    "audit": _lists("actor_id", "subject_id"),
    "settings": (),
}
