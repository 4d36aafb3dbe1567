"""The database goes away under a running server, and comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.app import Server
from tests.api import Api
from tests.conftest import StartServer
from tests.http.clinic import Clinic, make_clinic
from tests.storage.support import mongo_home
from tests.storage.wire import WireServer

pytestmark = pytest.mark.gen_test(timeout=120)


async def test_writes_answer_503_boards_stay_and_all_heals(start_server: StartServer, tmp_path: Path) -> None:
    database = WireServer(tmp_path / "wire")
    database.start()
    home = mongo_home(database.uri, tmp_path / "data").settings
    server: Server = await start_server(mongodb_uri=home.mongodb_uri, mongodb_database=home.mongodb_database)
    anyone = Api(server.url)
    clinic: Clinic = await make_clinic(server, await anyone.sign_in("admin", "admin-password"))
    ticket = await clinic.walk_in()
    before = await clinic.view()
    database.stop()
    body = {"doctor_id": clinic.doctor_id}
    refused = await clinic.desk.post("/api/notify-next/", body, key="through-the-storm")
    refused.problem(503, "storage_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await anyone.get("/readyz")).status == 503
    assert (await clinic.view())["waiting"][0]["id"] == before["waiting"][0]["id"], "the last state stays"
    database.start()
    while (await anyone.get("/readyz")).status != 200:
        await asyncio.sleep(0.05)
    called = (await clinic.desk.post("/api/notify-next/", body, key="through-the-storm")).ok()
    assert called["called"]["id"] == ticket["id"]
    anyone.close()
    await server.stop()
    database.stop()
