"""One row of the audit: who did what to which object, never with a phone number or a patient's name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Detail = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """`subject_id` is the id of what was acted on, or empty."""

    id: str
    order: str
    at: datetime
    actor_id: str
    actor_role: str
    action: str
    subject_id: str
    detail: Detail = field(default_factory=dict)
