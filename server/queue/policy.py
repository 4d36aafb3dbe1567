"""The one ordering of a queue: who is next, for staff list, TV, phone page and estimate alike (DESIGN 2).

Pure. A ticket's key is its class, then its effective time; an explicit place stands instead of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.queue.model import Key, Policy, Priority, QueueDay, Source, State, Ticket

LONGEST_PATH = 6
RANK = {Priority.EMERGENCY: 0, Priority.PRIORITY: 1, Priority.NORMAL: 2}


def waiting(day: QueueDay) -> list[Ticket]:
    """The waiting tickets, next one first."""
    policy = day.policy
    return sorted(day.in_state(State.WAITING), key=lambda ticket: key(ticket, policy))


def key(ticket: Ticket, policy: Policy) -> Key:
    """Where the ticket stands in the order."""
    if ticket.place is not None:
        return ticket.place
    if ticket.promoted_at is not None:
        return Key(RANK[Priority.PRIORITY], ticket.promoted_at, ticket.promoted_path or (ticket.serial,))
    return Key(RANK[ticket.priority], effective_time(ticket, policy), (ticket.serial,))


def effective_time(ticket: Ticket, policy: Policy) -> datetime:
    """The start of a booking whose patient came in time (up to `late_grace` minutes after it), else the arrival."""
    due = ticket.due_at if ticket.source is Source.APPOINTMENT else None
    if due is not None and ticket.arrived_at <= due + timedelta(minutes=policy.late_grace):
        return due
    return ticket.arrived_at


def waits_too_long_at(ticket: Ticket, policy: Policy) -> datetime:
    """The instant from which the wait is longer than its class's limit, counted from arrival or due time."""
    since = max(ticket.arrived_at, ticket.due_at) if ticket.due_at else ticket.arrived_at
    normal = ticket.priority is Priority.NORMAL
    return since + timedelta(minutes=policy.max_wait_normal if normal else policy.max_wait_priority)


def promotion_at(ticket: Ticket, policy: Policy) -> datetime | None:
    """When a waiting ticket enters the class above: never into emergency, so normal ones only; once; no placed ones."""
    if ticket.state is not State.WAITING or ticket.priority is not Priority.NORMAL:
        return None
    if ticket.place is not None or ticket.promoted_at is not None:
        return None
    return waits_too_long_at(ticket, policy)


def next_promotion(day: QueueDay) -> datetime | None:
    """The next instant at which `promoted` would change this day."""
    instants = [at for ticket in day.tickets.values() if (at := promotion_at(ticket, day.policy)) is not None]
    return min(instants, default=None)


def promoted(day: QueueDay, now: datetime) -> QueueDay:
    """This day with every ticket that waited too long in the class above, behind those already in it."""
    latest = now - timedelta(minutes=day.policy.max_wait_normal)  # whoever came later waits too short a time
    due = [
        (at, ticket)
        for ticket in day.tickets.values()
        if ticket.arrived_at <= latest and (at := promotion_at(ticket, day.policy)) and at <= now
    ]
    if not due:
        return day
    above = [
        (ticket.arrived_at, standing)
        for ticket in day.in_state(State.WAITING)
        if (standing := key(ticket, day.policy)).rank == RANK[Priority.PRIORITY]
    ]
    risen: list[Ticket] = []
    for at, ticket in sorted(due, key=lambda pair: (pair[0], pair[1].serial)):
        own = Key(RANK[Priority.PRIORITY], at, (ticket.serial,))
        last = max([own, *(standing for arrived, standing in above if arrived <= at)])
        # Behind whoever stands or will be put behind the last one's first place: versions only rise.
        place = own if last is own else replace(last, path=(last.path[0], day.version + 1, len(risen)))
        above.append((at, place))
        risen.append(replace(ticket, promoted_at=place.time, promoted_path=place.path))
    return day.put(*risen)


def place_after(others: Sequence[Ticket], ahead: int, policy: Policy, version: int) -> Key | None:
    """The place with `ahead` of the ordered `others` going first; None in an empty queue.

    `version` is that of the change being made: of two tickets put behind the same one, the later
    is the nearer.
    """
    if not others:
        return None
    if ahead <= 0:
        first = key(others[0], policy)
        return Key(first.rank, first.time, (-version,))
    return place_behind(others[min(ahead, len(others)) - 1], policy, version)


def place_behind(anchor: Ticket, policy: Policy, version: int) -> Key:
    """The place right behind `anchor`."""
    standing = key(anchor, policy)
    return Key(standing.rank, standing.time, (*standing.path, -version))


def shortened(day: QueueDay) -> QueueDay:
    """This day with its explicit places written shorter, in the same order; the same object while none is long.

    Two tickets put behind one another by turns would lengthen them without end. What undo remembers is rewritten too.
    """
    if all(ticket.place is None or len(ticket.place.path) <= LONGEST_PATH for ticket in day.tickets.values()):
        return day
    every = [*day.tickets.values(), *(day.undo.tickets if day.undo else ())]
    long = {ticket.place for ticket in every if ticket.place and len(ticket.place.path) > 1}
    short: dict[Key, Key] = {}
    root = None
    for standing in sorted({key(ticket, day.policy) for ticket in every}):
        if standing not in long:
            root = standing
            continue
        if root is None or (root.rank, root.time, root.path[0]) != (standing.rank, standing.time, standing.path[0]):
            root = replace(standing, path=standing.path[:1])
        # In front of these stands only what is put there later, under a greater version.
        short[standing] = replace(root, path=(*root.path, len(short) - day.version))

    def rewritten(ticket: Ticket) -> Ticket:
        return replace(ticket, place=short[ticket.place]) if ticket.place in short else ticket

    undo = replace(day.undo, tickets=tuple(map(rewritten, day.undo.tickets))) if day.undo else None
    return replace(day, tickets={id: rewritten(ticket) for id, ticket in day.tickets.items()}, undo=undo)
