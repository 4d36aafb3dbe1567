"""A clinic to measure on, made through the API like any other."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from benchmarks.figures import spread
from benchmarks.http import Connection
from benchmarks.process import Running


async def make_doctor(connection: Connection, name: str, room: str) -> str:
    """A doctor with default hours; their id."""
    body = {"name": name, "specialty": "General practice", "room": room}
    answer = await connection.call("POST", "/api/doctors/", body, expect=201)
    doctor_id: str = answer["id"]
    return doctor_id


async def make_patients(connections: Sequence[Connection], count: int) -> list[str]:
    """That many registered patients; their ids."""
    made: list[str] = []

    async def register(connection: Connection, number: int) -> None:
        body = {"name": f"Bench Patient {number}", "sms_consent": False}
        made.append((await connection.call("POST", "/api/patients/", body, expect=201))["id"])

    await spread(connections, range(count), register)
    return made


async def join(connection: Connection, doctor_id: str, patient_id: str) -> Mapping[str, Any]:
    """The ticket."""
    body = {"doctor_id": doctor_id, "patient_id": patient_id}
    ticket: Mapping[str, Any] = await connection.call("POST", "/api/enqueue/", body, expect=201)
    return ticket


@asynccontextmanager
async def connections(address: str, count: int, token: str | None = None) -> AsyncIterator[list[Connection]]:
    """That many open connections."""
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(Connection(address, token)) for _ in range(count)]
        yield made


def commits(running: Running, doctor_id: str) -> int:
    """How often this queue's day has been written: its `rev`, read from the file itself."""
    database = next(path for path in running.data_dir.iterdir() if path.suffix in (".sqlite", ".sqlite3", ".db"))
    with sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True) as connection:
        found = connection.execute('SELECT sum(rev) FROM queue_days WHERE "_id" LIKE ?', (doctor_id + ":%",)).fetchone()
    connection.close()
    return int(found[0] or 0)
