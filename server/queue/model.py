"""The values of one queue on one service day: tickets, their steps, and the document that holds them.

Everything here is frozen. `QueueDay` is the single document of DESIGN 2: rules turn one into the next,
the store writes it whole. Imports nothing that does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

UNDO_WINDOW = timedelta(minutes=2)
CALLS_KEPT = timedelta(minutes=2)
VERSIONS_PER_DAY = 1_000_000


class State(StrEnum):
    """Where a ticket is. The first five are open, the last four are ends."""

    WAITING = "waiting"
    CALLED = "called"
    IN_ROOM = "in_room"
    ON_HOLD = "on_hold"
    NO_SHOW = "no_show"
    DONE = "done"
    CANCELLED = "cancelled"
    LEFT = "left"
    TRANSFERRED = "transferred"


ENDED = frozenset({State.DONE, State.CANCELLED, State.LEFT, State.TRANSFERRED})
IN_QUEUE = frozenset({State.WAITING, State.CALLED, State.IN_ROOM, State.ON_HOLD})


class Priority(StrEnum):
    """The class a ticket waits in; `policy.py` orders the classes."""

    EMERGENCY = "emergency"
    PRIORITY = "priority"
    NORMAL = "normal"


class Source(StrEnum):
    """How a ticket came into this queue."""

    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"
    TRANSFER = "transfer"


class Status(StrEnum):
    """Paused and closed queues still serve the people in them: closed refuses joins, paused nothing."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PatientCopy:
    """What a queue needs of its patient while the ticket is open; never copied into `visits`."""

    id: str
    name: str
    phone: str = ""
    phone_masked: str = ""
    language: str = "en"
    sms_consent: bool = False
    number_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One state a ticket was in: from `start` to `end` (None: still). Every duration is derived from these."""

    state: State
    start: datetime
    end: datetime | None = None
    actor: str = ""
    room: str | None = None
    reason: str | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A place in the order: class rank, effective time, then `path`; smaller is served earlier.

    A path that extends another's sorts right behind it, which is how "behind that ticket" is kept
    even after that ticket is gone.
    """

    rank: int
    time: datetime
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One patient's turn in one queue. `serial` is unique in this queue and rises with every join.

    `changed` is the version of the day at the last change; `call` that of the latest call (0: none). A call that stands
    anew has a new number; `earlier` are those it had before and under which the patient may have been told of it,
    `recalls` the versions at which it was repeated, and `contrary` the texts that may have said otherwise meanwhile.
    `place` is set by move, rejoin, put-back and late; such a ticket no longer ages. `promoted_at` and `promoted_path`
    are where it stands in the class it aged into.
    """

    id: str
    code: str
    serial: int
    patient: PatientCopy
    source: Source
    priority: Priority
    arrived_at: datetime
    steps: tuple[Step, ...]
    due_at: datetime | None = None
    reason: str | None = None
    appointment_id: str | None = None
    place: Key | None = None
    promoted_at: datetime | None = None
    promoted_path: tuple[int, ...] = ()
    calls: int = 0
    call: int = 0
    earlier: tuple[int, ...] = ()
    recalls: tuple[int, ...] = ()
    contrary: tuple[str, ...] = ()
    rejoins: int = 0
    moved_to: str | None = None
    mistaken: bool = False
    changed: int = 0

    @property
    def state(self) -> State:
        """The state of the last step."""
        return self.steps[-1].state

    @property
    def last(self) -> Step:
        """The step the ticket is in."""
        return self.steps[-1]

    @property
    def room(self) -> str | None:
        """The room the ticket was called to or sits in; None while it has none."""
        return self.steps[-1].room

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it is open or missed."""
        return self.steps[-1].start if self.state in ENDED else None

    def step(
        self,
        state: State,
        now: datetime,
        actor: str,
        *,
        room: str | None = None,
        reason: str | None = None,
        inferred: bool = False,
    ) -> Ticket:
        """This ticket with its last step ended at `now` and a new one begun."""
        closed = replace(self.steps[-1], end=now)
        return replace(self, steps=(*self.steps[:-1], closed, Step(state, now, None, actor, room, reason, inferred)))


@dataclass(frozen=True, slots=True)
class Call:
    """One call for the announcements of the last two minutes; `number` is the version that made it."""

    ticket_id: str
    code: str
    room: str
    at: datetime
    number: int
    repeat: bool = False
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that must happen outside this document because of a command; carried out by the relay."""

    number: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out: kept for 15 minutes so that its repetition finds it.

    `effects` are the numbers of those it asked for.
    """

    id: str
    at: datetime
    ticket_id: str | None
    outcome: Mapping[str, Any]
    seq: int
    fingerprint: str = ""
    effects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """What the last staff command changed: the tickets as they were, and their marks after it."""

    command: str
    at: datetime
    seq: int
    tickets: tuple[Ticket, ...]
    marks: Mapping[str, int]
    status: Status
    pause: Pause | None
    services: tuple[int, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """Who took the step `seq` back and when, and the marks of its tickets since: for whoever comes too late."""

    seq: int
    by: str
    at: datetime
    marks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and (if said) until when a queue does not call. `reason` is for everybody, `note` for staff."""

    since: datetime
    reason: str | None = None
    until: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The text that told a ticket's patient something (empty: they knew). `withdrawn`: it is no longer so."""

    message_id: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class DoctorCopy:
    """What rules and views need of the doctor or team; changed by a command when the doctor is."""

    id: str
    name: str
    letter: str
    room: str
    rooms: tuple[str, ...]
    slot_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Policy:
    """The clinic's rules of the queue, in minutes (DESIGN 2: one ordering function).

    `soon_ahead`: with so many ahead a patient is told that the turn is near; 0: nobody is.
    """

    late_grace: int = 10
    max_wait_normal: int = 60
    max_wait_priority: int = 30
    soon_ahead: int = 2


@dataclass(frozen=True, slots=True)
class QueueDay:
    """One queue on one service day. `rev` guards the write; `seq` is what the world sees.

    `told` are the notices of each ticket by `<ticket id>:<kind>`; they stand here, not on the ticket, so that
    undo neither forgets them nor finds the ticket changed by them. `last_used` tells when each room was last left.
    `mistaken` counts the tickets of check-ins that were taken back: nobody had come.
    """

    doctor: DoctorCopy
    day: date
    zone: str
    updated_at: datetime
    policy: Policy = Policy()
    rev: int = 0
    version: int = 0
    status: Status = Status.OPEN
    pause: Pause | None = None
    finished: bool = False
    next_number: int = 1
    mistaken: int = 0
    next_effect: int = 1
    tickets: Mapping[str, Ticket] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    effects: tuple[Effect, ...] = ()
    commands: Mapping[str, Done] = field(default_factory=dict)
    undo: Undo | None = None
    undone: Undone | None = None
    services: tuple[int, ...] = ()
    past_services: tuple[int, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    last_used: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The document's `_id`."""
        return queue_day_id(self.doctor.id, self.day)

    @property
    def seq(self) -> int:
        """Day ordinal × 1,000,000 + visible version: never falls, not even from day to day."""
        return self.day.toordinal() * VERSIONS_PER_DAY + self.version

    @property
    def settled(self) -> bool:
        """Finished, and nothing of it left to archive or to carry out."""
        return self.finished and not self.tickets and not self.effects

    def put(self, *tickets: Ticket) -> QueueDay:
        """This day with `tickets` added or replaced, each marked as changed by the coming version."""
        changed = {ticket.id: replace(ticket, changed=self.version + 1) for ticket in tickets}
        return replace(self, tickets={**self.tickets, **changed})

    def in_state(self, *states: State) -> list[Ticket]:
        """The tickets in one of `states`, in order of joining."""
        return [ticket for ticket in self.tickets.values() if ticket.state in states]

    def occupant(self, room: str) -> Ticket | None:
        """The ticket called to `room` or in it; rules keep it to at most one.

        A doctor with one room sees one patient at a time: whoever is with them still counts, whatever room it was.
        """
        busy = self.in_state(State.CALLED, State.IN_ROOM)
        there = next((ticket for ticket in busy if ticket.room == room), None)
        return there or (busy[0] if busy and len(self.doctor.rooms) == 1 else None)

    def is_free(self, room: str) -> bool:
        """Whether the doctor still has `room` and nobody is called to it or in it."""
        return room in self.doctor.rooms and self.occupant(room) is None


def queue_day_id(doctor_id: str, day: date) -> str:
    """The `_id` of a queue's day: `<doctor_id>:<YYYY-MM-DD>`."""
    return f"{doctor_id}:{day.isoformat()}"
