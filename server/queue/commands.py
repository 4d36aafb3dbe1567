"""Every command a queue understands, one frozen value each (DESIGN 2: the heart).

A command says what is wanted, by whom, and under which id; `rules.apply` says whether it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from server.accounts.roles import Actor
from server.queue.model import DoctorCopy, PatientCopy, Policy, Priority, Source

SYSTEM: Final = Actor("system", "the system", "system")


class Unset:
    """The type of a field the caller left out, where None means something else."""


UNSET: Final = Unset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command carries: its id (once for ever), its actor, and a hash of the request body."""

    id: str
    actor: Actor
    fingerprint: str = ""
    name: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCommand(Command):
    """A command on one ticket."""

    ticket_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    name: ClassVar[str] = "join"
    ticket_id: str
    patient: PatientCopy
    source: Source = Source.WALK_IN
    priority: Priority = Priority.NORMAL
    reason: str | None = None
    due_at: datetime | None = None
    appointment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTicket(TicketCommand):
    name: ClassVar[str] = "call"
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNext(Command):
    """`current` is the ticket the caller sees in the room (None: empty); UNSET: not said."""

    name: ClassVar[str] = "call_next"
    room: str | None = None
    current: str | Unset | None = UNSET
    no_show: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(TicketCommand):
    name: ClassVar[str] = "recall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(TicketCommand):
    name: ClassVar[str] = "start"
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish(TicketCommand):
    name: ClassVar[str] = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoShow(TicketCommand):
    name: ClassVar[str] = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack(TicketCommand):
    """`after` is how many waiting tickets go first."""

    name: ClassVar[str] = "put_back"
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejoin(TicketCommand):
    name: ClassVar[str] = "rejoin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(TicketCommand):
    name: ClassVar[str] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(TicketCommand):
    name: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late(TicketCommand):
    """The patient is running late: `after` more people go first."""

    name: ClassVar[str] = "late"
    after: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(TicketCommand):
    """`mistaken`: the ticket ought not to have been made, so that there is no visit to tell the patient of."""

    name: ClassVar[str] = "cancel"
    mistaken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(TicketCommand):
    name: ClassVar[str] = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority(TicketCommand):
    name: ClassVar[str] = "set_priority"
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(TicketCommand):
    """Behind the waiting ticket `behind`, or with `after` waiting tickets going first."""

    name: ClassVar[str] = "move"
    after: int | None = None
    behind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetContact(TicketCommand):
    """How to reach the patient now; `patient_name` and `language` only where they were changed too.

    `texted`: somebody is sending the call to this number already.
    """

    name: ClassVar[str] = "set_contact"
    phone: str
    phone_masked: str
    sms_consent: bool
    number_confirmed: bool = True
    patient_name: str | None = None
    language: str | None = None
    texted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(TicketCommand):
    """Leave this queue for `to_doctor_id`'s, there as the ticket `new_ticket_id`."""

    name: ClassVar[str] = "transfer"
    to_doctor_id: str
    new_ticket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Command):
    """The other half of a transfer; `ticket` is the old ticket as the effect of the first queue's `day` holds it.

    `above` is the visible version the first queue had then: whoever follows the ticket never sees `seq` fall.
    """

    name: ClassVar[str] = "accept"
    day: date
    ticket_id: str
    ticket: Mapping[str, Any]
    above: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTransfer(TicketCommand):
    name: ClassVar[str] = "return_transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseQueue(Command):
    name: ClassVar[str] = "pause"
    reason: str | None = None
    note: str | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQueue(Command):
    name: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseQueue(Command):
    name: ClassVar[str] = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoLast(Command):
    """`seq`, when given, is that of the command to undo: a newer one refuses."""

    name: ClassVar[str] = "undo"
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAll(Command):
    name: ClassVar[str] = "cancel_all"
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote(Command):
    """Let the tickets that waited too long enter the class above; also runs first in every other command."""

    name: ClassVar[str] = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishDay(Command):
    name: ClassVar[str] = "finish_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDoctor(Command):
    """New copies of the doctor and of the clinic's policy."""

    name: ClassVar[str] = "change_doctor"
    doctor: DoctorCopy
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPatient(Command):
    """The patient's record was anonymised."""

    name: ClassVar[str] = "forget_patient"
    patient_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy(Command):
    """Housekeeping, unseen by the world: effects that were carried out and ended tickets now in `visits`."""

    name: ClassVar[str] = "tidy"
    effects: frozenset[int]
    archived: frozenset[str]
