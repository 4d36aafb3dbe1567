"""One change to many sockets, and what an idle socket costs: the product against a bare Tornado, in one run.

    python -m benchmarks.sockets [--sockets 1000 3000] [--rounds 20]

Two servers run side by side (`benchmarks.socket_server`) and this process is all their clients: it asks each in
turn for a change and notes when the last byte reached each socket, on the one monotonic clock all processes of a
machine share. Memory is that of the real server with sockets on `/ws/queue/`.

Budgets (DESIGN 10): p95 within 1.3× of bare at 1,000 sockets and 1× at 3,000; 50 changes back to back within
2× of one; an idle socket at most 20 KB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.http import Connection
from benchmarks.process import ROOT, product
from benchmarks.socket_server import TAIL

BURST = 50
WARM = 100


@dataclass
class Crowd:
    """A server and the clients connected to it."""

    port: int
    process_id: int
    clients: list[socket.socket] = field(default_factory=list)
    number: int = 0

    def connect(self, count: int, path: str = "/ws") -> None:
        """Open `count` more sockets."""
        handshake = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", self.port))
            client.sendall(handshake)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += client.recv(65536)
            client.setblocking(False)
            self.clients.append(client)

    def change(self, times: int = 1) -> list[float]:
        """Seconds from the first of `times` changes until each socket had the last one, in order of arrival."""
        first, self.number = self.number + 1, self.number + times
        tail = (TAIL % self.number).encode()
        poll = select.epoll()
        clients = {client.fileno(): client for client in self.clients}
        for number in clients:
            poll.register(number, select.EPOLLIN)
        ends = dict.fromkeys(clients, b"")
        arrivals: list[float] = []
        with socket.create_connection(("127.0.0.1", self.port)) as trigger:
            request = f"GET /change?first={first}&times={times} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            trigger.sendall(request.encode())
            while len(arrivals) < len(clients):
                for number, _ in poll.poll():
                    part = clients[number].recv(1 << 20)
                    if not part:
                        raise ConnectionError("the server closed a socket")
                    ends[number] = (ends[number] + part)[-len(tail) :]
                    if ends[number] == tail:
                        arrivals.append(time.monotonic())
            answer = b""
            while part := trigger.recv(65536):
                answer += part
        poll.close()
        began = json.loads(answer.split(b"\r\n\r\n", 1)[1])["began"]
        return [arrival - began for arrival in arrivals]

    def kilobytes_each(self, count: int, path: str = "/ws") -> float:
        """Resident memory that each of `count` idle sockets adds to the server."""
        self.connect(WARM, path)
        before = self._resident()
        self.connect(count, path)
        return (self._resident() - before) / count / 1024

    def close(self) -> None:
        """Hang up."""
        for client in self.clients:
            client.close()

    def _resident(self) -> int:
        with open(f"/proc/{self.process_id}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def crowd(kind: str) -> Iterator[Crowd]:
    """A `benchmarks.socket_server`; it ends with its clients."""
    command = [sys.executable, "-m", "benchmarks.socket_server", kind]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    people = Crowd(int(child.stdout.readline().rsplit(":", 1)[1]), child.pid)
    try:
        yield people
    finally:
        people.close()
        child.stdin.close()
        child.wait(10)


def compare(count: int, rounds: int) -> None:
    """Rounds alternate between the two servers, so that a noisy moment of the machine touches both."""
    one: dict[str, list[list[float]]] = {"bare": [], "hub": []}
    with crowd("bare") as bare, crowd("hub") as hub:
        people = {"bare": bare, "hub": hub}
        for each in people.values():
            each.connect(count)
            each.change()
        for number in range(rounds):
            for kind in ("bare", "hub") if number % 2 else ("hub", "bare"):
                one[kind].append(people[kind].change())
        burst = statistics.median(hub.change(BURST)[-1] for _ in range(max(3, rounds // 4))) * 1e3
    p95 = {kind: statistics.median(_p95(times) for times in all) * 1e3 for kind, all in one.items()}
    last = {kind: statistics.median(times[-1] for times in all) * 1e3 for kind, all in one.items()}
    print(
        f"{count} sockets, one change: p95 {p95['hub']:.1f} ms, bare {p95['bare']:.1f} ms:"
        f" {p95['hub'] / p95['bare']:.2f}× (budget {1.3 if count <= 1000 else 1.0}×);"
        f" last {last['hub']:.1f} ms, bare {last['bare']:.1f} ms\n"
        f"{count} sockets, {BURST} changes back to back: all current after {burst:.1f} ms,"
        f" {burst / last['hub']:.2f}× one change{' (budget 2×)' if count >= 3000 else ''}"
    )


async def memory(count: int) -> None:
    """Idle sockets on a queue of the real server, and on the bare one."""
    with crowd("bare") as bare:
        plain = bare.kilobytes_each(count)
    async with product(settings={"DEMO": "1"}) as running, Connection(running.address) as connection:
        doctor = (await connection.call("GET", "/api/doctors/"))["items"][0]["id"]
        people = Crowd(urlsplit(running.address).port or 80, running.process.pid)
        ours = await asyncio.to_thread(people.kilobytes_each, count, f"/ws/queue/{doctor}/")
        people.close()
    print(f"{count} idle sockets: {ours:.1f} KB each (budget 20), bare {plain:.1f} KB")


def _p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95) - 1]


def main() -> None:
    """All comparisons at each number of sockets, then memory at the largest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, nargs="*", default=[1000, 3000])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for count in options.sockets:
        compare(count, options.rounds)
    asyncio.run(memory(max(options.sockets)))


if __name__ == "__main__":
    main()
