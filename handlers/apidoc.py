"""OpenAPI 3.1, built from the models that validate and the operations that run: nothing is written twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from tornado.websocket import WebSocketHandler

from handlers.operations import Operation, operations
from handlers.problems import CONTENT_TYPE, STATUS
from handlers.schemas import Answer
from server.accounts.roles import PERMISSIONS, Open, Permission
from server.errors import (
    BadJson,
    DomainError,
    Forbidden,
    IdempotencyKeyReused,
    Invalid,
    NotSignedIn,
    SlowDown,
    StorageUnavailable,
    TokenExpired,
    TooLarge,
)

_REF: Final = "#/components/schemas/{model}"
_ABOUT: Final = (
    "Times are ISO 8601 with offset. A path works with and without its trailing slash. "
    "Lists answer `{items, next_cursor}`; give `cursor` back for the next page. Every refusal is an RFC 9457 "
    "problem whose `code` is stable. `Idempotency-Key` makes a repeated request harmless."
)


class ProblemField(Answer):
    field: str
    message: str


class ProblemAnswer(BaseModel):
    """RFC 9457. Refusals by state carry `state`, `by` and `at` as well."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField]
    request_id: str


Described = tuple[str, str, Operation]


def openapi(routes: Iterable[tuple[Any, ...]], version: str) -> dict[str, Any]:
    """The whole document."""
    routes = list(routes)
    described = [(pattern, method, found) for pattern, handler, *_ in routes for method, found in operations(handler)]
    schemas = _Schemas(described)
    paths: dict[str, dict[str, Any]] = {}
    for pattern, method, found in described:
        paths.setdefault(pattern, {})[method.lower()] = _operation(pattern, method, found, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Clinic queue", "version": version, "description": _ABOUT},
        "paths": paths,
        "x-websockets": [
            {"path": pattern, "summary": options[0]["about"]}
            for pattern, handler, *options in routes
            if issubclass(handler, WebSocketHandler)
        ],
        "x-problems": [
            {"code": kind.code, "status": status, "title": title} for kind, (status, title) in STATUS.items()
        ],
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


class _Schemas:
    """Every model used anywhere, described together so that equal names cannot collide."""

    def __init__(self, described: Iterable[Described]) -> None:
        inputs: list[tuple[str, Any, TypeAdapter[Any]]] = [("problem", "serialization", TypeAdapter(ProblemAnswer))]
        for pattern, method, found in described:
            for part, kind in (("body", found.body), ("query", found.query), ("answer", found.answer)):
                if kind is not None:
                    mode = "serialization" if part == "answer" else "validation"
                    inputs.append((f"{method} {pattern} {part}", mode, TypeAdapter(kind)))
        found_schemas, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF)
        self._found: Mapping[str, Any] = {key: schema for (key, _), schema in found_schemas.items()}
        renamed = _readable(definitions.get("$defs", {}))
        self._found = _with_names(self._found, renamed)
        self.definitions: dict[str, Any] = {
            renamed[name]: _with_names(schema, renamed) for name, schema in definitions.get("$defs", {}).items()
        }

    def of(self, key: str) -> dict[str, Any]:
        schema: dict[str, Any] = self._found[key]
        return schema

    def resolved(self, key: str) -> dict[str, Any]:
        """The schema itself where `of` gives a reference."""
        schema = self.of(key)
        reference = schema.get("$ref")
        return self.definitions[reference.rpartition("/")[2]] if reference else schema


def _readable(names: Iterable[str]) -> dict[str, str]:
    """Each of pydantic's names → ours. Models of one name are told apart by where they stand: `SmsKind`, `DoctorsKind`,
    and a model that is not given as it is answered by its direction."""
    given: dict[str, str] = {}
    for name in names:
        *modules, model = name.split("__")
        plain, _, direction = model.partition("-")
        readable = "".join(modules[1:2]).title() + plain
        given[name] = readable + direction if readable in given.values() else readable
    return given


def _with_names(part: Any, renamed: Mapping[str, str]) -> Any:
    """A piece of JSON schema whose references go to the new names."""
    if isinstance(part, list):
        return [_with_names(item, renamed) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _REF.format(model=renamed[value.rpartition("/")[2]]) if key == "$ref" else _with_names(value, renamed)
        for key, value in part.items()
    }


def _operation(pattern: str, method: str, found: Operation, schemas: _Schemas) -> dict[str, Any]:
    key = f"{method} {pattern}"
    permission = PERMISSIONS[key]
    document: dict[str, Any] = {
        "operationId": _operation_id(method, pattern),
        "tags": [_tag(pattern)],
        "summary": found.summary,
        "x-allowed": _allowed(permission),
        "responses": _responses(key, method, found, schemas, permission),
    }
    if found.description:
        document["description"] = found.description
    if not isinstance(permission, Open):
        document["security"] = [{"bearer": []}]
    if parameters := [*_path_parameters(pattern), *_query_parameters(key, found, schemas), *_headers(found)]:
        document["parameters"] = parameters
    if found.body is not None:
        document["requestBody"] = {"content": {"application/json": {"schema": schemas.of(f"{key} body")}}}
        document["requestBody"]["required"] = bool(schemas.resolved(f"{key} body").get("required"))
    if found.takes:
        document["requestBody"] = {"content": {found.takes: {"schema": {"type": "string"}}}, "required": True}
    return document


def _responses(key: str, method: str, found: Operation, schemas: _Schemas, permission: Permission) -> dict[str, Any]:
    success: dict[str, Any] = {"description": found.summary}
    if found.answer is not None:
        success["content"] = {found.media_type: {"schema": schemas.of(f"{key} answer")}}
    responses = {str(found.status): success}
    responses |= {str(status): {**success, "description": text} for status, text in found.also.items()}
    by_status: dict[int, list[str]] = {}
    for kind in (*_usual_errors(method, found, permission), *found.errors):
        codes = by_status.setdefault(STATUS[kind][0], [])
        if kind.code not in codes:
            codes.append(kind.code)
    for status in sorted(by_status):
        responses[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in by_status[status]),
            "content": {CONTENT_TYPE: {"schema": schemas.of("problem")}},
        }
    return responses


def _usual_errors(method: str, found: Operation, permission: Permission) -> list[type[DomainError]]:
    """What any operation of this kind may answer besides its own errors."""
    usual: list[type[DomainError]] = [NotSignedIn, TokenExpired]
    if not isinstance(permission, Open):
        usual.append(Forbidden)
    if found.body is not None:
        usual.append(BadJson)
    if found.body is not None or found.takes:
        usual.append(TooLarge)
    if found.body is not None or found.query is not None:
        usual.append(Invalid)
    if found.idempotent:
        usual.append(IdempotencyKeyReused)
    if method != "GET" and permission is Open.PUBLIC:
        usual.append(SlowDown)
    return [*usual, StorageUnavailable]


def _path_parameters(pattern: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", pattern)
    ]


def _query_parameters(key: str, found: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    if found.query is None:
        return []
    schema = schemas.resolved(f"{key} query")
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": property,
            **({"description": property["description"]} if "description" in property else {}),
        }
        for name, property in schema.get("properties", {}).items()
    ]


def _headers(found: Operation) -> list[dict[str, Any]]:
    if not found.idempotent:
        return []
    text = "The same key and body again give the same answer, with `Idempotency-Replayed: true`."
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "description": text, "schema": schema}]


def _allowed(permission: Permission) -> list[str]:
    return [permission.value] if isinstance(permission, Open) else sorted(permission)


def _tag(pattern: str) -> str:
    parts = [part for part in pattern.split("/") if part]
    return parts[1] if parts[0] == "api" and "." not in parts[1] else "operation"


def _operation_id(method: str, pattern: str) -> str:
    words = re.findall(r"\w+", pattern.removeprefix("/api/"))
    return "_".join([method.lower(), *words])
