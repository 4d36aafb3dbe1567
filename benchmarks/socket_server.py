"""The servers that `benchmarks.sockets` compares: the product's socket on its hub, and a bare Tornado loop.

    python -m benchmarks.socket_server hub|bare

The bare one's fan-out is `for socket in sockets: socket.write_message(text)`. Both ping as the product does.
`GET /change?first=1&times=50` makes that many changes back to back and answers when the first one began.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from functools import partial
from typing import Any

import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket

from handlers.live import HubSocket
from server.app import PING_SECONDS, PONG_SECONDS
from server.clock import SystemClock
from server.live.hub import Hub

VIEW_BYTES = 6_000  # a public queue view with about 30 people waiting
TAIL = "end-%06d"


class HubClient(HubSocket):
    """A socket of the product, without what its first subscription reads."""

    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    def open(self) -> None:
        self.hub.connect(self, "queue")
        self.hub.subscribe(self, "queue")

    def on_message(self, message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.hub.gone(self)


class BareClient(tornado.websocket.WebSocketHandler):
    """The least a Tornado socket can be."""

    def initialize(self, everybody: set[BareClient]) -> None:
        self.everybody = everybody

    def open(self) -> None:
        self.everybody.add(self)

    def on_message(self, message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.everybody.discard(self)


class Change(tornado.web.RequestHandler):
    """Changes back to back, one per turn of the loop."""

    def initialize(self, hub: Hub, everybody: set[BareClient], bare: bool) -> None:
        self.hub, self.everybody, self.bare = hub, everybody, bare

    async def get(self) -> None:
        first, times = int(self.get_query_argument("first")), int(self.get_query_argument("times"))
        began = time.monotonic()
        for number in range(first, first + times):
            if self.bare:
                text = view(number)
                for client in list(self.everybody):
                    client.write_message(text)
            else:
                self.hub.publish("queue", number, "", partial(view, number))
            await asyncio.sleep(0)
        self.finish({"began": began})


def view(number: int) -> str:
    """What is sent: as long as a view, and told from the others by its end."""
    return "x" * VIEW_BYTES + TAIL % number


async def serve(kind: str) -> None:
    """Serve until standard input ends."""
    hub, everybody = Hub(SystemClock()), set[BareClient]()
    hub.start()
    client: tuple[Any, ...] = (BareClient, {"everybody": everybody}) if kind == "bare" else (HubClient, {"hub": hub})
    application = tornado.web.Application(
        [("/ws", *client), ("/change", Change, {"hub": hub, "everybody": everybody, "bare": kind == "bare"})],
        websocket_ping_interval=PING_SECONDS,
        websocket_ping_timeout=PONG_SECONDS,
    )
    server = tornado.httpserver.HTTPServer(application)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1", backlog=4096)
    server.add_sockets(sockets)
    print(f"listening on http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(sys.argv[1]))
