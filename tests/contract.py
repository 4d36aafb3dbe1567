"""Holds every successful answer that a test receives against the model its operation documents."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from handlers.operations import Operation, operations
from handlers.routes import all_routes


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Operation]]:
    found = []
    for pattern, handler, *_ in all_routes():
        regex = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern.rstrip("/")))
        found += [(method, re.compile(regex + "/?"), operation) for method, operation in operations(handler)]
    return found


@cache
def _adapter(operation: Operation) -> TypeAdapter[Any]:
    return TypeAdapter(operation.answer)


def assert_as_documented(method: str, path: str, status: int, raw: bytes) -> None:
    """Fails where a success differs from its documentation; refusals and pages are others' business."""
    if status >= 300:
        return
    for known, regex, operation in _operations():
        if known != method or not regex.fullmatch(path.partition("?")[0]):
            continue
        if operation.answer is None:
            assert not raw, f"{method} {path} answers something its documentation does not have"
        elif operation.media_type == "application/json":
            try:
                _adapter(operation).validate_json(raw)
            except ValidationError as error:
                raise AssertionError(f"{method} {path} differs from its documentation: {error}") from None
        documented = (operation.status, *operation.also)
        assert status in documented, f"{method} {path} answers {status}, not one of {documented}"
        return
