"""A small HTTP/1.1 client that keeps its connection: the load must cost less than what it measures.

Speaks what the product and a bare Tornado answer: a Content-Length, or no body at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class UnexpectedAnswer(Exception):
    """A status the script did not ask for."""


class Connection:
    """One connection to `address` (`http://host:port`); one request at a time."""

    def __init__(self, address: str, token: str | None = None) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect now, so that the first request does not pay for it."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()
            self._streams = None

    def request_bytes(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None) -> bytes:
        """The request as it goes out."""
        payload = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        if body is not None or method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return "\r\n".join([*lines, "", ""]).encode() + payload

    async def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send and wait for the answer, whatever its status."""
        return await self.send_bytes(self.request_bytes(method, path, body, headers))

    async def send_bytes(self, request: bytes) -> Answer:
        """The same, for a request built before."""
        await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if length else b""
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return Answer(int(head[0].split(" ", 2)[1]), headers, body)

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, expect: int = 200
    ) -> Any:
        """Send and return the parsed answer. Raises UnexpectedAnswer on any status but `expect`."""
        answer = await self.send(method, path, body, headers)
        if answer.status != expect:
            raise UnexpectedAnswer(f"{method} {path} answered {answer.status}: {answer.body[:500].decode()}")
        return answer.json() if answer.body else None
