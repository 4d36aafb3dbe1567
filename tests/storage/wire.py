"""A server that speaks MongoDB's wire protocol, for the tests of the Motor side: its own process on loopback.

It is a stand-in with known gaps, no database for patients' data: only what the storage port uses is right in it.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 30.0
END_SECONDS = 5.0


class WireServer:
    """One server process on one data directory; stopped and started again it keeps its port and its data."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the process and wait until it accepts connections."""
        self._directory.mkdir(parents=True, exist_ok=True)
        log = self._directory / "wire.log"
        log.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "nx_27017.nx_27017", "--data-dir", str(self._directory), "-p", str(self.port)),
                *("--log-file", str(log), "--pid-file", str(self._directory / "wire.pid")),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listening(log):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the wire server did not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order.

        It exits from within its signal handler, which a callback it happens to be in can swallow: then it is killed.
        What it acknowledged is on the disk either way.
        """
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut ends it."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _listening(self, log: Path) -> bool:
        found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", log.read_text() if log.exists() else "")
        if found is None:
            return False
        self.port = int(found[1])
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._signal(number)
            try:
                self._process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        self._process = None
        (self._directory / "wire.pid").unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("the wire server does not run")
        self._process.send_signal(number)
