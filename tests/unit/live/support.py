"""A socket that does what a test tells it, a clock it can turn, and a loop for one test."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from server.live import messages
from server.live.hub import Hub
from server.live.messages import CloseCode
from server.live.peers import SocketClosed

AT = "2026-03-03T10:00:00+00:00"


class FakeSocket:
    """Takes every frame at once; while `slow`, a frame is taken when `take` is called."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.dead = False
        self.frames: list[bytes] = []
        self.closings: list[tuple[CloseCode, str]] = []
        self.waiting: asyncio.Future[None] | None = None

    def write_frame(self, frame: bytes) -> asyncio.Future[None]:
        if self.dead or self.closings:
            raise SocketClosed
        assert self.waiting is None, "a second write in flight"
        self.frames.append(frame)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.slow:
            self.waiting = future
        else:
            future.set_result(None)
        return future

    def take(self) -> None:
        """The write in flight completes."""
        future, self.waiting = self.waiting, None
        assert future is not None
        future.set_result(None)

    def fail(self) -> None:
        """The connection breaks under the write in flight."""
        future, self.waiting = self.waiting, None
        assert future is not None
        self.dead = True
        future.set_exception(ConnectionResetError())

    def close(self, code: CloseCode, reason: str) -> None:
        self.closings.append((code, reason))

    @property
    def texts(self) -> list[str]:
        return [text_of(frame) for frame in self.frames]

    @property
    def received(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]


class Turning:
    """Monotonic seconds and wall time that move when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 3, 10, tzinfo=UTC)


def text_of(frame: bytes) -> str:
    """The payload of a frame made by `messages.frame`."""
    header = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[header:].decode()


def hub_of(turning: Turning | None = None) -> Hub:
    turning = turning or Turning()
    return Hub(turning, turning.monotonic)


def connected(hub: Hub, *topics: str, slow: bool = False) -> FakeSocket:
    socket = FakeSocket(slow=slow)
    assert hub.connect(socket, "queue")
    for topic in topics:
        hub.subscribe(socket, topic)
    return socket


def publish(hub: Hub, topic: str, seq: int, text: str = "") -> None:
    hub.publish(topic, seq, AT, lambda: text or messages.heartbeat(seq, AT))


async def settled() -> None:
    """Until the loop has run all that was planned; a slice that plans another is waited for too."""
    for _ in range(20):
        await asyncio.sleep(0)


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a loop of its own; anything the loop complains about fails it."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        complaints: list[dict[str, Any]] = []

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: complaints.append(context))
            await test(*args, **kwargs)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert not left, left

        asyncio.run(main())
        assert not complaints, complaints

    return run
