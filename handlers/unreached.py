"""Texts that went wrong, and what the desk does about them: who was not reached and why, and ways to put it right."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.notifications import NotificationAnswer
from handlers.schemas import Answer, Body
from server.clock import iso
from server.errors import DayOver, Forbidden, Invalid, NotFound, WrongState
from server.ids import new_id, order_key
from server.patients.model import Patient, PatientChanges
from server.patients.phones import mask, parse_phone
from server.queue.commands import SetContact
from server.sms.lifecycle import LEASE
from server.sms.model import HANDLED, OPEN_STATES, SHOWN, Message, MessageState
from server.sms.unreached import (
    NOT_REACHED,
    failed,
    last_news,
    not_reached,
    still_news,
    successor,
)
from server.sms.views import message_view

MOST_PER_STATE: Final = 100
PAGE: Final = 200
MOST_PAGES: Final = 10
HELD_BEFORE: Final = timedelta(hours=36)


class UnreachedItem(NotificationAnswer):
    """A text and whom it missed. Without a ticket, `ticket_code`, `ticket_state`, `doctor` and `room` are null."""

    name: str
    ticket_code: str | None
    ticket_state: str | None
    doctor: str | None
    room: str | None


class UnreachedAnswer(Answer):
    """Newest first; `more` says that there are others besides."""

    items: list[UnreachedItem]
    more: bool


class FaultAnswer(Answer):
    """Why Twilio takes no text at all: its code, what that means, and since when."""

    code: str
    meaning: str
    since: str


class AccountAnswer(Answer):
    """`live` false: no account is set and texts are only logged."""

    live: bool
    fault: FaultAnswer | None


class NumberAnswer(Answer):
    phone: str


class ResendBody(Body):
    """Without `phone` the text goes to the same number again; `keep` makes `phone` the patient's number from now on."""

    phone: Annotated[str | None, Field(max_length=40)] = None
    keep: bool = False


class UnreachedHandler(ApiHandler):
    @operation(summary="Today's texts that did not reach their patient and still matter", answer=UnreachedAnswer)
    async def get(self) -> None:
        """Doctors see those of their own queue and bookings."""
        services = self.services
        today = services.clinic_time.service_day(services.clock.now())
        begins = services.clinic_time.day_start(today)
        states = (*NOT_REACHED, MessageState.SUPPRESSED, *OPEN_STATES)
        found = await asyncio.gather(*(self._of_state(state, begins) for state in states))
        rows = sorted((row for rows, _ in found for row in rows), key=lambda row: row.order, reverse=True)
        items = [item for row in rows if (item := await self._item(row)) is not None]
        self.answer({"items": items, "more": any(more for _, more in found)})

    async def _of_state(self, state: MessageState, begins: datetime) -> tuple[list[Message], bool]:
        """The texts in `state` that failed today, also if they were written down before: quiet hours hold them.

        Pages are read until enough are found, since most rows of a state may be settled or of no interest.
        """
        caller = self.signed_in()
        since, cursor = order_key(begins - HELD_BEFORE, ""), None
        rows: list[Message] = []
        for _ in range(MOST_PAGES):
            page = await self.services.outbox.page({"state": state.value}, cursor, PAGE, since=since)
            own = [row for row in page.items if caller.commands(row.doctor_id)]
            rows += [row for row in own if last_news(row) >= begins and await self._is_open(row)]
            cursor = page.next_cursor
            if cursor is None or len(rows) >= MOST_PER_STATE:
                break
        return rows[:MOST_PER_STATE], cursor is not None or len(rows) > MOST_PER_STATE

    async def _is_open(self, row: Message) -> bool:
        """Whether reception has to see it. Sending it again settles it only if that was written down."""
        if not_reached(row):
            return True
        followed_by = successor(row)
        if followed_by is None or not failed(row) or self.services.clock.now() - last_news(row) < LEASE:
            return False
        try:
            await self.services.outbox.get(followed_by)
        except NotFound:
            return True
        return False

    async def _item(self, row: Message) -> dict[str, Any] | None:
        """The text with whom it missed; None if that no longer matters."""
        try:
            if not row.ticket_id:
                name = (await self.services.patients.get(row.patient_id)).name
                return _item(row, name, {})
            ticket = await self.services.queues.ticket(row.ticket_id, staff=True)
        except NotFound:
            return None
        if not still_news(row.kind, ticket["state"]) or await self.services.outbox.is_overtaken(row):
            return None
        return _item(row, (ticket["patient"] or {}).get("name") or "", ticket)


class AccountHandler(ApiHandler):
    @operation(summary="Whether Twilio takes texts, and if not, why", answer=AccountAnswer)
    async def get(self) -> None:
        alert = self.services.outbox.figures().alert
        fault = {"code": alert.code, "meaning": alert.meaning, "since": iso(alert.since)} if alert else None
        self.answer({"live": self.services.outbox.live, "fault": fault})


class ResendHandler(ApiHandler):
    @operation(
        summary="Send a text again, also to another number",
        body=ResendBody,
        answer=NotificationAnswer,
        status=201,
        errors=(NotFound, WrongState, Invalid, Forbidden),
        idempotent=True,
    )
    async def post(self, notification_id: str) -> None:
        """Makes a new row with the same text; consent is asked of the patient's record. A doctor: of the own queue."""
        body = self.body(ResendBody)
        country = self.services.settings.default_country
        phone = parse_phone(body.phone, country) if body.phone else None
        old = await _commanded(self, notification_id)
        patient = await self.services.patients.get(old.patient_id)
        message, replayed = await self.services.outbox.resend(
            old, self.command_id(), phone=phone, consent=patient.sms_consent
        )
        if body.keep and phone is not None and phone != patient.phone:
            await self._keep(old, patient, phone)
        self.audit("text sent again", notification_id, new_number=phone is not None, kept=body.keep)
        self.answer(message_view(message), 201, replayed=replayed)

    async def _keep(self, old: Message, patient: Patient, phone: str) -> None:
        """The number is the patient's from now on. The ticket has it first, told that the text is under way to it."""
        command = SetContact(
            id=new_id(),
            actor=self.signed_in().actor,
            ticket_id=old.ticket_id,
            phone=phone,
            phone_masked=mask(phone),
            sms_consent=patient.sms_consent,
            number_confirmed=True,
            texted=True,
        )
        with suppress(WrongState, DayOver, NotFound):  # it has ended meanwhile, or the text was about a booking
            await self.services.queues.run_on_ticket(command)
        await self.services.patients.update(patient.id, PatientChanges(phone=phone, number_confirmed=True))


class HandledHandler(ApiHandler):
    @operation(
        summary="The patient was told some other way: take the text off the list",
        answer=NotificationAnswer,
        errors=(NotFound, Forbidden),
        idempotent=True,
    )
    async def post(self, notification_id: str) -> None:
        """A doctor: of the own queue only."""
        await _commanded(self, notification_id)
        self.answer(message_view(await self.services.outbox.note(notification_id, HANDLED)))


class NumberHandler(ApiHandler):
    @operation(summary="The whole number a text went to", answer=NumberAnswer, errors=(NotFound,))
    async def post(self, notification_id: str) -> None:
        """A POST because it leaves a trace: in the text's timeline and in the audit."""
        message = await self.services.outbox.note(notification_id, SHOWN)
        self.audit("phone number shown", notification_id)
        self.answer({"phone": message.to})


async def _commanded(handler: ApiHandler, notification_id: str) -> Message:
    """The text, if its doctor's queue is the caller's to command. Raises NotFound, Forbidden."""
    message = await handler.services.outbox.get(notification_id)
    if not handler.signed_in().commands(message.doctor_id):
        raise Forbidden("This text is about another doctor's patient. Ask reception.")
    return message


def _item(row: Message, name: str, ticket: dict[str, Any]) -> dict[str, Any]:
    return {
        **message_view(row),
        "name": name,
        "ticket_code": ticket.get("code"),
        "ticket_state": ticket.get("state"),
        "doctor": ticket.get("doctor"),
        "room": ticket.get("room"),
    }


routes = [
    ("/api/notifications/unreached/", UnreachedHandler),
    ("/api/notifications/account/", AccountHandler),
    ("/api/notifications/{notification_id}/resend/", ResendHandler),
    ("/api/notifications/{notification_id}/handled/", HandledHandler),
    ("/api/notifications/{notification_id}/number/", NumberHandler),
]
