"""The bodies that queue and ticket commands take, and the shapes they answer with (DESIGN 5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from handlers.joining import JoinCode
from handlers.schemas import Answer, Body, Id, Language, Name
from server.errors import AlreadyQueued, CannotUndo, DayOver, NotFound, QueueClosed, WrongState

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PriorityName = Literal["emergency", "priority", "normal"]

JOIN_ERRORS = (NotFound, AlreadyQueued, QueueClosed, DayOver)
TICKET_ERRORS = (NotFound, WrongState, DayOver)
QUEUE_ERRORS = (NotFound, WrongState, DayOver, CannotUndo)


class WalkIn(Body):
    """Somebody at the desk who is not registered yet."""

    name: Name
    phone: Annotated[str | None, Field(max_length=40)] = None
    sms_consent: bool = False
    language: Language = "en"


class EnqueueBody(Body):
    """Whom to put into which queue: a patient or a walk-in. Patients leave `patient_id` out or name themselves."""

    doctor_id: Id
    patient_id: Id | None = None
    walk_in: WalkIn | None = None
    appointment_id: Id | None = None
    priority: PriorityName | None = None
    reason: Reason | None = None
    join_code: JoinCode = None


class NotifyNextBody(Body):
    """`current` is the ticket id you see in the room, or null for none; leave it out to call regardless."""

    doctor_id: Id
    room: Name | None = None
    current: Id | None = None
    outcome: Literal["done", "no_show"] | None = None


class ReasonBody(Body):
    """An optional reason, kept in the ticket's steps."""

    reason: Reason | None = None


class RoomBody(ReasonBody):
    """The room, where a team has several."""

    room: Name | None = None


class PutBackBody(ReasonBody):
    """How many waiting tickets go first."""

    after: Annotated[int, Field(ge=0, le=500)] = 0


class LateBody(ReasonBody):
    """How many more people go first."""

    after: Annotated[int, Field(ge=1, le=20)] = 2


class PriorityBody(ReasonBody):
    """The class to wait in."""

    priority: PriorityName


class MoveBody(ReasonBody):
    """Where to: behind the ticket `behind`, or with `after` tickets going first. Exactly one of the two."""

    after: Annotated[int | None, Field(ge=0, le=500)] = None
    behind: Id | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> MoveBody:
        if (self.after is None) == (self.behind is None):
            raise ValueError("say either after (how many go first) or behind (a ticket id)")
        return self


class ContactBody(Body):
    """The number to text; `sms_consent` as the patient just said, else as it was."""

    phone: Annotated[str, Field(min_length=3, max_length=40)]
    sms_consent: bool | None = None


class TransferBody(ReasonBody):
    """The queue to move to; the same doctor is a next stage."""

    doctor_id: Id


class PauseBody(Body):
    """`minutes`: how long; without it until the next call or `open`. `reason` is shown to all, `note` to staff."""

    reason: Annotated[str | None, Field(max_length=200)] = None
    note: Annotated[str | None, Field(max_length=500)] = None
    minutes: Annotated[int | None, Field(ge=1, le=600)] = None


class UndoBody(Body):
    """`seq` of the answer to be undone: refused once something newer has happened."""

    seq: Annotated[int | None, Field(ge=0)] = None


class Between(Answer):
    """From when to when, as instants."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class SmsState(Answer):
    """The state of the ticket's latest text."""

    state: str
    code: str | None


class StepAnswer(Answer):
    """One state the ticket was in; `actor` and `reason` for staff only."""

    state: str
    start: str
    end: str | None
    room: str | None
    inferred: bool
    actor: str | None = None
    reason: str | None = None


class TicketPatient(Answer):
    """The patient, as staff see them on a ticket."""

    id: str
    name: str
    phone_masked: str
    language: str


class QueueTicket(Answer):
    """A ticket in a public queue view: nothing that tells whose it is."""

    code: str
    doctor_id: str
    doctor: str
    room: str
    state: str
    priority: str
    source: str
    arrived_at: str
    due_at: str | None
    position: int | None
    estimate: Between | None
    calls: int
    sms: SmsState | None
    ended_as: str | None
    moved_to: str | None
    seq: int
    steps: list[StepAnswer]


class PublicTicket(QueueTicket):
    """A ticket as the holder of its link sees it."""

    id: str
    status_url: str


class StaffTicket(PublicTicket):
    """A ticket as staff see it; from `late_at` on its wait counts as too long; `messages` on its own page only."""

    patient: TicketPatient
    reason: str | None
    elsewhere: list[dict[str, Any]]
    late_at: str | None
    messages: list[dict[str, Any]] | None = None


class TransferAnswer(StaffTicket):
    """The ticket that was left behind; `transferring` while the other queue has not answered (202)."""

    transferring: bool


class NotifyNextAnswer(Answer):
    """Who was called and whose turn ended, each or both null."""

    called: StaffTicket | None
    finished: StaffTicket | None
    seq: int


class QueueAnswer(Answer):
    """A command on the whole queue: its status after it."""

    doctor_id: str
    status: str
    seq: int


class UndoAnswer(Answer):
    """What was undone, the tickets as they stand again, and whether a text had left already.

    `texted`: the patient gets another text, which says what holds now.
    """

    undone: str
    tickets: list[StaffTicket]
    sms: Literal["cancelled", "already_sent"] | None
    texted: bool
    seq: int


class AllAnswer(Answer):
    """How many tickets a command on all of them touched; `refused` names those that stayed and why."""

    count: int
    refused: list[dict[str, Any]]
    seq: int


class CallAnswer(Answer):
    """One announcement of the last two minutes."""

    id: str
    code: str
    room: str
    doctor_id: str
    at: str
    repeat: bool
    undone: bool
    ticket_id: str | None = None


class PauseAnswer(Answer):
    """Why and until when; `note` is for staff."""

    reason: str | None
    until: str | None
    note: str | None = None


class QueueDoctor(Answer):
    """The queue's doctor or team."""

    id: str
    name: str
    letter: str
    room: str
    rooms: list[str] | None = None


class QueueViewAnswer(Answer):
    """The whole queue, next one first. Staff get full tickets, the undo that is possible and how many came today."""

    doctor: QueueDoctor
    day: str
    seq: int
    at: str
    status: Literal["open", "paused", "closed"]
    pause: PauseAnswer | None
    current: list[StaffTicket | QueueTicket]
    called: list[StaffTicket | QueueTicket]
    waiting: list[StaffTicket | QueueTicket]
    on_hold: list[StaffTicket | QueueTicket]
    missed: list[StaffTicket | QueueTicket]
    calls: list[CallAnswer]
    undo: dict[str, str] | None = None
    arrived: int | None = None
