"""Texts: from a call to its POST, a pump with thousands queued, and what each way Twilio misbehaves leads to.

    python -m benchmarks.sms

The pump runs in a whole server in this process, so that a heartbeat on its loop shows how long anything else had to
wait; the stand-in for Twilio is then a process of its own. Waiting texts are urgent ones: any other kind leaves at one
segment a second, however many wait.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from benchmarks import call_latency, sms_faults
from benchmarks.heartbeat import Heartbeat
from benchmarks.process import ADMIN, PASSWORD, ROOT
from config.logging import configure_logging
from config.settings import LogFormat, Settings
from server.app import Server
from server.ids import new_id
from server.sms.lifecycle import due, written
from server.sms.model import Kind, MessageState, NewMessage, expiry
from server.sms.store import MessageStore
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN

QUEUED = 5000
FILL_SECONDS = 30
LONGEST_SECONDS = 300


@asynccontextmanager
async def stand_in_process() -> AsyncIterator[str]:
    """The stand-in in a process of its own; its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.twilio", "--port", "0"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    first = (await process.stdout.readline()).decode()
    drain = asyncio.create_task(process.stdout.read())
    try:
        yield first.partition("=")[2].strip()
    finally:
        process.terminate()
        await process.wait()
        await drain


@asynccontextmanager
async def server_here(url: str) -> AsyncIterator[Server]:
    """A server in this process that texts through the stand-in at `url`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = Server(
            Settings(
                data_dir=Path(folder),
                port=0,
                mongodb_uri=None,
                admin_username=ADMIN,
                admin_password=SecretStr(PASSWORD),
                twilio_account_sid=ACCOUNT_SID,
                twilio_auth_token=SecretStr(AUTH_TOKEN),
                twilio_from_number="+12025550100",
                twilio_api_url=url,
                public_url="https://clinic.example",
            )
        )
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


async def queue_up(server: Server) -> None:
    """Urgent texts that all fall due at the moment when this returns."""
    store, now = MessageStore(server.services.storage), server.services.clock.now()
    falls_due = due(now + timedelta(seconds=FILL_SECONDS))

    async def add(number: int) -> None:
        text = NewMessage(
            id=f"{new_id()}:your_turn:1",
            kind=Kind.YOUR_TURN.value,
            to=f"+1203555{number:04}",
            language="en",
            patient_id="",
            expires_at=expiry(Kind.YOUR_TURN, now + timedelta(hours=1)),
            consent=True,
            confirmed=True,
        )
        row = written(text, "It is your turn.", now.date().isoformat(), now, MessageState.QUEUED, None)
        await store.insert(replace(row, next_at=falls_due))

    await asyncio.gather(*map(add, range(QUEUED)))
    await _until(lambda: server.services.clock.now() >= falls_due)


async def pump() -> None:
    """Rows a second, and the heartbeat of the server's loop idle and under them."""
    configure_logging("ERROR", LogFormat.TEXT)
    idle, busy = Heartbeat(), Heartbeat()
    async with stand_in_process() as url, server_here(url) as server:
        await idle.during(asyncio.sleep(3))
        await queue_up(server)

        def accepted() -> int:
            return server.services.outbox.figures().reached.get(MessageState.ACCEPTED, 0)

        await _until(lambda: accepted() > 0)
        took = await busy.during(_until(lambda: accepted() >= QUEUED))
    print(f"pump with {QUEUED} queued: {QUEUED / took:.0f} rows a second, {took:.1f} s in all")
    print(f"  the loop comes late by: idle {idle}")
    print(f"                          under the pump {busy}")


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def main() -> None:
    """All three."""
    await call_latency.main()
    await pump()
    await sms_faults.main()


if __name__ == "__main__":
    asyncio.run(main())
