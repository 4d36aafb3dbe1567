"""Patients who are called while the server is killed, and a Twilio that counts what it was given.

The count that decides is the stand-in's: a message it took is a text on somebody's phone, whatever the server knows.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError

from tests.twilio.faults import FAULTS, NUMBERS, Fault
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

REPORTED = 0.7  # of the messages; the others are found out by asking
ORDERS = (("sent", "delivered"), ("sent", "delivered", "sent"), ("delivered", "sent"), ("delivered", "delivered"))
YOUR_TURN = "It is your turn. Please proceed to the doctor's office."
REACHED = frozenset({"accepted", "sent", "delivered"})
AREAS = (202, 212, 312, 404, 415, 503, 602, 617, 702, 713)
PHONES = [f"+1{area}55501{number:02}" for number in range(100) for area in AREAS]
PHONES = [phone for phone in PHONES if phone not in NUMBERS]  # those are always refused
GONE = (HTTPClientError, OSError, StreamClosedError)
NOW_AND_THEN = ("500_after_accepting", "drop_after_accepting", "drop", "429", "503_20503", "502_page")


@dataclass
class CountingTwilio(StandIn):
    """Takes and answers each message after a moment, as something far away does; misbehaves now and then.

    Most messages are reported, some before their request is answered, some late, twice or in the wrong order; a
    report is lost while the product is down, as Twilio's are. `taken` holds when each message of ours came in, by our
    id for it (`m` of its StatusCallback); `heard` the ids of which the product has answered that it arrived.
    """

    dice: random.Random = field(default_factory=lambda: random.Random(3))
    faulty: float = 0.1
    taken: dict[str, list[float]] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    through: str = ""
    heard: set[str] = field(default_factory=set)
    reports: Counter[str] = field(default_factory=Counter)
    _reporting: set[asyncio.Task[None]] = field(default_factory=set)

    def settings(self) -> dict[str, str]:
        """What points the product here."""
        return {
            "TWILIO_API_URL": self.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM_NUMBER": "+12025550100",
            "PUBLIC_URL": "https://clinic.example",
        }

    def fault_for(self, to: str) -> Fault:
        if self.dice.random() < self.faulty:
            return FAULTS[self.dice.choice(NOW_AND_THEN)]
        return super().fault_for(to)

    async def take(self, account: str, form: dict[str, str], fault: Fault) -> dict[str, Any] | None:
        if form["Body"] == YOUR_TURN:
            self.came.set()
        await asyncio.sleep(self.dice.uniform(0, 0.02))
        message = await super().take(account, form, fault)
        if message is not None:
            self.taken.setdefault(message_id(form), []).append(time.time())
            if self.dice.random() < REPORTED:
                task = asyncio.create_task(self._report_all(message["sid"], message_id(form)))
                self._reporting.add(task)
                task.add_done_callback(self._reporting.discard)
        return message

    async def _report_all(self, sid: str, id: str) -> None:
        """Tell the product of a message, one step after the other, in whatever order."""
        for status in self.dice.choice(ORDERS):
            await asyncio.sleep(self.dice.choice((0.0, self.dice.uniform(0, 0.05), self.dice.uniform(0, 3))))
            try:
                answer = await self.report(sid, status, through=self.through)
            except GONE:
                self.reports["lost"] += 1
                continue
            self.reports[f"answered {answer}"] += 1
            if status == "delivered" and answer == 204:
                self.heard.add(id)

    def now_is(self, sid: str, status: str, code: int | None = None) -> None:
        """What is delivered stays so, whatever is still reported of it."""
        if self.messages[sid]["status"] != "delivered":
            super().now_is(sid, status, code)

    async def close(self) -> None:
        for task in self._reporting:
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)
        await super().close()

    async def end(self, fault: Fault) -> None:
        await asyncio.sleep(self.dice.uniform(0, 0.02))
        await super().end(fault)


def message_id(form: dict[str, str]) -> str:
    """Our id of the text, from its StatusCallback."""
    return parse_qs(urlsplit(form["StatusCallback"]).query)["m"][0]


@dataclass
class Called:
    """One called patient: their number, when the call was asked for, when its text was settled.

    `told`: reception's list names them. `over`: the visit was finished meanwhile, so that the call is no news any more.
    """

    ticket_id: str
    phone: str
    asked: float
    settled: float | None = None
    row: dict[str, Any] | None = None
    told: bool = False
    over: bool = False

    def look(self, rows: list[dict[str, Any]], now: float) -> None:
        """Take in what the log says. A text is settled when it is in Twilio's hands or no job looks at it any more."""
        self.row = next((row for row in rows if row["kind"] == "your_turn"), None)
        if self.row is not None and (self.reached or self.row["next_at"] is None):
            self.settled = now

    @property
    def gave_up_too_soon(self) -> bool:
        """Nothing of it ever arrived, and the one more try it had a right to was not made."""
        return self.row is not None and self.row["state"] == "unknown" and len(self.row["attempts"]) < 2

    @property
    def reached(self) -> bool:
        """What reception sees: nothing, for it arrived."""
        return self.row is not None and self.row["state"] in REACHED

    def taken(self, twilio: CountingTwilio) -> int:
        """How often Twilio took this call's text."""
        return len(twilio.taken.get(self.row["id"], ())) if self.row else 0

    def heard(self, twilio: CountingTwilio) -> bool:
        """Whether the product has answered a report that this call's text arrived."""
        return self.row is not None and self.row["id"] in twilio.heard

    def wrong(self, twilio: CountingTwilio) -> bool:
        """Two texts for one call, or none and nobody is told, or a report that was answered and is not in the log."""
        taken = self.taken(twilio)
        if self.row is None or taken > 1 or (taken == 0 and self.reached):
            return True
        if taken == 0 and (self.gave_up_too_soon or not (self.told or self.over)):
            return True
        return self.heard(twilio) and self.row["state"] != "delivered"

    def __str__(self) -> str:
        row = self.row or {}
        return f"{self.ticket_id}: {row.get('state')} {row.get('code')} {row.get('attempts')} {row.get('events')}"


@dataclass
class Verdict:
    """How the called patients fared, by what the stand-in took and what reception is told."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, calls: Iterable[Called], twilio: CountingTwilio) -> None:
        """All of them, number by number.

        Two calls of one number have the same text: whose message is whose, nobody can tell, nor need they. There
        must be as many texts as calls that count as reached.
        """
        of_number: dict[str, list[Called]] = defaultdict(list)
        for call in calls:
            of_number[call.phone].append(call)
        for same in of_number.values():
            taken = sum(call.taken(twilio) for call in same)
            heard = all(call.row and call.row["state"] == "delivered" for call in same if call.heard(twilio))
            alike = (
                heard
                and len(same) > 1
                and all(call.row for call in same)
                and taken == sum(call.reached for call in same)
            )
            self.wrong += [str(call) for call in same if call.wrong(twilio) and not alike]
            for call in same:
                self._count(call, 1 if alike and call.reached else call.taken(twilio))

    def _count(self, call: Called, taken: int) -> None:
        told = ""
        if not call.reached:
            who = "reception told" if call.told else "the visit is over" if call.over else "nobody told"
            told = f", {who} ({call.row['state'] if call.row else 'nothing'})"
        self.counts[f"{('no text', 'one text', 'two texts')[min(taken, 2)]}{told}"] += 1
        if call.row and len(call.row["attempts"]) > 1:
            self.counts["sent again after an attempt that had not arrived"] += 1
