"""Reads of a queue with 50 waiting, in turns with a bare Tornado handler that answers the same bytes.

    python -m benchmarks.reads

Budget (DESIGN 10): at least 60 %.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.clinic import connections, join, make_doctor, make_patients
from benchmarks.comparison import Comparison
from benchmarks.figures import spread
from benchmarks.http import Connection
from benchmarks.process import Running, bare, product, signed_in

WAITING = 50
CONNECTIONS = 16
PER_TURN = 400
TURNS = 21


async def compare(name: str, running: Running, path: str, token: str | None) -> None:
    """One view against the bare handler that answers its bytes."""
    async with Connection(running.address, token) as connection:
        body = (await connection.send("GET", path)).body
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(body)
        async with (
            bare(Path(file.name)) as reference,
            connections(running.address, CONNECTIONS, token) as pool,
            connections(reference.address, CONNECTIONS) as plain,
        ):
            ours = pool[0].request_bytes("GET", path, None, None)
            theirs = plain[0].request_bytes("GET", "/bytes", None, None)
            found = Comparison(running, reference)
            for _ in range(TURNS):
                # The estimate moves every 30 seconds: what is read stays about as long, but not the same.
                await found.turn(
                    PER_TURN,
                    lambda: _reads(pool, ours, lambda got: got.startswith(b"{")),
                    lambda: _reads(plain, theirs, lambda got: got == body),
                )
    print(f"GET /api/queue/, {name} view, {WAITING} waiting, {len(body)} bytes, of a bare handler:")
    print(f"  {found.report('60 %')}")


async def _reads(pool: list[Connection], request: bytes, right: Callable[[bytes], bool]) -> float:
    async def one(connection: Connection, _: int) -> None:
        answer = await connection.send_bytes(request)
        if answer.status != 200 or not right(answer.body):
            raise SystemExit(f"answered {answer.status}: {answer.body[:200]!r}")

    return await spread(pool, range(PER_TURN), one)


async def main() -> None:
    """The public view, then the staff view."""
    async with product() as running:
        token = await signed_in(running.address)
        async with connections(running.address, 4, token) as pool:
            doctor_id = await make_doctor(pool[0], "Dr Reader", "Room 1")
            for patient_id in await make_patients(pool, WAITING):
                await join(pool[0], doctor_id, patient_id)
        await compare("public", running, f"/api/queue/{doctor_id}/", None)
        await compare("staff", running, f"/api/queue/{doctor_id}/", token)


if __name__ == "__main__":
    asyncio.run(main())
