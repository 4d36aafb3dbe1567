"""Starts the product (or a bare Tornado) as a process of its own, on a free port and a throwaway data directory."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.http import Connection

ROOT = Path(__file__).resolve().parent.parent
ADMIN, PASSWORD = "bench-admin", "correct horse battery staple"
_TICKS = os.sysconf("SC_CLK_TCK")


class DidNotServe(Exception):
    """It ended before it listened, or not with exit code 0; the text holds what it said."""


@dataclass
class Running:
    """A server that has printed its `listening on` line."""

    process: asyncio.subprocess.Process
    address: str
    data_dir: Path
    started_in: float  # seconds from exec to the line
    output: list[str] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        """User and system time so far, all threads: what a request costs whoever else uses the machine."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
        return int(kilobytes) / 1024


async def _listening(process: asyncio.subprocess.Process, output: list[str]) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        output.append(line.decode().rstrip())
        if output[-1].startswith("listening on "):
            return output[-1].removeprefix("listening on ").split()[0].rstrip("/")
    raise DidNotServe("the server ended before it listened:\n" + "\n".join(output))


@asynccontextmanager
async def _run(command: Sequence[str], environment: Mapping[str, str], data_dir: Path) -> AsyncIterator[Running]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    log = data_dir.with_suffix(".log")
    began = time.monotonic()
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=inherited | dict(environment), stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    output: list[str] = []
    try:
        address = await asyncio.wait_for(_listening(process, output), 60)
        drain = asyncio.create_task(_drain(process))
        yield Running(process, address, data_dir, time.monotonic() - began, output)
    except Exception:
        print(log.read_text(encoding="utf-8")[-4000:], file=sys.stderr)
        raise
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    await drain
    if process.returncode != 0:
        raise DidNotServe(f"the server ended with {process.returncode}:\n{log.read_text(encoding='utf-8')[-4000:]}")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for _ in process.stdout:
        pass


@asynccontextmanager
async def product(data_dir: Path | None = None, *, settings: Mapping[str, str] | None = None) -> AsyncIterator[Running]:
    """The product on embedded SQLite, without rate limits; ends it with SIGTERM and wants exit code 0."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = data_dir or Path(folder) / "data"
        environment = {
            "DATA_DIR": str(home),
            "PORT": "0",
            "RATE_LIMITS": "off",
            "LOG_LEVEL": "WARNING",
            "ADMIN_USERNAME": ADMIN,
            "ADMIN_PASSWORD": PASSWORD,
        }
        async with _run([sys.executable, "-m", "server", "serve"], environment | dict(settings or {}), home) as running:
            yield running


@asynccontextmanager
async def bare(body: Path | None = None) -> AsyncIterator[Running]:
    """The reference: `benchmarks.bare`, answering the bytes of `body` where asked to."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.bare", *([str(body)] if body else [])]
        async with _run(command, {}, Path(folder) / "bare") as running:
            yield running


async def signed_in(address: str) -> str:
    """The administrator's access token."""
    async with Connection(address) as connection:
        answer = await connection.call("POST", "/api/token/", {"username": ADMIN, "password": PASSWORD})
    token: str = answer["access"]
    return token
