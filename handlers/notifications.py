"""The notification log: what was texted to whom, what became of it, and sending it again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Body, Day, Id, PageQuery
from server.errors import Invalid, NotFound, WrongState
from server.patients.phones import parse_phone
from server.sms.model import Kind, MessageState
from server.sms.views import message_view


class NotificationQuery(PageQuery):
    """Filters of the log; a page may hold fewer than `limit` items and still have a next one."""

    state: MessageState | None = None
    kind: Kind | None = None
    patient_id: Id | None = None
    ticket_id: Id | None = None
    day: Day | None = None

    def filters(self) -> dict[str, str]:
        """The filters that are set, as the store takes them."""
        return self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)


class ResendBody(Body):
    """Without `phone` the text goes to the same number again."""

    phone: Annotated[str | None, Field(max_length=40)] = None


class AttemptAnswer(Answer):
    """One try to send. `outcome` null: not known yet."""

    token: str
    started: str
    ended: str | None
    status: int | None
    code: str | None
    outcome: str | None
    sid: str | None


class EventAnswer(Answer):
    """Something that happened to the text besides its attempts."""

    at: str
    what: str
    detail: str | None


class NotificationAnswer(Answer):
    """One text. `code` and `reason` say why it is in this state: Twilio's error code or one of ours."""

    id: str
    kind: Kind
    patient_id: str | None
    ticket_id: str | None
    doctor_id: str | None
    to_masked: str
    body: str
    state: MessageState
    code: str | None
    reason: str | None
    sid: str | None
    created_at: str
    next_at: str | None
    expires_at: str
    attempts: list[AttemptAnswer]
    events: list[EventAnswer]


class NotificationPage(Answer):
    """Texts, newest first."""

    items: list[NotificationAnswer]
    next_cursor: str | None


class NotificationsHandler(ApiHandler):
    @operation(summary="The notification log, newest first", query=NotificationQuery, answer=NotificationPage)
    async def get(self) -> None:
        query = self.query(NotificationQuery)
        page = await self.services.outbox.page(query.filters(), query.cursor, query.limit)
        self.answer({"items": [message_view(item) for item in page.items], "next_cursor": sealed(page.next_cursor)})


class NotificationHandler(ApiHandler):
    @operation(summary="One text with its attempts", answer=NotificationAnswer, errors=(NotFound,))
    async def get(self, notification_id: str) -> None:
        self.answer(message_view(await self.services.outbox.get(notification_id)))


class ResendHandler(ApiHandler):
    @operation(
        summary="Send a text again, also to another number",
        body=ResendBody,
        answer=NotificationAnswer,
        status=201,
        errors=(NotFound, WrongState, Invalid),
        idempotent=True,
    )
    async def post(self, notification_id: str) -> None:
        """Makes a new row with the same text; consent is asked of the patient's record as it is now."""
        body = self.body(ResendBody)
        country = self.services.settings.default_country
        phone = parse_phone(body.phone, country) if body.phone else None
        old = await self.services.outbox.get(notification_id)
        patient = await self.services.patients.get(old.patient_id)
        message, replayed = await self.services.outbox.resend(
            old, self.command_id(), phone=phone, consent=patient.sms_consent
        )
        self.audit("text sent again", notification_id, new_number=phone is not None)
        self.answer(message_view(message), 201, replayed=replayed)


routes = [
    ("/api/notifications/", NotificationsHandler),
    ("/api/notifications/{notification_id}/", NotificationHandler),
    ("/api/notifications/{notification_id}/resend/", ResendHandler),
]
