"""Every state change of a text, as pure functions from one row to the next. `now` comes in; no I/O.

What may not be sent at all is decided once, in `admit`, and stands in the log with its reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import whole_seconds
from server.ids import order_key
from server.sms.model import UNCONFIRMED_KINDS, Attempt, Event, Kind, Lane, Message, MessageState, NewMessage
from server.sms.provider import Reply
from server.sms.retry import Outcome, backoff, judge, reason

# Longer than the longest request (10 s) and a save that has to wait for the database a while.
LEASE = timedelta(seconds=30)

# The code of a row whose sender vanished between claim and outcome: sent or not, nobody here knows.
LOST = "no_outcome"

_STATE_AFTER = {
    Outcome.ACCEPTED: MessageState.ACCEPTED,
    Outcome.UNCLEAR: MessageState.UNKNOWN,
    Outcome.BAD_NUMBER: MessageState.FAILED,
    Outcome.REFUSED: MessageState.FAILED,
    Outcome.OPTED_OUT: MessageState.SUPPRESSED,
}


def due(moment: datetime) -> datetime:
    """`moment` as a due time: whole seconds, never earlier."""
    cut = whole_seconds(moment)
    return cut if cut == moment else cut + timedelta(seconds=1)


def admit(message: NewMessage, now: datetime, *, enabled: bool, live: bool) -> tuple[MessageState, str | None]:
    """The first state of a text and why: QUEUED if it may go, else the final state it is logged with."""
    if not enabled:
        return MessageState.SUPPRESSED, "kind_off"
    if not message.to:
        return MessageState.SUPPRESSED, "no_number"
    if not message.consent:
        return MessageState.SUPPRESSED, "no_consent"
    if not message.confirmed and Kind(message.kind) not in UNCONFIRMED_KINDS:
        return MessageState.SUPPRESSED, "number_not_confirmed"
    if message.expires_at <= now:
        return MessageState.EXPIRED, None
    return (MessageState.QUEUED, None) if live else (MessageState.SIMULATED, None)


def written(message: NewMessage, body: str, day: str, now: datetime, state: MessageState, code: str | None) -> Message:
    """The row of a text as `admit` decided about it, due at once if it is queued."""
    row = Message(
        id=message.id,
        order=order_key(now, message.id),
        day=day,
        kind=Kind(message.kind),
        to=message.to,
        language=message.language,
        body=body,
        patient_id=message.patient_id,
        ticket_id=message.ticket_id,
        doctor_id=message.doctor_id,
        appointment_id=message.appointment_id,
        call=message.call,
        consent=message.consent,
        confirmed=message.confirmed,
        state=state,
        code=code,
        lane=Lane.NONE,
        next_at=whole_seconds(now),
        created_at=now,
        expires_at=message.expires_at,
    )
    return waiting(row, now) if state is MessageState.QUEUED else row


def waiting(row: Message, at: datetime) -> Message:
    """Queued until `at`."""
    lane = Lane.URGENT if row.urgent else Lane.PACED
    return replace(row, state=MessageState.QUEUED, lane=lane, next_at=due(at), owner="")


def held(row: Message, at: datetime, account_fault: str | None) -> Message:
    """Queued until `at` before its first attempt; `account_fault` is Twilio's code while the breaker is open."""
    return replace(waiting(row, at), code=account_fault)


def claimed(row: Message, token: str, owner: str, now: datetime) -> Message:
    """Leased to `owner` with a new attempt; an attempt of its own that never left is closed."""
    before = row.attempts
    if before and before[-1].ended is None:
        before = (*before[:-1], replace(before[-1], ended=now, outcome="not_sent"))
    return replace(
        row,
        state=MessageState.SENDING,
        lane=Lane.LEASED,
        next_at=due(now + LEASE),
        owner=owner,
        attempts=(*before, Attempt(token, now)),
    )


def settled(row: Message, reply: Reply, now: datetime, *, roll: float, opens_at: datetime) -> Message:
    """The row after its latest attempt got `reply`. What was not processed is queued again, if still in time.

    `roll` in 0..1 is the jitter; `opens_at` is when the breaker lets the next one try.
    """
    outcome, code = judge(reply), reason(reply)
    attempt = replace(row.attempt, ended=now, status=reply.status, code=code, outcome=outcome.value, sid=reply.sid)
    row = replace(row, attempts=(*row.attempts[:-1], attempt), code=code, owner="")
    if outcome in (Outcome.NOT_PROCESSED, Outcome.ACCOUNT):
        at = now + backoff(len(row.attempts), roll, reply.retry_after)
        again = waiting(row, max(at, opens_at))
        return again if again.next_at < row.expires_at else ended(row, MessageState.EXPIRED, now, code)
    row = replace(row, sid=reply.sid, provider_status=reply.provider_status)
    return replace(row, state=_STATE_AFTER[outcome], lane=Lane.NONE)


def ended(row: Message, state: MessageState, now: datetime, code: str | None, detail: str = "") -> Message:
    """Out of the outbox without (another) request: expired, cancelled, or unknown after a crash."""
    attempts = row.attempts
    if attempts and attempts[-1].ended is None:
        outcome = Outcome.UNCLEAR.value if state is MessageState.UNKNOWN else "not_sent"
        attempts = (*attempts[:-1], replace(attempts[-1], ended=now, outcome=outcome))
    return replace(
        row,
        state=state,
        code=code,
        lane=Lane.NONE,
        owner="",
        attempts=attempts,
        events=(*row.events, Event(now, state.value, detail)),
    )
