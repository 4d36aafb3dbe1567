"""How tickets leave a queue: cancel, left, transfer and its return, cancel-all, the end of the day. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from server.queue import calling, documents, policy, texts
from server.queue.commands import Cancel, CancelAll, FinishDay, Left, ReturnTransfer, Transfer
from server.queue.model import IN_QUEUE, QueueDay, State
from server.queue.transition import Change, ticket_for, wrong_state


def cancel(day: QueueDay, command: Cancel, now: datetime) -> Change:
    """The visit will not take place. A ticket made by mistake is taken away only while it waits."""
    before = ticket_for(day, command)
    if command.mistaken and before.state is not State.WAITING:
        raise wrong_state(day, before)
    ticket = before.step(State.CANCELLED, now, command.actor.name, reason=command.reason)
    effects = texts.retract_call(day, before, now, instead=False) if before.state is State.CALLED else []
    if command.mistaken:
        effects.append(texts.retract([texts.message_id(day, before.id, "joined", before.serial)], []))
    elif command.actor.role != "patient":
        effects += texts.text(day, ticket, "cancelled", now)
    if command.mistaken:
        day = replace(day, mistaken=day.mistaken + 1)
        ticket = replace(ticket, mistaken=True)
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=not command.mistaken)


def left(day: QueueDay, command: Left, now: datetime) -> Change:
    """The patient went away without being seen."""
    before = ticket_for(day, command)
    ticket = before.step(State.LEFT, now, command.actor.name, reason=command.reason)
    effects = texts.retract_call(day, before, now, instead=False) if before.state is State.CALLED else []
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=True)


def cancel_all(day: QueueDay, command: CancelAll, now: datetime) -> Change:
    """Everybody who waits, is held or was called is told that there will be no visit."""
    before = day.in_state(State.WAITING, State.CALLED, State.ON_HOLD)
    effects: list[texts.Wanted] = []
    after = []
    for ticket in before:
        if ticket.state is State.CALLED:
            effects += texts.retract_call(day, ticket, now, instead=False)
        ended = ticket.step(State.CANCELLED, now, command.actor.name, reason=command.reason)
        effects += texts.text(day, ended, "cancelled", now)
        after.append(ended)
    outcome = {"cancelled": len(after)}
    return Change(day.put(*after), None, outcome, effects, tuple(before), undoable=bool(after), visible=bool(after))


def transfer(day: QueueDay, command: Transfer, now: datetime) -> Change:
    """Out of this queue; the effect carries the ticket, under its new id, to the other one."""
    before = ticket_for(day, command)
    ended = before.step(State.TRANSFERRED, now, command.actor.name, reason=command.reason)
    ended = replace(ended, moved_to=command.new_ticket_id)
    effects = texts.retract_call(day, before, now, instead=False) if before.state is State.CALLED else []
    effects.append(
        texts.Wanted(
            "accept",
            {
                "to": command.to_doctor_id,
                "ticket_id": command.new_ticket_id,
                "ticket": documents.ticket_document(ended),
                "actor": [command.actor.id, command.actor.name, command.actor.role],
                "version": day.version + 1,
            },
        )
    )
    if before.state is State.IN_ROOM:
        day = calling.served(day, ended)
    outcome = {"moved_to": command.new_ticket_id}
    return Change(day.put(ended), ended.id, outcome, effects, seals=True)


def return_transfer(day: QueueDay, command: ReturnTransfer, now: datetime) -> Change:
    """The other queue could not take the ticket: it stands again where it was, or in front if its room is not free.

    If the day is over, or the patient has joined anew meanwhile, it ends as left instead.
    """
    ticket = ticket_for(day, command)
    steps = ticket.steps[:-1]
    restored = replace(ticket, moved_to=None, steps=(*steps[:-1], replace(steps[-1], end=None, reason=command.reason)))
    if restored.room is not None and not day.is_free(restored.room):
        place = policy.place_after(policy.waiting(day), 0, day.policy, day.version + 1)
        restored = restored.step(State.WAITING, now, command.actor.name, reason=command.reason)
        restored = replace(restored, place=place)
    here_again = any(other.patient.id == ticket.patient.id for other in day.in_state(*IN_QUEUE))
    if day.finished or here_again:
        restored = restored.step(State.LEFT, now, command.actor.name, inferred=True)
    if restored.state is not State.CALLED:
        return Change(day.put(restored), ticket.id)
    restored, wanted = texts.called_anew(day, restored, now)  # the call's text was taken back
    return Change(day.put(restored), ticket.id, {}, wanted)


def finish_day(day: QueueDay, command: FinishDay, now: datetime) -> Change:
    """The service day is over: who was in a room is done (inferred), everybody else left. Idempotent."""
    if day.finished:
        return Change(day, visible=False)
    actor = command.actor.name
    ended = [
        ticket.step(State.DONE, now, actor, room=ticket.room, inferred=True)
        if ticket.state is State.IN_ROOM
        else ticket.step(State.LEFT, now, actor, inferred=True)
        for ticket in day.in_state(State.WAITING, State.CALLED, State.IN_ROOM, State.ON_HOLD, State.NO_SHOW)
    ]
    return Change(replace(day, finished=True, undo=None, pause=None).put(*ended), seals=True)
