"""The commands that change where a ticket stands: put back, rejoin, late, hold, resume, priority, move. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from server.errors import Invalid
from server.queue import policy, texts
from server.queue.commands import Hold, Late, Move, PutBack, Rejoin, Resume, SetContact, SetPriority
from server.queue.model import Key, Priority, QueueDay, State, Ticket
from server.queue.transition import Change, ticket_for, wrong_state

REJOINS = 2


def put_back(day: QueueDay, command: PutBack, now: datetime) -> Change:
    """The called patient waits again, with `after` others going first."""
    before = ticket_for(day, command)
    ticket = before.step(State.WAITING, now, command.actor.name, reason=command.reason)
    ticket = replace(ticket, place=_after(day, before, command.after, yields=True))
    effects = texts.retract_call(day, before, now, instead=True)
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=True)


def rejoin(day: QueueDay, command: Rejoin, now: datetime) -> Change:
    """A missed patient is back: after the next one, at most twice."""
    before = ticket_for(day, command)
    if before.rejoins >= REJOINS:
        ask = f"{before.code} has been back {REJOINS} times already; please ask at the desk for a new ticket. "
        raise wrong_state(day, before, ask)
    ticket = before.step(State.WAITING, now, command.actor.name, reason=command.reason)
    ticket = replace(ticket, place=_after(day, before, 1, yields=True), rejoins=before.rejoins + 1)
    return Change(day.put(ticket), ticket.id, before=(before,), undoable=True)


def late(day: QueueDay, command: Late, now: datetime) -> Change:
    """The patient runs late: `after` more people go first; a call is taken back."""
    before = ticket_for(day, command)
    queue = policy.waiting(day)
    ahead = queue.index(before) if before in queue else 0
    ticket, effects = before, []
    if before.state is State.CALLED:
        ticket = before.step(State.WAITING, now, command.actor.name, reason=command.reason or "running late")
        effects = texts.retract_call(day, before, now, instead=False)
    ticket = replace(ticket, place=_after(day, before, ahead + command.after, yields=True))
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=True)


def hold(day: QueueDay, command: Hold, now: datetime) -> Change:
    """Set aside: the ticket keeps its place but is not called."""
    before = ticket_for(day, command)
    ticket = before.step(State.ON_HOLD, now, command.actor.name, reason=command.reason)
    effects = texts.retract_call(day, before, now, instead=False) if before.state is State.CALLED else []
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=True)


def resume(day: QueueDay, command: Resume, now: datetime) -> Change:
    """Back from hold to where it was: its place, or its room while there is one and it is free, else the front."""
    before = ticket_for(day, command)
    held_from = before.steps[-2]
    if held_from.state is State.IN_ROOM and held_from.room and day.is_free(held_from.room):
        ticket = before.step(State.IN_ROOM, now, command.actor.name, room=held_from.room)
    else:
        ticket = before.step(State.WAITING, now, command.actor.name, reason=command.reason)
        if held_from.state is not State.WAITING:
            ticket = replace(ticket, place=_after(day, before, 0, yields=True))
    return Change(day.put(ticket), ticket.id, before=(before,), undoable=True)


def set_priority(day: QueueDay, command: SetPriority, now: datetime) -> Change:
    """Into another class, by arrival or booking; an explicit place is given up."""
    before = ticket_for(day, command)
    ticket = replace(before, priority=command.priority, place=None, promoted_at=None, promoted_path=())
    return Change(_noted(day, ticket, command.reason), ticket.id, before=(before,), undoable=True)


def move(day: QueueDay, command: Move, now: datetime) -> Change:
    """Behind a named waiting ticket, or with a number of tickets going first. Raises Invalid on `behind`."""
    before = ticket_for(day, command)
    if command.behind is None:
        place = _after(day, before, command.after or 0)
    else:
        anchor = day.tickets.get(command.behind)
        if anchor is None or anchor.state is not State.WAITING or anchor.id == before.id:
            raise Invalid.field("behind", "Name another ticket that is waiting in this queue.")
        place = policy.place_behind(anchor, day.policy, day.version + 1)
    ticket = replace(before, place=place)
    return Change(_noted(day, ticket, command.reason), ticket.id, before=(before,), undoable=True)


def set_contact(day: QueueDay, command: SetContact, now: datetime) -> Change:
    """The number to text for this ticket; a call that stands is texted to a new one, or now that it may be."""
    before = ticket_for(day, command)
    patient = replace(
        before.patient,
        phone=command.phone,
        phone_masked=command.phone_masked,
        sms_consent=command.sms_consent,
        number_confirmed=command.number_confirmed,
        name=command.patient_name or before.patient.name,
        language=command.language or before.patient.language,
    )
    ticket = replace(before, patient=patient)
    newly = patient.phone != before.patient.phone or (patient.sms_consent and not before.patient.sms_consent)
    reachable = bool(patient.phone) and newly
    if before.state is State.CALLED and reachable and not command.texted:
        same = patient.phone == before.patient.phone
        ticket, wanted = (texts.called_anew if same else texts.called_elsewhere)(day, ticket, now)
        return Change(day.put(ticket), ticket.id, {}, wanted)
    if patient == before.patient:
        return Change(day, ticket.id, visible=False)
    return Change(day.put(ticket), ticket.id)


def _after(day: QueueDay, ticket: Ticket, ahead: int, *, yields: bool = False) -> Key | None:
    """The place with `ahead` others going first; one that `yields` lets every emergency go first as well."""
    others = [other for other in policy.waiting(day) if other.id != ticket.id]
    if yields and ticket.priority is not Priority.EMERGENCY:
        emergencies = [index for index, other in enumerate(others) if other.priority is Priority.EMERGENCY]
        ahead = max(ahead, emergencies[-1] + 1 if emergencies else 0)
    return policy.place_after(others, ahead, day.policy, day.version + 1)


def _noted(day: QueueDay, ticket: Ticket, reason: str | None) -> QueueDay:
    """This day with the ticket in it, and the reason for the change in its last step."""
    if reason is not None:
        ticket = replace(ticket, steps=(*ticket.steps[:-1], replace(ticket.last, reason=reason)))
    return day.put(ticket)
