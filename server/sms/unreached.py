"""Which texts reception must look at: they did not reach their patient, and it still matters. Pure.

A text drops out once it was sent again or settled by hand, or when what it says is overtaken: the patient
who did not get the call sits in the room all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from server.sms.lifecycle import OPTED_OUT
from server.sms.model import HANDLED, LEFT_STATES, OPEN_STATES, RESENT, Kind, Message, MessageState
from server.sms.retry import Outcome, of_account

NOT_REACHED = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.UNKNOWN, MessageState.EXPIRED)
# Suppressed texts of people who had agreed to texts and then answered STOP; nobody at the desk would know.
OPTED_OUT_CODES = frozenset({"21610", OPTED_OUT})

# A called patient who was not told by then is better told in person.
PATIENCE = timedelta(seconds=15)

_IN_LINE = frozenset({"waiting", "on_hold"})
# The ticket states in which a text of this kind would still be news; kinds that are not here always are.
_STILL_NEWS: Mapping[Kind, frozenset[str]] = {
    Kind.JOINED: _IN_LINE,
    Kind.SOON: _IN_LINE,
    Kind.DELAYED: _IN_LINE,
    Kind.PUT_BACK: _IN_LINE,
    Kind.YOUR_TURN: frozenset({"called", "no_show"}),
    Kind.RECALLED: frozenset({"called", "no_show"}),
    Kind.MISSED: frozenset({"no_show"}),
}


def not_reached(message: Message) -> bool:
    """Whether the text failed its patient and nobody has done anything about it. An anonymised one has no patient."""
    return not any(event.what in (RESENT, HANDLED) for event in message.events) and failed(message)


def successor(message: Message) -> str | None:
    """The row that was to take this one's place when somebody sent it again; None if nobody has, or it is settled."""
    if any(event.what == HANDLED for event in message.events):
        return None
    return next((event.detail for event in reversed(message.events) if event.what == RESENT), None)


def overtaken(message: Message, of_ticket: Iterable[Message]) -> bool:
    """Whether a later text, sent by itself, has called the same patient: that one tells whether they were reached."""
    by_hand = {event.detail for event in message.events if event.what == RESENT}
    # By the number of the call first, which never falls, as a clock does that is set back.
    later = (row for row in of_ticket if (row.call, row.order) > (message.call, message.order))
    others = (row for row in later if row.urgent and row.id not in by_hand)
    return message.urgent and any(row.state in OPEN_STATES | LEFT_STATES or failed(row) for row in others)


def last_news(message: Message) -> datetime:
    """When anything last happened to it."""
    moments = [attempt.ended or attempt.started for attempt in message.attempts]
    return max([message.created_at, *moments, *(event.at for event in message.events)])


def failed(message: Message) -> bool:
    """Whether the text did not reach its patient as far as is known."""
    if not message.to:
        return False
    if message.state is MessageState.SUPPRESSED:
        return message.code in OPTED_OUT_CODES
    if message.state in OPEN_STATES:
        return message.urgent and _does_not_get_out(message)
    return message.state in NOT_REACHED


def _does_not_get_out(message: Message) -> bool:
    """Whether a text that is still to be sent was not taken twice, or waits long for its next try.

    Nobody knows when Twilio will take texts again, and a call's text is of use for minutes only.
    """
    if message.state is MessageState.QUEUED and of_account(message.code):
        return True
    refused = [a for a in message.attempts if a.outcome in (Outcome.NOT_PROCESSED, Outcome.ACCOUNT)]
    if len(refused) != 1 or message.state is MessageState.SENDING:
        return len(refused) > 1
    return message.next_at - refused[0].started > PATIENCE


def still_news(kind: Kind, ticket_state: str) -> bool:
    """Whether a patient whose ticket is in this state still needs to hear what a text of `kind` says."""
    return kind not in _STILL_NEWS or ticket_state in _STILL_NEWS[kind]
