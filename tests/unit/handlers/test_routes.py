"""The routes, the permission table and the description agree in both directions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handlers.apidoc import openapi
from handlers.operations import operations
from handlers.problems import STATUS
from handlers.routes import all_routes, check_permissions
from server import errors
from server.accounts.roles import BEFORE_OWN_PASSWORD, PERMISSIONS, PUBLIC


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return openapi(all_routes(), "1")


def test_every_route_has_a_permission() -> None:
    check_permissions(all_routes())


def test_a_route_without_an_entry_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PERMISSIONS, "GET /api/me/")
    with pytest.raises(RuntimeError, match="GET /api/me/ has no entry"):
        check_permissions(all_routes())


def test_an_entry_without_a_route_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERMISSIONS, "GET /api/ghost/", PUBLIC)
    with pytest.raises(RuntimeError, match="GET /api/ghost/ is in the permission table and has no route"):
        check_permissions(all_routes())


def test_a_route_that_stands_twice_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="is routed twice"):
        check_permissions([*all_routes(), all_routes()[0]])


def test_every_operation_stands_in_the_description(description: dict[str, Any]) -> None:
    described = {f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods}
    routed = {f"{method} {pattern}" for pattern, handler, *_ in all_routes() for method, _ in operations(handler)}
    assert described == routed
    sockets = {f"WS {socket['path']}" for socket in description["x-websockets"]}
    pages = {name for name in PERMISSIONS if name not in described | sockets}
    assert sockets == {name for name in PERMISSIONS if name.startswith("WS ")}
    assert all(name.startswith("GET /") and not name.startswith("GET /api/t") for name in pages)


def test_operation_ids_are_unique_and_references_lead_somewhere(description: dict[str, Any]) -> None:
    found = [operation["operationId"] for methods in description["paths"].values() for operation in methods.values()]
    assert len(found) == len(set(found))
    references = set(re.findall(r"'\$ref': '([^']+)'", str(description)))
    assert references
    for reference in references:
        node: Any = description
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_operation_says_what_it_may_answer(description: dict[str, Any]) -> None:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            responses = operation["responses"]
            assert [status for status in responses if status < "300"], path
            assert {"401", "503"} <= responses.keys(), f"{method} {path}"
            assert operation["summary"], path
            names = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert names == set(re.findall(r"\{(\w+)\}", path)), path


def test_every_refusal_has_its_status() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DomainError) and kind is not errors.DomainError
    ]
    assert set(kinds) == set(STATUS)
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_what_is_open_before_one_has_an_own_password_exists() -> None:
    assert PERMISSIONS.keys() >= BEFORE_OWN_PASSWORD
