"""A clinic of two doctors around a real QueueService; texts are only written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.clock import ClinicTime
from server.errors import NotFound
from server.live.hub import Hub
from server.queue import commands
from server.queue.model import Policy, Ticket
from server.queue.relay import Retracted
from server.queue.rules import Applied
from server.queue.service import QueueService
from server.queue.store import QueueStore
from server.storage.port import Storage
from tests.unit.queue.bench import DESK, fresh_id, patient

NINE = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """Turned by hand."""

    time: datetime = NINE

    def now(self) -> datetime:
        return self.time

    def later(self, **passed: float) -> None:
        self.time += timedelta(**passed)


@dataclass(frozen=True)
class SomeDoctor:
    id: str
    name: str
    letter: str
    room: str
    rooms: tuple[str, ...]
    slot_minutes: int = 15


RAO = SomeDoctor("doctor-rao-0000000", "Dr Rao", "A", "Room 3", ("Room 3",))
SILVA = SomeDoctor("doctor-silva-00000", "Dr Silva", "B", "Room 5", ("Room 5",))


@dataclass
class SomeDoctors:
    known: dict[str, SomeDoctor] = field(default_factory=lambda: {doctor.id: doctor for doctor in (RAO, SILVA)})

    def get(self, doctor_id: str) -> SomeDoctor:
        if doctor_id not in self.known:
            raise NotFound("There is no such doctor.")
        return self.known[doctor_id]

    def all(self) -> Sequence[SomeDoctor]:
        return list(self.known.values())


@dataclass
class WrittenDown:
    """A messenger that keeps what it was asked; `sent` are the ids whose text is said to have left."""

    texts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    retracted: list[str] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)

    async def text(self, data: Mapping[str, Any]) -> None:
        self.texts.setdefault(data["message_id"], data)

    async def retract(self, message_id: str, reason: str) -> Retracted:
        self.retracted.append(message_id)
        if message_id in self.sent:
            return "already_sent"
        return "cancelled" if message_id in self.texts else "none"

    async def told(self, message_ids: Sequence[str], number: str) -> bool:
        return any(id in self.sent and self.texts[id]["to"] == number for id in message_ids)

    async def latest(self, ticket_id: str) -> tuple[str, str | None] | None:
        mine = [id for id, data in self.texts.items() if data["ticket_id"] == ticket_id]
        return ("accepted" if mine[-1] in self.sent else "queued", None) if mine else None

    def kinds(self) -> list[str]:
        return [data["kind"] for data in self.texts.values()]


class Clinic:
    """One process of the product, as far as the queue goes."""

    def __init__(self, storage: Storage, clock: HandClock | None = None, *, shared: bool = False) -> None:
        self.storage = storage
        self.clock = clock or HandClock()
        self.doctors = SomeDoctors()
        self.messenger = WrittenDown()
        self.hub = Hub(self.clock)
        self.queues = QueueService(
            QueueStore(storage),
            self.hub,
            self.messenger,
            self.doctors,
            self.clock,
            ClinicTime(ZoneInfo("UTC")),
            Policy,
            "https://clinic.example",
            shared=shared,
        )

    async def join(self, doctor: SomeDoctor = RAO, *, id: str = "", **fields: Any) -> Ticket:
        fields.setdefault("patient", patient())
        applied = await self.queues.join(doctor.id, actor=DESK, command_id=id or fresh_id("command"), **fields)
        return applied.day.tickets[str(applied.done.ticket_id)]

    async def do(self, kind: type[commands.Command], doctor: SomeDoctor = RAO, *, id: str = "", **f: Any) -> Applied:
        return await self.queues.run(doctor.id, kind(id=id or fresh_id("command"), actor=DESK, **f))

    async def on(self, kind: type[commands.TicketCommand], ticket: Ticket, **f: Any) -> Ticket:
        command = kind(id=fresh_id("command"), actor=DESK, ticket_id=ticket.id, **f)
        return (await self.queues.run_on_ticket(command)).day.tickets[ticket.id]

    async def now(self, ticket: Ticket) -> Ticket:
        return (await self.queues.find(ticket.id)).ticket

    async def stored(self, doctor: SomeDoctor = RAO) -> dict[str, Any]:
        document = await self.storage.get("queue_days", f"{doctor.id}:{self.queues.today().isoformat()}")
        assert document is not None
        return document


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, for as long as the test may run."""
    while not holds():
        await asyncio.sleep(0.001)
