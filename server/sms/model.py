"""The values of the SMS side: what is asked for, the row that is both outbox and log, and its attempts.

Everything here is frozen and pure. State changes are functions of `lifecycle.py`; what Twilio's
answers mean stands in `retry.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a text is about; each has a template per language and can be switched off in the settings."""

    CODE = "code"
    BOOKED = "booked"
    REMINDER = "reminder"
    JOINED = "joined"
    SOON = "soon"
    YOUR_TURN = "your_turn"
    RECALLED = "recalled"
    MISSED = "missed"
    DELAYED = "delayed"
    PUT_BACK = "put_back"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """Where a text is. `queued` and `sending` are open; `accepted` is in Twilio's hands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    SIMULATED = "simulated"


class Lane(StrEnum):
    """Which job looks at a row next, from `next_at` on; `NONE` for a row that waits for nobody.

    `LATER` lets `PACED` go first: a morning's reminders must not hold up somebody who waits for a code.
    `UNCLEAR`: looked for in Twilio's list; `AWAITED`: in Twilio's hands and asked about by its SID.
    """

    URGENT = "urgent"
    PACED = "paced"
    LATER = "later"
    LEASED = "leased"
    UNCLEAR = "unclear"
    AWAITED = "awaited"
    NONE = ""


# Called patients stand up when these arrive: they go ahead of the rest and past the rate limit.
URGENT_KINDS = frozenset({Kind.YOUR_TURN, Kind.RECALLED})
# What nobody is waiting for this minute.
LATER_KINDS = frozenset({Kind.BOOKED, Kind.REMINDER})
# What may be sent to a number that nobody has confirmed yet.
UNCONFIRMED_KINDS = frozenset({Kind.CODE, Kind.YOUR_TURN})
# The text has left, or may have: taking it back is too late.
LEFT_STATES = frozenset(
    {
        MessageState.SENDING,
        MessageState.ACCEPTED,
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.UNKNOWN,
        MessageState.SIMULATED,
    }
)
# A row stays small however often Twilio repeats itself.
EVENTS_KEPT = 100
OPEN_STATES = frozenset({MessageState.QUEUED, MessageState.SENDING})

# After this a text would mislead rather than help, counted from the event it reports.
LIFETIMES: Mapping[Kind, timedelta] = {
    Kind.CODE: timedelta(minutes=15),
    Kind.BOOKED: timedelta(hours=12),
    Kind.REMINDER: timedelta(hours=2),
    Kind.JOINED: timedelta(minutes=30),
    Kind.SOON: timedelta(minutes=10),
    Kind.YOUR_TURN: timedelta(minutes=5),
    Kind.RECALLED: timedelta(minutes=5),
    Kind.MISSED: timedelta(minutes=30),
    Kind.DELAYED: timedelta(minutes=30),
    Kind.PUT_BACK: timedelta(minutes=5),
    Kind.CANCELLED: timedelta(hours=2),
}


def expiry(kind: str, at: datetime) -> datetime:
    """When a text about something that happened at `at` is no longer worth sending."""
    return at + LIFETIMES[Kind(kind)]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text somebody asks for. `id` is the dedupe key, `"<ticket or appointment>:<kind>:<seq>"`.

    `to` is E.164. `values` fill the template's placeholders. `call` is the number of the queue call
    a `your_turn` or `recalled` belongs to, handed back to `still_true`.
    """

    id: str
    kind: str
    to: str
    language: str
    patient_id: str
    expires_at: datetime
    consent: bool
    confirmed: bool
    ticket_id: str = ""
    doctor_id: str = ""
    appointment_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    call: int = 0


# What a timeline says was done about a text. `RESENT`: staff sent it again, under the id in the detail.
RESENT = "sent_again"
HANDLED = "handled"
SHOWN = "number_shown"
# It was to be taken back when it had left, or may have.
TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class News:
    """What a text that staff want to send again says as of now: of which call, and until when that is worth saying."""

    call: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send. `token` goes out in the StatusCallback URL; `ended` None: outcome not known yet."""

    token: str
    started: datetime
    ended: datetime | None = None
    status: int | None = None
    code: str | None = None
    outcome: str | None = None
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a message besides its attempts, for its timeline."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One row of `notifications`. `body` is frozen when the row is made.

    `code` says why it is in this state: Twilio's error code or one of ours (`no_consent`). `next_at`
    (whole seconds) is when its lane's job looks at it: due time while queued, end of the lease while
    sending. `owner` is the process instance that holds the lease. `call` is which call of the ticket, or which of
    the booking's times, the text tells. `sid` and `provider_status` are those of
    the latest attempt; `resends` counts how often it was sent again although it may have left before.
    """

    id: str
    order: str
    day: str
    kind: Kind
    to: str
    language: str
    body: str
    patient_id: str
    ticket_id: str
    doctor_id: str
    appointment_id: str
    call: int
    consent: bool
    confirmed: bool
    state: MessageState
    code: str | None
    lane: Lane
    next_at: datetime
    created_at: datetime
    expires_at: datetime
    owner: str = ""
    sid: str = ""
    provider_status: str = ""
    attempts: tuple[Attempt, ...] = ()
    events: tuple[Event, ...] = ()
    resends: int = 0
    rev: int = 0

    @property
    def urgent(self) -> bool:
        """Whether it goes ahead of the others and past the rate limit."""
        return self.kind in URGENT_KINDS

    @property
    def attempt(self) -> Attempt:
        """The latest attempt; only rows that were claimed at least once have one."""
        return self.attempts[-1]

    def attempt_of(self, *, token: str = "", sid: str = "") -> Attempt | None:
        """The attempt that went out under `token`, or else the one that Twilio gave `sid`."""
        by_token = (attempt for attempt in self.attempts if token and attempt.token == token)
        by_sid = (attempt for attempt in self.attempts if sid and attempt.sid == sid)
        return next(by_token, None) or next(by_sid, None)

    def with_attempt(self, changed: Attempt) -> Message:
        """The row with `changed` in the place of the attempt of the same token."""
        attempts = tuple(changed if attempt.token == changed.token else attempt for attempt in self.attempts)
        return replace(self, attempts=attempts)

    def with_event(self, event: Event) -> Message:
        """The row with one more line in its timeline, of which the latest are kept."""
        return replace(self, events=(*self.events, event)[-EVENTS_KEPT:])
