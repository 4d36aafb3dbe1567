"""Which messages of Twilio's list are ours: requests without an outcome against messages without an owner. Pure.

Twilio keeps nothing of ours with a message, so number, text and time have to tell. A message whose SID
is known belongs to somebody already; several requests with one text are told apart by when they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.clock import whole_seconds
from server.sms.model import Attempt, Message
from server.sms.provider import Carried
from server.sms.retry import Outcome

# How far Twilio's clock may be behind ours; ahead of ours costs nothing.
SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Open:
    """One request of one row of which nobody knows yet what became of it, or which is still under way."""

    row: Message
    attempt: Attempt


def open_requests(rows: Iterable[Message]) -> list[Open]:
    """Every request among `rows` that may have become a message nobody has named yet."""
    return [
        Open(row, attempt)
        for row in rows
        for attempt in row.attempts
        if not attempt.sid and attempt.outcome in (None, Outcome.UNCLEAR.value)
    ]


def known_sids(rows: Iterable[Message]) -> set[str]:
    """The SIDs that have an owner."""
    return {sid for row in rows for sid in (row.sid, *(attempt.sid for attempt in row.attempts)) if sid}


def match(requests: Sequence[Open], messages: Sequence[Carried], known: set[str]) -> dict[str, Carried]:
    """The message of each request that has one, by the request's token; `messages` are newest first."""
    found: dict[str, Carried] = {}
    for body in {request.row.body for request in requests}:
        same = sorted((each for each in requests if each.row.body == body), key=lambda each: each.attempt.started)
        # The list has the newest first, also within a second, where `created` does not tell them apart.
        free = sorted(
            (each for each in reversed(messages) if each.sid not in known and says(each, body)),
            key=lambda each: each.created,
        )
        # What is still under way names its message itself, in a moment: until then nobody else may have it.
        under_way = [each for each in same if each.attempt.outcome is None]
        for requests_of in (under_way, [each for each in same if each.attempt.outcome is not None]):
            for request, message in _in_order(requests_of, free):
                found[request.attempt.token] = message
                free.remove(message)
    return found


def says(message: Carried, body: str) -> bool:
    """Whether this is the text; a trial account puts a sentence of Twilio's before it."""
    return message.body == body or message.body.endswith(f" - {body}")


def earliest(attempt: Attempt) -> datetime:
    """From when on a message may be that of `attempt`; `created` has whole seconds."""
    return whole_seconds(attempt.started) - SKEW


def _in_order(requests: Sequence[Open], messages: Sequence[Carried]) -> list[tuple[Open, Carried]]:
    """The pairs that lie closest in time, then both sides in order of time."""
    pairs = sorted(
        (
            (abs(message.created - request.attempt.started), first, second)
            for first, request in enumerate(requests)
            for second, message in enumerate(messages)
            if message.created >= earliest(request.attempt)
        ),
    )
    left: set[int] = set()
    right: set[int] = set()
    for _, first, second in pairs:
        if first not in left and second not in right:
            left.add(first)
            right.add(second)
    return [(requests[first], messages[second]) for first, second in zip(sorted(left), sorted(right), strict=True)]
