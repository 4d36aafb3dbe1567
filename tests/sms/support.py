"""An outbox on a real storage, sending to the stand-in over real HTTP, with a clock that tests turn."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from config.settings import Settings
from server.clock import ClinicTime
from server.sms.gateway import TwilioGateway
from server.sms.model import Kind, Message, MessageState, NewMessage, News, expiry
from server.sms.outbox import Hooks, Outbox
from server.sms.provider import NoProvider, Provider
from server.sms.store import MessageStore
from tests.storage.faulty import FaultyStorage
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TO = "+12025550123"
ROWS = "notifications"


@dataclass
class TurnedClock:
    """Stands still until a test turns it."""

    moment: datetime = NINE

    def now(self) -> datetime:
        return self.moment

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class World:
    """Everything around one outbox; `another` is a second process on the same storage."""

    storage: FaultyStorage
    stand_in: StandIn
    clock: TurnedClock = field(default_factory=TurnedClock)
    states: list[tuple[str, str, str | None]] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)
    untrue: set[str] = field(default_factory=set)
    off: set[str] = field(default_factory=set)
    troubles: int = 0
    outboxes: list[Outbox] = field(default_factory=list)
    token: str = AUTH_TOKEN
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.stand_in.now = self.clock.now

    def outbox(self, provider: Provider | None = None, *, sole: bool = True) -> Outbox:
        hooks = Hooks(
            on_state=self._on_state,
            still_true=self._still_true,
            news=self._is_news,
            enabled=lambda kind: kind not in self.off,
            wake=self.wakes.append,
            link=lambda ticket_id: f"https://clinic.example/t/{ticket_id}",
            on_trouble=self._on_trouble,
        )
        clinic_time = ClinicTime(ZoneInfo("UTC"))
        provider = provider or self.gateway()
        made = Outbox(self.storage, provider, self.clock, clinic_time, hooks, sole=sole)
        self.outboxes.append(made)
        return made

    def simulated(self) -> Outbox:
        return self.outbox(NoProvider())

    def gateway(self, public_url: str | None = "https://clinic.example") -> TwilioGateway:
        return TwilioGateway(self.settings(public_url), self.clock)

    def settings(self, public_url: str | None) -> Settings:
        return Settings(
            data_dir=Path("unused"),
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=SecretStr(self.token),
            twilio_from_number="+12025550100",
            twilio_api_url=self.stand_in.url,
            public_url=public_url,
        )

    async def _still_true(self, message: Message) -> bool:
        return message.ticket_id not in self.untrue

    async def _is_news(self, message: Message) -> News | None:
        return None if message.ticket_id in self.untrue else News(message.call)

    def _on_state(self, ticket_id: str, state: str, code: str | None) -> None:
        self.states.append((ticket_id, state, code))
        self._news.set()

    def _on_trouble(self) -> None:
        self.troubles += 1

    def message(self, ticket: str = "ticket", kind: Kind = Kind.YOUR_TURN, **changes: object) -> NewMessage:
        fields: dict[str, object] = {
            "id": f"{ticket}:{kind}:1",
            "kind": kind,
            "to": TO,
            "language": "en",
            "patient_id": "patient",
            "expires_at": expiry(kind, self.clock.now()),
            "consent": True,
            "confirmed": True,
            "ticket_id": ticket,
            "doctor_id": "doctor",
            "values": {"code": "A007"},
            "call": 3,
        }
        return NewMessage(**{**fields, **changes})  # type: ignore[arg-type]

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.create_task(work)

    async def all_of(self, *work: Coroutine[Any, Any, None]) -> None:
        await asyncio.gather(*work)

    async def row(self, id: str = "ticket:your_turn:1") -> Message:
        found = await MessageStore(self.storage.inner).get(id)
        assert found is not None
        return found

    async def reaches(self, state: MessageState, id: str = "ticket:your_turn:1", *, attempts: int = 0) -> Message:
        """Wait until the row is in `state` on disk and the ticket's queue has been told."""
        while True:
            self._news.clear()
            row = await MessageStore(self.storage.inner).get(id)
            told = row is not None and (row.ticket_id, state.value, row.code) in self.states
            if row is not None and row.state is state and len(row.attempts) >= attempts and told:
                return row
            await self._news.wait()

    async def close(self) -> None:
        self.storage.heal()
        await self.stand_in.close()
        for outbox in self.outboxes:
            await outbox.drain(grace=5)
