"""What happens around an operation: repeated keys, limits by address, proxies, refused bodies on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from handlers.addresses import FAILURES_PER_MINUTE, REGISTRATIONS_PER_MINUTE, WRITES_PER_MINUTE
from handlers.operations import operations
from handlers.routes import all_routes
from handlers.schemas import PageQuery
from server.app import Server
from tests.api import Api
from tests.conftest import Call, StartServer
from tests.http.roles import People

PERSON = {"name": "Somebody", "sms_consent": False}
SIGN_IN = {"username": "admin", "password": "admin-password"}


@asynccontextmanager
async def raw_connection(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(5):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(status.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


@pytest.mark.gen_test
async def test_a_key_makes_a_repetition_harmless(people: People) -> None:
    first = await people.receptionist.post("/api/patients/", PERSON, key="k1")
    second = await people.receptionist.post("/api/patients/", PERSON, key="k1")
    assert (first.ok(201), "Idempotency-Replayed" in first.headers) == (second.ok(201), False)
    assert second.headers["Idempotency-Replayed"] == "true"
    other = await people.receptionist.post("/api/patients/", {**PERSON, "name": "Else"}, key="k1")
    other.problem(422, "idempotency_key_reused")
    # The scope is the account, the method and the path, with or without its slash.
    assert (await people.admin.post("/api/patients/", PERSON, key="k1")).ok(201)["id"] != first.json["id"]
    bare = await people.receptionist.post("/api/patients", PERSON, key="k1")
    assert bare.ok(201)["id"] == first.json["id"]


@pytest.mark.gen_test
async def test_requests_with_one_key_at_the_same_moment_are_carried_out_once(people: People) -> None:
    replies = await asyncio.gather(*(people.receptionist.post("/api/patients/", PERSON, key="k") for _ in range(8)))
    assert len({reply.ok(201)["id"] for reply in replies}) == 1
    assert sorted("Idempotency-Replayed" in reply.headers for reply in replies) == [False] + [True] * 7


@pytest.mark.gen_test
async def test_a_failure_is_not_kept_under_its_key(people: People) -> None:
    (await people.receptionist.post("/api/patients/", {"name": ""}, key="k")).problem(422, "invalid")
    (await people.receptionist.post("/api/patients/", PERSON, key="k")).ok(201)


@pytest.mark.gen_test
async def test_after_a_restart_the_key_finds_what_it_made(
    start_server: StartServer, call: Call, database: dict[str, str]
) -> None:
    server = await start_server()
    admin = await call(server).sign_in("admin", "admin-password")
    made = (await admin.post("/api/patients/", PERSON, key="k")).ok(201)
    await server.stop()
    again = await start_server()
    admin = await call(again).sign_in("admin", "admin-password")
    reply = await admin.post("/api/patients/", PERSON, key="k")
    assert reply.ok(201)["id"] == made["id"]
    assert reply.headers["Idempotency-Replayed"] == "true"
    (await admin.post("/api/patients/", {**PERSON, "name": "Else"}, key="k")).problem(422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
@pytest.mark.gen_test
async def test_a_key_that_cannot_be_one_is_named(admin: Api, key: str) -> None:
    problem = (await admin.post("/api/patients/", PERSON, key=key)).problem(422, "invalid")
    assert problem["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.gen_test
async def test_a_refusal_comes_before_the_body_and_the_connection_lives_on(server: Server) -> None:
    async with raw_connection(server) as (reader, writer):
        for _ in range(2):
            writer.write(b"POST /api/users/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
            status, headers, body = await read_answer(reader)
            assert (status, headers["content-type"]) == (401, "application/problem+json")
            assert b"not_signed_in" in body
            writer.write(b"0123456789")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read_answer(reader))[0] == 200


@pytest.mark.gen_test
async def test_a_large_body_is_read_to_its_end_so_that_the_answer_arrives(server: Server) -> None:
    async with raw_connection(server) as (reader, writer):
        size = 64 * 1024 * 1024
        writer.write(b"POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(b" " * size)
        await writer.drain()
        status, _, body = await read_answer(reader)
        assert (status, b"too_large" in body) == (413, True)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read_answer(reader))[0] == 200


@pytest.mark.gen_test
async def test_a_refused_client_that_asks_first_gets_one_answer(server: Server) -> None:
    async with raw_connection(server) as (reader, writer):
        writer.write(b"POST /api/users/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
        assert (await read_answer(reader))[0] == 401
        assert await reader.read() == b""


@pytest.mark.gen_test(timeout=20)
async def test_anonymous_writes_of_one_address_are_limited_and_nothing_else(
    start_server: StartServer, call: Call
) -> None:
    server = await start_server(rate_limits=True, trusted_proxies=("127.0.0.1",))
    api = call(server)
    admin = await api.sign_in("admin", "admin-password")
    here, there = "198.51.100.7", "198.51.100.8"
    for _ in range(WRITES_PER_MINUTE):
        server.services.limits.anonymous_write(here)
    reply = await api.post("/api/patients/", PERSON, X_Forwarded_For=here)
    reply.problem(429, "slow_down")
    assert int(reply.headers["Retry-After"]) > 0
    (await api.post("/api/patients/", PERSON, X_Forwarded_For=there)).problem(422, "invalid")
    (await admin.post("/api/patients/", PERSON, X_Forwarded_For=here)).ok(201)
    (await api.get("/api/doctors/", X_Forwarded_For=here)).ok()
    session = (await api.post("/api/token/", SIGN_IN, X_Forwarded_For=here)).ok()
    (await api.post("/api/token/refresh/", {"refresh": session["refresh"]}, X_Forwarded_For=here)).ok()


@pytest.mark.gen_test(timeout=20)
async def test_few_register_themselves_from_one_address_at_once_and_staff_register_on(
    start_server: StartServer, call: Call
) -> None:
    server = await start_server(rate_limits=True, trusted_proxies=("127.0.0.1",))
    api = call(server)
    admin = await api.sign_in("admin", "admin-password")
    here, there = "198.51.100.7", "198.51.100.8"
    for number in range(REGISTRATIONS_PER_MINUTE + 5):
        wrong = {**PERSON, "username": f"person{number}", "password": "short"}
        (await api.post("/api/patients/", wrong, X_Forwarded_For=here)).problem(422, "invalid")
        if number == 0:
            for _ in range(REGISTRATIONS_PER_MINUTE - 1):
                server.services.limits.registration(there)
    person = {**PERSON, "phone": "+12025550123", "password": "a good password"}
    (await api.post("/api/patients/", {**person, "username": "one"}, X_Forwarded_For=there)).ok(201)
    refused = await api.post("/api/patients/", {**person, "username": "two"}, X_Forwarded_For=there)
    refused.problem(429, "slow_down")
    assert int(refused.headers["Retry-After"]) <= 2
    (await admin.post("/api/patients/", {**person, "username": "two"}, X_Forwarded_For=there)).ok(201)


@pytest.mark.gen_test(timeout=30)
async def test_bad_tokens_are_refused_however_many_and_keep_nobody_out(start_server: StartServer, call: Call) -> None:
    server = await start_server(rate_limits=True)
    api = call(server)
    admin = await api.sign_in("admin", "admin-password")
    for number in range(WRITES_PER_MINUTE + FAILURES_PER_MINUTE):
        path = ("/api/me/", "/api/doctors/")[number % 2]
        (await api.get(path, Authorization="Bearer nonsense")).problem(401, "not_signed_in")
        (await api.post("/api/token/refresh/", {"refresh": "nonsense"})).problem(401, "not_signed_in")
    (await api.post("/api/token/", SIGN_IN)).ok()
    (await admin.get("/api/me/")).ok()
    (await api.get("/api/doctors/")).ok()


@pytest.mark.gen_test(timeout=30)
async def test_wrong_passwords_of_one_address_are_limited_and_refreshes_go_on(
    start_server: StartServer, call: Call
) -> None:
    server = await start_server(rate_limits=True)
    api = call(server)
    session = (await api.post("/api/token/", SIGN_IN)).ok()
    for _ in range(FAILURES_PER_MINUTE - 1):
        server.services.limits.failed("127.0.0.1")
    nobody = {"username": "nobody", "password": "wrong-password"}
    while (refused := await api.post("/api/token/", nobody)).status == 401:
        pass
    refused.problem(429, "slow_down")
    (await api.post("/api/token/refresh/", {"refresh": session["refresh"]})).ok()


@pytest.mark.gen_test
async def test_forwarded_headers_of_strangers_count_for_nothing(start_server: StartServer, call: Call) -> None:
    server = await start_server()
    reply = await call(server).get("/healthz", X_Forwarded_Proto="https")
    assert "Strict-Transport-Security" not in reply.headers
    trusting = await start_server(data_dir=server.settings.data_dir / "other", trusted_proxies=("127.0.0.0/8",))
    reply = await call(trusting).get("/healthz", X_Forwarded_Proto="https")
    assert "Strict-Transport-Security" in reply.headers


@pytest.mark.gen_test
async def test_health_and_metrics(people: People, server: Server) -> None:
    assert (await people.anonymous.get("/healthz")).ok() == {"status": "ok"}
    ready = (await people.anonymous.get("/readyz")).ok()
    assert ready["status"] == "ready"
    assert {"pump", "reminders", "rollover", "retention"} <= ready["jobs"].keys()
    assert all(set(job) == {"last_run", "last_success", "ok"} for job in ready["jobs"].values())
    (await people.anonymous.call("BREW", "/healthz")).problem(405, "method_not_allowed")
    (
        await people.receptionist.post(
            "/api/enqueue/", {"doctor_id": people.doctor_id, "patient_id": people.patient_id}
        )
    ).ok(201)
    reply = await people.anonymous.get("/metrics")
    text = reply.raw.decode()
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert 'clinic_tickets{state="waiting"} 1.0' in text
    assert 'clinic_queues{status="open"} 1.0' in text
    assert 'clinic_http_requests_total{method="POST",route="/api/enqueue/",status="2xx"} 1.0' in text
    assert 'clinic_http_request_seconds_count{route="/api/enqueue/"} 1.0' in text
    assert "BREW" not in text
    assert 'clinic_http_requests_total{method="other",route="/healthz",status="4xx"} 1.0' in text
    assert 'clinic_job_age_seconds{job="pump"}' in text
    assert 'clinic_job_last_run_seconds{job="reminders"}' in text
    assert 'clinic_job_failures_total{job="retention"} 0.0' in text
    assert people.doctor_id not in text
    proxied = "198.51.100.7"
    (await people.anonymous.get("/metrics", X_Forwarded_For=proxied)).problem(403, "forbidden")
    (await people.receptionist.get("/metrics", X_Forwarded_For=proxied)).problem(403, "forbidden")
    assert (await people.admin.get("/metrics", X_Forwarded_For=proxied)).status == 200
    for public in (
        {"Host": "clinic.example"},
        {"Host": "127.0.0.1.example"},
        {"Via": "1.1 proxy"},
        {"Host": "10.0.0.1"},
    ):
        (await people.anonymous.call("GET", "/metrics", headers=public)).problem(403, "forbidden")
        assert (await people.admin.call("GET", "/metrics", headers=public)).status == 200
    for own in ("localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000"):
        assert (await people.anonymous.get("/metrics", Host=own)).status == 200


@pytest.mark.gen_test
async def test_head_answers_like_get_without_the_body(api: Api) -> None:
    get, head = await api.get("/healthz"), await api.call("HEAD", "/healthz")
    assert (head.status, head.raw) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.raw))


@pytest.mark.gen_test
async def test_every_list_refuses_a_made_up_cursor(people: People) -> None:
    lists = [
        pattern
        for pattern, handler, *_ in all_routes()
        for method, described in operations(handler)
        if method == "GET" and described.query is not None and issubclass(described.query, PageQuery)
    ]
    assert len(lists) >= 7
    for path in lists:
        for cursor in ("made-up", "20260302T090000000-abc", "MjAyNg=="):
            problem = (await people.admin.get(path, {"cursor": cursor})).problem(422, "invalid")
            assert [error["field"] for error in problem["errors"]] == ["cursor"], path
