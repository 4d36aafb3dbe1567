"""What each HTTP method says about itself: models, status, errors. Read by base, OpenAPI and the start-up check."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel
from tornado.web import RequestHandler

from server.errors import DomainError

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one handler, as the documentation shows it."""

    summary: str
    description: str = ""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict, hash=False)
    errors: tuple[type[DomainError], ...] = ()
    idempotent: bool = False
    media_type: str = "application/json"
    takes: str = ""


Method = Callable[..., Awaitable[None] | None]


def operation(
    *,
    summary: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: Any = None,
    status: int = 200,
    also: Mapping[int, str] | None = None,
    errors: tuple[type[DomainError], ...] = (),
    idempotent: bool = False,
    media_type: str = "application/json",
    takes: str = "",
) -> Callable[[Method], Callable[..., Awaitable[None]]]:
    """Describe an HTTP method of an ApiHandler and run it behind the checks of `ApiHandler.carry_out`.

    `answer` is a pydantic model (or a type pydantic can describe); `also` has further successes with the same
    answer, and when each is given; `idempotent` honours Idempotency-Key; `takes` is the media type of a body that is
    taken as it is.
    """

    def decorate(method: Method) -> Callable[..., Awaitable[None]]:
        described = Operation(
            summary=summary,
            description=inspect.getdoc(method) or "",
            body=body,
            query=query,
            answer=answer,
            status=status,
            also=also or {},
            errors=errors,
            idempotent=idempotent,
            media_type=media_type,
            takes=takes,
        )

        @functools.wraps(method)
        async def run(self: Any, *args: Any, **kwargs: Any) -> None:
            await self.carry_out(functools.partial(method, self, *args, **kwargs))

        run.operation = described  # type: ignore[attr-defined]
        return run

    return decorate


def operation_of(handler: type[RequestHandler], method: str) -> Operation | None:
    """The description of `method` (upper case) on this handler; None if it does not answer it."""
    found = getattr(getattr(handler, method.lower(), None), "operation", None)
    return found if isinstance(found, Operation) else None


def operations(handler: type[RequestHandler]) -> Iterator[tuple[str, Operation]]:
    """Every method the handler answers, with its description."""
    for method in METHODS:
        if (found := operation_of(handler, method)) is not None:
            yield method, found
