"""Every refusal the product can give, as one class each with a stable code.

The code is what API clients switch on (DESIGN: HTTP API); the status of each class stands in one
table in `handlers/problems.py`. This module imports nothing of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a request: its dotted path (empty = the whole body) and what to do about it."""

    field: str
    message: str


class DomainError(Exception):
    """A request that was understood and refused; `detail` says what happened and what to do next.

    `extra` holds further members of the problem answer, such as `state`, `by` and `at`.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra


class BadJson(DomainError):
    code = "bad_json"


class NotSignedIn(DomainError):
    code = "not_signed_in"


class TokenExpired(DomainError):
    code = "token_expired"


class InvalidCredentials(DomainError):
    code = "invalid_credentials"


class TokenReused(DomainError):
    code = "token_reused"


class Forbidden(DomainError):
    code = "forbidden"


class NotFound(DomainError):
    code = "not_found"


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"


class UpgradeRequired(DomainError):
    """A plain request to an address that only speaks WebSocket."""

    code = "upgrade_required"


class AlreadyQueued(DomainError):
    code = "already_queued"


class QueueClosed(DomainError):
    code = "queue_closed"


class SlotTaken(DomainError):
    code = "slot_taken"


class WrongState(DomainError):
    """The ticket is not in a state that allows the command; `extra` has state, by and at."""

    code = "wrong_state"


class CannotUndo(DomainError):
    code = "cannot_undo"


class DayOver(DomainError):
    code = "day_over"


class PatientInQueue(DomainError):
    code = "patient_in_queue"


class TooLarge(DomainError):
    code = "too_large"


class Invalid(DomainError):
    """A body, query or value that cannot be accepted; `errors` names each field."""

    code = "invalid"

    @classmethod
    def field(cls, field: str, message: str) -> Invalid:
        """The common case of one wrong field."""
        return cls.fields([FieldError(field, message)])

    @classmethod
    def fields(cls, errors: Sequence[FieldError]) -> Invalid:
        """Every wrong field in one answer; `detail` names the first. `errors` is not empty."""
        first = errors[0]
        detail = f"{first.field}: {first.message}" if first.field else first.message
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return cls(f"{detail}{more}", errors=errors)


class Faults:
    """Collects the wrong fields of one request, so that a form hears of all of them at once."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    def read(self, check: Callable[[], T], otherwise: T) -> T:
        """What `check` gives; if it raises Invalid, that is remembered and `otherwise` stands in."""
        try:
            return check()
        except Invalid as refusal:
            self._errors.extend(refusal.errors)
            return otherwise

    def add(self, field: str, message: str) -> None:
        """One more wrong field."""
        self._errors.append(FieldError(field, message))

    def settle(self) -> None:
        """Raises Invalid if anything was wrong."""
        if self._errors:
            raise Invalid.fields(self._errors)


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"


class SlowDown(DomainError):
    """Too many attempts, or too many at once; `retry_after` is in whole seconds."""

    code = "slow_down"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class StorageUnavailable(DomainError):
    """The database could not be reached, or did not say whether it wrote; `retry_after` in seconds."""

    code = "storage_unavailable"

    def __init__(self, detail: str = "The database cannot be reached. Nothing was lost: try again.") -> None:
        super().__init__(detail)
        self.retry_after = 2
