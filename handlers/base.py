"""What every API handler is: admitted by the permission table, spoken to in JSON, refused in RFC 9457.

Order of a request: method known, token good, role allowed, address within its limits — then the body
is read, the operation runs, and the answer leaves. `services` is everything a handler may use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Final, TypeVar

from pydantic import BaseModel
from tornado.iostream import StreamClosedError
from tornado.web import stream_request_body

from handlers.operations import METHODS, Method, operation, operation_of
from handlers.problems import problem_of
from handlers.replays import KeptAnswer
from handlers.schemas import parse_body, parse_query
from handlers.services import Services
from handlers.wired import WiredHandler
from server.accounts.roles import LOOPBACK, PERMISSIONS, PUBLIC, Principal
from server.encoding import encode
from server.errors import (
    DomainError,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
)
from server.ids import derived_id, new_id

__all__ = ["ApiHandler", "NotFoundHandler", "WiredHandler", "operation"]

BODY_LIMIT: Final = 256 * 1024
# How much of a refused body is read to its end, so that its sender sees the answer and not a reset connection.
DRAIN_LIMIT: Final = 80 * 1024 * 1024
_KEY_LENGTH: Final = 255
_WRITES: Final = frozenset(METHODS) - {"GET"}

M = TypeVar("M", bound=BaseModel)


@stream_request_body
class ApiHandler(WiredHandler):
    """Base of every JSON handler; its methods are marked with `@operation`.

    `while_loading`: it answers before the server has loaded what it serves. `limited_writes`: what it writes
    for anonymous callers counts against their address. `leaves_trace`: what staff write with it is audited.
    `body_limit` is in bytes.
    """

    while_loading: ClassVar[bool] = False
    limited_writes: ClassVar[bool] = True
    leaves_trace: ClassVar[bool] = True
    body_limit: ClassVar[int] = BODY_LIMIT

    def initialize(self, services: Services, pattern: str) -> None:
        super().initialize(services, pattern)
        self._chunks: list[bytes] = []
        self._received = 0
        self._refused = False
        self._command_id: str | None = None
        self._kept: KeptAnswer | None = None
        self._audited = False
        self._under_way = False
        self._made_id = ""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    # Admission: before the body is read.

    async def prepare(self) -> None:
        self._under_way = True
        self.services.traffic.begin()
        self._connection().set_max_body_size(DRAIN_LIMIT)
        try:
            self._admit()
        except DomainError as refusal:
            await self._refuse(refusal)

    def _admit(self) -> None:
        method = "GET" if self.request.method == "HEAD" else self.request.method or ""
        if operation_of(type(self), method) is None:
            raise MethodNotAllowed(f"This address answers {self.allowed_methods()}.")
        if not self.while_loading:
            self.services.health.require_started()
        self.principal = self.authenticate()
        self._authorise(method)
        if self.limited_writes and method in _WRITES and self.principal is None:
            self.services.limits.anonymous_write(self.client_address)
        if int(self.request.headers.get("Content-Length") or 0) > self.body_limit:
            raise _too_large(self.body_limit)
        self.idempotency_key()

    def _authorise(self, method: str) -> None:
        permission = PERMISSIONS[entry := f"{method} {self.pattern}"]
        if self.principal is not None:
            self.principal.check_password(entry)
        if permission is PUBLIC or permission is LOOPBACK:
            return
        if self.signed_in().role not in permission:
            raise Forbidden("Your role may not do this.")

    async def _refuse(self, refusal: DomainError) -> None:
        """Answer now; what the caller is still sending is read and dropped, up to a limit."""
        length = int(self.request.headers.get("Content-Length") or 0)
        if length > DRAIN_LIMIT or "Expect" in self.request.headers:
            raise refusal
        self._refused = True
        self._chunks.clear()
        self.put_problem(problem_of(refusal))
        try:
            await self.flush()
        except StreamClosedError:
            return

    async def data_received(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._refused:
            return
        if self._received > self.body_limit:
            await self._refuse(_too_large(self.body_limit))
        else:
            self._chunks.append(chunk)

    def _connection(self) -> Any:
        assert self.request.connection is not None
        return self.request.connection

    def on_finish(self) -> None:
        super().on_finish()
        self._end()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._end()

    def _end(self) -> None:
        if self._under_way:
            self._under_way = False
            self.services.traffic.end()

    # What operations use.

    def signed_in(self) -> Principal:
        """The caller. Raises NotSignedIn for an anonymous one."""
        if self.principal is None:
            raise NotSignedIn("Sign in first: this needs an access token.")
        return self.principal

    @property
    def raw_body(self) -> bytes:
        return b"".join(self._chunks)

    def body(self, model: type[M]) -> M:
        """The request body as `model`. Raises BadJson or Invalid."""
        return parse_body(self.raw_body, model)

    def query(self, model: type[M]) -> M:
        """The query string as `model`. Raises Invalid."""
        return parse_query(self.request.query_arguments, model)

    def idempotency_key(self) -> str | None:
        """The caller's Idempotency-Key, or None. Raises Invalid for one that is empty, long or not printable."""
        key = self.request.headers.get("Idempotency-Key")
        if key is not None and not (0 < len(key) <= _KEY_LENGTH and key.isprintable() and key.isascii()):
            raise Invalid.field("Idempotency-Key", f"must be 1 to {_KEY_LENGTH} printable ASCII characters")
        return key

    def command_id(self) -> str:
        """The id of this command: from account (anonymous: the body), method, path and key, else a fresh one."""
        if self._command_id is None:
            key = self.idempotency_key()
            if key is None:
                self._command_id = new_id()
            else:
                scope = self.principal.account_id if self.principal else "anonymous:" + self.fingerprint()
                path = self.request.path.rstrip("/")
                self._command_id = derived_id(scope, self.request.method or "", path, key)
        return self._command_id

    def fingerprint(self) -> str:
        """A hash of the body: the same key with another one is refused."""
        return hashlib.sha256(self.raw_body).hexdigest()

    def answer(self, value: Mapping[str, Any] | str, status: int = 200, *, replayed: bool = False) -> None:
        """Answer with `value` (a str is JSON already). `replayed`: a service recognised an earlier command."""
        text = value if isinstance(value, str) else encode(value)
        self._made_id = "" if isinstance(value, str) else str(value.get("id", ""))
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        if replayed:
            self._mark_replayed()
        self._kept = KeptAnswer(status, text)
        self.write(text.encode())

    def answer_nothing(self) -> None:
        """204: done, and there is nothing to say."""
        self.set_status(204)
        self.clear_header("Content-Type")
        self._kept = KeptAnswer(204, "")

    def audit(self, action: str, subject_id: str, **detail: str | int | bool | None) -> None:
        """Keep a row of what the caller did, in place of the one every successful staff write leaves by itself.

        No phone number and no patient's name belongs in `detail`.
        """
        actor = self.signed_in().actor
        self._audited = True
        self.services.audit.record_soon(actor, action, subject_id, detail, id=self._audit_id(action))

    def _audit_id(self, action: str) -> str | None:
        """The row's id, derived from the command's where that may come again: the answer of the first may be lost
        after the command was saved, so that each of them writes the row."""
        described = operation_of(type(self), self.request.method or "")
        if described is None or not described.idempotent or self.idempotency_key() is None:
            return None
        return derived_id("audit", self.command_id(), action)

    # Running an operation.

    async def carry_out(self, run: Callable[[], Awaitable[None] | None]) -> None:
        """Run the operation once the request is admitted; under an Idempotency-Key at most once."""
        if self._refused:
            return
        described = operation_of(type(self), self.request.method or "")
        if described is not None and described.idempotent and self.idempotency_key() is not None:
            await self._carry_out_once(run)
        elif (waiting := run()) is not None:
            await waiting
        self._audit_write()

    async def _carry_out_once(self, run: Callable[[], Awaitable[None] | None]) -> None:
        replays, command_id = self.services.replays, self.command_id()
        if (kept := await replays.claim(command_id, self.fingerprint())) is not None:
            self._mark_replayed()
            self._audited = True  # when it was carried out
            if kept.text:
                self.answer(kept.text, kept.status)
            else:
                self.set_status(kept.status)
            return
        try:
            if (waiting := run()) is not None:
                await waiting
        finally:
            replays.settle(command_id, self._kept)

    def _mark_replayed(self) -> None:
        self.set_header("Idempotency-Replayed", "true")

    def _audit_write(self) -> None:
        """Every staff action leaves a row: what was done, and to what: the id in the path or else in the answer."""
        staff = self.principal is not None and self.principal.is_staff
        silent = not self.leaves_trace or self.request.method not in _WRITES
        if not staff or silent or self._audited:
            return
        self.audit(
            _action(self.request.method or "", self.pattern), next(iter(self.path_kwargs.values()), self._made_id)
        )

    def _unanswered(self, *args: str, **kwargs: str) -> None:
        """Methods a handler does not answer were refused in `prepare`."""

    get: Method = _unanswered
    post: Method = _unanswered
    put: Method = _unanswered
    patch: Method = _unanswered
    delete: Method = _unanswered
    options: Method = _unanswered

    async def head(self, *args: str, **kwargs: str) -> None:
        if (waiting := self.get(*args, **kwargs)) is not None:
            await waiting


class NotFoundHandler(ApiHandler):
    """Every address that no route answers."""

    def _admit(self) -> None:
        raise NotFound("There is nothing at this address.")


def _action(method: str, pattern: str) -> str:
    """`start ticket` for POST /api/tickets/{ticket_id}/start/, `remove display` for DELETE /api/displays/{…}/."""
    noun, *verb = [part for part in pattern.removeprefix("/api/").split("/") if part and not part.startswith("{")]
    named = {"PATCH": "change", "DELETE": "remove"}.get(method, "")
    return " ".join(filter(None, ("-".join(verb) or named, noun.removesuffix("s"))))


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A request body has at most {limit // 1024} KiB.")
