"""What the rules share: the table of states and commands, and the refusals that say what happened instead.

Pure. `TABLE` is the whole truth about which command fits which state (DESIGN 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from server.clock import iso
from server.errors import Invalid, NotFound, WrongState
from server.queue.commands import TicketCommand
from server.queue.model import QueueDay, State, Ticket
from server.queue.texts import Wanted

_OPEN = frozenset({State.WAITING, State.CALLED, State.ON_HOLD})

TABLE: dict[str, frozenset[State]] = {
    "call": frozenset({State.WAITING}),
    "recall": frozenset({State.CALLED}),
    "start": frozenset({State.WAITING, State.CALLED}),
    "finish": frozenset({State.CALLED, State.IN_ROOM}),
    "no_show": frozenset({State.CALLED}),
    "put_back": frozenset({State.CALLED}),
    "rejoin": frozenset({State.NO_SHOW}),
    "hold": frozenset({State.WAITING, State.CALLED, State.IN_ROOM}),
    "resume": frozenset({State.ON_HOLD}),
    "late": frozenset({State.WAITING, State.CALLED}),
    "cancel": _OPEN,
    "left": _OPEN,
    "transfer": frozenset({*_OPEN, State.IN_ROOM, State.NO_SHOW}),
    "return_transfer": frozenset({State.TRANSFERRED}),
    "set_priority": _OPEN,
    "move": frozenset({State.WAITING}),
    "set_contact": frozenset({*_OPEN, State.IN_ROOM, State.NO_SHOW}),
}

_AGAIN = {
    State.WAITING: "is waiting again",
    State.CALLED: "was called again",
    State.IN_ROOM: "is in the room again",
    State.ON_HOLD: "is on hold again",
    State.NO_SHOW: "is marked as not there again",
}
_HAPPENED = {
    State.WAITING: "is waiting again, put there",
    State.CALLED: "was already called",
    State.IN_ROOM: "was already taken into the room",
    State.ON_HOLD: "was put on hold",
    State.NO_SHOW: "was marked as not there",
    State.DONE: "was already finished",
    State.CANCELLED: "was cancelled",
    State.LEFT: "was marked as left",
    State.TRANSFERRED: "was transferred",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule made of a day: the day, the ticket it is about, and what else must follow.

    `outcome` is kept with the command (BSON values). `before` are the tickets as they were, for undo;
    `undoable` says whether this is a command that undo takes back, `seals` that it ends what could be.
    `visible` is False when no view changed.
    """

    day: QueueDay
    ticket_id: str | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    effects: Sequence[Wanted] = ()
    before: tuple[Ticket, ...] = ()
    undoable: bool = False
    seals: bool = False
    visible: bool = True


def ticket_for(day: QueueDay, command: TicketCommand) -> Ticket:
    """The command's ticket, if the table lets the command be applied to its state.

    Raises NotFound, and WrongState with what happened, by whom and when.
    """
    ticket = day.tickets.get(command.ticket_id)
    if ticket is None:
        raise NotFound("There is no such ticket in this queue today.")
    if ticket.state not in TABLE[command.name]:
        raise wrong_state(day, ticket)
    return ticket


def wrong_state(day: QueueDay, ticket: Ticket, lead: str = "") -> WrongState:
    """The refusal that tells what the ticket's state is, who brought it there and at what time."""
    step, undone = ticket.last, day.undone
    if undone and undone.marks.get(ticket.id) == ticket.changed:
        happened = (
            f"{ticket.code} {_AGAIN[ticket.state]}: "
            f"{undone.by} took the step after that back at {clock_time(day, undone.at)}"
        )
        return WrongState(f"{lead}{happened}.", state=ticket.state.value, by=undone.by, at=iso(undone.at))
    if ticket.state is State.WAITING and len(ticket.steps) == 1:
        happened = f"{ticket.code} is still waiting"
    else:
        happened = (
            f"{ticket.code} {_HAPPENED[ticket.state]} by {step.actor or 'the system'} at {clock_time(day, step.start)}"
        )
    return WrongState(f"{lead}{happened}.", state=ticket.state.value, by=step.actor, at=iso(step.start))


def clock_time(day: QueueDay, moment: datetime) -> str:
    """`moment` as people in this clinic say it: 10:14."""
    return f"{moment.astimezone(ZoneInfo(day.zone)):%H:%M}"


def room_for(day: QueueDay, room: str | None) -> str:
    """The room a call goes to: the doctor's own, or the one of the team's that the caller names.

    Raises Invalid on `room`.
    """
    rooms = day.doctor.rooms
    if room is None:
        if len(rooms) == 1:
            return rooms[0]
        raise Invalid.field("room", f"Say which room is calling: {', '.join(rooms)}.")
    if room not in rooms:
        raise Invalid.field("room", f"{day.doctor.name} has no room {room!r}; choose one of: {', '.join(rooms)}.")
    return room


def free_room(day: QueueDay, room: str, *, besides: str = "") -> str:
    """`room`, if nobody but the ticket `besides` was called there or is in it. Raises WrongState."""
    occupant = day.occupant(room)
    if occupant is not None and occupant.id != besides:
        raise wrong_state(day, occupant, f"{room if not room.isdecimal() else f'Room {room}'} is not free: ")
    return room
