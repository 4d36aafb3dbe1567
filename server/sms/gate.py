"""Whether a text may leave at this instant: the sender's rate limit and the breaker. Pure: `now` comes in.

Twilio lets a plain number send one segment per second and queues the rest, out of our sight and out of
our order (https://www.twilio.com/docs/errors/21611). So we queue ourselves and let the urgent ones past.
The breaker holds everything while the account or its configuration is at fault, and lets one text
through at a time to see whether that is over. What depends on the number written to as well is held against
that text alone once others have got through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.sms.model import Message
from server.sms.retry import CODES, DELIVERY, OF_PAIR, Outcome

PROBE_EVERY = timedelta(seconds=15)
PER_SEGMENT = timedelta(seconds=1)

# Answers that show the account works, whatever became of the text.
_ACCOUNT_WORKS = frozenset({Outcome.ACCEPTED, Outcome.BAD_NUMBER, Outcome.OPTED_OUT, Outcome.REFUSED})


@dataclass(frozen=True, slots=True)
class Alert:
    """Why nothing is sent: Twilio's code, its meaning, and since when."""

    code: str
    meaning: str
    since: datetime


class Gate:
    """The one gate of this process; asked before each claim, told of each outcome."""

    def __init__(self) -> None:
        self._free_at: datetime | None = None
        self._probe_at: datetime | None = None
        self._worked_at: datetime | None = None
        self.alert: Alert | None = None

    def enter(self, now: datetime, *, urgent: bool, segments: int) -> datetime | None:
        """None: go now, the turn is taken. Else the instant at which it is worth asking again."""
        if self._probe_at is not None:
            if now < self._probe_at:
                return self._probe_at
            self._probe_at = now + PROBE_EVERY
        elif not urgent and self._free_at is not None and now < self._free_at:
            return self._free_at
        self._free_at = max(now, self._free_at or now) + segments * PER_SEGMENT
        return None

    def learn(self, outcome: Outcome, code: str | None, now: datetime) -> bool:
        """Take in how an attempt ended; True if the account has just begun or ceased to be at fault."""
        if outcome in _ACCOUNT_WORKS:
            self._worked_at = now
        if outcome is Outcome.ACCOUNT:
            first = self.alert is None
            self.alert = Alert(code or "", meaning(code), self.alert.since if self.alert else now)
            self._probe_at = now + PROBE_EVERY
            return first
        if self.alert is not None and outcome in _ACCOUNT_WORKS:
            self.alert = self._probe_at = None
            return True
        return False

    def blames(self, row: Message, code: str | None) -> bool:
        """Whether `code`, an account's fault, is this row's own: it met it before, and others got through since."""
        if code not in OF_PAIR or self._worked_at is None:
            return False
        return any(
            attempt.code in OF_PAIR and attempt.ended is not None and attempt.ended <= self._worked_at
            for attempt in row.attempts
        )

    def opens_at(self, now: datetime) -> datetime:
        """When the next try makes sense for a text that met the closed breaker."""
        return self._probe_at if self._probe_at is not None else now


def meaning(code: str | None) -> str:
    """What a code says in words; empty for codes that are not in the table."""
    if not code or not code.isdigit():
        return ""
    rule = CODES.get(int(code)) or DELIVERY.get(int(code))
    return rule.meaning if rule else ""
