"""Sending a text again by hand: what staff may repeat, under which id, and what becomes of the first one.

The new row has the same words. Of two who ask at the same time one wins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from server.clock import ClinicTime, Clock, iso
from server.errors import Invalid, NotFound, WrongState
from server.sms.lifecycle import LEASE, admit, written
from server.sms.model import (
    LEFT_STATES,
    OPEN_STATES,
    RESENT,
    Event,
    Kind,
    Message,
    MessageState,
    NewMessage,
    News,
    expiry,
)
from server.sms.store import MessageStore
from server.sms.suppression import Suppression
from server.sms.unreached import OPTED_OUT_CODES


class Resender:
    """One per process. `news(message)` is the hook of that name; `insert` takes the new row; `live`: texts leave here.

    `on_trouble()` is told when a row has been handed over.
    """

    def __init__(
        self,
        store: MessageStore,
        suppression: Suppression,
        clock: Clock,
        clinic_time: ClinicTime,
        *,
        live: bool,
        news: Callable[[Message], Awaitable[News | None]],
        insert: Callable[[Message], Awaitable[Message]],
        on_trouble: Callable[[], None],
    ) -> None:
        self._store = store
        self._suppression = suppression
        self._clock = clock
        self._clinic_time = clinic_time
        self._live = live
        self._news = news
        self._insert = insert
        self._on_trouble = on_trouble

    async def resend(
        self, old: Message, new_id: str, *, consent: bool, phone: str | None = None
    ) -> tuple[Message, bool]:
        """Send the same text again as a row of its own under `new_id`; says whether that row existed already.

        A `phone` (E.164) that staff enter counts as confirmed. A row that may not leave stands in the log with its
        reason, and the first one is still to be seen to. Raises WrongState while the text is still on its way, when
        what it says is no longer so or no longer news, or when it was sent again already and that did not fail.
        """
        id = f"{old.id.split(':', 1)[0]}:{old.kind.value}:{new_id}"
        if (repeated := await self._store.get(id)) is not None:
            return repeated, True
        now = self._clock.now()
        news = await self._check(old, phone, now)
        expires_at = old.expires_at if old.kind is Kind.CODE else expiry(old.kind, now)
        message = NewMessage(
            id=id,
            kind=old.kind.value,
            to=phone or old.to,
            language=old.language,
            patient_id=old.patient_id,
            expires_at=min(expires_at, news.until or expires_at),
            consent=consent,
            confirmed=old.confirmed or phone is not None,
            ticket_id=old.ticket_id,
            doctor_id=old.doctor_id,
            appointment_id=old.appointment_id,
            call=news.call,
        )
        opted_out = self._suppression.holds(message.to)
        state, code = admit(message, now, enabled=True, live=self._live, opted_out=opted_out)
        if state in (MessageState.QUEUED, MessageState.SIMULATED) or code in OPTED_OUT_CODES:
            await self._hand_over(old, id)
        day = self._clinic_time.service_day(now).isoformat()
        row = written(message, old.body, day, now, state, code)
        return await self._insert(replace(row, events=(Event(now, "resend_of", old.id),))), False

    async def _check(self, old: Message, phone: str | None, now: datetime) -> News:
        def refused(why: str) -> WrongState:
            return WrongState(why, state=old.state.value, by=None, at=iso(old.created_at))

        if old.state in OPEN_STATES:
            raise refused("This message is still on its way.")
        if old.kind is Kind.CODE:
            if phone is not None and phone != old.to:
                raise Invalid.field("phone", "must be the number the code confirms; change it at the patient")
            if old.expires_at <= now:
                raise refused("This code is no longer valid. Ask for a new one.")
        if (news := await self._news(old)) is None:
            raise refused("What this message says is no longer so, or the patient knows it by now.")
        return news

    async def _hand_over(self, old: Message, successor: str) -> None:
        """Note in the row that `successor` takes its place: once for two who click at the same time.

        What somebody sends again by hand is not sent again by itself as well.
        """
        row: Message | None = old
        while row is not None:
            earlier = [event for event in row.events if event.what == RESENT and event.detail != successor]
            if earlier:
                await self._check_successor(earlier[-1])
            known = any(event.detail == successor for event in row.events)
            noted = row if known else row.with_event(Event(self._clock.now(), RESENT, successor))
            if row.state in OPEN_STATES:
                raise WrongState("This message is on its way again.", state=row.state.value, by=None, at=None)
            noted = replace(noted, resends=max(noted.resends, 1))
            if noted == row or await self._store.replace(noted) is not None:
                self._on_trouble()
                return
            row = await self._store.get(old.id)
        raise NotFound("There is no such message.")

    async def _check_successor(self, sent_again: Event) -> None:
        """A second one is refused while the first may still arrive, or is only just being written."""
        row = await self._store.get(sent_again.detail)
        fresh = self._clock.now() - sent_again.at < LEASE
        if (row is not None and row.state in OPEN_STATES | LEFT_STATES) or (row is None and fresh):
            state = row.state if row is not None else MessageState.QUEUED
            at = iso(sent_again.at)
            raise WrongState("This message was sent again already.", state=state.value, by=None, at=at)
