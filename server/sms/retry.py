"""What each answer of Twilio means for a text, and when it is tried again. Pure; the table is data.

Twilio has no idempotency key, so the one question that counts is whether a request may have been
processed: only what certainly was not is repeated. Codes without another source are described at
https://www.twilio.com/docs/api/errors/<code>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from server.clock import whole_milliseconds
from server.sms.provider import Reply

FIRST_BACKOFF = 2.0
LONGEST_BACKOFF = 30.0
LONGEST_RETRY_AFTER = 86_400.0  # no text is of use later than that


class Outcome(StrEnum):
    """How one attempt ended; the word that stands in the log."""

    ACCEPTED = "accepted"
    NOT_PROCESSED = "not_processed"
    UNCLEAR = "unclear"
    BAD_NUMBER = "bad_number"
    OPTED_OUT = "opted_out"
    ACCOUNT = "account"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a Twilio error code means here."""

    outcome: Outcome
    meaning: str


CODES: Mapping[int, Rule] = {
    # The account or the configuration is at fault: every other text would fail the same way.
    20003: Rule(Outcome.ACCOUNT, "the account's credentials were not accepted"),
    20005: Rule(Outcome.ACCOUNT, "the account is not active"),
    20008: Rule(Outcome.ACCOUNT, "test credentials cannot send"),
    20403: Rule(Outcome.ACCOUNT, "the account may not send messages"),
    20404: Rule(Outcome.ACCOUNT, "there is no such account"),
    21212: Rule(Outcome.ACCOUNT, "the sender's number is invalid"),
    21603: Rule(Outcome.ACCOUNT, "no sender's number is set"),
    21606: Rule(Outcome.ACCOUNT, "the sender's number cannot send, or belongs to another account"),
    21607: Rule(Outcome.ACCOUNT, "the sender's number cannot send SMS"),
    21609: Rule(Outcome.ACCOUNT, "the status callback address (PUBLIC_URL) was not accepted"),
    21659: Rule(Outcome.ACCOUNT, "the sender is not a Twilio number"),
    21660: Rule(Outcome.ACCOUNT, "the sender's number belongs to another account"),
    21661: Rule(Outcome.ACCOUNT, "the sender's number cannot send SMS"),
    21701: Rule(Outcome.ACCOUNT, "the messaging service does not exist"),
    21703: Rule(Outcome.ACCOUNT, "the messaging service has no number to send from"),
    21705: Rule(Outcome.ACCOUNT, "the messaging service's id is invalid"),
    63038: Rule(Outcome.ACCOUNT, "the account's daily limit is reached"),
    # The number is at fault: this text can never arrive there.
    21211: Rule(Outcome.BAD_NUMBER, "the number is invalid"),
    21214: Rule(Outcome.BAD_NUMBER, "the number cannot be reached"),
    21217: Rule(Outcome.BAD_NUMBER, "the number does not look valid"),
    21219: Rule(Outcome.BAD_NUMBER, "a trial account may not write to this number"),
    21266: Rule(Outcome.BAD_NUMBER, "the number is the sender's own"),
    21401: Rule(Outcome.BAD_NUMBER, "the number is invalid"),
    21407: Rule(Outcome.BAD_NUMBER, "the number cannot receive SMS"),
    21408: Rule(Outcome.BAD_NUMBER, "sending to this country is not enabled for the account"),
    21421: Rule(Outcome.BAD_NUMBER, "the number is invalid"),
    21604: Rule(Outcome.BAD_NUMBER, "the number is missing"),
    21608: Rule(Outcome.BAD_NUMBER, "a trial account may not write to this number"),
    21612: Rule(Outcome.BAD_NUMBER, "the number cannot be reached from this sender"),
    21614: Rule(Outcome.BAD_NUMBER, "the number is not a mobile number"),
    21635: Rule(Outcome.BAD_NUMBER, "the number is a landline"),
    21610: Rule(Outcome.OPTED_OUT, "the person has answered STOP"),
    # Certainly not processed: tried again.
    14107: Rule(Outcome.NOT_PROCESSED, "the sender is limited in rate"),
    20429: Rule(Outcome.NOT_PROCESSED, "too many requests at once"),
    20503: Rule(Outcome.NOT_PROCESSED, "the service is not available"),
    21611: Rule(Outcome.NOT_PROCESSED, "the sender's queue at Twilio is full"),
    63017: Rule(Outcome.NOT_PROCESSED, "the account is limited in rate"),
    # The text itself is at fault.
    21602: Rule(Outcome.REFUSED, "the text is empty"),
    21605: Rule(Outcome.REFUSED, "the text is too long"),
    21617: Rule(Outcome.REFUSED, "the text is too long"),
}

# The sender may not write to this one number or country, which looks like a fault of the account at first.
OF_PAIR = frozenset({"21606"})


class Fate(StrEnum):
    """What becomes of a text that Twilio took and could not deliver."""

    AGAIN = "again"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery error means here; `fate` None: it is final."""

    meaning: str
    fate: Fate | None = None


# The ErrorCode of a message that is `undelivered` or `failed` after it was accepted.
DELIVERY: Mapping[int, Delivery] = {
    # It did not arrive for a reason that may pass.
    30001: Delivery("the sender's queue at Twilio overflowed", Fate.AGAIN),
    30003: Delivery("the phone is switched off or out of reach", Fate.AGAIN),
    30008: Delivery("the carrier gave no reason", Fate.AGAIN),
    30022: Delivery("the sender is limited in rate by the carriers", Fate.AGAIN),
    30500: Delivery("Twilio had an internal error", Fate.AGAIN),
    30036: Delivery("it was not delivered within its time", Fate.EXPIRED),
    21610: Delivery("the person has answered STOP", Fate.OPTED_OUT),
    # It cannot arrive.
    30002: Delivery("the account is suspended"),
    30004: Delivery("the phone blocks the message"),
    30005: Delivery("the number does not exist or is not in use"),
    30006: Delivery("the number is a landline or its carrier cannot be reached"),
    30007: Delivery("the carrier filtered the message"),
    30032: Delivery("the toll-free sender is not verified"),
    30034: Delivery("the sender is not registered with the carriers"),
    30410: Delivery("the carrier did not answer in time"),
    30450: Delivery("delivery could not be confirmed in time"),
}

# Without a code of the table the HTTP status decides. A 5xx may come after the message was taken
# somewhere behind the API's front door; 503 is clear only with code 20503.
STATUSES: Mapping[int, Outcome] = {
    401: Outcome.ACCOUNT,
    403: Outcome.ACCOUNT,
    404: Outcome.ACCOUNT,
    408: Outcome.UNCLEAR,
    429: Outcome.NOT_PROCESSED,
}


def judge(reply: Reply) -> Outcome:
    """What one reply means. A success without a message id counts as unclear, not as success."""
    if reply.status is None:
        return Outcome.UNCLEAR if reply.left else Outcome.NOT_PROCESSED
    if 200 <= reply.status < 300:
        return Outcome.ACCEPTED if reply.sid else Outcome.UNCLEAR
    if reply.status >= 500 and reply.code != 20503:
        return Outcome.UNCLEAR
    if reply.code is not None and reply.code in CODES:
        return CODES[reply.code].outcome
    if 300 <= reply.status < 400:
        return Outcome.ACCOUNT  # redirects are never followed: the address set for Twilio is wrong
    return STATUSES.get(reply.status, Outcome.REFUSED)


def reason(reply: Reply) -> str | None:
    """The code that stands in the log: Twilio's, else the HTTP status, else how the connection failed."""
    if reply.code is not None:
        return str(reply.code)
    if reply.status is None:
        return reply.error or None
    return None if 200 <= reply.status < 300 and reply.sid else f"http_{reply.status}"


def of_account(code: str | None) -> bool:
    """Whether a row's code says that the account or its configuration is at fault, not this text."""
    if code is None:
        return False
    if code.startswith("http_"):
        status = int(code.removeprefix("http_"))
        return 300 <= status < 400 or STATUSES.get(status) is Outcome.ACCOUNT
    return code.isdigit() and int(code) in CODES and CODES[int(code)].outcome is Outcome.ACCOUNT


def backoff(attempts: int, roll: float, retry_after: float | None = None) -> timedelta:
    """How long to wait after the `attempts`-th try: full jitter (`roll` in 0..1) under 2, 4, 8 … 30 s.

    A Retry-After is a floor under it: coming back earlier than asked is never right.
    """
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts - 1, 10))
    return timedelta(seconds=max(ceiling * roll, retry_after or 0.0))


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """The seconds a Retry-After header asks for (RFC 9110, 10.2.3: a number or a date); None if it says nothing."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdecimal():
        return min(float(header), LONGEST_RETRY_AFTER)
    try:
        moment = whole_milliseconds(parsedate_to_datetime(header))
    except ValueError:
        return None
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_RETRY_AFTER)
