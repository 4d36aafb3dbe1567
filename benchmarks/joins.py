"""Joins: how many writes 64 at once cost, and how many a second pass with 300 tickets behind them.

    python -m benchmarks.joins

Budgets (DESIGN 10): at most 4 commits of `queue_days` for 64 at once; at 16 connections at least 20 % of a bare
Tornado POST echo, measured in turns with it.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from benchmarks.clinic import commits, connections, join, make_doctor, make_patients
from benchmarks.comparison import Comparison
from benchmarks.figures import fsync_seconds, milliseconds, spread
from benchmarks.http import Connection
from benchmarks.process import Running, bare, product, signed_in

AT_ONCE = 64
BEHIND = 300
PER_ROUND = 160
PER_TURN = 32
ROUNDS = 3
CONNECTIONS = 16


async def at_once(running: Running, token: str, patients: list[str]) -> None:
    """64 joins leave at the same moment, each on a connection of its own."""
    async with connections(running.address, AT_ONCE, token) as pool:
        doctor_id = await make_doctor(pool[0], "Dr Rush", "Room 1")
        await join(pool[0], doctor_id, patients[AT_ONCE])  # the day's first write is not the rush's
        before = commits(running, doctor_id)
        taken: list[float] = []

        async def one(connection: Connection, patient_id: str) -> None:
            began = time.perf_counter()
            await join(connection, doctor_id, patient_id)
            taken.append(time.perf_counter() - began)

        wall = await spread(pool, patients[:AT_ONCE], one)
        wrote = commits(running, doctor_id) - before
    print(
        f"{AT_ONCE} joins at once: {wrote} commits of the queue (budget 4), {wall * 1e3:.0f} ms; {milliseconds(taken)}"
    )


async def against_echo(running: Running, reference: Running, token: str) -> None:
    """Rounds of echo and of joins, in turns; each round's queue starts with 300 waiting."""
    found = Comparison(running, reference, bare_times=4)
    echo_body = {"doctor_id": "d" * 22, "patient_id": "p" * 22}

    async def echo(connection: Connection, _: int) -> None:
        await connection.call("POST", "/echo", echo_body)

    async with (
        connections(running.address, CONNECTIONS, token) as pool,
        connections(reference.address, CONNECTIONS) as echoes,
    ):
        for number in range(ROUNDS):
            doctor_id = await make_doctor(pool[0], f"Dr Round {number}", f"Room {number + 2}")
            patients = await make_patients(pool, BEHIND + PER_ROUND)  # new ones: nobody waits in two queues

            async def enter(connection: Connection, patient_id: str, doctor_id: str = doctor_id) -> None:
                await join(connection, doctor_id, patient_id)

            await spread(pool, patients[:BEHIND], enter)
            for start in range(BEHIND, BEHIND + PER_ROUND, PER_TURN):
                turn = patients[start : start + PER_TURN]
                await found.turn(
                    PER_TURN,
                    partial(spread, pool, turn, enter),
                    partial(spread, echoes, range(PER_TURN * found.bare_times), echo),
                )
    print(f"joins at {CONNECTIONS} connections with {BEHIND} and more waiting, of a bare POST echo:")
    print(f"  {found.report('20 %')}")


async def main() -> None:
    """Both, on one server."""
    print(f"this disk's fsync: {fsync_seconds() * 1e3:.2f} ms")
    async with product() as running, bare() as reference:
        token = await signed_in(running.address)
        async with connections(running.address, CONNECTIONS, token) as pool:
            patients = await make_patients(pool, AT_ONCE + 1)
        await at_once(running, token, patients)
        await against_echo(running, reference, token)


if __name__ == "__main__":
    asyncio.run(main())
