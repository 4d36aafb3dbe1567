"""The product as a process of its own on a storage home: started, killed as by a power cut, started again."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.storage.support import Home

ROOT = Path(__file__).resolve().parents[2]
ADMIN, PASSWORD = "crash-admin", "a long enough password"


class Process:
    """`python -m server` on `home` with further settings; every start is on the same data."""

    def __init__(self, home: Home, **further: str) -> None:
        uri = home.settings.mongodb_uri
        database = (
            {"MONGODB_URI": uri.get_secret_value(), "MONGODB_DATABASE": home.settings.mongodb_database} if uri else {}
        )
        self._environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(home.settings.data_dir),
            "PORT": "0",
            "JWT_SECRET": "a secret of the crash tests, long enough",
            "ADMIN_USERNAME": ADMIN,
            "ADMIN_PASSWORD": PASSWORD,
            "RATE_LIMITS": "off",
            "LOG_LEVEL": "ERROR",
            **database,
            **further,
        }
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        """Returns once it listens."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server"), cwd=ROOT, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"listening on "):
                self.url = line.decode().split()[-1]
                return
        raise RuntimeError(f"the server ended with {await self._process.wait()} before it listened")

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, flushed or said."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        return await self._process.wait()
