"""The port to whoever carries a text: one request, one reply. `gateway.py` is Twilio behind it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request: the text, for how long it is worth delivering, and the ids its callbacks will carry."""

    to: str
    body: str
    validity_seconds: int
    message_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, without judging it (`retry.judge` does).

    `status` None: no HTTP answer; then `left` says whether any of the request may have left this
    machine, and `error` names the failure for the log. `retry_after` is in seconds.
    """

    left: bool = True
    status: int | None = None
    code: int | None = None
    sid: str = ""
    provider_status: str = ""
    retry_after: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """A message as the provider keeps it. `created` has whole seconds."""

    sid: str
    to: str
    body: str
    status: str
    created: datetime
    code: int | None = None


class NoAnswer(Exception):
    """A question about messages was not answered; `reply` says what came instead."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


class Provider(Protocol):
    """Carries texts. Whatever goes wrong while sending is a Reply, not an exception. `live`: texts really leave."""

    live: bool

    async def send(self, outgoing: Outgoing) -> Reply:
        """Hand over one text, once; never repeats a request by itself."""
        ...

    async def sent_to(self, number: str, limit: int) -> list[Carried]:
        """The latest messages to `number`, at most `limit`, newest first. Raises NoAnswer."""
        ...

    async def look_up(self, sid: str) -> Carried | None:
        """One message; None if there is none. Raises NoAnswer."""
        ...

    async def close(self) -> None:
        """Let go of connections; nothing may be in flight any more."""
        ...


class NoProvider:
    """Stands in while no account is set: new texts are logged as `simulated` and never come here.

    What an earlier run with an account left queued finds nobody to carry it, and expires.
    """

    live = False

    async def send(self, outgoing: Outgoing) -> Reply:
        return Reply(left=False, error="no_account")

    async def sent_to(self, number: str, limit: int) -> list[Carried]:
        raise NoAnswer(Reply(left=False, error="no_account"))

    async def look_up(self, sid: str) -> Carried | None:
        raise NoAnswer(Reply(left=False, error="no_account"))

    async def close(self) -> None:
        """There is nothing to let go of."""
