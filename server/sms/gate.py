"""Whether a text may leave at this instant: the sender's rate limit and the breaker. Pure: `now` comes in.

Twilio lets a plain number send one segment per second and queues the rest, out of our sight and out of
our order (https://www.twilio.com/docs/errors/21611). So we queue ourselves and let the urgent ones past.
The breaker holds everything while the account or its configuration is at fault, and lets one text
through at a time to see whether that is over. What depends on the number written to as well is not held
against the account while others get through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from server.sms.model import Message
from server.sms.retry import CODES, DELIVERY, OF_PAIR, Outcome

PROBE_EVERY = timedelta(seconds=15)
PER_SEGMENT = timedelta(seconds=1)
# A clock that has gone back further than this was set; less is the order in which answers come.
SET_BACK = timedelta(seconds=2)

# Answers that show the account works, whatever became of the text.
_ACCOUNT_WORKS = frozenset({Outcome.ACCEPTED, Outcome.BAD_NUMBER, Outcome.OPTED_OUT, Outcome.REFUSED})


@dataclass(frozen=True, slots=True)
class Alert:
    """Why nothing is sent: Twilio's code, its meaning, and since when."""

    code: str
    meaning: str
    since: datetime


class Blame(Enum):
    """Whose fault a refusal is that looks like the account's. `UNSURE`: the text's next try will tell."""

    ACCOUNT = "account"
    NUMBER = "number"
    UNSURE = "unsure"


class Gate:
    """The one gate of this process; asked before each claim, told of each outcome."""

    def __init__(self) -> None:
        self._latest: datetime | None = None
        self._refused: str = ""
        self._refused_at: datetime | None = None
        self._free_at: datetime | None = None
        self._probe_at: datetime | None = None
        self._worked_at: datetime | None = None
        self.alert: Alert | None = None

    def enter(self, now: datetime, *, urgent: bool, segments: int) -> datetime | None:
        """None: go now, the turn is taken. Else the instant at which it is worth asking again."""
        self._follow_clock(now)
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
        self._follow_clock(now)
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

    def weigh(self, row: Message, code: str | None, now: datetime) -> Blame:
        """Whose fault `code` is, an account's as it seems.

        One number that is refused between others that are not is tried once more; if others got through meanwhile,
        it is its own fault. A second number in a row, or the same again without any other, is the account's.
        """
        self._follow_clock(now)
        if code not in OF_PAIR or self._worked_at is None:
            return Blame.ACCOUNT
        met = [attempt.ended for attempt in row.attempts if attempt.code in OF_PAIR and attempt.ended is not None]
        if met:
            # One that lies ahead was noted before the clock was set back.
            before = met[0] <= self._worked_at or met[0] - now > SET_BACK
            return Blame.NUMBER if before else Blame.ACCOUNT
        in_a_row = self._refused_at is not None and self._refused_at > self._worked_at
        if in_a_row and self._refused != row.to:
            return Blame.ACCOUNT
        self._refused, self._refused_at = row.to, now
        return Blame.UNSURE

    def opens_at(self, now: datetime) -> datetime:
        """When the next try makes sense for a text that met the closed breaker."""
        return self._probe_at if self._probe_at is not None else now

    def _follow_clock(self, now: datetime) -> None:
        """A clock that was set back must hold nothing for as long as it was set back by."""
        if self._latest is not None and self._latest - now > SET_BACK:
            back = self._latest - now
            self._free_at, self._probe_at = _earlier(self._free_at, back), _earlier(self._probe_at, back)
            self._worked_at, self._refused_at = _earlier(self._worked_at, back), _earlier(self._refused_at, back)
        self._latest = now


def _earlier(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None else moment - by


def meaning(code: str | None) -> str:
    """What a code says in words; empty for codes that are not in the table."""
    if not code or not code.isdigit():
        return ""
    rule = CODES.get(int(code)) or DELIVERY.get(int(code))
    return rule.meaning if rule else ""
