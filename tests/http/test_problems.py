"""Whatever goes wrong, on every route there is, is answered as an RFC 9457 problem with a known code."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from handlers.operations import METHODS, Operation, operations
from handlers.problems import STATUS
from handlers.routes import all_routes
from server.accounts.roles import PERMISSIONS, Open, Role
from server.app import Server
from server.errors import StorageUnavailable
from tests.api import Api, Reply
from tests.http.roles import People

CODES = {kind.code for kind in STATUS} | {"internal"}
MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}
UNKNOWN_ID = "AAAAAAAAAAAAAAAAAAAAAA"

Route = tuple[str, str, Operation]
ROUTES: list[Route] = [
    (method, pattern, found) for pattern, handler, *_ in all_routes() for method, found in operations(handler)
]
WRITES = [route for route in ROUTES if route[2].body is not None]


def names(routes: list[Route]) -> list[str]:
    return [f"{method} {pattern}" for method, pattern, _ in routes]


def path_of(pattern: str, id: str = UNKNOWN_ID) -> str:
    return re.sub(r"\{\w+\}", id, pattern)


def allowed_caller(people: People, method: str, pattern: str) -> Api:
    """Somebody whom the permission table lets through; the administrator where possible."""
    permission = PERMISSIONS[f"{method} {pattern}"]
    if isinstance(permission, Open):
        return people.anonymous
    return people.admin if Role.ADMIN in permission else people.of(sorted(permission)[0])


def assert_problem(reply: Reply, what: str) -> dict[str, Any]:
    assert reply.headers.get("Content-Type") == "application/problem+json", f"{what}: {reply.raw!r}"
    problem: dict[str, Any] = reply.json
    assert problem.keys() >= MEMBERS, what
    assert problem["status"] == reply.status, what
    assert problem["code"] in CODES, what
    assert all(problem[member] for member in ("title", "detail", "request_id", "type")), what
    assert problem["request_id"] == reply.headers["X-Request-Id"], what
    assert all(error.keys() == {"field", "message"} for error in problem["errors"]), what
    if reply.status == 401:
        assert reply.headers["WWW-Authenticate"] == "Bearer", what
    if reply.status in (429, 503):
        assert int(reply.headers["Retry-After"]) > 0, what
    return problem


async def send(caller: Api, method: str, path: str, body: Any = None) -> Reply:
    if body is None and method in ("POST", "PATCH", "PUT"):
        body = {}
    return await caller.call(method, path, body)


@pytest.mark.gen_test(timeout=60)
async def test_every_protected_route_asks_who_is_calling(people: People) -> None:
    for method, pattern, _ in ROUTES:
        permission = PERMISSIONS[f"{method} {pattern}"]
        what = f"{method} {pattern}"
        bad = await send(people.anonymous.with_token("nonsense"), method, path_of(pattern))
        assert assert_problem(bad, what)["code"] == "not_signed_in"
        if isinstance(permission, Open):
            continue
        reply = await send(people.anonymous, method, path_of(pattern), b"{")
        assert (assert_problem(reply, what)["code"], reply.status) == ("not_signed_in", 401), what
        for role in Role:
            if role not in permission:
                refused = await send(people.of(role), method, path_of(pattern), b"{")
                assert (assert_problem(refused, what)["code"], refused.status) == ("forbidden", 403), what


@pytest.mark.gen_test(timeout=60)
async def test_every_route_names_the_methods_it_knows(people: People) -> None:
    for pattern in sorted({pattern for _, pattern, _ in ROUTES}):
        known = {method for method, other, _ in ROUTES if other == pattern}
        for method in (*METHODS, "OPTIONS", "BREW"):
            if method in known:
                continue
            reply = await people.admin.call(method, path_of(pattern), b"{}" if method != "GET" else None)
            assert assert_problem(reply, f"{method} {pattern}")["code"] == "method_not_allowed"
            assert reply.status == 405
            allowed = set(reply.headers["Allow"].split(", "))
            assert allowed == known | ({"HEAD"} if "GET" in known else set()), pattern


@pytest.mark.gen_test(timeout=60)
async def test_every_body_is_held_against_its_model(people: People) -> None:
    bodies: list[tuple[bytes, int, str, str]] = [
        (b"{", 400, "bad_json", ""),
        (b"\xff\xfe", 400, "bad_json", ""),
        (b'{"a": NaN}', 400, "bad_json", ""),
        (b"[" * 5000, 400, "bad_json", ""),
        (b"[]", 422, "invalid", ""),
        (b'{"surprise": 1}', 422, "invalid", "surprise"),
        (b'{"surprise": "\\ud800"}', 422, "invalid", "surprise"),
        (b'{"surprise": "\xed\xa0\x80"}', 422, "invalid", "surprise"),
        (b'{"surprise": {"deep": ["\\u0000"]}}', 422, "invalid", "surprise.deep.0"),
        (b'{"surprise": 9223372036854775808}', 422, "invalid", "surprise"),
        (b'{"surprise": ' + b"9" * 5000 + b"}", 422, "invalid", "surprise"),
        (b'{"\\ud800": 1}', 422, "invalid", "?"),
        (b"{" + b" " * 300_000 + b"}", 413, "too_large", ""),
    ]
    for method, pattern, _ in WRITES:
        caller = allowed_caller(people, method, pattern)
        path = path_of(pattern).replace(UNKNOWN_ID, people.doctor_id) if "/queue/" in pattern else path_of(pattern)
        replies = await asyncio.gather(*(caller.call(method, path, raw) for raw, *_ in bodies))
        for reply, (raw, status, code, field) in zip(replies, bodies, strict=True):
            what = f"{method} {pattern} {raw[:40]!r}"
            problem = assert_problem(reply, what)
            if reply.status == 404 and "{" in pattern:
                continue  # the object in the path is looked for before the body is read
            assert (reply.status, problem["code"]) == (status, code), f"{what}: {problem}"
            if field:
                assert field in [error["field"] for error in problem["errors"]], f"{what}: {problem}"


@pytest.mark.gen_test(timeout=60)
async def test_what_is_not_there_is_not_found(people: People) -> None:
    for method, pattern, found in ROUTES:
        if "{" not in pattern:
            continue
        caller = allowed_caller(people, method, pattern)
        for id in (UNKNOWN_ID, "x", "%00", "%F0%9F%92%A9", "%FF", "." * 300, "%2e%2e%2fadmin"):
            reply = await send(caller, method, path_of(pattern, id))
            problem = assert_problem(reply, f"{method} {pattern} {id}")
            if found.body is None:
                assert (reply.status, problem["code"]) == (404, "not_found"), f"{method} {pattern} {id}: {problem}"
            else:
                assert reply.status in (404, 422), f"{method} {pattern} {id}: {problem}"


@pytest.mark.gen_test(timeout=60)
async def test_queries_are_held_against_their_models(people: People) -> None:
    for method, pattern, found in ROUTES:
        if found.query is None:
            continue
        caller = allowed_caller(people, method, pattern)
        path = path_of(pattern, people.doctor_id)
        for query, field in (
            ("surprise=1", "surprise"),
            ("surprise=1&surprise=2", "surprise"),
            ("surprise=%00", "surprise"),
            ("surprise=%ff", "surprise"),
            *(
                [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit")]
                if "limit" in str(found.query.model_fields)
                else []
            ),
        ):
            reply = await caller.get(f"{path}?{query}")
            problem = assert_problem(reply, f"{method} {pattern}?{query}")
            assert (reply.status, problem["code"]) == (422, "invalid"), f"{pattern}?{query}: {problem}"
            assert field in [error["field"] for error in problem["errors"]], f"{pattern}?{query}: {problem}"


@pytest.mark.gen_test(timeout=60)
async def test_a_lost_database_is_said_so_everywhere(
    people: People, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any, **__: Any) -> None:
        raise StorageUnavailable

    for verb in ("insert", "get", "find", "replace_if_unchanged", "delete", "revs", "ping"):
        monkeypatch.setattr(type(server.services.storage), verb, lost)
    unavailable = set()
    for method, pattern, _ in ROUTES:
        if pattern == "/api/token/revoke/":
            continue  # would end the session the others go on in
        caller = allowed_caller(people, method, pattern)
        reply = await send(caller, method, path_of(pattern, people.doctor_id))
        if reply.status >= 400:
            problem = assert_problem(reply, f"{method} {pattern}")
            assert problem["code"] != "internal", f"{method} {pattern}: {problem}"
            if problem["code"] == "storage_unavailable":
                unavailable.add(f"{method} {pattern}")
    lists = ("patients", "appointments", "notifications", "users", "displays", "audit")
    assert unavailable >= {*(f"GET /api/{name}/" for name in lists), "GET /api/me/", "GET /readyz"}
    person = {"name": "Somebody", "sms_consent": False}
    (await people.receptionist.post("/api/patients/", person)).problem(503, "storage_unavailable")
    (await people.anonymous.get("/readyz")).problem(503, "storage_unavailable")
    (await people.anonymous.get("/healthz")).ok()
    (await people.anonymous.get(f"/api/queue/{people.doctor_id}/")).ok()


@pytest.mark.gen_test
async def test_an_unexpected_error_tells_nothing_of_itself(
    people: People, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(server.services.storage), "find", broken)
    reply = await people.admin.get("/api/users/")
    problem = assert_problem(reply, "broken")
    assert (reply.status, problem["code"]) == (500, "internal")
    assert "secret" not in reply.raw.decode()


@pytest.mark.parametrize("path", ["/nothing", "/api/", "/api/nothing/", "/api/doctors//", "/ws/", "/api/%ff"])
@pytest.mark.gen_test
async def test_unknown_addresses_are_not_found(api: Api, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        reply = await api.call(method, path, b"{}" if method == "POST" else None)
        assert assert_problem(reply, f"{method} {path}")["code"] == "not_found"
        assert reply.status == 404


@pytest.mark.gen_test
async def test_another_sites_pages_may_not_write(api: Api) -> None:
    evil = await api.post("/api/token/", {}, Origin="https://evil.example")
    assert (evil.status, assert_problem(evil, "Origin")["code"]) == (403, "forbidden")
    cross = await api.post("/api/token/", {}, Sec_Fetch_Site="cross-site")
    assert cross.status == 403
    own = await api.post("/api/token/", {}, Origin=api.url)
    assert own.status == 422


@pytest.mark.gen_test
async def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for path in ("/healthz", "/api/doctors/", "/api/me/", "/nothing", "/"):
        headers = (await api.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers
