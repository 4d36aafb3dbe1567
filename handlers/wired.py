"""What every handler of the product is, pages and sockets included: wired to the services, with safe headers.

Whatever goes wrong leaves as an RFC 9457 problem; faults are logged under the request's id.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from handlers.operations import METHODS, operation_of
from handlers.problems import CONTENT_TYPE, Problem, problem_of
from handlers.services import Services
from server.accounts.roles import Principal
from server.errors import DomainError, NotSignedIn
from server.ids import new_id

_SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)

log = structlog.get_logger("http")


class WiredHandler(RequestHandler):
    """A handler that knows its services and the pattern it answers; pages derive from it directly."""

    services: Services
    pattern: str
    request_id: str
    principal: Principal | None

    def initialize(self, services: Services, pattern: str) -> None:
        self.services = services
        self.pattern = pattern
        self.principal = None
        self._set_connection_headers()

    def set_default_headers(self) -> None:
        if not hasattr(self, "request_id"):
            self.request_id = new_id()
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        for name, value in _SECURITY_HEADERS:
            self.set_header(name, value)
        if hasattr(self, "services"):
            self._set_connection_headers()

    def _set_connection_headers(self) -> None:
        """Tornado sets default headers once before `initialize`, when the services are not known yet."""
        if self.is_https:
            self.set_header("Strict-Transport-Security", "max-age=31536000")
        if self.services.traffic.stopping:
            self.set_header("Connection", "close")

    def authenticate(self) -> Principal | None:
        """Who the Authorization header names; None without one. Raises NotSignedIn or TokenExpired for a bad token."""
        header = self.request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn("Send the access token as `Authorization: Bearer …`.")
        return self.services.tokens.verify(token.strip())

    @property
    def client_address(self) -> str:
        """The caller's address, through TRUSTED_PROXIES only."""
        return self.services.proxies.client(self.request.remote_ip or "", self.request.headers.get("X-Forwarded-For"))

    @property
    def is_https(self) -> bool:
        """Whether the browser speaks TLS, to us or to a trusted proxy."""
        peer = self.request.remote_ip or ""
        forwarded = self.request.headers.get("X-Forwarded-Proto")
        return self.services.proxies.scheme(peer, self.request.protocol, forwarded) == "https"

    def check_trusted_origin(self, origin: str) -> bool:
        """Behind a proxy that rewrites Host, pages come from PUBLIC_URL."""
        return origin.lower() == self.services.origin

    def compute_etag(self) -> str | None:
        return None

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """An address that is not UTF-8 leads nowhere."""
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise HTTPError(404) from None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        self.put_problem(problem_of(error, status_code))
        self.finish()

    def put_problem(self, problem: Problem) -> None:
        """Set status, headers and body of a problem answer."""
        self.services.metrics.problem(problem.code)
        self.set_status(problem.status)
        self.set_header("Content-Type", CONTENT_TYPE)
        self.set_header("Cache-Control", "no-store")
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        if problem.status == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        if problem.status == 405:
            self.set_header("Allow", self.allowed_methods())
        if problem.status == 426:
            self.set_header("Upgrade", "websocket")
            self.set_header("Connection", "Upgrade")
        text = problem.body(self.request_id).encode()
        self.set_header("Content-Length", str(len(text)))
        self.write(text)

    def allowed_methods(self) -> str:
        known = [method for method in METHODS if operation_of(type(self), method)]
        return ", ".join(["HEAD", *known] if "GET" in known else known) or "GET, HEAD"

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Refusals are answers, not faults; everything else is logged under the request's id."""
        if isinstance(value, DomainError | HTTPError | StreamClosedError):
            return
        log.error(
            "request failed",
            request_id=self.request_id,
            method=self.request.method,
            route=self.pattern,
            exc_info=(typ, value, tb),
        )

    def on_finish(self) -> None:
        self.services.metrics.request(
            self.request.method or "", self.pattern, self.get_status(), self.request.request_time()
        )
