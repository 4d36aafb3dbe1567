"""How a text is shown in the notification log (DESIGN 5: Notification). Pure. Numbers are always masked."""

from __future__ import annotations

import re
from typing import Any

from server.clock import iso
from server.patients.phones import mask
from server.sms.gate import meaning
from server.sms.model import Attempt, Event, Kind, Message, MessageState

_DIGITS = re.compile(r"\d")


def message_view(message: Message) -> dict[str, Any]:
    """One row of the log with its attempts and events."""
    return {
        "id": message.id,
        "kind": message.kind.value,
        "patient_id": message.patient_id or None,
        "ticket_id": message.ticket_id or None,
        "doctor_id": message.doctor_id or None,
        "to_masked": mask(message.to),
        "body": _shown_body(message),
        "state": message.state.value,
        "code": message.code,
        "reason": meaning(message.code) or None,
        "sid": message.sid or None,
        "created_at": iso(message.created_at),
        "next_at": iso(message.next_at) if message.lane else None,
        "expires_at": iso(message.expires_at),
        "attempts": [_attempt(attempt) for attempt in message.attempts],
        "events": [_event(event) for event in message.events],
    }


def _shown_body(message: Message) -> str:
    """A confirmation code proves who holds the phone, so the log does not tell it; simulated, it has nowhere else."""
    if message.kind is Kind.CODE and message.state is not MessageState.SIMULATED:
        return _DIGITS.sub("•", message.body)
    return message.body


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "token": attempt.token,
        "started": iso(attempt.started),
        "ended": iso(attempt.ended) if attempt.ended else None,
        "status": attempt.status,
        "code": attempt.code,
        "outcome": attempt.outcome,
        "sid": attempt.sid or None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {"at": iso(event.at), "what": event.what, "detail": event.detail or None}
