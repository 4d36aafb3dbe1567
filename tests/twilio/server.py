"""The stand-in itself: accounts, messages, list and fetch over real HTTP, and faults taken from a script."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tests.twilio.faults import FAULTS, NUMBERS, Ending, Fault

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "stand-in-token"
VERSION = "/2010-04-01/Accounts"


@dataclass(frozen=True, slots=True)
class Post:
    """One request to create a message as it arrived, with the SID it got, if it was accepted."""

    form: dict[str, str]
    sid: str | None


@dataclass
class StandIn:
    """State of the stand-in and its switches. `accounts` maps SIDs to tokens.

    `product`: the PUBLIC_URL to which answers by hand go. `deaf`: questions about messages are answered
    with 503. `prefix` is put before every text, as for trial accounts.
    `lists` are the queries of the lists that were asked for.
    """

    accounts: dict[str, str] = field(default_factory=lambda: {ACCOUNT_SID: AUTH_TOKEN})
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    script: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None
    product: str = "http://127.0.0.1:8000"
    deaf: bool = False
    prefix: str = ""
    lists: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _arrival: asyncio.Condition = field(default_factory=asyncio.Condition)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _server: HTTPServer | None = None

    def start(self, port: int = 0) -> None:
        """Listen on loopback; `url` is where."""
        [socket] = bind_sockets(port, "127.0.0.1")
        self._server = HTTPServer(application(self))
        self._server.add_sockets([socket])
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening and end the requests that hang."""
        self._closing.set()
        if self._server is not None:
            self._server.stop()
            await self._server.close_all_connections()

    def next(self, *faults: str | Fault) -> None:
        """What the coming requests get, one each; after them everything works again."""
        self.script.extend(FAULTS[fault] if isinstance(fault, str) else fault for fault in faults)

    def hold(self) -> asyncio.Event:
        """The next request is accepted but not answered before the event is set."""
        gate = asyncio.Event()
        self.next(Fault(accept=True, gate=gate))
        return gate

    async def arrived(self, count: int) -> list[Post]:
        """Wait until `count` requests to create a message have come in."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.posts) >= count)
        return self.posts

    def fault_for(self, to: str) -> Fault:
        """The scripted fault, else that of the number, else none."""
        if self.script:
            return self.script.popleft()
        return self.always or FAULTS.get(NUMBERS.get(to, ""), Fault(accept=True))

    async def take(self, account: str, form: dict[str, str], fault: Fault) -> dict[str, Any] | None:
        """Note a request; the new message if it is accepted."""
        message = self._create(account, form) if fault.accept else None
        async with self._arrival:
            self.posts.append(Post(form, message["sid"] if message else None))
            self._arrival.notify_all()
        return message

    def _create(self, account: str, form: dict[str, str]) -> dict[str, Any]:
        sid = "SM" + secrets.token_hex(16)
        now = format_datetime(self.now(), usegmt=False)
        self.messages[sid] = {
            "sid": sid,
            "account_sid": account,
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "to": form["To"],
            "from": form.get("From"),
            "body": self.prefix + form["Body"],
            "status": "queued",
            "direction": "outbound-api",
            "api_version": "2010-04-01",
            "num_segments": "1",
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "error_message": None,
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "status_callback": form.get("StatusCallback"),
            "uri": f"{VERSION}/{account}/Messages/{sid}.json",
            "subresource_uris": {"media": f"{VERSION}/{account}/Messages/{sid}/Media.json"},
        }
        return self.messages[sid]

    def now_is(self, sid: str, status: str, code: int | None = None) -> None:
        """What a message has come to, for whoever asks; nobody is told."""
        self.messages[sid] |= {"status": status, "error_code": code}

    async def report(self, sid: str, status: str, code: int | None = None, *, through: str = "", key: str = "") -> int:
        """Call the message's StatusCallback back and set its state; the HTTP status of the answer.

        `through` is the scheme and host really connected to, as a proxy before the product would; `key` signs
        instead of the account's token.
        """
        self.now_is(sid, status, code)
        message = self.messages[sid]
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": message["account_sid"],
            "To": message["to"],
            "From": message["from"] or "",
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": str(code)} if code else {}),
        }
        return (await self.call_back(message["status_callback"], form, through=through, key=key)).code

    async def call_back(
        self, url: str, form: Mapping[str, str], *, through: str = "", key: str = "", signature: str | None = None
    ) -> HTTPResponse:
        """POST a signed form to `url`, as Twilio does, by way of `through`."""
        made = signed(url, form, key or self.accounts[ACCOUNT_SID]) if signature is None else signature
        parts = urlsplit(url)
        reached = urlunsplit(parts._replace(scheme="", netloc="")) if through else url
        return await AsyncHTTPClient().fetch(
            HTTPRequest(through + reached, "POST", {"X-Twilio-Signature": made}, urlencode(form)), raise_error=False
        )

    def crowd(self, to: str, body: str, count: int) -> None:
        """Messages to `to` that somebody else sent."""
        for _ in range(count):
            self._create(ACCOUNT_SID, {"To": to, "From": "+12025550100", "Body": body})

    async def end(self, fault: Fault) -> None:
        """Wait as long as the fault says; a hanging request until the stand-in closes."""
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.gate is not None:
            await fault.gate.wait()
        if fault.ending is Ending.HANG:
            await self._closing.wait()


def signed(url: str, form: Mapping[str, str], token: str) -> str:
    """X-Twilio-Signature (https://www.twilio.com/docs/usage/security#validating-requests)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Api(RequestHandler):
    """Basic auth and Twilio's error shape."""

    stand_in: StandIn

    def initialize(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def prepare(self) -> None:
        account = self.path_kwargs["account"]
        given = self.request.headers.get("Authorization", "")
        token = self.stand_in.accounts.get(account)
        expected = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()
        if token is None or given != expected:
            self.refuse(401, 20003, "Authenticate")

    def refuse(self, status: int, code: int | None, message: str) -> None:
        """The error body of the 2010 API."""
        self.set_status(status)
        about = {"code": code, "more_info": f"https://www.twilio.com/docs/errors/{code}"} if code else {}
        self.finish({"message": message, "status": status, **about})


class Messages(Api):
    """Create and list."""

    async def post(self, account: str) -> None:
        form = {name: given[0] for name, given in parse_qs(self.request.body.decode()).items()}
        if not form.get("To") or not form.get("Body") or not (form.get("From") or form.get("MessagingServiceSid")):
            missing = 21604 if not form.get("To") else 21602 if not form.get("Body") else 21603
            self.refuse(400, missing, "A required parameter is missing.")
            return
        fault = self.stand_in.fault_for(form["To"])
        message = await self.stand_in.take(account, form, fault)
        await self.stand_in.end(fault)
        if fault.ending is not Ending.ANSWER:
            self.detach().close()
            return
        for name, value in fault.headers.items():
            self.set_header(name, value)
        if fault.text is not None:
            self.set_status(fault.status)
            self.finish(fault.text)
        elif fault.status == 201 and message is not None:
            self.set_status(201)
            self.finish(message)
        else:
            self.refuse(fault.status, fault.code, f"Scripted error {fault.code or fault.status}")

    def get(self, account: str) -> None:
        self.stand_in.lists.append({name: self.get_query_argument(name) for name in self.request.query_arguments})
        if self.stand_in.deaf:
            self.refuse(503, None, "Service unavailable")
            return
        size = min(int(self.get_query_argument("PageSize", "50")), 1000)
        page = int(self.get_query_argument("Page", "0"))
        wanted = {name: value for name in ("To", "From") if (value := self.get_query_argument(name, ""))}
        found = [
            message
            for message in reversed(self.stand_in.messages.values())
            if message["account_sid"] == account
            and all(message[name.lower()] == value for name, value in wanted.items())
        ]
        start = page * size
        more = len(found) > start + size
        uri = f"{VERSION}/{account}/Messages.json?{urlencode({**wanted, 'PageSize': size})}&Page="
        self.finish(
            {
                "messages": found[start : start + size],
                "page": page,
                "page_size": size,
                "start": start,
                "end": min(start + size, len(found)) - 1,
                "uri": f"{uri}{page}",
                "first_page_uri": f"{uri}0",
                "next_page_uri": f"{uri}{page + 1}" if more else None,
                "previous_page_uri": f"{uri}{page - 1}" if page else None,
            }
        )


class OneMessage(Api):
    """Fetch."""

    def get(self, account: str, sid: str) -> None:
        message = self.stand_in.messages.get(sid)
        if self.stand_in.deaf:
            self.refuse(503, None, "Service unavailable")
            return
        if message is None or message["account_sid"] != account:
            self.refuse(404, 20404, f"The requested resource {self.request.path} was not found")
            return
        self.finish(message)


class Script(RequestHandler):
    """For playing by hand: POST a fault's name, `report SID STATUS [CODE]` or `answer NUMBER TEXT`; GET the posts."""

    def initialize(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def get(self) -> None:
        posts = [{"sid": post.sid, **post.form} for post in self.stand_in.posts]
        self.finish({"faults": sorted(FAULTS), "numbers": dict(NUMBERS), "posts": posts})

    async def post(self) -> None:
        match self.request.body.decode().split():
            case [name] if name in FAULTS:
                self.stand_in.next(name)
                self.set_status(204)
            case ["report", sid, status, *code] if self._calls_back(sid):
                told = await self.stand_in.report(sid, status, int(code[0]) if code else None)
                self.write(f"the product answered {told}\n")
            case ["answer", number, *words]:
                form = {"MessageSid": "SM" + secrets.token_hex(16), "From": number, "Body": " ".join(words)}
                reply = await self.stand_in.call_back(f"{self.stand_in.product}/api/twilio/inbound/", form)
                self.write(f"the product answered {reply.code}: {reply.body.decode()}\n")
            case _:
                self.send_error(400)

    def _calls_back(self, sid: str) -> bool:
        return bool(self.stand_in.messages.get(sid, {}).get("status_callback"))


def application(stand_in: StandIn) -> Application:
    """The routes of the Messages API that the product uses, and the script."""
    given = {"stand_in": stand_in}
    return Application(
        [
            (rf"{VERSION}/(?P<account>\w+)/Messages\.json", Messages, given),
            (rf"{VERSION}/(?P<account>\w+)/Messages/(?P<sid>\w+)\.json", OneMessage, given),
            (r"/script", Script, given),
        ],
        log_function=lambda handler: None,
    )
