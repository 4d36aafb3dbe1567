"""A workbench for rules: one queue day, a clock that is turned by hand, and commands in short words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from server.accounts.roles import Actor
from server.queue import commands, policy, rules
from server.queue.model import DoctorCopy, PatientCopy, QueueDay, Ticket

RAO = Actor("account-rao", "Dr Rao", "doctor")
DESK = Actor("account-desk", "Bea", "receptionist")
PATIENT = Actor("", "the patient", "patient")
START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)

_ids = count(1)


def fresh_id(word: str = "id") -> str:
    return f"{word}-{next(_ids):06d}-0123456789"


def patient(id: str = "", *, phone: str = "+12025550123") -> PatientCopy:
    """Somebody with a confirmed number who agreed to be texted."""
    id = id or fresh_id("patient")
    return PatientCopy(id, f"Name of {id}", phone, "•••• 0123", "en", sms_consent=True, number_confirmed=True)


def empty_day(*, rooms: tuple[str, ...] = ("Room 3",), letter: str = "A", doctor_id: str = "doctor-rao") -> QueueDay:
    doctor = DoctorCopy(doctor_id, "Dr Rao", letter, rooms[0], rooms)
    return QueueDay(doctor=doctor, day=date(2026, 3, 3), zone="UTC", updated_at=START)


@dataclass
class Bench:
    """Applies commands one after the other and keeps the day."""

    day: QueueDay = field(default_factory=empty_day)
    now: datetime = START
    last: rules.Applied | None = None

    def later(self, **passed: float) -> Bench:
        self.now += timedelta(**passed)
        return self

    def do(self, kind: type[commands.Command], *, actor: Actor = DESK, id: str = "", **fields: Any) -> rules.Applied:
        self.last = rules.apply(self.day, kind(id=id or fresh_id("command"), actor=actor, **fields), self.now)
        self.day = self.last.day
        return self.last

    def on(self, kind: type[commands.TicketCommand], ticket: Ticket | str, **fields: Any) -> Ticket:
        """A command on one ticket; the ticket after it."""
        id = ticket if isinstance(ticket, str) else ticket.id
        self.do(kind, ticket_id=id, **fields)
        return self.day.tickets[id]

    def join(self, **fields: Any) -> Ticket:
        id = fresh_id("ticket")
        fields.setdefault("patient", patient())
        self.do(commands.Join, ticket_id=id, **fields)
        return self.day.tickets[id]

    def next(self, **fields: Any) -> rules.Applied:
        return self.do(commands.CallNext, **fields)

    def order(self) -> list[str]:
        return [ticket.code for ticket in policy.waiting(self.day)]

    def ticket(self, ticket: Ticket) -> Ticket:
        return self.day.tickets[ticket.id]

    def effects(self) -> list[str]:
        """What the last command asked for, in words: `text your_turn`, `retract`, `accept`."""
        assert self.last is not None
        effects = [effect for effect in self.day.effects if effect.number in self.last.done.effects]
        return [f"text {effect.data['kind']}" if effect.kind == "text" else effect.kind for effect in effects]
