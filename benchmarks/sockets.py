"""One change to many sockets: the hub against a bare Tornado loop writing the same bytes, in one run.

    python -m benchmarks.sockets [--sockets 1000] [--rounds 20] [--json]

Two servers run side by side as child processes: the real socket class on the real hub, and a bare handler
whose fan-out is `for socket in sockets: socket.write_message(text)`. This process is all the clients; it
asks each server in turn for a change and notes when the last byte reached each socket (one monotonic clock
for all processes of a machine). Also: 50 changes back to back, and resident memory per idle socket.
Nothing here asserts a time; `make bench` prints the ratios beside DESIGN's budgets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket

from handlers.live import HubSocket
from server.clock import SystemClock
from server.live.hub import Hub

BURST = 50
VIEW_BYTES = 6_000  # a public queue view with about 30 people waiting
TAIL = "end-%06d"


# The two servers


class HubClient(HubSocket):
    """A socket of the product, without what its first subscription reads."""

    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    def open(self) -> None:  # type: ignore[override]
        self.hub.connect(self, "queue")
        self.hub.subscribe(self, "queue")

    def on_message(self, message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.hub.gone(self)


class BareClient(tornado.websocket.WebSocketHandler):
    """The least a Tornado socket can be."""

    everybody: set[BareClient] = set()

    def open(self) -> None:  # type: ignore[override]
        self.everybody.add(self)

    def on_message(self, message: str | bytes) -> None:
        pass

    def on_close(self) -> None:
        self.everybody.discard(self)


class Change(tornado.web.RequestHandler):
    """`GET /change?first=…&times=…`: that many changes back to back; answers when the first one began."""

    def initialize(self, hub: Hub | None) -> None:
        self.hub = hub

    async def get(self) -> None:
        first, times = int(self.get_query_argument("first")), int(self.get_query_argument("times"))
        began = time.monotonic()
        for number in range(first, first + times):
            text = "x" * VIEW_BYTES + TAIL % number
            if self.hub is not None:
                self.hub.publish("queue", number, "", lambda text=text: text)
            else:
                for client in list(BareClient.everybody):
                    client.write_message(text)
            if times > 1:
                await asyncio.sleep(0)
        self.finish({"began": began})


class Memory(tornado.web.RequestHandler):
    """`GET /memory`: resident bytes of the server."""

    def get(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.finish({"resident": pages * resource.getpagesize()})


async def serve(kind: str, pings: bool) -> None:
    """Serve until the parent goes; the port is printed on the first line."""
    hub = Hub(SystemClock()) if kind == "hub" else None
    routes: list[tuple[object, ...]] = [("/change", Change, {"hub": hub}), ("/memory", Memory)]
    if hub is not None:
        hub.start()
        routes.append(("/ws", HubClient, {"hub": hub}))
    else:
        routes.append(("/ws", BareClient))
    settings = {"websocket_ping_interval": 20, "websocket_ping_timeout": 10} if pings else {}
    server = tornado.httpserver.HTTPServer(tornado.web.Application(routes, **settings))  # type: ignore[arg-type]
    listeners = tornado.netutil.bind_sockets(0, "127.0.0.1", backlog=4096)
    server.add_sockets(listeners)
    print(listeners[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


# All the clients


@dataclass
class Server:
    """A running server and the clients connected to it."""

    port: int
    clients: list[socket.socket]
    number: int = 0

    def ask(self, path: str) -> dict[str, float]:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        value: dict[str, float] = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        return value

    def connect(self, count: int) -> None:
        handshake = (
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", self.port))
            client.sendall(handshake)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += client.recv(4096)
            client.setblocking(False)
            self.clients.append(client)

    def change(self, times: int = 1) -> list[float]:
        """Seconds from the first of `times` changes until each socket had the last one, sorted."""
        first, self.number = self.number + 1, self.number + times
        tail = (TAIL % self.number).encode()
        trigger = socket.create_connection(("127.0.0.1", self.port))
        path = f"/change?first={first}&times={times}"
        poll = select.epoll()
        by_number = {client.fileno(): client for client in self.clients}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        trigger.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        arrivals: list[float] = []
        ends = dict.fromkeys(by_number, b"")
        while len(arrivals) < len(by_number):
            for number, _ in poll.poll():
                part = by_number[number].recv(1 << 20)
                if not part:
                    raise ConnectionError("the server closed a socket")
                ends[number] = (ends[number] + part)[-len(tail) :]
                if ends[number] == tail:
                    arrivals.append(time.monotonic())
        poll.close()
        answer = b""
        while part := trigger.recv(65536):
            answer += part
        trigger.close()
        began = json.loads(answer.split(b"\r\n\r\n", 1)[1])["began"]
        return [arrival - began for arrival in arrivals]


@contextmanager
def running(kind: str, *, pings: bool = False) -> Iterator[Server]:
    """A server in a child process; it ends with its clients."""
    command = [sys.executable, "-m", "benchmarks.sockets", "--serve", kind, *(["--pings"] if pings else [])]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdin is not None
    server = Server(int(child.stdout.readline()), [])
    try:
        yield server
    finally:
        for client in server.clients:
            client.close()
        child.stdin.close()
        child.wait(10)


@dataclass(frozen=True)
class Result:
    """Milliseconds unless the name says otherwise; each is the median over the rounds."""

    sockets: int
    bare_p95: float
    hub_p95: float
    ratio_p95: float
    bare_last: float
    hub_last: float
    hub_burst_last: float
    burst_to_one: float


def p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95) - 1]


def measure(count: int, rounds: int) -> Result:
    """Rounds alternate between the two servers, so that a noisy moment of the machine touches both."""
    one: dict[str, list[list[float]]] = {"bare": [], "hub": []}
    bursts = []
    with running("bare") as bare, running("hub") as hub:
        servers = {"bare": bare, "hub": hub}
        for server in servers.values():
            server.connect(count)
            server.change()
        for number in range(rounds):
            for kind in ("bare", "hub") if number % 2 else ("hub", "bare"):
                one[kind].append(servers[kind].change())
        for _ in range(max(3, rounds // 4)):
            bursts.append(hub.change(BURST)[-1])
    p95s = {kind: statistics.median(map(p95, times)) * 1e3 for kind, times in one.items()}
    lasts = {kind: statistics.median(times[-1] for times in all) * 1e3 for kind, all in one.items()}
    burst = statistics.median(bursts) * 1e3
    return Result(
        count,
        p95s["bare"],
        p95s["hub"],
        p95s["hub"] / p95s["bare"],
        lasts["bare"],
        lasts["hub"],
        burst,
        burst / lasts["hub"],
    )


def memory_per_socket(kind: str, count: int) -> float:
    """Resident KB that each of `count` idle sockets costs the server."""
    with running(kind, pings=True) as server:
        server.connect(50)
        before = server.ask("/memory")["resident"]
        server.connect(count)
        return (server.ask("/memory")["resident"] - before) / count / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, nargs="*", default=[1000, 3000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--serve", choices=["bare", "hub"], help=argparse.SUPPRESS)
    parser.add_argument("--pings", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve:
        asyncio.run(serve(options.serve, options.pings))
        return
    results = [measure(count, options.rounds) for count in options.sockets]
    memory = {kind: memory_per_socket(kind, max(options.sockets)) for kind in ("bare", "hub")}
    if options.json:
        print(json.dumps({"fanout": [asdict(result) for result in results], "idle_kb": memory}))
        return
    for result in results:
        print(
            f"{result.sockets} sockets, one change: p95 {result.hub_p95:.1f} ms, bare {result.bare_p95:.1f} ms,"
            f" ratio {result.ratio_p95:.2f}; last {result.hub_last:.1f} ms, bare {result.bare_last:.1f} ms;"
            f" {BURST} changes back to back: all current after {result.hub_burst_last:.1f} ms,"
            f" {result.burst_to_one:.2f} of one change"
        )
    print(f"idle socket: {memory['hub']:.1f} KB, bare {memory['bare']:.1f} KB")


if __name__ == "__main__":
    main()
