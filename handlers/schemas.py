"""What every request model shares: strict bodies, lenient queries, and the field types that recur.

Models of one resource stand in that resource's handler file. JSON is parsed once here, so that lone
surrogates, NUL and integers beyond 64 bits are refused for every field, declared or not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
)

from config.words import plain
from handlers.cursors import opened
from server.clock import date_written, whole_milliseconds
from server.errors import BadJson, FieldError, Invalid

# What people are spoken to in.
Language = Literal["en", "es", "fr", "ar"]

_INT64 = 2**63
_DEEPEST = 32
_FIELD_SHOWN = 100
_YEARS = range(1970, 2201)


class Body(BaseModel):
    """A JSON request body: unknown fields are refused, nothing is guessed from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True, frozen=True)


class Query(BaseModel):
    """A query string: each name at most once, an empty value counts as absent."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Answer(BaseModel):
    """The shape of an answer, for the documentation and the tests that hold answers against it."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """The page of a list: `limit` items after the opaque `cursor`."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=2000), AfterValidator(opened)] = None


def _instant(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise ValueError(f"must lie between {_YEARS.start} and {_YEARS.stop - 1}")
    return whole_milliseconds(value.astimezone(UTC))


def _day(value: object) -> date:
    """`date` alone would also take seconds since 1970, and times."""
    found = date_written(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is not a date; write year-month-day, such as 2026-03-02")
    if found.year not in _YEARS:
        raise ValueError(f"must lie between {_YEARS.start} and {_YEARS.stop - 1}")
    return found


def _not_blank(text: str) -> str:
    if text.isspace():
        raise ValueError("must not be spaces only")
    return text


class _NotNull:
    """Refuses null, and leaves it out of the documentation."""

    @staticmethod
    def check(value: Any) -> Any:
        if value is None:
            raise ValueError("must not be null; leave it out to keep what it is")
        return value

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(schema)
        (only,) = [choice for choice in described.pop("anyOf") if choice != {"type": "null"}]
        return {**only, **described}


T = TypeVar("T")

# A field of a change: left out (None here) it stays as it is; null is refused.
Change = Annotated[T | None, AfterValidator(_NotNull.check), _NotNull()]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[str, Field(min_length=1, max_length=128)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=500)]
# As it was typed, spaces at its ends too; how long it may be is said by `accounts.passwords`.
Password = Annotated[str, StringConstraints(min_length=1, max_length=1024, strip_whitespace=False)]
NewPassword = Annotated[Password, AfterValidator(_not_blank)]

M = TypeVar("M", bound=BaseModel)


class _Beyond:
    """Stands where the JSON has an integer of more digits than any 64-bit one."""


def parse_body(raw: bytes, model: type[M]) -> M:
    """The body as `model`; an empty body counts as `{}`. Raises BadJson, or Invalid naming each wrong field."""
    data = _loads(raw) if raw.strip() else {}
    errors = list(_unacceptable(data))
    if errors:
        raise _invalid(errors)
    try:
        return model.model_validate_json(raw if raw.strip() else b"{}")
    except ValidationError as error:
        raise _invalid(list(_field_errors(error))) from None


def parse_query(arguments: Mapping[str, list[bytes]], model: type[M]) -> M:
    """The query string as `model`. Raises Invalid naming each wrong parameter."""
    values: dict[str, str] = {}
    errors = []
    for name, given in arguments.items():
        try:
            texts = [value.decode() for value in given]
        except UnicodeDecodeError:
            errors.append(FieldError(_shown(name), "must be UTF-8"))
            continue
        if len(texts) > 1:
            errors.append(FieldError(_shown(name), "must be given once"))
        elif "\0" in texts[0]:
            errors.append(FieldError(_shown(name), "must not hold NUL"))
        elif texts[0] != "" or name not in model.model_fields:
            values[name] = texts[0]
    if errors:
        raise _invalid(errors)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _invalid(list(_field_errors(error))) from None


def _loads(raw: bytes) -> Any:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        try:
            # Surrogates written as UTF-8 bytes: refused below with the field's name.
            text = raw.decode(errors="surrogatepass")
        except UnicodeDecodeError:
            raise BadJson("The body is not UTF-8.") from None
    try:
        return json.loads(text, parse_int=_bounded, parse_constant=_no_constant)
    except RecursionError:
        raise BadJson("The body is nested too deeply.") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadJson(f"The body is not JSON{where}.") from None


def _bounded(digits: str) -> int | _Beyond:
    return int(digits) if len(digits) <= 20 else _Beyond()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unacceptable(data: Any) -> Iterator[FieldError]:
    """Values no field may have, wherever they stand; walks without recursion, since the input sets the depth."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > _DEEPEST:
            yield FieldError(".".join(path[:3]), "is nested too deeply")
        elif isinstance(value, str):
            if message := _bad_text(value):
                yield FieldError(".".join(path), message)
        elif isinstance(value, _Beyond) or (isinstance(value, int) and not -_INT64 <= value < _INT64):
            yield FieldError(".".join(path), "must fit in 64 bits")
        elif isinstance(value, float) and not math.isfinite(value):
            yield FieldError(".".join(path), "must be a finite number")
        elif isinstance(value, dict):
            for key, inner in value.items():
                if message := _bad_text(key):
                    yield FieldError(".".join((*path, _shown(key))), f"the name {message}")
                waiting.append(((*path, _shown(key)), inner))
        elif isinstance(value, list):
            waiting.extend(((*path, str(index)), inner) for index, inner in enumerate(value))


def _bad_text(text: str) -> str | None:
    if "\0" in text:
        return "must not hold NUL"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "must not hold half of a surrogate pair"
    return None


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    for item in error.errors(include_url=False, include_input=False):
        field = ".".join(_shown(str(part)) for part in item["loc"])
        yield FieldError(field, plain(item["type"], item["msg"], item.get("ctx", {})))


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode()[:_FIELD_SHOWN]


def _invalid(errors: list[FieldError]) -> Invalid:
    first = errors[0]
    what = f"{first.field}: {first.message}" if first.field else first.message
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Invalid(f"{what}{more}", errors=errors[:50])
