"""The audit, for administrators: who did what to whom, to filter and to take away.

Rows hold ids; names are looked up when somebody reads, so that what is forgotten stays forgotten. The file that is
taken away names no patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field

from handlers import csv_lines
from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Day, Id, PageQuery, Query
from handlers.services import Services
from server.audit.log import AuditPage
from server.audit.model import AuditRow
from server.clock import iso
from server.ids import order_key

EXPORT_PAGE: Final = 200
COLUMNS: Final = ("at", "actor", "role", "action", "subject", "subject_id", "detail", "id")


class AuditFilters(Query):
    """By who did it, by what was done, by what it was done to; `since` and `until` are service days."""

    actor_id: Id | None = None
    subject_id: Id | None = None
    action: Annotated[str | None, Field(max_length=100)] = None
    since: Day | None = None
    until: Day | None = None


class AuditQuery(AuditFilters, PageQuery):
    """Filters of the audit; a page may hold fewer than `limit` items and still have a next one."""


class AuditActor(Answer):
    """`name` is what the account is called today; empty where it is gone."""

    id: str
    role: str
    name: str


class AuditEntry(Answer):
    """`subject` is what a patient, doctor or user is called today, or a ticket's code; empty for all else."""

    id: str
    at: datetime
    actor: AuditActor
    action: str
    subject_id: str
    subject: str
    detail: dict[str, str | int | bool | None]


class AuditEntries(Answer):
    items: list[AuditEntry]
    next_cursor: str | None


class AuditBase(ApiHandler):
    """What the list and the file share."""

    async def page(self, query: AuditFilters, cursor: str | None, limit: int) -> AuditPage:
        """One page within the chosen days."""
        clinic_time = self.services.clinic_time
        since = order_key(clinic_time.day_start(query.since), "") if query.since else None
        until = order_key(clinic_time.day_start(query.until + timedelta(days=1)), "") if query.until else None
        return await self.services.audit.page(
            actor_id=query.actor_id,
            subject_id=query.subject_id,
            action=query.action,
            since=since,
            before=min(filter(None, (cursor, until)), default=None),
            limit=limit,
        )


class AuditHandler(AuditBase):
    @operation(summary="What staff did, newest first", query=AuditQuery, answer=AuditEntries)
    async def get(self) -> None:
        query = self.query(AuditQuery)
        page = await self.page(query, query.cursor, query.limit)
        names = await _names(self.services, page.rows, patients=True)
        items = [_entry(row, names) for row in page.rows]
        self.answer({"items": items, "next_cursor": sealed(page.next_cursor)})


class AuditExportHandler(AuditBase):
    @operation(
        summary="The audit as CSV, newest first", query=AuditFilters, answer=str, media_type=csv_lines.MEDIA_TYPE
    )
    async def get(self) -> None:
        """Streamed page by page. Itself audited."""
        query = self.query(AuditFilters)
        cursor: str | None = None
        self.audit("audit exported", "audit")
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="audit.csv"')
        self.write(csv_lines.MARK + csv_lines.line(COLUMNS))
        while True:
            page = await self.page(query, cursor, EXPORT_PAGE)
            names = await _names(self.services, page.rows, patients=False)
            self.write("".join(csv_lines.line(_cells(row, names)) for row in page.rows))
            await self.flush()
            if (cursor := page.next_cursor) is None:
                return


async def _names(services: Services, rows: Sequence[AuditRow], *, patients: bool) -> dict[str, str]:
    """What the ids of these rows are called today."""
    subjects = {row.subject_id for row in rows if row.subject_id}
    names = {ticket.id: ticket.code for ticket in services.queues.open_tickets() if ticket.id in subjects}
    if patients:
        names |= {id: patient.name for id, patient in (await services.patients.get_many(subjects)).items()}
    names |= {id: doctor.name for id in subjects if (doctor := services.doctors.find(id)) is not None}
    return names | await services.accounts.names([*subjects, *(row.actor_id for row in rows)])


def _entry(row: AuditRow, names: dict[str, str]) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.at,
        "actor": {"id": row.actor_id, "role": row.actor_role, "name": names.get(row.actor_id, "")},
        "action": row.action,
        "subject_id": row.subject_id,
        "subject": names.get(row.subject_id, ""),
        "detail": row.detail,
    }


def _cells(row: AuditRow, names: dict[str, str]) -> Iterable[object]:
    detail = "; ".join(f"{name}: {value}" for name, value in row.detail.items())
    yield from (iso(row.at), names.get(row.actor_id, ""), row.actor_role, row.action)
    yield from (names.get(row.subject_id, ""), row.subject_id, detail, row.id)


routes = [("/api/audit/", AuditHandler), ("/api/audit/export/", AuditExportHandler)]
