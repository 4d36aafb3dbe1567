"""twilio-python on Tornado's HTTP client, over real HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tornado.ioloop import IOLoop
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError
from twilio.rest import Client

from config.settings import Settings
from server.clock import SystemClock
from server.sms.gateway import TornadoHttpClient, TwilioGateway, failure
from server.sms.provider import Outgoing, Reply
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

pytestmark = pytest.mark.gen_test(timeout=30)

OUTGOING = Outgoing("+12025550123", "Text & more: é €", 300, "ticket:your_turn:1", "token")


@pytest.fixture
def stand_in(io_loop: IOLoop) -> Iterator[StandIn]:
    async def start() -> StandIn:
        made = StandIn()
        made.start()
        return made

    made = io_loop.run_sync(start)
    yield made
    io_loop.run_sync(made.close)


async def send(stand_in: StandIn, outgoing: Outgoing = OUTGOING, **changed: Any) -> Reply:
    values: dict[str, Any] = {
        "data_dir": Path("unused"),
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": SecretStr(AUTH_TOKEN),
        "twilio_from_number": "+12025550100",
        "twilio_api_url": stand_in.url,
    }
    gateway = TwilioGateway(Settings(**values | changed), SystemClock())
    try:
        return await gateway.send(outgoing)
    finally:
        await gateway.close()


async def test_a_created_message_is_answered_with_its_sid(stand_in: StandIn) -> None:
    reply = await send(stand_in)
    [post] = stand_in.posts
    assert (reply.status, reply.sid, reply.provider_status) == (201, post.sid, "queued")
    assert post.form["Body"] == OUTGOING.body


async def test_a_messaging_service_stands_in_for_the_number(stand_in: StandIn) -> None:
    await send(stand_in, twilio_from_number=None, twilio_messaging_service_sid="MG00000000000000000000000000000001")
    assert stand_in.posts[0].form["MessagingServiceSid"] == "MG00000000000000000000000000000001"
    assert "From" not in stand_in.posts[0].form


async def test_the_library_reads_no_environment_of_its_own(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    assert (await send(stand_in)).status == 201


async def test_a_wrong_token_is_refused(stand_in: StandIn) -> None:
    reply = await send(stand_in, twilio_auth_token=SecretStr("wrong"))
    assert (reply.status, reply.code) == (401, 20003)
    assert stand_in.posts == []


async def test_a_redirect_is_not_followed(stand_in: StandIn) -> None:
    stand_in.next("redirect")
    assert (await send(stand_in)).status == 307
    assert len(stand_in.posts) == 1


async def test_retry_after_comes_through(stand_in: StandIn) -> None:
    stand_in.next("429_retry_after")
    assert (await send(stand_in)) == Reply(status=429, code=20429, retry_after=7.0)


async def test_an_error_that_is_no_json_has_its_status_only(stand_in: StandIn) -> None:
    stand_in.next("502_page")
    assert (await send(stand_in)) == Reply(status=502)


@pytest.mark.parametrize(
    ("fault", "error"), [("drop", "closed"), ("hang_after_accepting", "timeout"), ("hang", "timeout")]
)
async def test_silence_after_the_request_left_is_told_apart(
    stand_in: StandIn, short_timeouts: None, fault: str, error: str
) -> None:
    stand_in.next(fault)
    assert (await send(stand_in)) == Reply(left=True, error=error)


async def test_a_host_that_refuses_has_received_nothing(stand_in: StandIn) -> None:
    assert (await send(stand_in, twilio_api_url="http://127.0.0.1:1")) == Reply(left=False, error="refused")


async def test_a_host_that_speaks_no_tls_has_received_nothing(stand_in: StandIn, short_timeouts: None) -> None:
    reply = await send(stand_in, twilio_api_url=stand_in.url.replace("http:", "https:"))
    assert (reply.left, reply.status) == (False, None)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (socket.gaierror(), "no_such_host"),
        (ConnectionRefusedError(), "refused"),
        (HTTPTimeoutError("x"), "timeout"),
        (HTTPStreamClosedError("x"), "closed"),
        (ConnectionResetError(), "closed"),
        (ssl.SSLCertVerificationError(), "tls"),
        (OSError(), "not_connected"),
    ],
)
async def test_a_failure_is_one_word_in_the_log(error: Exception, word: str) -> None:
    assert failure(error) == word


async def test_messages_can_be_listed_and_fetched(stand_in: StandIn) -> None:
    """What reconciliation needs of client and stand-in."""
    first = await send(stand_in)
    await send(stand_in, Outgoing("+12025550199", "another", 300, "m", "t"))
    second = await send(stand_in)
    http = TornadoHttpClient(SystemClock(), stand_in.url)
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)  # type: ignore[no-untyped-call]
    listed = await client.messages.list_async(to=OUTGOING.to, limit=20, page_size=1)
    assert [message.sid for message in listed] == [second.sid, first.sid]
    fetched = await client.messages(first.sid).fetch_async()
    assert (fetched.body, fetched.to, str(fetched.status)) == (OUTGOING.body, OUTGOING.to, "queued")
    http.close()
