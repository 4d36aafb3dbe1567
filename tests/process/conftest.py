"""The product as an operator starts it: `python -m server` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def one_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a command that ended with `code` wrote to stderr: one line."""
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    return line


class Serving:
    """A server that runs; `lines` is what it printed up to `listening on`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                break
        else:
            raise AssertionError(f"ended with {process.wait()}: {self.lines} {self.errors()}")
        self.url = self.lines[-1].removeprefix("listening on ")

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)

    def errors(self) -> str:
        """What it wrote to stderr; only once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


@pytest.fixture
def environment(tmp_path: Path, database: dict[str, str]) -> dict[str, str]:
    """What the process sees, and nothing of ours."""
    return {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": "0",
        **{name.upper(): value for name, value in database.items()},
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """`run("check", PORT="x")`: a command to its end."""

    def run(*arguments: str, stdin: str = "", **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (sys.executable, "-m", "server", *arguments),
            cwd=ROOT,
            env=environment | changed,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def serve(environment: dict[str, str]) -> Iterator[Callable[..., Serving]]:
    """`serve(DEMO="true")`: a server that listens; it is stopped after the test."""
    started: list[subprocess.Popen[str]] = []

    def serve(*arguments: str, **changed: str) -> Serving:
        process = subprocess.Popen(
            (sys.executable, "-m", "server", "serve", *arguments),
            cwd=ROOT,
            env=environment | changed,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return Serving(process)

    yield serve
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
