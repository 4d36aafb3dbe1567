"""The commands around a call: call, call next, recall, start, finish, no-show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from server.errors import WrongState
from server.queue import policy, texts
from server.queue.commands import CallNext, CallTicket, Finish, NoShow, Recall, Start, Unset
from server.queue.model import Call, QueueDay, State, Status, Ticket
from server.queue.transition import Change, free_room, room_for, ticket_for, wrong_state

SERVICES_KEPT = 30
SHORTEST_SERVICE = timedelta(seconds=30)


def call(day: QueueDay, command: CallTicket, now: datetime) -> Change:
    """Call this waiting ticket, whatever its place, into a free room."""
    before = ticket_for(day, command)
    room = free_room(day, room_for(day, command.room))
    ticket = called(day, before, now, command.actor.name, room, reason=command.reason)
    effects = texts.text(day, ticket, texts.YOUR_TURN, now)
    outcome = {"called": ticket.id}
    return Change(announced(day, ticket, now), ticket.id, outcome, effects, before=(before,), undoable=True)


def call_next(day: QueueDay, command: CallNext, now: datetime) -> Change:
    """Finish the room's ticket (or mark it a no-show) and call the next one; either may be missing."""
    room = room_for(day, command.room)
    occupant = day.occupant(room)
    _same_current(day, command.current, occupant)
    before: list[Ticket] = []
    effects: list[texts.Wanted] = []
    finished = None
    if occupant is not None:
        before.append(occupant)
        if command.no_show:
            if occupant.state is not State.CALLED:
                raise wrong_state(day, occupant)
            finished = missed(occupant, now, command.actor.name)
            effects += texts.retract_call(day, occupant, now, instead=False)
            effects += texts.text(day, finished, "missed", now)
        else:
            finished = done(occupant, now, command.actor.name)
            day = served(day, finished)
        day = day.put(finished)
    # Of a team that became one doctor, somebody else may be there still: they are finished before the next is called.
    queue = policy.waiting(day) if day.occupant(room) is None else []
    ticket = None
    if queue:
        before.append(queue[0])
        ticket = called(day, queue[0], now, command.actor.name, room)
        day = announced(day, ticket, now)
        effects += texts.text(day, ticket, texts.YOUR_TURN, now)
    outcome = {"called": ticket.id if ticket else None, "finished": finished.id if finished else None}
    ticket_id = ticket.id if ticket else None
    return Change(day, ticket_id, outcome, effects, tuple(before), undoable=bool(before), visible=bool(before))


def _same_current(day: QueueDay, seen: str | Unset | None, occupant: Ticket | None) -> None:
    """Refuse if the ticket the caller saw in the room is no longer the one there (DESIGN 2: calling)."""
    if isinstance(seen, Unset) or seen == (occupant.id if occupant else None):
        return
    if occupant is not None:
        raise wrong_state(day, occupant)
    gone = day.tickets.get(seen) if seen else None
    if gone is not None:
        raise wrong_state(day, gone)
    raise WrongState("The ticket you see in the room has left this queue. Look again and repeat.")


def recall(day: QueueDay, command: Recall, now: datetime) -> Change:
    """Announce and text the call once more."""
    before = ticket_for(day, command)
    ticket = replace(before, calls=before.calls + 1, recalls=(*before.recalls, day.version + 1))
    effects = texts.text(day, ticket, texts.RECALLED, now)
    return Change(announced(day, ticket, now, repeat=True), ticket.id, {}, effects, (before,), undoable=True)


def start(day: QueueDay, command: Start, now: datetime) -> Change:
    """The patient is in the room: after a call, or straight from waiting. A pause goes on: only a call ends it."""
    before = ticket_for(day, command)
    room = before.room if before.state is State.CALLED else None
    room = free_room(day, room or room_for(day, command.room), besides=before.id)
    ticket = before.step(State.IN_ROOM, now, command.actor.name, room=room)
    return Change(day.put(replace(ticket, place=None)), ticket.id, before=(before,), undoable=True)


def finish(day: QueueDay, command: Finish, now: datetime) -> Change:
    """The visit is over; a ticket that was only called gets its time in the room inferred."""
    before = ticket_for(day, command)
    ticket = done(before, now, command.actor.name, reason=command.reason)
    return Change(served(day, ticket).put(ticket), ticket.id, before=(before,), undoable=True)


def no_show(day: QueueDay, command: NoShow, now: datetime) -> Change:
    """Called, and not there: the ticket waits at the desk for its patient."""
    before = ticket_for(day, command)
    ticket = missed(before, now, command.actor.name, reason=command.reason)
    effects = texts.retract_call(day, before, now, instead=False) + texts.text(day, ticket, "missed", now)
    return Change(day.put(ticket), ticket.id, {}, effects, (before,), undoable=True)


def called(day: QueueDay, ticket: Ticket, now: datetime, actor: str, room: str, *, reason: str | None = None) -> Ticket:
    """The ticket as called to `room` by the coming version of the day."""
    ticket = ticket.step(State.CALLED, now, actor, room=room, reason=reason)
    return replace(
        ticket, calls=ticket.calls + 1, call=day.version + 1, earlier=(), recalls=(), contrary=(), place=None
    )


def announced(day: QueueDay, ticket: Ticket, now: datetime, *, repeat: bool = False) -> QueueDay:
    """This day with the called ticket in it and its announcement; a call ends a pause."""
    entry = Call(ticket.id, ticket.code, ticket.room or day.doctor.room, now, day.version + 1, repeat)
    return replace(resumed_queue(day), calls=(*day.calls, entry)).put(ticket)


def resumed_queue(day: QueueDay) -> QueueDay:
    """This day without a pause."""
    if day.pause is None:
        return day
    return replace(day, status=Status.OPEN if day.status is Status.PAUSED else day.status, pause=None)


def missed(ticket: Ticket, now: datetime, actor: str, *, reason: str | None = None) -> Ticket:
    """The ticket as a no-show."""
    return ticket.step(State.NO_SHOW, now, actor, reason=reason)


def done(ticket: Ticket, now: datetime, actor: str, *, reason: str | None = None, inferred: bool = False) -> Ticket:
    """The ticket as done. One that was never started gets a step in the room, marked as inferred."""
    if ticket.state is State.CALLED:
        ticket = ticket.step(State.IN_ROOM, now, actor, room=ticket.room, inferred=True)
    return ticket.step(State.DONE, now, actor, room=ticket.room, reason=reason, inferred=inferred)


def rooms_used(before: QueueDay, after: QueueDay, now: datetime) -> Mapping[str, datetime]:
    """When each of the doctor's rooms was last left, after a change that may have emptied one."""
    busy = (State.CALLED, State.IN_ROOM)
    left = {ticket.room for ticket in before.in_state(*busy)} - {ticket.room for ticket in after.in_state(*busy)}
    if not left:
        return after.last_used
    rooms = after.doctor.rooms
    return {room: now if room in left else after.last_used[room] for room in rooms if room in {*left, *after.last_used}}


def served(day: QueueDay, ticket: Ticket) -> QueueDay:
    """This day with the done ticket's time in the room among its recent service times (seconds).

    A start that nobody pressed is taken as the call; what is then under 30 s says nothing.
    """
    in_room = ticket.steps[-2]
    begun = ticket.steps[-3].start if in_room.inferred else in_room.start
    lasted = ticket.last.start - begun
    if in_room.inferred and lasted < SHORTEST_SERVICE:
        return day
    return replace(day, services=(*day.services, round(lasted.total_seconds()))[-SERVICES_KEPT:])
