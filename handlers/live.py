"""The four socket addresses: one handler that differs only in what it subscribes to first (DESIGN: WebSocket).

It says who a socket is and what it may watch; everything sent later comes from the hub. Tornado's protocol
pings (`websocket_ping_interval` 20 s, `websocket_ping_timeout` 10 s, set by `server/app.py`) find peers that
vanished; compression stays off, because it would cost every socket about 90 KiB.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Any, Final, Literal

import structlog
from pydantic import Field, RootModel
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from handlers.base import WiredHandler
from handlers.schemas import Body, Id, parse_body
from handlers.services import Services
from server.accounts.roles import Principal
from server.displays.health import Report
from server.errors import (
    BadJson,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    StorageUnavailable,
    TokenExpired,
    UpgradeRequired,
)
from server.live import messages
from server.live.messages import CloseCode
from server.live.peers import SocketClosed

MESSAGE_LIMIT: Final = 16 * 1024
SIGN_IN_SECONDS: Final = 10.0
MOST_DOCTORS: Final = 200
MOST_MOVES: Final = 10
NO_HEADERS: Final = HTTPHeaders()

CLOSES: Final[dict[type[DomainError], CloseCode]] = {
    NotFound: CloseCode.NOT_FOUND,
    NotSignedIn: CloseCode.NOT_SIGNED_IN,
    TokenExpired: CloseCode.NOT_SIGNED_IN,
    Forbidden: CloseCode.NOT_ALLOWED,
    StorageUnavailable: CloseCode.TRY_LATER,
}

log = structlog.get_logger("live")

First = Literal["queue", "ticket", "display", "console"]


class Authenticate(Body):
    """Who the socket speaks for: an access token, or on a display's socket the display's own."""

    type: Literal["authenticate"]
    token: Annotated[str, Field(min_length=1, max_length=4096)]


class Subscribe(Body):
    """The queues a console shows; takes the place of the list before.

    With `desk` it is told too when bookings, texts that reached nobody, or doctors have changed.
    """

    type: Literal["subscribe"]
    doctors: Annotated[list[Id], Field(max_length=MOST_DOCTORS)]
    desk: bool = False


class HealthReport(Body):
    """How a display is; see `server.displays.health.Report`."""

    type: Literal["health"]
    version: Annotated[str, Field(max_length=64)]
    seq: Annotated[int, Field(ge=0)]
    sound: Literal["allowed", "blocked", "none"]
    visible: bool
    width: Annotated[int, Field(ge=0, le=100_000)]
    height: Annotated[int, Field(ge=0, le=100_000)]
    ratio: Annotated[float, Field(ge=0, le=100)]
    stale_seconds: Annotated[int, Field(ge=0)]
    errors: Annotated[int, Field(ge=0)]


class ClientMessage(RootModel[Annotated[Authenticate | Subscribe | HealthReport, Field(discriminator="type")]]):
    """Everything a client may say."""


class HubSocket(WebSocketHandler):
    """A WebSocket as the hub wants it: whole frames out, none of them unwatched."""

    def write_frame(self, frame: bytes) -> asyncio.Future[None]:
        """Write a finished frame; see `server.live.peers.Socket`.

        It goes to Tornado's stream directly: `write_message` would build the same frame anew for every
        socket and start a task for each. Tornado's own control frames are whole writes too, so that
        frames never mix.
        """
        connection = self.ws_connection
        if connection is None or connection.stream is None or connection.is_closing():
            raise SocketClosed
        try:
            return connection.stream.write(frame)
        except StreamClosedError:
            raise SocketClosed from None


class LiveHandler(HubSocket, WiredHandler):
    """A socket of the product. `first` is what it subscribes to: a queue, a ticket, a board, or nothing yet.

    `about` is for the documentation alone.
    """

    def initialize(self, services: Services, pattern: str, first: First = "queue", about: str = "") -> None:
        super().initialize(services, pattern)
        self.hub = services.hub
        self.first = first
        self.subject = ""
        self.admitted = False

    @property
    def max_message_size(self) -> int:
        return MESSAGE_LIMIT

    async def get(self, *args: Any, **kwargs: Any) -> None:
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise UpgradeRequired("This address speaks WebSocket only: connect to it with ws:// or wss://.")
        self.services.health.require_started()
        await super().get(*args, **kwargs)

    async def open(self, *args: str, **path: str) -> None:
        self.subject = next(iter(path.values()), "")
        self.set_nodelay(True)
        # Sockets stay for hours and there may be thousands: what only the handshake needed is let go.
        self.request.headers = self._headers = NO_HEADERS
        if self.hub.connect(self, self.first):
            await self._obey(self._begin())

    async def on_message(self, message: str | bytes) -> None:
        if self.ws_connection is None:
            return  # we are closing; what was still under way does not count
        try:
            if isinstance(message, bytes):
                raise BadJson("Messages are JSON text.")
            said = parse_body(message.encode(), ClientMessage).root
        except DomainError as refusal:
            self._say(refusal)
            return
        match said:
            case Authenticate():
                await self._obey(self._authenticate(said.token))
            case Subscribe():
                await self._obey(self._show(said))
            case HealthReport():
                await self._obey(self._report(said))

    def on_close(self) -> None:
        self.hub.gone(self)

    async def _obey(self, step: Awaitable[None]) -> None:
        """A refusal that a close code stands for ends the socket; any other is told and changes nothing."""
        try:
            await step
        except DomainError as refusal:
            self._say(refusal)
            if (code := CLOSES.get(type(refusal))) is not None:
                self.hub.dismiss(self, code, refusal.code)

    def _say(self, refusal: DomainError) -> None:
        self.hub.tell(self, messages.error(refusal.code, refusal.detail))

    async def _begin(self) -> None:
        match self.first:
            case "queue":
                await self._watch_queue(self.subject, staff=False)
            case "ticket":
                await self._watch_ticket(self.subject)
            case "display":
                await self.services.displays.find(self.subject)
                self.hub.limit(self, SIGN_IN_SECONDS, "not_signed_in")
            case "console":
                self.hub.limit(self, SIGN_IN_SECONDS, "not_signed_in")

    async def _authenticate(self, token: str) -> None:
        if self.first == "display":
            await self._watch_board(token)
            return
        principal = self.services.tokens.verify(token)
        principal.check_password(f"WS {self.pattern}")
        if self.first == "console" and not principal.is_staff:
            raise Forbidden("The console is for staff.")
        self.principal = principal
        self.hub.signed_in(self, principal.account_id, principal.family)
        if self.first == "queue":
            self.hub.unsubscribe(self, messages.queue_topic(self.subject, staff=not principal.is_staff))
            await self._watch_queue(self.subject, staff=principal.is_staff)
        self._until_expiry(principal)

    def _until_expiry(self, principal: Principal) -> None:
        """Staff views end with the token that opened them; public ones need none."""
        seconds = None
        if principal.is_staff and principal.expires_at is not None:
            seconds = (principal.expires_at - self.services.clock.now()).total_seconds()
        self.hub.limit(self, seconds, "token_expired")

    async def _show(self, said: Subscribe) -> None:
        """The console's queues: those given, and no others. One that is not there is told and left out."""
        if self.first != "console":
            raise Invalid.field("type", "only the console subscribes to doctors")
        if self.principal is None:
            raise NotSignedIn("Authenticate first.")
        wanted = {messages.queue_topic(doctor_id, staff=True): doctor_id for doctor_id in said.doctors}
        for topic in self.hub.topics(self):
            if topic not in wanted:
                self.hub.unsubscribe(self, topic)
        if said.desk:
            self.services.desk.show(self)
        for doctor_id in wanted.values():
            try:
                await self._watch_queue(doctor_id, staff=True)
            except NotFound as refusal:
                self._say(refusal)

    async def _watch_queue(self, doctor_id: str, *, staff: bool) -> None:
        topic = messages.queue_topic(doctor_id, staff=staff)
        self.hub.subscribe(self, topic)
        try:
            view = await self.services.queues.view(doctor_id, staff=staff)
        except DomainError:
            self.hub.unsubscribe(self, topic)
            raise
        self.hub.send(self, topic, view.seq, view.at, partial(messages.queue, doctor_id, view))

    async def _watch_ticket(self, ticket_id: str) -> None:
        """The ticket, and where it was moved to since: the newest comes last."""
        moved_to: str | None = await self._send_ticket(ticket_id)
        for _ in range(MOST_MOVES):
            if moved_to is None:
                return
            try:
                moved_to = await self._send_ticket(moved_to)
            except NotFound:
                return  # the move is under way; the other queue's answer comes as a change

    async def _send_ticket(self, ticket_id: str) -> str | None:
        """Watch one ticket; the ticket it was moved to."""
        topic = messages.ticket_topic(ticket_id)
        self.hub.subscribe(self, topic)
        view = await self.services.queues.ticket_view(ticket_id)
        self.hub.send(self, topic, view.seq, view.at, partial(messages.ticket, view))
        moved_to: str | None = json.loads(view.body)["moved_to"]
        return moved_to

    async def _watch_board(self, token: str) -> None:
        known = await self.services.displays.admit(self.subject, token)
        self.admitted = True
        self.hub.limit(self, None)
        topic = messages.board_topic(self.subject)
        self.hub.subscribe(self, topic)
        self.hub.send(self, topic, *await self.services.displays.board(known))

    async def _report(self, said: HealthReport) -> None:
        if not self.admitted:
            raise NotSignedIn("Authenticate first.")
        report = Report(**said.model_dump(exclude={"type"}))
        await self.services.displays.health.hear(self.subject, report)


_QUEUE: Final = "One queue, public; the staff's view once a staff member has authenticated."
_DISPLAY: Final = (
    "The board of one display, or the code of one that is not paired yet; its first message is `authenticate` with the "
    "display's own token, and from then on it sends `health`."
)
_TICKET: Final = "One ticket for whoever holds its link; it follows the ticket to another queue."
_CONSOLE: Final = (
    "The queues a console shows: `authenticate` as staff, then `subscribe` to doctors; with `desk` true it is told "
    "as well when the bookings, the texts that reached nobody, or the doctors have changed, to be read again."
)

routes = [
    ("/ws/queue/{doctor_id}/", LiveHandler, {"first": "queue", "about": _QUEUE}),
    ("/ws/display/{display_id}/", LiveHandler, {"first": "display", "about": _DISPLAY}),
    ("/ws/ticket/{ticket_id}/", LiveHandler, {"first": "ticket", "about": _TICKET}),
    ("/ws/console/", LiveHandler, {"first": "console", "about": _CONSOLE}),
]
