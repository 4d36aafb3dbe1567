"""The server: takes its port, wires the services, serves, and goes down in the order of DESIGN 9.

The constructor does no I/O; `start` returns once the server answers, `stop` once everything is closed.
A database that is away does not keep the server from answering: it says so (503) until everything is loaded.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import urlsplit

import structlog
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from config.settings import Settings, WrongSetting
from handlers.base import BODY_LIMIT, WiredHandler
from handlers.missing import MissingHandler
from handlers.routes import all_routes, check_permissions, url_specs
from handlers.services import Services
from server import first_accounts
from server.accounts.passwords import COST
from server.clock import Clock, SystemClock
from server.errors import StorageUnavailable
from server.first_accounts import FirstAccounts
from server.jobs import Jobs
from server.wiring import Wired, load, wire

REQUEST_SECONDS: Final = 8.0
BREATH_SECONDS: Final = 0.1
BODY_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 120.0
DATABASE_RETRY_SECONDS: Final = 2.0
PING_SECONDS: Final = 20.0
PONG_SECONDS: Final = 10.0
_ANY_ADDRESS: Final = ("", "0.0.0.0", "::")

log = structlog.get_logger("http")


class CannotListen(WrongSetting):
    """The address cannot be taken, or the certificate not be read."""


class Server:
    """One process of the product. `bcrypt_cost` is lowered only by tests."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, bcrypt_cost: int = COST) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._bcrypt_cost = bcrypt_cost
        self._stack = AsyncExitStack()
        self._url = ""
        self._services: Services | None = None
        self._loading: asyncio.Task[None] | None = None
        self.first_accounts = FirstAccounts()

    @property
    def url(self) -> str:
        """The listening address, such as `http://127.0.0.1:8000`; known once started."""
        return self._url

    @property
    def services(self) -> Services:
        assert self._services is not None, "the server has not been started"
        return self._services

    async def start(self) -> None:
        """Serve: once everything is loaded, or at once where the database is away (see `until_loaded`).

        Raises WrongSetting, CannotOpenStorage; what was begun is undone then.
        """
        check_permissions(all_routes())
        async with AsyncExitStack() as stack:
            tls = _tls(self.settings)
            sockets = _bind(self.settings)
            for bound in sockets:
                stack.callback(bound.close)
            self._url = _address(self.settings, sockets[0], tls is not None)
            public_url = self.settings.public_url or _reachable(self._url)
            wired = await wire(stack, self.settings, self._clock, public_url, self._bcrypt_cost)
            self._services = wired.services
            self._loading = await self._begin_loading(stack, wired)
            self._serve(stack, sockets, tls)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """Close everything, last things first; again is no harm."""
        await self._stack.aclose()

    @property
    def loaded(self) -> bool:
        """Whether everything is served; False while the database is waited for."""
        return self._loading is not None and self._loading.done()

    async def until_loaded(self) -> None:
        """Wait for the database. Raises what `start` does: some wrong settings show only against what it holds."""
        assert self._loading is not None, "the server has not been started"
        await asyncio.shield(self._loading)

    async def _begin_loading(self, stack: AsyncExitStack, wired: Wired) -> asyncio.Task[None]:
        """Returns once it is done, or has found the database away; `stack` ends it."""
        away = asyncio.Event()
        loading = asyncio.create_task(self._load(wired, away))
        stack.push_async_callback(_ended, loading)
        found_away = asyncio.create_task(away.wait())
        stack.push_async_callback(_ended, found_away)
        await asyncio.wait((loading, found_away), return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            loading.result()
        return loading

    async def _load(self, wired: Wired, away: asyncio.Event) -> None:
        """Load and begin to work, trying until the database answers; `away` is set when it first does not."""
        while True:
            try:
                await load(wired.services)
                self.first_accounts = await first_accounts.make(wired.services)
                break
            except StorageUnavailable:
                log.warning("waiting for the database")
                away.set()
                await asyncio.sleep(DATABASE_RETRY_SECONDS)
        wired.services.hub.start()
        wired.jobs.start()
        _text_at_once(wired.jobs, self._clock)
        wired.services.health.started()

    def _serve(self, stack: AsyncExitStack, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        services = self.services
        application = Application(
            list(url_specs(all_routes(), services)),
            default_handler_class=MissingHandler,
            default_handler_args={"services": services, "pattern": ""},
            cross_origin_protection=True,
            websocket_ping_interval=PING_SECONDS,
            websocket_ping_timeout=PONG_SECONDS,
            log_function=_log_request,
        )
        server = HTTPServer(
            application,
            ssl_options=tls,
            # For handlers that take no body of their own; ApiHandler sets its own limit.
            max_body_size=BODY_LIMIT,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=IDLE_SECONDS,
        )
        server.add_sockets(sockets)
        stack.push_async_callback(_finish_requests, server, services)


async def _ended(task: asyncio.Task[object]) -> None:
    """Cancel it, unless it is done; what it came to was told where it was waited for."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()


async def _finish_requests(server: HTTPServer, services: Services) -> None:
    """Not ready, accept nothing more, let what is under way end, then drop idle connections."""
    services.health.stopping()
    services.traffic.stopping = True
    server.stop()
    # What has arrived on open connections and was not read yet is a request under way too.
    await asyncio.sleep(BREATH_SECONDS)
    if not await services.traffic.idle(REQUEST_SECONDS):
        log.warning("requests were cut off", seconds=REQUEST_SECONDS)
    # The last answers are written, but perhaps not sent.
    await asyncio.sleep(BREATH_SECONDS)
    await server.close_all_connections()


def _text_at_once(jobs: Jobs, clock: Clock) -> None:
    """Texts that were due, or to be looked for, while nothing ran do not wait for the first interval."""
    jobs.wake("pump", clock.now())
    jobs.wake("reconcile", clock.now())


def _log_request(handler: RequestHandler) -> None:
    """One line per request: the route's pattern stands for the path, which may hold a ticket's id."""
    status = handler.get_status()
    reading = handler.request.method in ("GET", "HEAD")
    say = log.error if status >= 500 and status != 503 else log.debug if reading and status < 400 else log.info
    say(
        "request",
        request_id=getattr(handler, "request_id", ""),
        method=handler.request.method,
        route=handler.pattern if isinstance(handler, WiredHandler) else "",
        status=status,
        ms=round(handler.request.request_time() * 1000, 1),
    )


def _bind(settings: Settings) -> list[socket.socket]:
    try:
        return bind_sockets(settings.port, settings.host)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"HOST, PORT: cannot listen on {settings.host}:{settings.port}: {error}") from None


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise CannotListen(f"TLS_CERT, TLS_KEY: cannot be used: {error}") from None
    return context


def _address(settings: Settings, bound: socket.socket, tls: bool) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if tls else 'http'}://{host}:{bound.getsockname()[1]}"


def _reachable(url: str) -> str:
    """The listening address as this machine can open it: a server on every address is reached by any of them."""
    parts = urlsplit(url)
    if parts.hostname in _ANY_ADDRESS:
        return f"{parts.scheme}://localhost:{parts.port}"
    return url


def startup_lines(server: Server) -> list[str]:
    """What the operator needs to know once everything is loaded; in the demo also where to look."""
    lines = _demo_lines(server) if server.settings.demo else []
    if (login := server.first_accounts.admin) is not None:
        lines.append(f"first administrator: {login.username} / {login.password} (shown only now; change it)")
    return lines


def _demo_lines(server: Server) -> list[str]:
    url = _reachable(server.url)
    board = "&".join(f"doctor={doctor.id}" for doctor in server.services.doctors.all())
    pages = {
        "patients": "/",
        "reception": "/console/",
        "waiting-room TV": f"/kiosk/?{board}",
        "administration": "/admin/",
        "API": "/api/docs/",
    }
    logins = [f"demo login: {login.username} / {login.password}" for login in server.first_accounts.demo]
    return [f"{name + ':':17}{url}{path}" for name, path in pages.items()] + logins
