"""A caller of the REST API for tests: one per person, with or without an access token.

Every success it receives is held against the operation's documentation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httputil import HTTPHeaders, url_concat

from tests.contract import assert_as_documented

AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: HTTPHeaders
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.json["code"])

    def ok(self, status: int = 0) -> Any:
        """The JSON (None without a body) of an answer that must be a success, of exactly `status` if one is given."""
        good = self.status == status if status else self.status < 300
        assert good, f"{self.status}: {self.raw.decode()}"
        return self.json if self.raw else None

    def problem(self, status: int, code: str) -> Any:
        """The JSON of an answer that must be this problem."""
        assert (self.status, self.headers.get("Content-Type")) == (status, "application/problem+json"), self.raw
        assert self.code == code, self.raw
        return self.json


class Api:
    """`await api.get("/api/me/")`, `await api.post("/api/enqueue/", {...})`: a Reply, whatever the status."""

    def __init__(self, url: str, token: str | None = None, user: Mapping[str, Any] | None = None) -> None:
        self.url = url
        self.token = token
        self.user = dict(user or {})
        self._client = AsyncHTTPClient(force_instance=True, max_clients=AT_ONCE)

    def close(self) -> None:
        self._client.close()

    async def sign_in(self, username: str, password: str) -> Api:
        """Another caller of the same server, signed in."""
        answer = (await self.post("/api/token/", {"username": username, "password": password})).ok()
        return self.with_token(answer["access"], answer["user"])

    def with_token(self, token: str | None, user: Mapping[str, Any] | None = None) -> Api:
        """The same connection pool with another token."""
        other = Api.__new__(Api)
        other.url, other.token, other.user, other._client = self.url, token, dict(user or {}), self._client
        return other

    async def get(self, path: str, query: Mapping[str, str | int] | None = None, **headers: str) -> Reply:
        pairs = {name: str(value) for name, value in (query or {}).items()}
        return await self.call("GET", url_concat(path, pairs), headers=headers)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Reply:
        """`key` is the Idempotency-Key; `body` is JSON, or bytes as they are."""
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.call("POST", path, {} if body is None else body, headers=headers)

    async def patch(self, path: str, body: Any, **headers: str) -> Reply:
        return await self.call("PATCH", path, body, headers=headers)

    async def delete(self, path: str, **headers: str) -> Reply:
        return await self.call("DELETE", path, headers=headers)

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Any method. Underscores in header names stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = await self._client.fetch(
            HTTPRequest(
                self.url + path,
                method,
                sent,
                content,
                allow_nonstandard_methods=True,
                follow_redirects=False,
                request_timeout=30,
            ),
            raise_error=False,
        )
        if answer.code == 599:
            raise answer.error or AssertionError("no answer")
        reply = Reply(answer.code, answer.headers, answer.body or b"")
        assert_as_documented(method, path, reply.status, reply.raw)
        return reply
