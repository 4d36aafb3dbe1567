"""RFC 9457 problem answers: which status each refusal has, and how one is written.

One table maps exception classes to statuses; everything that goes wrong, Tornado's own errors and
unexpected exceptions included, leaves the server in this shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from tornado.web import HTTPError

from server.encoding import encode
from server.errors import (
    AlreadyQueued,
    BadJson,
    CannotUndo,
    DayOver,
    DomainError,
    FieldError,
    Forbidden,
    IdempotencyKeyReused,
    Invalid,
    InvalidCredentials,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    PatientInQueue,
    QueueClosed,
    SlotTaken,
    SlowDown,
    StorageUnavailable,
    TokenExpired,
    TokenReused,
    TooLarge,
    UpgradeRequired,
    WrongState,
)

CONTENT_TYPE: Final = "application/problem+json"
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{0,3})?")

STATUS: Final[dict[type[DomainError], tuple[int, str]]] = {
    BadJson: (400, "Not JSON"),
    NotSignedIn: (401, "Not signed in"),
    TokenExpired: (401, "The token has expired"),
    InvalidCredentials: (401, "Wrong credentials"),
    TokenReused: (401, "The token was used before"),
    Forbidden: (403, "Not allowed"),
    NotFound: (404, "Not found"),
    MethodNotAllowed: (405, "Method not allowed"),
    AlreadyQueued: (409, "Already in this queue"),
    QueueClosed: (409, "The queue is closed"),
    SlotTaken: (409, "The slot is taken"),
    WrongState: (409, "Not possible in this state"),
    CannotUndo: (409, "Cannot be undone"),
    DayOver: (409, "The service day is over"),
    PatientInQueue: (409, "The patient is in a queue"),
    TooLarge: (413, "Too large"),
    UpgradeRequired: (426, "Upgrade required"),
    Invalid: (422, "Not acceptable values"),
    IdempotencyKeyReused: (422, "The Idempotency-Key was used for another request"),
    SlowDown: (429, "Too many requests"),
    StorageUnavailable: (503, "The database is not available"),
}

_TITLES: Final = {(status, kind.code): title for kind, (status, title) in STATUS.items()}

# What Tornado itself refuses, under the codes and titles above.
_TORNADO: Final[dict[int, tuple[str, str]]] = {
    400: ("invalid", "The request could not be understood."),
    403: ("forbidden", "This request came from another site."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that method."),
    413: ("too_large", "The request is too large."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that is not a success."""

    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[FieldError] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None

    def body(self, request_id: str) -> str:
        """The JSON text. `type` names the kind of problem on the documentation page."""
        return encode(
            {
                **self.extra,
                "type": f"/api/docs/#problem-{self.code}",
                "title": self.title,
                "status": self.status,
                "code": self.code,
                "detail": self.detail,
                "errors": [{"field": error.field, "message": error.message} for error in self.errors],
                "request_id": request_id,
            }
        )


def prefers_json(accept: str) -> bool:
    """Whether a caller with this Accept header would rather read a problem as JSON than as a page (RFC 9110 12.5.1)."""
    json, page = 0.0, 0.0
    for each in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        value = float(weight) if _WEIGHT.fullmatch(weight) else 0.0
        if kind == "application/json" or kind.endswith("+json"):
            json = max(json, value)
        elif kind in ("text/html", "application/xhtml+xml"):
            page = max(page, value)
    return json > page


def problem_of(error: BaseException | None, status: int = 500) -> Problem:
    """How `error` is answered; what is neither ours nor Tornado's is `internal` and tells nothing of itself."""
    if isinstance(error, DomainError):
        for kind in type(error).__mro__:
            if kind in STATUS:
                known, title = STATUS[kind]
                retry = getattr(error, "retry_after", None)
                return Problem(known, error.code, title, error.detail, error.errors, error.extra, retry)
    if isinstance(error, HTTPError):
        status = error.status_code
    if status in _TORNADO:
        code, detail = _TORNADO[status]
        return Problem(status, code, _TITLES.get((status, code), HTTPStatus(status).phrase), detail)
    if 400 <= status < 500:
        return Problem(status, "invalid", HTTPStatus(status).phrase, "The request could not be understood.")
    return Problem(
        500, "internal", "Internal error", "Something broke on our side. The request_id finds it in the log."
    )
