"""The ways Twilio can misbehave, by name, as data. Beside them: numbers that always get the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Ending(Enum):
    """What the caller sees at the end of a request."""

    ANSWER = "answer"
    HANG = "hang"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted answer. `accept`: the message is taken before things go wrong.

    `status` 201 with `accept` is no fault but a slow answer: it waits for `delay` seconds, then for `gate`.
    """

    status: int = 201
    code: int | None = None
    accept: bool = False
    ending: Ending = Ending.ANSWER
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    gate: asyncio.Event | None = None
    text: str | None = None


FAULTS: Mapping[str, Fault] = {
    "429": Fault(429, 20429),
    "429_retry_after": Fault(429, 20429, headers={"Retry-After": "7"}),
    "503_20503": Fault(503, 20503),
    "503": Fault(503),
    "500_after_accepting": Fault(500, 20500, accept=True),
    "502_page": Fault(502, text="<html><body>Bad Gateway</body></html>", accept=True),
    "hang_after_accepting": Fault(accept=True, ending=Ending.HANG),
    "hang": Fault(ending=Ending.HANG),
    "drop_after_accepting": Fault(accept=True, ending=Ending.DROP),
    "drop": Fault(ending=Ending.DROP),
    "created_without_json": Fault(201, accept=True, text="Created"),
    "redirect": Fault(307, headers={"Location": "https://elsewhere.example/"}),
    "20003": Fault(401, 20003),
    "20403": Fault(403, 20403),
    "21211": Fault(400, 21211),
    "21606": Fault(400, 21606),
    "21610": Fault(400, 21610),
    "21614": Fault(400, 21614),
    "400": Fault(400),
    "slow": Fault(accept=True, delay=2.0),
}

# Fictitious numbers (+1 … 555 01xx) for playing by hand.
NUMBERS: Mapping[str, str] = {
    "+12025550111": "21211",
    "+12025550114": "21614",
    "+12025550110": "21610",
    "+12025550129": "429_retry_after",
    "+12025550150": "500_after_accepting",
    "+12025550153": "503_20503",
}
