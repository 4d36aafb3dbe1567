"""The outbox: takes texts, gets each one out once and in time, and answers what became of it.

A text that may go now is inserted already claimed with its first attempt, so that one durable write
stands between asking for it and its request leaving. What has to wait is `queued` until the pump
takes it. Everything asked for stands in the log, also what is never sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.clock import ClinicTime, Clock
from server.errors import NotFound
from server.sms.courier import Courier, StillTrue
from server.sms.gate import Alert, Gate
from server.sms.lifecycle import TOO_MANY_CODES, admit, ended, too_many_codes, written
from server.sms.model import (
    HANDLED,
    Event,
    Kind,
    Lane,
    Message,
    MessageState,
    NewMessage,
    News,
)
from server.sms.poll import Poller
from server.sms.provider import Provider
from server.sms.pump import Pump
from server.sms.quiet import HELD, QuietHours, held_until, quieted
from server.sms.receipts import Receipts
from server.sms.reconcile import Reconciler
from server.sms.resend import Resender
from server.sms.store import Filters, MessageStore, Page
from server.sms.suppression import Suppression
from server.sms.taking_back import TakingBack
from server.sms.templates import Wording, compose
from server.sms.unreached import failed, overtaken
from server.sms.views import message_view
from server.storage.port import DuplicateKey, Storage

TICKETS_REMEMBERED = 5000
FAILURES_REMEMBERED = 5000
# How many of a number's latest texts are looked at for how many codes it has had.
LOOKED_BACK = 50


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the application hands in, so that this package knows neither queues nor settings nor jobs.

    `on_state(ticket_id, state, code)` is told of each ticket's latest text. `still_true(message)` is asked right
    before each request, and `news(message)` when staff want to send it again: None if it would tell nobody anything,
    since it is no longer so, or the patient sits in the room. `enabled(kind)` is the clinic's switch. `wake(at)` makes
    `pump` run no later than `at`. `link(ticket_id)` is the live page's address, empty without PUBLIC_URL.
    `wording()` are the templates the clinic has changed, `quiet()` its quiet hours. `on_trouble()` is told when the
    list of texts that reached nobody, or what Twilio refuses us, may be other than before.
    """

    on_state: Callable[[str, str, str | None], None]
    still_true: StillTrue
    news: Callable[[Message], Awaitable[News | None]]
    enabled: Callable[[str], bool]
    wake: Callable[[datetime], None]
    link: Callable[[str], str]
    wording: Callable[[], Wording] = dict
    quiet: Callable[[], QuietHours | None] = lambda: None
    on_trouble: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Figures:
    """For /metrics. `reached` counts since the start how often texts came into each state; `backlog` is
    what the pump last found due in each lane (at most 50); `alert` says why nothing is sent, if so."""

    reached: Mapping[MessageState, int]
    in_flight: int
    backlog: Mapping[Lane, int]
    alert: Alert | None


class Outbox:
    """One per process. `sole`: no other process shares the storage."""

    def __init__(
        self, storage: Storage, provider: Provider, clock: Clock, clinic_time: ClinicTime, hooks: Hooks, *, sole: bool
    ) -> None:
        self._store = MessageStore(storage)
        self._provider = provider
        self._clock = clock
        self._clinic_time = clinic_time
        self._hooks = hooks
        self._gate = Gate()
        self.suppression = Suppression(storage, clock)
        self._courier = Courier(
            self._store,
            provider,
            self._gate,
            clock,
            self.suppression,
            still_true=hooks.still_true,
            changed=self._changed,
            wake=hooks.wake,
        )
        self.receipts = Receipts(
            self._store,
            self.suppression,
            clock,
            still_true=hooks.still_true,
            changed=self._changed,
            wake=hooks.wake,
        )
        self.reconciler = Reconciler(self._store, provider, self.receipts, clock)
        self.poller = Poller(self._store, provider, self.receipts, clock)
        self._pump = Pump(
            self._store,
            self._courier,
            self._gate,
            clock,
            quiet_until=self._quiet_until,
            changed=self._changed,
            wake=hooks.wake,
            sole=sole,
        )
        taking_back = TakingBack(self._store, self._courier, clock, sole=sole, changed=self._changed)
        self.retract, self.has_told = taking_back.retract, taking_back.has_told
        self.resend = Resender(
            self._store,
            self.suppression,
            clock,
            clinic_time,
            live=provider.live,
            news=self._news,
            insert=self._insert,
            on_trouble=hooks.on_trouble,
        ).resend
        self._reached: Counter[MessageState] = Counter()
        self._latest: dict[str, str] = {}
        self._failed: dict[str, None] = {}
        self._alert: Alert | None = None

    @property
    def live(self) -> bool:
        """False: no account is set, every text ends as `simulated`."""
        return self._provider.live

    async def put(self, message: NewMessage) -> None:
        """Take a text: it is on disk when this returns and leaves in the background. The same id again is done."""
        now = self._clock.now()
        enabled = self._hooks.enabled(message.kind)
        opted_out = self.suppression.holds(message.to)
        state, code = admit(message, now, enabled=enabled, live=self.live, opted_out=opted_out)
        if Kind(message.kind) is Kind.CODE and state in (MessageState.QUEUED, MessageState.SIMULATED):
            earlier = await self._store.of_number(message.to, LOOKED_BACK)
            if too_many_codes((row for row in earlier if row.id != message.id), now):
                state, code = MessageState.SUPPRESSED, TOO_MANY_CODES
        values = {"link": self._hooks.link(message.ticket_id) if message.ticket_id else "", **message.values}
        body = compose(Kind(message.kind), message.language, values, self._hooks.wording())
        day = self._clinic_time.service_day(now).isoformat()
        row = written(message, body, day, now, state, code)
        if row.state is MessageState.QUEUED and (until := self._quiet_until(row, now)) is not None:
            row = quieted(row, until, now)
        await self._insert(row)

    def _quiet_until(self, row: Message, now: datetime) -> datetime | None:
        return held_until(row, self._hooks.quiet(), now, self._clinic_time.zone)

    async def _news(self, message: Message) -> News | None:
        return None if await self.is_overtaken(message) else await self._hooks.news(message)

    async def pump(self) -> None:
        """Job: send what is due."""
        await self._pump.run()

    async def sweep(self) -> None:
        """Job, and first thing at start: settle claims nobody works on."""
        await self._pump.sweep()

    async def settle(self) -> None:
        """Wait until nothing is in flight: for tests and scripts that want to read the outcome."""
        await self._courier.drain(60.0)

    async def drain(self, grace: float = 15.0) -> None:
        """At shutdown: start nothing new, wait at most `grace` seconds until what is in flight is written down."""
        self._pump.stop()
        questions = asyncio.gather(self.reconciler.stop(), self.poller.stop())
        await self._courier.drain(grace)
        with suppress(TimeoutError):
            await asyncio.wait_for(questions, grace)
        await self._provider.close()

    async def get(self, id: str) -> Message:
        """Raises NotFound."""
        if (message := await self._store.get(id)) is None:
            raise NotFound("There is no such message.")
        return message

    async def page(self, filters: Filters, cursor: str | None, limit: int, *, since: str | None = None) -> Page:
        """The log, newest first; see MessageStore.page."""
        return await self._store.page(filters, cursor, limit, since=since)

    async def note(self, id: str, what: str, detail: str = "") -> Message:
        """Write something staff did about a text into its timeline, once. Raises NotFound."""
        while True:
            row = await self.get(id)
            if any(event.what == what and event.detail == detail for event in row.events):
                return row
            noted = row.with_event(Event(self._clock.now(), what, detail))
            if what == HANDLED:
                noted = self._not_sent_any_more(noted)
            if (saved := await self._store.replace(noted)) is not None:
                if saved.state is not row.state:
                    self._changed(saved)
                self._hooks.on_trouble()
                return saved

    def _not_sent_any_more(self, row: Message) -> Message:
        """Whoever was told in person needs no text that comes later, be it the first one or another try."""
        if row.state is MessageState.QUEUED:
            return ended(row, MessageState.CANCELLED, self._clock.now(), row.code, HANDLED)
        return replace(row, resends=max(row.resends, 1))

    async def of_ticket(self, ticket_id: str) -> list[dict[str, Any]]:
        """A ticket's texts as the log shows them, newest first (at most 50)."""
        page = await self._store.page({"ticket_id": ticket_id}, None, 50)
        return [message_view(message) for message in page.items]

    async def is_overtaken(self, message: Message) -> bool:
        """Whether a later text has called the same patient; the ticket's latest texts tell."""
        if not message.urgent or not message.ticket_id:
            return False
        return overtaken(message, (await self._store.page({"ticket_id": message.ticket_id}, None, 50)).items)

    async def forget(self, patient_id: str) -> None:
        """Take number and wording out of every text of a patient who is being anonymised; the outcomes stay."""
        cursor: str | None = ""
        while cursor is not None:
            page = await self._store.page({"patient_id": patient_id}, cursor or None, 200)
            for message in page.items:
                await self._forget(message)
            cursor = page.next_cursor

    async def move_patient(self, patient_id: str, to: str) -> None:
        """Bring every text under another record of the same patient."""
        await self._store.move_patient(patient_id, to)

    async def _forget(self, message: Message) -> None:
        row: Message | None = message
        while row is not None and (row.to or row.body):
            if row.state is MessageState.QUEUED:
                row = ended(row, MessageState.CANCELLED, self._clock.now(), None, "anonymised")
            row = await self._store.replace(replace(row, to="", body="")) or await self._store.get(message.id)

    def figures(self) -> Figures:
        """For /metrics; reads memory only."""
        return Figures(self._reached, self._courier.in_flight, self._pump.backlog, self._gate.alert)

    async def _insert(self, row: Message) -> Message:
        try:
            if row.state is MessageState.QUEUED and row.code != HELD:
                row = await self._pump.insert(row)
            else:
                await self._store.insert(row)
        except DuplicateKey:
            existing = await self.get(row.id)
            await self._pump.adopt(existing)
            return existing
        self._changed(row)
        return row

    def _changed(self, row: Message) -> None:
        self._reached[row.state] += 1
        self._watch_trouble(row)
        if not row.ticket_id or row.order < self._latest.get(row.ticket_id, ""):
            return
        self._latest.pop(row.ticket_id, None)
        self._latest[row.ticket_id] = row.order
        if len(self._latest) > TICKETS_REMEMBERED:
            del self._latest[next(iter(self._latest))]
        self._hooks.on_state(row.ticket_id, row.state.value, row.code)

    def _watch_trouble(self, row: Message) -> None:
        """Tell of a text that failed, of one that no longer has, and of Twilio refusing or taking texts again."""
        known, alert = row.id in self._failed, self._gate.alert
        if not (failed(row) or known or alert != self._alert):
            return
        self._alert = alert
        self._failed.pop(row.id, None)
        if failed(row):
            self._failed[row.id] = None
            if len(self._failed) > FAILURES_REMEMBERED:
                del self._failed[next(iter(self._failed))]
        self._hooks.on_trouble()
