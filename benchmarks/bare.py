"""The reference server: what Tornado costs before a product is built on it.

    python -m benchmarks.bare [file]

`POST /echo` parses a JSON body and answers it; `GET /bytes` answers the file's bytes.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import tornado.httpserver
import tornado.netutil
import tornado.web


class Echo(tornado.web.RequestHandler):
    """The least a JSON POST can be."""

    def post(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(json.loads(self.request.body)))


class Bytes(tornado.web.RequestHandler):
    """The least a GET can be."""

    def initialize(self, body: bytes) -> None:
        self.body = body

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(self.body)


async def main() -> None:
    """Serve until SIGTERM."""
    body = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else b"{}"
    server = tornado.httpserver.HTTPServer(
        tornado.web.Application([("/echo", Echo), ("/bytes", Bytes, {"body": body})])
    )
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print(f"listening on http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.stop()
    await server.close_all_connections()


if __name__ == "__main__":
    asyncio.run(main())
