"""What the sockets refuse, and how they end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from handlers import live
from tests.http.test_openapi import RAW
from tests.live.clients import Clinic

NONSENSE: list[tuple[Any, str]] = [
    ("{", "bad_json"),
    ("", "invalid"),
    ("[]", "invalid"),
    (b"\x00\x01", "bad_json"),
    ({"type": "shout"}, "invalid"),
    ({"type": "authenticate"}, "invalid"),
    ({"type": "authenticate", "token": "x", "role": "admin"}, "invalid"),
    ({"type": "authenticate", "token": 7}, "invalid"),
    ({"type": "authenticate", "token": "\ud800"}, "invalid"),
    ({"type": "authenticate", "token": "x" * 5000}, "invalid"),
    ({"type": "subscribe", "doctors": "all"}, "invalid"),
    ({"type": "subscribe", "doctors": ["x" * 16] * 201}, "invalid"),
    ({"type": "subscribe", "doctors": []}, "invalid"),
]


@pytest.mark.gen_test
async def test_nonsense_is_told_and_the_socket_stays(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    for said, code in NONSENSE:
        await socket.say(said)
        refusal = await socket.hear()
        assert (refusal["type"], refusal["code"]) == ("error", code), said
        assert refusal["detail"]
        assert not RAW.search(refusal["detail"]), refusal
    joined = await clinic.walk_in(clinic.rao)
    assert (await socket.hear())["seq"] == joined["seq"]


@pytest.mark.gen_test
async def test_a_message_that_is_too_long_ends_the_socket(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    await socket.say("x" * (live.MESSAGE_LIMIT + 1))
    assert await socket.closed() in (1009, None)


@pytest.mark.gen_test
async def test_a_plain_request_gets_a_problem(clinic: Clinic) -> None:
    for path in (f"/ws/queue/{clinic.rao}/", "/ws/display/x/", "/ws/ticket/x/", "/ws/console/"):
        refused = await clinic.desk.get(path)
        refused.problem(426, "upgrade_required")
        assert refused.headers["Upgrade"] == "websocket"
    (await clinic.desk.post(f"/ws/queue/{clinic.rao}/")).problem(405, "method_not_allowed")


@pytest.mark.gen_test
async def test_another_site_s_pages_may_not_open_sockets(clinic: Clinic) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        await clinic.listen(f"/ws/queue/{clinic.rao}/", Origin="https://elsewhere.example")
    own = await clinic.listen(f"/ws/queue/{clinic.rao}/", Origin=clinic.server.url)
    assert (await own.hear())["type"] == "queue"


@pytest.mark.gen_test
async def test_a_socket_that_never_signs_in_is_closed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SIGN_IN_SECONDS", 0.0)
    socket = await clinic.listen("/ws/console/")
    assert await socket.closed() == 4401


@pytest.mark.gen_test
async def test_a_closed_socket_leaves_nothing_behind(clinic: Clinic) -> None:
    hub = clinic.server.services.hub
    sockets = [await clinic.listen(f"/ws/queue/{clinic.rao}/") for _ in range(20)]
    for socket in sockets:
        await socket.hear()
    assert hub.counts().sockets == {"queue": 20}
    for socket in sockets:
        socket.connection.close()
    async with asyncio.timeout(10):
        while hub.counts().sockets:
            await asyncio.sleep(0.01)
    assert hub.counts().topics == 0


@pytest.mark.gen_test
async def test_the_server_going_down_says_1012(clinic: Clinic) -> None:
    socket = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    await socket.hear()
    stopping = asyncio.ensure_future(clinic.server.stop())
    assert await socket.closed() == 1012
    await stopping


@pytest.mark.gen_test
async def test_many_changes_end_in_the_last_state_for_all(clinic: Clinic) -> None:
    sockets = [await clinic.listen(f"/ws/queue/{clinic.rao}/") for _ in range(30)]
    tickets = await asyncio.gather(*(clinic.walk_in(clinic.rao, f"Patient {number}") for number in range(20)))
    last = max(ticket["seq"] for ticket in tickets)
    for socket in sockets:
        newest = -1
        while newest < last:
            message = await socket.hear()
            assert message["seq"] > newest
            newest = message["seq"]
        assert len(message["data"]["waiting"]) == 20
