"""Texts that follow from where patients stand, whatever command brought them there: `soon` and `delayed`. Pure.

Each is told once per ticket. What a command told and undo then took back is withdrawn if it has not left;
it is told again when it comes true again, unless it had left after all.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from server.queue import policy, texts
from server.queue.commands import Command, Join, PauseQueue, Promote, Tidy, UndoLast
from server.queue.estimate import estimates
from server.queue.model import QueueDay, State, Status, Ticket, Told
from server.queue.texts import Wanted

SOON: Final = "soon"
DELAYED: Final = "delayed"
DELAY: Final = timedelta(minutes=15)


def owed(before: QueueDay, after: QueueDay, command: Command, now: datetime) -> tuple[QueueDay, list[Wanted]]:
    """`after` with its notices marked as told, and the effects that tell them."""
    if after.finished or isinstance(command, Tidy):
        return after, []
    if isinstance(command, Join):
        return _joined(after, command.ticket_id), []
    withdrawn: list[Wanted] = []
    if isinstance(command, UndoLast):
        after, withdrawn = _withdrawn(before, after)
    told = dict(after.told)
    effects: list[Wanted] = []
    for ahead, ticket in enumerate(_near(after)):
        if not ticket.calls:
            effects += _tell(after, told, ticket, SOON, now, ahead=ahead)
    if isinstance(command, PauseQueue | Promote):
        for ticket in held_up(after, now):
            effects += _tell(after, told, ticket, DELAYED, now)
    return (replace(after, told=told) if effects else after), [*withdrawn, *effects]


def overdue(day: QueueDay, now: datetime) -> bool:
    """Whether a pause has meanwhile held somebody up so long that they are to be told."""
    return any(_untold(day.told.get(_key(ticket.id, DELAYED))) for ticket in held_up(day, now) if _reachable(ticket))


def held_up(day: QueueDay, now: datetime) -> list[Ticket]:
    """Who waited when the pause began and is called more than 15 minutes later for it, as far as is known now.

    A room that is busy anyway for as long as its doctor is away moves nobody.
    """
    pause = day.pause
    until = max(now, pause.until or now) if pause else now
    if pause is None or until - pause.since <= DELAY:
        return []
    order = policy.waiting(day)
    served = replace(day, status=Status.OPEN, pause=None)
    without = estimates(served, order, pause.since)
    paused = estimates(replace(served, pause=replace(pause, until=until)), order, pause.since)
    return [
        ticket
        for ticket in order
        if ticket.arrived_at <= pause.since and paused[ticket.id].latest - without[ticket.id].latest > DELAY
    ]


def _near(day: QueueDay) -> list[Ticket]:
    """Those with at most `soon_ahead` going first, in order; nobody while the queue pauses or if that is 0."""
    if day.pause is not None or not day.policy.soon_ahead:
        return []
    waiting = day.in_state(State.WAITING)
    return heapq.nsmallest(day.policy.soon_ahead + 1, waiting, key=lambda ticket: policy.key(ticket, day.policy))


def _joined(day: QueueDay, ticket_id: str) -> QueueDay:
    """Who joins so near the front has just been told: no second text on its heels.

    Joining brings nobody nearer, and with a long queue it is known after a few looks that this one is not near.
    """
    ticket = day.tickets.get(ticket_id)
    if ticket is None:
        return day
    mine, ahead = policy.key(ticket, day.policy), 0
    for other in day.tickets.values():
        ahead += other.state is State.WAITING and policy.key(other, day.policy) < mine
        if ahead > day.policy.soon_ahead:
            return day
    return replace(day, told={**day.told, _key(ticket.id, SOON): Told("")})


def _tell(
    day: QueueDay, told: dict[str, Told], ticket: Ticket, kind: str, now: datetime, *, ahead: int = 0
) -> list[Wanted]:
    key = _key(ticket.id, kind)
    earlier = told.get(key)
    wanted = texts.text(day, ticket, kind, now) if _untold(earlier) else []
    if not wanted:
        return []
    data = {**wanted[0].data, "ahead": ahead, "unless_left": [earlier.message_id] if earlier else []}
    told[key] = Told(data["message_id"])
    return [Wanted("text", data)]


def _withdrawn(before: QueueDay, after: QueueDay) -> tuple[QueueDay, list[Wanted]]:
    """What the undone command told and is no longer so is taken back."""
    if before.undo is None:
        return after, []
    mark = f":{before.undo.seq}"
    still = {_key(ticket.id, SOON) for ticket in _near(after)}
    if before.undo.command != PauseQueue.name:
        still |= {_key(ticket_id, DELAYED) for ticket_id in after.tickets}
    gone = {
        key: Told(told.message_id, withdrawn=True)
        for key, told in after.told.items()
        if told.message_id.endswith(mark) and not told.withdrawn and key not in still
    }
    if not gone:
        return after, []
    ids = [told.message_id for told in gone.values()]
    return replace(after, told={**after.told, **gone}), [Wanted("withdraw", {"message_ids": ids, "instead": None})]


def _untold(told: Told | None) -> bool:
    return told is None or told.withdrawn


def _reachable(ticket: Ticket) -> bool:
    patient = ticket.patient
    return bool(patient.phone) and patient.sms_consent and patient.number_confirmed


def _key(ticket_id: str, kind: str) -> str:
    return f"{ticket_id}:{kind}"


def kept(day: QueueDay) -> dict[str, Told]:
    """What is remembered as told of the tickets this day still holds."""
    return {key: told for key, told in day.told.items() if key.rpartition(":")[0] in day.tickets}
