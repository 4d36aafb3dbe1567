"""Reads of a board while people sign in: does a login storm delay the waiting room?

    python -m benchmarks.logins

Budget (DESIGN 10): 20 offered logins a second at most double the p95 of reads beside them. Taken in turns: a stretch
without logins, a stretch with them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from benchmarks.clinic import connections, join, make_doctor, make_patients
from benchmarks.figures import milliseconds, percentile
from benchmarks.http import Connection
from benchmarks.process import ADMIN, PASSWORD, Running, product, signed_in

LOGINS_PER_SECOND = 20
READS_PER_SECOND = 100
SECONDS = 5
ROUNDS = 3


async def reads(running: Running, path: str) -> list[float]:
    """Reads at a steady pace for a while; how long each took."""
    taken: list[float] = []

    async def one(connection: Connection) -> None:
        began = time.perf_counter()
        await connection.call("GET", path)
        taken.append(time.perf_counter() - began)

    await _paced(running, READS_PER_SECOND, one)
    return taken


async def logins(running: Running) -> dict[int, int]:
    """Logins at a steady pace for the same while; how many got which status."""
    statuses: dict[int, int] = {}

    async def one(connection: Connection) -> None:
        answer = await connection.send("POST", "/api/token/", {"username": ADMIN, "password": PASSWORD})
        statuses[answer.status] = statuses.get(answer.status, 0) + 1

    await _paced(running, LOGINS_PER_SECOND, one)
    return statuses


async def _paced(running: Running, rate: int, one: Callable[[Connection], Awaitable[None]]) -> None:
    async with connections(running.address, 32) as pool, asyncio.TaskGroup() as group:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in pool:
            free.put_nowait(connection)

        async def run() -> None:
            connection = await free.get()
            await one(connection)
            free.put_nowait(connection)

        began = time.perf_counter()
        for number in range(rate * SECONDS):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(run())


async def main() -> None:
    """In turns, on one server."""
    async with product() as running:
        token = await signed_in(running.address)
        async with connections(running.address, 1, token) as pool:
            doctor_id = await make_doctor(pool[0], "Dr Reader", "Room 1")
            for patient_id in await make_patients(pool, 20):
                await join(pool[0], doctor_id, patient_id)
        calm: list[float] = []
        stormy: list[float] = []
        statuses: dict[int, int] = {}
        for _ in range(ROUNDS):
            calm += await reads(running, f"/api/queue/{doctor_id}/")
            beside, got = await asyncio.gather(reads(running, f"/api/queue/{doctor_id}/"), logins(running))
            stormy += beside
            statuses = {status: statuses.get(status, 0) + got.get(status, 0) for status in statuses | got}
    print(f"reads alone:         {milliseconds(calm)}")
    print(f"with {LOGINS_PER_SECOND} logins/s:     {milliseconds(stormy)}; logins by status {statuses}")
    print(f"p95 grows {percentile(stormy, 0.95) / percentile(calm, 0.95):.1f} times (budget 2)")


if __name__ == "__main__":
    asyncio.run(main())
