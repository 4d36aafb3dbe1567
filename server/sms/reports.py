"""What Twilio tells of a message it has taken, and what that does to its row. Pure.

Reports come by callback, by asking for a SID, or from the list of messages; early, late, repeated and in
any order. All stand in the timeline; the state only moves up in rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.clock import whole_seconds
from server.sms.lifecycle import again, in_time, watched
from server.sms.model import Attempt, Event, Lane, Message, MessageState
from server.sms.retry import DELIVERY, Fate, Outcome

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
# `delivered` stands above the failures: what a carrier confirms has arrived.
RANKS: Mapping[str, int] = {
    "scheduled": 0,
    "accepted": 1,
    "queued": 2,
    "sending": 3,
    "sent": 4,
    "canceled": 5,
    "undelivered": 5,
    "failed": 5,
    "delivered": 6,
    "read": 7,
}
_ARRIVED = RANKS["delivered"]
_NO_STATUS = -1
_FAILURES: Mapping[str, MessageState] = {
    "canceled": MessageState.CANCELLED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
}
# A carrier that has just refused is given this long.
RESEND_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Report:
    """One thing Twilio said. `source` is its word in the timeline: `receipt`, `polled` or `found`."""

    source: str
    sid: str
    status: str
    code: int | None
    at: datetime


def reported(row: Message, attempt: Attempt, report: Report, *, may_resend: bool) -> Message:
    """The row after `report` about the message that `attempt` of it made. `may_resend`: its text still holds true."""
    row = row.with_event(Event(report.at, report.source, _words(report)))
    if attempt.sid and report.sid and attempt.sid != report.sid:
        return row  # one request became two messages; the first one counts
    if not attempt.sid:
        row = row.with_attempt(replace(attempt, sid=report.sid))
    if not _moves(row, attempt, report.status):
        return row
    row = replace(row, sid=report.sid, provider_status=report.status, owner="")
    if RANKS.get(report.status, 0) >= _ARRIVED:
        return replace(row, state=MessageState.DELIVERED, code=None, lane=Lane.NONE)
    if report.status in _FAILURES:
        return _failed(row, report, may_resend=may_resend)
    return watched(replace(row, state=MessageState.ACCEPTED, code=None), report.at)


def found_by_mistake(row: Message, sid: str, now: datetime) -> Message:
    """The row whose message turned out to be another row's: nobody knows again what became of its request."""
    attempts = tuple(replace(each, sid="") if each.sid == sid else each for each in row.attempts)
    row = replace(row, attempts=attempts, sid="", provider_status="", state=MessageState.UNKNOWN, code=None)
    row = replace(row, lane=Lane.UNCLEAR, next_at=whole_seconds(now))
    return row.with_event(Event(now, "found_by_mistake", sid))


def without_receipt(row: Message, now: datetime) -> Message:
    """After the last question: it left Twilio and nobody ever confirmed it, or Twilio still has it."""
    row = replace(row, lane=Lane.NONE).with_event(Event(now, "no_receipt", row.provider_status))
    return replace(row, state=MessageState.SENT) if row.provider_status == "sent" else row


def _moves(row: Message, attempt: Attempt, status: str) -> bool:
    current = row.attempt_of(sid=row.sid) or row.attempt
    if attempt.token != current.token:
        arrived = RANKS.get(status, 0) >= _ARRIVED and row.state is not MessageState.DELIVERED
        # An earlier request of which nobody knew has left after all: what waits to repeat it must not.
        repeats = row.state is MessageState.QUEUED and attempt.outcome == Outcome.UNCLEAR.value
        return arrived or ((row.state is MessageState.UNKNOWN or repeats) and status not in _FAILURES)
    before = RANKS.get(row.provider_status, 0) if row.provider_status else _NO_STATUS
    return RANKS.get(status, 0) > before


def _failed(row: Message, report: Report, *, may_resend: bool) -> Message:
    rule = DELIVERY.get(report.code) if report.code is not None else None
    fate = rule.fate if rule else None
    if fate is Fate.AGAIN and may_resend and in_time(row, report.at + RESEND_AFTER):
        return again(row, report.at + RESEND_AFTER, report.at, str(report.code))
    state = _FAILURES[report.status]
    if fate is Fate.EXPIRED:
        state = MessageState.EXPIRED
    elif fate is Fate.OPTED_OUT:
        state = MessageState.SUPPRESSED
    code = str(report.code) if report.code else None
    return replace(row, state=state, code=code, lane=Lane.NONE)


def _words(report: Report) -> str:
    return f"{report.status} {report.code}" if report.code else report.status
