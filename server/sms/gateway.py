"""Twilio behind the provider port: twilio-python builds the request, Tornado's HTTP client carries it.

The library's own async client ignores its timeout and repeats POSTs by itself, which for messages means
sending twice; this one sends once, in 3 s to connect and 10 s in all, and never follows a redirect.
The only module that imports twilio; the application imports it only when an account is set.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
from asyncio import Future
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError, SimpleAsyncHTTPClient
from twilio.base import values
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance, MessageList

from config.settings import Settings
from server.clock import Clock
from server.sms.provider import Carried, NoAnswer, Outgoing, Reply
from server.sms.retry import retry_after_seconds

CONNECT_TIMEOUT = 3.0
TOTAL_TIMEOUT = 10.0
AT_ONCE = 100
LARGEST_ANSWER = 1024 * 1024
CALLBACK_PATH = "/api/twilio/status/"


class TornadoHttpClient(AsyncHttpClient):
    """twilio-python's HTTP port on Tornado. `api_url` replaces the scheme and host of every address."""

    def __init__(self, clock: Clock, api_url: str | None) -> None:
        super().__init__(logging.getLogger(__name__), True, TOTAL_TIMEOUT)
        self._clock = clock
        self._api_url = api_url
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=AT_ONCE, max_body_size=LARGEST_ANSWER)

    # The library's own async client overrides it the same way.
    async def request(  # type: ignore[override]
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, at most once. Raises NoAnswer unless a 2xx with a JSON object comes back.

        twilio-python's own exception would drop the headers, Retry-After with them.
        """
        body = _Body(urlencode(data or {}, doseq=True).encode()) if method == "POST" else None
        username, password = auth or (None, None)
        request = HTTPRequest(
            self._address(uri, params),
            method=method,
            headers=dict(headers or {}) | ({"Content-Length": str(len(body.content))} if body else {}),
            body_producer=body,
            auth_username=username,
            auth_password=password,
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=TOTAL_TIMEOUT,
            follow_redirects=False,
        )
        try:
            response = await self._client.fetch(request, raise_error=False)
        except (OSError, HTTPTimeoutError, HTTPStreamClosedError) as error:
            raise NoAnswer(Reply(left=body is not None and body.asked_for, error=failure(error))) from error
        return self._read(response)

    def close(self) -> None:
        self._client.close()

    def _address(self, uri: str, params: dict[str, object] | None) -> str:
        parts = urlsplit(uri)
        if self._api_url is not None:
            mine = urlsplit(self._api_url)
            parts = parts._replace(scheme=mine.scheme, netloc=mine.netloc, path=mine.path.rstrip("/") + parts.path)
        query = "&".join(filter(None, (parts.query, urlencode(params or {}, doseq=True))))
        return urlunsplit(parts._replace(query=query))

    def _read(self, response: HTTPResponse) -> Response:
        text = response.body.decode(errors="replace")
        content = _json_object(text)
        if 200 <= response.code < 300 and content:
            return Response(response.code, text, response.headers)
        code = content.get("code")
        retry_after = retry_after_seconds(response.headers.get("Retry-After"), self._clock.now())
        raise NoAnswer(
            Reply(status=response.code, code=code if isinstance(code, int) else None, retry_after=retry_after)
        )


class _Body:
    """A request body that knows whether it was asked for.

    Tornado asks right after the connection stands and the head is written, so a body nobody asked for
    means that nothing left this machine: no such host, refused, not connected in time, no TLS.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked_for = False

    def __call__(self, write: Callable[[bytes], None]) -> Future[None]:
        self.asked_for = True
        write(self.content)
        written: Future[None] = Future()
        written.set_result(None)
        return written


class TwilioGateway:
    """One per process, for the account of the settings; nothing is connected before the first text."""

    live = True

    def __init__(self, settings: Settings, clock: Clock) -> None:
        if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
            raise ValueError("no Twilio account is set")
        self._http = TornadoHttpClient(clock, settings.twilio_api_url)
        client = Client(  # type: ignore[no-untyped-call]
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            http_client=self._http,
            # Given and not empty, so that the library reads no TWILIO_EDGE or TWILIO_REGION of its own.
            environment={"TWILIO_ACCOUNT_SID": settings.twilio_account_sid},
        )
        self._messages: MessageList = client.api.v2010.account.messages
        self._from = settings.twilio_from_number or values.unset
        self._service = settings.twilio_messaging_service_sid or values.unset
        self._public_url = settings.public_url

    async def send(self, outgoing: Outgoing) -> Reply:
        """POST one message."""
        try:
            answer = await self._messages.create_with_http_info_async(
                to=outgoing.to,
                body=outgoing.body,
                from_=self._from,
                messaging_service_sid=self._service,
                validity_period=outgoing.validity_seconds,
                status_callback=self._callback(outgoing),
            )
        except NoAnswer as refusal:
            return refusal.reply
        return Reply(status=answer.status_code, sid=answer.data.sid or "", provider_status=answer.data.status or "")

    async def sent_to(self, number: str, limit: int) -> list[Carried]:
        """The list has no DateSent filter: a message that was not sent yet has no such date and would be missing."""
        found = await self._messages.list_async(to=number, limit=limit, page_size=limit)
        return [_carried(message) for message in found]

    async def look_up(self, sid: str) -> Carried | None:
        try:
            return _carried(await self._messages(sid).fetch_async())
        except NoAnswer as refusal:
            if refusal.reply.status == 404:
                return None
            raise

    async def close(self) -> None:
        self._http.close()

    def _callback(self, outgoing: Outgoing) -> str | object:
        """Where Twilio reports what became of the message; without PUBLIC_URL it has nowhere to."""
        if self._public_url is None:
            return values.unset
        return f"{self._public_url}{CALLBACK_PATH}?{urlencode({'m': outgoing.message_id, 'a': outgoing.token})}"


def _carried(message: MessageInstance) -> Carried:
    # The library hands on a date that it cannot read as the text it is.
    if not message.sid or not isinstance(message.date_created, datetime):
        raise NoAnswer(Reply(status=200, error="not_a_message"))
    return Carried(
        sid=message.sid,
        to=message.to or "",
        body=message.body or "",
        status=str(message.status or ""),
        created=message.date_created,
        code=message.error_code,
    )


def failure(error: Exception) -> str:
    """A request without an answer in one word, for the log."""
    match error:
        case HTTPTimeoutError():
            return "timeout"
        case HTTPStreamClosedError() | ConnectionResetError() | BrokenPipeError():
            return "closed"
        case ConnectionRefusedError():
            return "refused"
        case socket.gaierror():
            return "no_such_host"
        case ssl.SSLError():
            return "tls"
        case _:
            return "not_connected"


def _json_object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
