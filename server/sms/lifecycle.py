"""Every state change of a text, as pure functions from one row to the next. `now` comes in; no I/O.

What may not be sent at all is decided once, in `admit`, and stands in the log with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import whole_seconds
from server.ids import order_key
from server.sms.model import (
    HANDLED,
    LATER_KINDS,
    TAKEN_BACK,
    UNCONFIRMED_KINDS,
    Attempt,
    Event,
    Kind,
    Lane,
    Message,
    MessageState,
    NewMessage,
)
from server.sms.provider import Reply
from server.sms.retry import Outcome, backoff, judge, reason

# Longer than the longest request (10 s) and a save that has to wait for the database a while.
LEASE = timedelta(seconds=30)

# When the list of messages is asked after an outcome nobody knows: the last time tells for certain.
CHECKS = (timedelta(seconds=3), timedelta(seconds=10), timedelta(seconds=30))
# When a message without a final status is asked about, counted from its request. Twilio keeps a message
# at most its ValidityPeriod; a carrier's receipt may come much later, or never.
POLLS = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600))

# A row stays small however often it is tried; the timeline still shows when that began.
ATTEMPTS_KEPT = 50

# After the account was refused the next to try is another text, if there is one: it may be this number's fault.
GOES_LAST = timedelta(seconds=1)

# The code of a row whose sender vanished between claim and outcome: sent or not, nobody here knows.
LOST = "no_outcome"
# The code of a row whose number is on our own list of those who answered STOP.
OPTED_OUT = "opted_out"

# What a message that was just made is at Twilio. Anything later in the answer counts when it is reported or asked
# for, so that one place judges it (`reports.py`).
_FRESH = frozenset({"scheduled", "accepted", "queued", "sending"})

# The code of a confirmation that is not sent: anybody may register with anybody's number, so that whoever owns it
# must not be flooded, nor the clinic pay for it. Counted over all who register with the number.
TOO_MANY_CODES = "too_many_codes"
CODES_WITHIN = ((timedelta(minutes=15), 3), (timedelta(days=1), 10))
# After so many that were not sent, those that were may lie further back than anybody looks.
_REFUSED_IN_A_ROW = 25

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


def admit(
    message: NewMessage, now: datetime, *, enabled: bool, live: bool, opted_out: bool = False
) -> tuple[MessageState, str | None]:
    """The first state of a text and why: QUEUED if it may go, else the final state it is logged with."""
    if not enabled:
        return MessageState.SUPPRESSED, "kind_off"
    if not message.to:
        return MessageState.SUPPRESSED, "no_number"
    if opted_out:
        return MessageState.SUPPRESSED, OPTED_OUT
    if not message.consent:
        return MessageState.SUPPRESSED, "no_consent"
    if not message.confirmed and Kind(message.kind) not in UNCONFIRMED_KINDS:
        return MessageState.SUPPRESSED, "number_not_confirmed"
    if message.expires_at <= now:
        return MessageState.EXPIRED, None
    return (MessageState.QUEUED, None) if live else (MessageState.SIMULATED, None)


def too_many_codes(earlier: Iterable[Message], now: datetime) -> bool:
    """Whether a number whose latest texts are `earlier` has had all the confirmation codes it is to have for now."""
    codes = [row for row in earlier if row.kind is Kind.CODE]
    sent = [now - row.created_at for row in codes if row.state is not MessageState.SUPPRESSED]
    refused = [now - row.created_at for row in codes if row.code == TOO_MANY_CODES]
    return any(
        sum(age < span for age in sent) >= most or sum(age < span for age in refused) >= _REFUSED_IN_A_ROW
        for span, most in CODES_WITHIN
    )


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
    lane = Lane.URGENT if row.urgent else Lane.LATER if row.kind in LATER_KINDS else Lane.PACED
    return replace(row, state=MessageState.QUEUED, lane=lane, next_at=due(at), owner="")


def held(row: Message, at: datetime, account_fault: str | None) -> Message:
    """Queued until `at` before its first attempt; `account_fault` is Twilio's code while the breaker is open."""
    return replace(waiting(row, at), code=account_fault)


def claimed(row: Message, token: str, owner: str, now: datetime) -> Message:
    """Leased to `owner` with a new attempt; an attempt of its own that never left is closed."""
    before = row.attempts
    if before and before[-1].ended is None and not before[-1].sid:
        before = (*before[:-1], replace(before[-1], ended=now, outcome="not_sent"))
    return replace(
        row,
        state=MessageState.SENDING,
        lane=Lane.LEASED,
        next_at=due(now + LEASE),
        owner=owner,
        sid="",
        provider_status="",
        attempts=_kept((*before, Attempt(token, now))),
    )


def _kept(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """The first and the latest, and whatever may have left: a row stays small however long an account is at fault."""
    between = attempts[1:-ATTEMPTS_KEPT]
    if not between:
        return attempts
    may_have_left = (a for a in between if a.sid or a.ended is None or a.outcome == Outcome.UNCLEAR)
    return (attempts[0], *may_have_left, *attempts[-ATTEMPTS_KEPT:])


def settled(
    row: Message,
    attempt: Attempt,
    reply: Reply,
    now: datetime,
    *,
    roll: float,
    opens_at: datetime,
    own_fault: bool = False,
) -> Message:
    """The row after `attempt` of it got `reply`. What was not processed is queued again, if still in time.

    A row that has moved on meanwhile, by a receipt that was faster or a later attempt, takes the attempt's end
    into its log and stays where it is. `roll` in 0..1 is the jitter; `opens_at` is when the breaker lets the
    next one try. `own_fault`: what looked like the account's fault is this number's.
    """
    outcome, code = Outcome.BAD_NUMBER if own_fault else judge(reply), reason(reply)
    row = row.with_attempt(
        replace(
            attempt,
            ended=now,
            status=reply.status,
            code=code,
            outcome=outcome.value,
            sid=reply.sid or attempt.sid,
        )
    )
    if attempt.token != row.attempt.token or row.state not in (MessageState.SENDING, MessageState.UNKNOWN):
        return row
    row = replace(row, code=code, owner="")
    if outcome is Outcome.ACCOUNT:
        opens_at += GOES_LAST
    if outcome in (Outcome.NOT_PROCESSED, Outcome.ACCOUNT):
        if _not_needed(row):
            return ended(row, MessageState.CANCELLED, now, code)
        at = now + backoff(len(row.attempts), roll, reply.retry_after)
        again = waiting(row, max(at, opens_at))
        return again if again.next_at < row.expires_at else ended(row, MessageState.EXPIRED, now, code)
    status = reply.provider_status if reply.provider_status in _FRESH else ""
    row = replace(row, sid=reply.sid, provider_status=status, state=_STATE_AFTER[outcome])
    if outcome is Outcome.UNCLEAR:
        return replace(row, lane=Lane.UNCLEAR, next_at=due(now + CHECKS[0]))
    return watched(row, now) if outcome is Outcome.ACCEPTED else replace(row, lane=Lane.NONE)


def unsent(row: Message, now: datetime) -> Message:
    """Queued again at once, unless nobody needs it: the latest attempt ended before its request."""
    if _not_needed(row):
        return ended(row, MessageState.CANCELLED, now, row.code)
    attempt = replace(row.attempt, ended=now, outcome="not_sent")
    return waiting(row.with_attempt(attempt), now)


def _not_needed(row: Message) -> bool:
    """Whether it was settled while it was being sent, which then turned out not to have left.

    A call that was taken back may stand again; whether it does is asked before its next request.
    """
    return any(event.what == HANDLED or (event.what == TAKEN_BACK and not row.urgent) for event in row.events)


def redated(row: Message, now: datetime) -> Message:
    """A row from before the clock was set back, as if it had been written now: nothing waits for the old time."""
    ahead = now + LEASE if row.state is MessageState.SENDING else now
    expires_at = min(row.expires_at, now + (row.expires_at - row.created_at))
    attempts = tuple(
        replace(each, started=min(each.started, now), ended=each.ended and min(each.ended, now))
        for each in row.attempts
    )
    return replace(row, next_at=min(row.next_at, due(ahead)), expires_at=expires_at, attempts=attempts)


def watched(row: Message, now: datetime) -> Message:
    """In Twilio's hands: asked about by its SID at the next time of `POLLS`, or no more after the last."""
    started = row.attempt.started
    times = (started + after for after in POLLS)
    if (at := next((time for time in times if time > now), None)) is None:
        return replace(row, lane=Lane.NONE)
    return replace(row, lane=Lane.AWAITED, next_at=due(at))


def lost(row: Message, now: datetime) -> Message:
    """Unknown, because whoever sent it vanished: looked for in the list at once."""
    return replace(ended(row, MessageState.UNKNOWN, now, LOST), lane=Lane.UNCLEAR, next_at=whole_seconds(now))


def unclear_since(row: Message) -> datetime:
    """What `CHECKS` are counted from: the end of the request, or its start where nobody saw the end."""
    attempt = row.attempt
    return attempt.started if row.code == LOST or attempt.ended is None else attempt.ended


def next_check(row: Message, asked_at: datetime) -> datetime | None:
    """When to look again for a row that was not in the list asked for at `asked_at`; None: it is certain now."""
    times = (unclear_since(row) + after for after in CHECKS)
    return next((time for time in times if time > asked_at), None)


def again(row: Message, at: datetime, now: datetime, why: str) -> Message:
    """Queued to be sent a second time, which happens to a text at most once."""
    queued = replace(waiting(row, at), resends=row.resends + 1, code=None)
    return queued.with_event(Event(now, "resent", why))


def in_time(row: Message, at: datetime) -> bool:
    """Whether a row that may have left before may be sent once more at `at`."""
    return row.resends == 0 and bool(row.to) and at < row.expires_at


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
