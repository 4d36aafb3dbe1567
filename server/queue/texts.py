"""Which SMS a queue command asks for, and whether a text that has not left yet is still true. Pure.

A text is asked for as an effect `text`; taking one back is the effect `retract`. Wording, consent
bookkeeping and sending belong to `server.sms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.queue.model import VERSIONS_PER_DAY, Effect, PatientCopy, QueueDay, State, Ticket

YOUR_TURN = "your_turn"
RECALLED = "recalled"
# The result of a text effect whose text went into the outbox.
TEXTED = "texted"
ALWAYS_SENT = frozenset({YOUR_TURN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """An effect a command asks for; it gets its number when the command is applied."""

    kind: str
    data: Mapping[str, Any]


def is_told_everything(patient: PatientCopy) -> bool:
    """Whether the patient gets other texts than `your_turn`: they agreed, and the number is theirs."""
    return patient.sms_consent and patient.number_confirmed


def text(day: QueueDay, ticket: Ticket, kind: str, now: datetime) -> list[Wanted]:
    """The effect that texts the patient, or none: without a number, or when only `your_turn` may be sent."""
    patient = ticket.patient
    if not patient.phone:
        return []
    if kind not in ALWAYS_SENT and not is_told_everything(patient):
        return []
    return [Wanted("text", _message(day, ticket, kind, now))]


def _message(day: QueueDay, ticket: Ticket, kind: str, now: datetime) -> dict[str, Any]:
    patient = ticket.patient
    return {
        "message_id": message_id(day, ticket.id, kind, day.version + 1),
        "kind": kind,
        "ticket_id": ticket.id,
        "patient_id": patient.id,
        "doctor_id": day.doctor.id,
        "to": patient.phone,
        "language": patient.language,
        "consent": patient.sms_consent,
        "confirmed": patient.number_confirmed,
        "code": ticket.code,
        "room": ticket.room or day.doctor.room,
        "call": ticket.call,
        "at": now,
    }


def message_id(day: QueueDay, ticket_id: str, kind: str, version: int) -> str:
    """The dedupe key of a text: one per ticket, kind and change of the queue."""
    return f"{ticket_id}:{kind}:{day.day.toordinal() * VERSIONS_PER_DAY + version}"


def retract_call(day: QueueDay, ticket: Ticket, now: datetime, *, instead: bool) -> list[Wanted]:
    """Take back the `your_turn` of the ticket's latest call; with `instead`, a `put_back` text if it has left."""
    if not ticket.call or not ticket.patient.phone:
        return []
    return [retract(_call_ids(day, ticket), text(day, ticket, "put_back", now) if instead else [])]


def called_anew(
    day: QueueDay, ticket: Ticket, now: datetime, *, contrary: str | None = None
) -> tuple[Ticket, list[Wanted]]:
    """The called ticket with its call under a new number, and the text of it.

    It is texted only if no text of this call has left after all, or one that said otherwise left later; `contrary` is
    the one that may have been the last to do so.
    """
    said = (*ticket.contrary, contrary) if contrary else ticket.contrary
    anew = replace(ticket, call=day.version + 1, earlier=(*ticket.earlier, ticket.call), contrary=said)
    only_if = {"unless_left": _call_ids(day, ticket), "contrary": list(said)}
    return anew, [Wanted(each.kind, {**each.data, **only_if}) for each in text(day, anew, YOUR_TURN, now)]


def called_elsewhere(day: QueueDay, ticket: Ticket, now: datetime) -> tuple[Ticket, list[Wanted]]:
    """The called ticket with its call under a new number, and the text of it unless this number has heard of it.

    Staff may have sent it there by hand before they put the record right.
    """
    anew = replace(ticket, call=day.version + 1, earlier=(), recalls=(), contrary=())
    unless_told = {"unless_told": _call_ids(day, ticket)}
    return anew, [Wanted(each.kind, {**each.data, **unless_told}) for each in text(day, anew, YOUR_TURN, now)]


def _call_ids(day: QueueDay, ticket: Ticket) -> list[str]:
    """Under which ids the ticket's latest call may have been texted."""
    calls = [message_id(day, ticket.id, YOUR_TURN, call) for call in (*ticket.earlier, ticket.call)]
    return calls + [message_id(day, ticket.id, RECALLED, recall) for recall in ticket.recalls]


def retract(message_ids: Iterable[str], instead: list[Wanted]) -> Wanted:
    """Cancel those of `message_ids` that have not left; `instead` is texted if one of them has."""
    return Wanted("retract", {"message_ids": list(message_ids), "instead": dict(instead[0].data) if instead else None})


def corrects(effect: Effect, result: object) -> bool:
    """Whether an effect of an undo, with this result, texted the patient what holds again or no longer."""
    if effect.kind == "retract":
        return result == "already_sent" and effect.data["instead"] is not None
    return effect.kind == "text" and result == TEXTED and effect.data["kind"] == YOUR_TURN


def still_true(kind: str, ticket: Ticket | None, call: int, *, paused: bool) -> bool:
    """Whether what the text says still holds right before it is sent (DESIGN 4).

    `your_turn` and `recalled` are false only if that call was taken back in some way, never because
    the ticket was started or finished since; `delayed` once the doctor is back (`paused` False). A ticket
    that nobody knows contradicts nothing: its texts are judged by their expiry.
    """
    if ticket is None:
        return True
    match kind:
        case "your_turn" | "recalled":
            return call in (ticket.call, *ticket.earlier) and ticket.state in (State.CALLED, State.IN_ROOM, State.DONE)
        case "missed":
            return ticket.state is State.NO_SHOW
        case "soon":
            return ticket.state is State.WAITING and ticket.call == call
        case "delayed":
            return paused and ticket.state in (State.WAITING, State.ON_HOLD)
        case "joined" | "put_back":
            return ticket.state in (State.WAITING, State.ON_HOLD)
        case "cancelled":
            return ticket.state is State.CANCELLED
        case _:
            return True


def news(kind: str, ticket: Ticket, call: int, *, paused: bool) -> int | None:
    """Which call a text would tell that staff send again; None if it is no longer so, or the patient knows by now."""
    if kind in (YOUR_TURN, RECALLED):
        stands = ticket.state is State.CALLED and call in (ticket.call, *ticket.earlier)
        return ticket.call if stands else None
    return ticket.call if still_true(kind, ticket, call, paused=paused) else None
