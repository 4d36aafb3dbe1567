"""The notification log: what was texted to whom, what became of it and why; to read, to filter, to take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from handlers import csv_lines
from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Day, Id, PageQuery, Query
from server.clock import ClinicTime
from server.errors import Invalid, NotFound
from server.ids import order_key
from server.sms.model import Kind, Message, MessageState
from server.sms.store import Filters
from server.sms.unreached import NOT_REACHED
from server.sms.views import message_view

EXPORT_PAGE: Final = 200
# As the API's shape names them, then columns of the table alone.
SHAPED: Final = (
    *("id", "created_at", "kind", "state", "code", "reason", "to_masked", "patient_id", "ticket_id", "doctor_id"),
    *("sid", "expires_at", "body"),
)
COLUMNS: Final = (*SHAPED, "day", "language", "appointment_id", "attempts", "provider_status")


class StateGroup(StrEnum):
    """States that are asked for together."""

    OPEN = "open"
    SENT = "sent"
    NOT_REACHED = "not_reached"
    NOT_SENT = "not_sent"


STATES: Final = {
    StateGroup.OPEN: (MessageState.QUEUED, MessageState.SENDING),
    StateGroup.SENT: (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED),
    StateGroup.NOT_REACHED: NOT_REACHED,
    StateGroup.NOT_SENT: (MessageState.CANCELLED, MessageState.SUPPRESSED, MessageState.SIMULATED),
}


class NotificationFilters(Query):
    """What the log is narrowed to. `group` stands for several states; `since` and `until` are service days."""

    state: MessageState | None = None
    group: StateGroup | None = None
    kind: Kind | None = None
    code: Annotated[str | None, Field(max_length=40)] = None
    patient_id: Id | None = None
    ticket_id: Id | None = None
    doctor_id: Id | None = None
    day: Day | None = None
    since: Day | None = None
    until: Day | None = None

    def filters(self) -> Filters:
        """The filters as the store takes them. Raises Invalid for a state that its group does not hold."""
        plain = {"state", "kind", "code", "patient_id", "ticket_id", "doctor_id", "day"}
        chosen: dict[str, Any] = self.model_dump(mode="json", include=plain, exclude_none=True)
        if self.group is not None:
            states = STATES[self.group]
            if self.state is not None and self.state not in states:
                raise Invalid.field("state", f"is not one of the group {self.group}")
            chosen.setdefault("state", tuple(state.value for state in states))
        return chosen

    def bounds(self, clinic_time: ClinicTime) -> tuple[str | None, str | None]:
        """The `order` at which the chosen days begin and before which they end."""
        since = order_key(clinic_time.day_start(self.since), "") if self.since else None
        until = order_key(clinic_time.day_start(self.until + timedelta(days=1)), "") if self.until else None
        return since, until


class NotificationQuery(NotificationFilters, PageQuery):
    """Filters of the log; a page may hold fewer than `limit` items and still have a next one."""


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
    """Something that happened to the text besides its attempts: a receipt, a check, what staff did about it."""

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
        since, until = query.bounds(self.services.clinic_time)
        cursor = min(filter(None, (query.cursor, until)), default=None)
        page = await self.services.outbox.page(query.filters(), cursor, query.limit, since=since)
        self.answer({"items": [message_view(item) for item in page.items], "next_cursor": sealed(page.next_cursor)})


class NotificationHandler(ApiHandler):
    @operation(summary="One text with its attempts and its timeline", answer=NotificationAnswer, errors=(NotFound,))
    async def get(self, notification_id: str) -> None:
        self.answer(message_view(await self.services.outbox.get(notification_id)))


class ExportHandler(ApiHandler):
    @operation(
        summary="The log as CSV, newest first, numbers masked",
        query=NotificationFilters,
        answer=str,
        media_type=csv_lines.MEDIA_TYPE,
    )
    async def get(self) -> None:
        """Streamed page by page, so that a year's log costs no more memory than a day's. Audited."""
        query = self.query(NotificationFilters)
        filters, (since, cursor) = query.filters(), query.bounds(self.services.clinic_time)
        self.audit("texts exported", "notifications")
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="notifications.csv"')
        self.write(csv_lines.MARK + csv_lines.line(COLUMNS))
        while True:
            page = await self.services.outbox.page(filters, cursor, EXPORT_PAGE, since=since)
            self.write("".join(csv_lines.line(_cells(message)) for message in page.items))
            await self.flush()
            if (cursor := page.next_cursor) is None:
                return


def _cells(message: Message) -> Iterator[object]:
    shown = message_view(message)
    yield from (shown[column] for column in SHAPED)
    yield from (message.day, message.language, message.appointment_id, len(message.attempts), message.provider_status)


routes = [
    ("/api/notifications/", NotificationsHandler),
    ("/api/notifications/export/", ExportHandler),
    ("/api/notifications/{notification_id}/", NotificationHandler),
]
