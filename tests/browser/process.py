"""The server as a process of its own, for browsers: started on an empty directory and a free port, stopped by SIGTERM.

Imports nothing of the product, so that what the pages see is what a clinic runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
ADMIN = ("admin", "admin-password")
STOP_SECONDS = 30


def noon_zone() -> str:
    """A time zone in which it is about noon now, so that no test meets the end of a day or a closed clinic."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


class ServerProcess:
    """`python -m server` with settings of this test; `url` once it listens."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._lines: list[str] = []
        self.url = ""
        self.start()

    def start(self, port: str = "0") -> None:
        """Start, and wait until it says that it listens."""
        environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self._folder / "data"),
            "PORT": port,
            "ADMIN_USERNAME": ADMIN[0],
            "ADMIN_PASSWORD": ADMIN[1],
            "CLINIC_TIMEZONE": noon_zone(),
            "RATE_LIMITS": "false",
            "LOG_LEVEL": "WARNING",
            **self._settings,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                break
        else:
            raise AssertionError("the server did not start:\n" + "".join(self._lines))
        self._reader = threading.Thread(target=self._drain, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End it as an operator would; it must end well, with nothing on its output that it did not expect."""
        self._process.terminate()
        code = self._process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert code == 0, "".join(self._lines)
        errors = [line for line in self._lines if "[error" in line or "Traceback" in line]
        assert not errors, "".join(self._lines)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def port(self) -> str:
        """The port it got."""
        return self.url.rsplit(":", 1)[1]

    def _drain(self, output: IO[str]) -> None:
        self._lines.extend(output)

    def caller(self, username: str = ADMIN[0], password: str = ADMIN[1]) -> Caller:
        """Somebody who speaks to the API directly, to set a scene or to look behind the pages."""
        answer = Caller(self.url).post("/api/token/", {"username": username, "password": password})
        return Caller(self.url, answer["access"])


class Caller:
    """A few lines of API client for setting scenes; a refusal raises."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self.token = token

    def get(self, path: str) -> Any:
        return self._send("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send("POST", path, body or {})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path, None)

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, method=method, headers={"Content-Type": "application/json"})
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urlopen(request, timeout=20) as response:
                text = response.read()
        except HTTPError as refusal:
            with refusal:
                raise AssertionError(f"{method} {path}: {refusal.code} {refusal.read().decode()}") from None
        return json.loads(text) if text else None
