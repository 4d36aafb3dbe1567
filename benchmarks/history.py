"""Statistics with 100,000 visits behind them, in turns with a bare read of the same visits from the file.

    python -m benchmarks.history

The bare read is the least that working a median out anew can be: every visit of the span read, decoded and its wait
counted. The server runs in this process, so that a heartbeat on its loop shows how long anything else had to wait while
the job counts the days and while somebody asks for a month or a year; the one beside the bare read in a thread says how
much of that is the machine.

Budget: a month and a year of counted days cost no more than the bare read of their visits.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import bson
from pydantic import SecretStr

from benchmarks.heartbeat import Heartbeat
from benchmarks.http import Connection
from benchmarks.process import ADMIN, PASSWORD, signed_in
from config.logging import configure_logging
from config.settings import LogFormat, Settings
from server.app import Server
from server.ids import new_id
from server.queue import documents
from server.queue.estimate import Estimate
from server.queue.model import DoctorCopy, PatientCopy, Priority, QueueDay, Source, State, Step, Ticket
from server.statistics.model import percentile
from server.storage.open import open_storage
from server.storage.port import Document

VISITS = 100_000
DAYS = 365
DOCTORS = 8
AT_ONCE = 1000
TURNS = 7
IDLE_SECONDS = 3
LONGEST_SECONDS = 300


def visit(doctor: DoctorCopy, day: date, chance: random.Random) -> Document:
    """Somebody who came on that day, with what the product keeps of them."""
    arrived = datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(seconds=chance.randrange(9 * 3600))
    called = arrived + timedelta(minutes=chance.expovariate(1 / 20))
    begun = called + timedelta(minutes=1)
    ended = begun + timedelta(minutes=chance.expovariate(1 / 12))
    seen = (State.IN_ROOM, State.DONE) if chance.random() < 0.9 else (State.NO_SHOW, State.LEFT)
    states = zip((State.WAITING, State.CALLED, *seen), (arrived, called, begun, ended), strict=True)
    booked = chance.random() < 0.5
    ticket = Ticket(
        id=new_id(),
        code="A001",
        serial=1,
        patient=PatientCopy(new_id(), ""),
        source=Source.APPOINTMENT if booked else Source.WALK_IN,
        priority=chance.choices(tuple(Priority), (1, 4, 15))[0],
        arrived_at=arrived,
        steps=tuple(Step(state, start) for state, start in states),
        due_at=arrived + timedelta(minutes=5) if booked else None,
    )
    told = Estimate(int(arrived.timestamp()) + 600, int(arrived.timestamp()) + 1500)
    return documents.visit_document(QueueDay(doctor, day, "UTC", ended), ticket, told)


async def fill(settings: Settings) -> None:
    """A year of visits, every day with as many."""
    chance = random.Random(1)
    doctors = [DoctorCopy(new_id(), f"Dr {number}", "ABCDEFGH"[number], "1", ("1",)) for number in range(DOCTORS)]
    today = datetime.now(UTC).date()
    storage = await open_storage(settings)
    for first in range(0, VISITS, AT_ONCE):
        some = (
            visit(chance.choice(doctors), today - timedelta(days=2 + number * DAYS // VISITS), chance)
            for number in range(first, min(first + AT_ONCE, VISITS))
        )
        await asyncio.gather(*(storage.insert("visits", document) for document in some))
    await storage.close()


@asynccontextmanager
async def server_on(settings: Settings) -> AsyncIterator[Server]:
    """A server in this process."""
    server = Server(settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def count_all(server: Server) -> None:
    """What the job does, one run after the other until every day has been counted."""
    storage = server.services.storage
    while True:
        before = len(await storage.find("day_figures", {"doctor_id": ""}, limit=2 * DAYS))
        await server.services.statistics.count_days()
        if len(await storage.find("day_figures", {"doctor_id": ""}, limit=2 * DAYS)) == before:
            return


def bare(file: Path, first: date, last: date) -> None:
    """Every visit of these days read from the file and its wait counted."""
    waits: Counter[int] = Counter()
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        query = "SELECT document FROM visits WHERE day BETWEEN ? AND ?"
        for (found,) in connection.execute(query, (first.isoformat(), last.isoformat())):
            ticket = bson.decode(found)["ticket"]
            waits[round((ticket["steps"][1]["start"] - ticket["arrived_at"]).total_seconds() / 60)] += 1
    percentile(waits, 0.5)


async def _apart(file: Path, first: date, last: date) -> None:
    await asyncio.to_thread(bare, file, first, last)


async def compare(server: Server, file: Path, token: str, days: int) -> None:
    """A span's question and the bare read in turns, and the loop under the question."""
    last = server.services.statistics.today() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    path = f"/api/statistics/?from={first.isoformat()}&to={last.isoformat()}"
    ours: list[float] = []
    plain: list[float] = []
    busy, reading, arrived = Heartbeat(), Heartbeat(), 0
    async with Connection(server.url, token) as connection:

        async def ask() -> None:
            nonlocal arrived
            found = await connection.call("GET", path)
            arrived = found["total"]["arrived"]
            if found["uncounted"]:
                raise SystemExit("a day has not been counted")

        for _ in range(TURNS):
            plain.append(await reading.during(_apart(file, first, last)))
            ours.append(await busy.during(ask()))
    took, least = statistics.median(ours), statistics.median(plain)
    print(f"{days} days, {arrived} visits: {took / least:.0%} of a bare read of them (budget 100 %):")
    print(f"  {took * 1e3:.0f} ms, bare {least * 1e3:.0f} ms, the median of {TURNS} turns")
    print(f"  the loop comes late by {busy}")
    print(f"    beside the bare read {reading}")


async def main() -> None:
    """Fill, count, then a month and a year."""
    configure_logging("ERROR", LogFormat.TEXT)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            port=0,
            mongodb_uri=None,
            clinic_timezone="UTC",
            admin_username=ADMIN,
            admin_password=SecretStr(PASSWORD),
        )
        await fill(settings)
        (file,) = (path for path in Path(folder).iterdir() if path.suffix in (".sqlite", ".sqlite3", ".db"))
        async with asyncio.timeout(LONGEST_SECONDS), server_on(settings) as server:
            idle, counting, reading = Heartbeat(), Heartbeat(), Heartbeat()
            await idle.during(asyncio.sleep(IDLE_SECONDS))
            took = await counting.during(count_all(server))
            least = await reading.during(_apart(file, date.min, date.max))
            print(f"the loop comes late by: idle {idle}")
            print(f"counting {VISITS} visits, the job's work: {took:.1f} s, {took / least:.1f}× a bare read of them")
            print(f"  the loop comes late by {counting}")
            print(f"    beside the bare read {reading}")
            token = await signed_in(server.url)
            for days in (30, DAYS):
                await compare(server, file, token, days)


if __name__ == "__main__":
    asyncio.run(main())
