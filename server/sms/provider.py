"""The port to whoever carries a text: one request, one reply. `gateway.py` is Twilio behind it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
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


class Provider(Protocol):
    """Carries texts. Whatever goes wrong on the way is a Reply, not an exception. `live`: texts really leave."""

    live: bool

    async def send(self, outgoing: Outgoing) -> Reply:
        """Hand over one text, once; never repeats a request by itself."""
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

    async def close(self) -> None:
        """There is nothing to let go of."""
