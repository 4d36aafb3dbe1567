"""A server whose database is away when it starts: it answers, says so, and heals by itself."""

from __future__ import annotations

from typing import Any

import pytest

from server import app
from server.errors import StorageUnavailable
from server.storage.mongo import MongoStorage
from server.storage.sqlite import SqliteStorage
from tests.conftest import Call, StartServer

DEMO: dict[str, Any] = {"demo": True, "admin_username": None, "admin_password": None}


@pytest.mark.gen_test(timeout=30)
async def test_it_answers_at_once_and_heals(
    start_server: StartServer, call: Call, database: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home: type[Any] = MongoStorage if database else SqliteStorage
    verbs = ("insert", "get", "find", "replace_if_unchanged", "delete", "revs", "ping")
    kept = {verb: getattr(home, verb) for verb in verbs}

    async def away(*_: Any, **__: Any) -> None:
        raise StorageUnavailable

    for verb in verbs:
        monkeypatch.setattr(home, verb, away)
    monkeypatch.setattr(app, "DATABASE_RETRY_SECONDS", 0.0)
    server = await start_server(**DEMO)
    api = call(server)
    loaded = [server.loaded]
    assert (await api.get("/healthz")).ok() == {"status": "ok"}
    assert (await api.get("/api/openapi.json")).ok()
    assert (await api.get("/")).status == 200
    assert (await api.get("/t/some-ticket-or-other")).status == 503
    for path in ("/readyz", "/api/doctors/", "/api/me/", "/ws/console/"):
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"} if path.startswith("/ws/") else {}
        refused = await api.call("GET", path, headers=upgrade)
        refused.problem(503, "storage_unavailable")
        assert int(refused.headers["Retry-After"]) > 0
    (await api.post("/api/token/", {"username": "x", "password": "x"})).problem(503, "storage_unavailable")

    for verb, found in kept.items():
        monkeypatch.setattr(home, verb, found)
    await server.until_loaded()
    assert [*loaded, server.loaded] == [False, True]
    assert (await api.get("/readyz")).ok()
    assert len((await api.get("/api/doctors/")).ok()["items"]) == 3
    for login in server.first_accounts.demo:
        await api.sign_in(login.username, login.password)
    assert any(line.startswith("demo login: ") for line in app.startup_lines(server))
