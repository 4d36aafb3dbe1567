"""The audit, for administrators."""

from __future__ import annotations

from datetime import datetime

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Id, PageQuery
from server.audit.model import AuditRow


class AuditQuery(PageQuery):
    """By who did it or by what it was done to."""

    actor_id: Id | None = None
    subject_id: Id | None = None


class AuditActor(Answer):
    """`name` is what the account is called today; empty where it is gone."""

    id: str
    role: str
    name: str


class AuditEntry(Answer):
    id: str
    at: datetime
    actor: AuditActor
    action: str
    subject_id: str
    detail: dict[str, str | int | bool | None]


class AuditPage(Answer):
    items: list[AuditEntry]
    next_cursor: str | None


class AuditHandler(ApiHandler):
    @operation(summary="What staff did, newest first", query=AuditQuery, answer=AuditPage)
    async def get(self) -> None:
        query = self.query(AuditQuery)
        rows = await self.services.audit.page(
            actor_id=query.actor_id, subject_id=query.subject_id, before=query.cursor, limit=query.limit
        )
        names = await self.services.accounts.names([row.actor_id for row in rows])
        cursor = rows[-1].order if len(rows) == query.limit else None
        self.answer({"items": [_entry(row, names) for row in rows], "next_cursor": sealed(cursor)})


def _entry(row: AuditRow, names: dict[str, str]) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.at,
        "actor": {"id": row.actor_id, "role": row.actor_role, "name": names.get(row.actor_id, "")},
        "action": row.action,
        "subject_id": row.subject_id,
        "detail": row.detail,
    }


routes = [("/api/audit/", AuditHandler)]
