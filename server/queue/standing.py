"""The commands on the queue itself: pause, open, close, promote, changed doctor, housekeeping, and undo. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import iso
from server.errors import CannotUndo
from server.queue import notices, texts
from server.queue.commands import (
    ChangeDoctor,
    CloseQueue,
    Command,
    ForgetPatient,
    OpenQueue,
    PauseQueue,
    Promote,
    Recall,
    Tidy,
    UndoLast,
)
from server.queue.model import (
    ENDED,
    IN_QUEUE,
    UNDO_WINDOW,
    Call,
    DoctorCopy,
    PatientCopy,
    Pause,
    QueueDay,
    State,
    Status,
    Ticket,
    Undo,
    Undone,
)
from server.queue.transition import Change, clock_time

# What whoever took a call back may have told the patient, by what became of the ticket; hold and left say nothing.
_TELLS_OTHERWISE = {
    State.NO_SHOW: "missed",
    State.WAITING: "put_back",
    State.CANCELLED: "cancelled",
}


def pause(day: QueueDay, command: PauseQueue, now: datetime) -> Change:
    """No calls for a while; joins go on, unless the queue is closed, and then it stays so."""
    until = now + timedelta(minutes=command.minutes) if command.minutes else None
    status = day.status if day.status is Status.CLOSED else Status.PAUSED
    changed = replace(day, status=status, pause=Pause(now, command.reason, until, command.note))
    return Change(changed, undoable=True)


def open_queue(day: QueueDay, command: OpenQueue, now: datetime) -> Change:
    """Open again, from closed or paused."""
    changed = replace(day, status=Status.OPEN, pause=None)
    return Change(changed, seals=changed != day, visible=changed != day)


def close(day: QueueDay, command: CloseQueue, now: datetime) -> Change:
    """No more joins today; those in the queue are still served."""
    changed = replace(day, status=Status.CLOSED)
    return Change(changed, seals=changed != day, visible=changed != day)


def promote(day: QueueDay, command: Promote, now: datetime) -> Change:
    """Nothing of its own: every command lets tickets age first, and this one only that."""
    return Change(day, visible=False)


def change_doctor(day: QueueDay, command: ChangeDoctor, now: datetime) -> Change:
    """New copies of the doctor and the clinic's policy.

    Whoever is with a doctor whose room changed goes along, and is announced there if only called. Who sits in a room
    that a team gave up stays in it until the visit ends. Undo would lead back into the old rooms, so it ends.
    """
    changed = replace(day, doctor=command.doctor, policy=command.policy)
    moved = []
    for ticket in day.in_state(State.CALLED, State.IN_ROOM):
        room = _room_after(day, command.doctor, ticket)
        if room != ticket.room:
            moved.append(replace(ticket, steps=(*ticket.steps[:-1], replace(ticket.last, room=room))))
    calls = tuple(
        Call(ticket.id, ticket.code, ticket.room or "", now, day.version + 1, repeat=True)
        for ticket in moved
        if ticket.state is State.CALLED
    )
    if moved:
        changed = replace(changed, calls=(*day.calls, *calls)).put(*moved)
    return Change(changed, visible=changed != day, seals=set(day.doctor.rooms) != set(command.doctor.rooms))


def _room_after(day: QueueDay, doctor: DoctorCopy, ticket: Ticket) -> str | None:
    """Where a called or in-room ticket is once the doctor is as in `doctor`: a renamed room has its new name."""
    if ticket.room in doctor.rooms:
        return ticket.room
    if len(doctor.rooms) == 1:
        return doctor.rooms[0] if len(day.in_state(State.CALLED, State.IN_ROOM)) == 1 else ticket.room
    gone = [room for room in day.doctor.rooms if room not in doctor.rooms]
    new = [room for room in doctor.rooms if room not in day.doctor.rooms]
    return new[0] if gone == [ticket.room] and len(new) == 1 else ticket.room


def forget_patient(day: QueueDay, command: ForgetPatient, now: datetime) -> Change:
    """The patient's record was anonymised: the name goes from their ended tickets too, and from what undo remembers."""
    theirs = [ticket for ticket in day.tickets.values() if ticket.patient.id == command.patient_id]
    if not theirs:
        return Change(day, visible=False)
    nameless = PatientCopy(command.patient_id, "", language=theirs[0].patient.language)
    return Change(day.put(*(replace(ticket, patient=nameless) for ticket in theirs)), seals=True)


def tidy(day: QueueDay, command: Tidy, now: datetime) -> Change:
    """Drop the effects that were carried out, the ended tickets that `visits` holds, and an undo past its time."""
    gone = {id for id in command.archived if id in day.tickets and day.tickets[id].state in ENDED}
    tickets = {id: ticket for id, ticket in day.tickets.items() if id not in gone}
    effects = tuple(effect for effect in day.effects if effect.number not in command.effects)
    undo = None if undo_expired(day, now) else day.undo
    undone = day.undone if day.undone and now - day.undone.at < UNDO_WINDOW else None
    tidied = replace(day, tickets=tickets, effects=effects, undo=undo, undone=undone)
    return Change(replace(tidied, told=notices.kept(tidied)) if gone else tidied, visible=False)


def undo_expired(day: QueueDay, now: datetime) -> bool:
    """Whether the day remembers an undo that is no longer possible."""
    return day.undo is not None and now - day.undo.at >= UNDO_WINDOW


def undo(day: QueueDay, command: UndoLast, now: datetime) -> Change:
    """Take back the last staff command, on exactly the tickets it touched, for two minutes.

    Raises CannotUndo once one of them has changed again, or something newer stands in the way.
    """
    last = _last_step(day, command, now)
    for id, mark in last.marks.items():
        ticket = day.tickets.get(id)
        if ticket is None or ticket.changed != mark:
            code = ticket.code if ticket else "The ticket"
            raise CannotUndo(f"{code} has changed again since, so the step before cannot be undone.")
    effects: list[texts.Wanted] = []
    restored = []
    for before in last.tickets:
        ticket, wanted = _restored(day, last, day.tickets[before.id], before, now)
        restored.append(ticket)
        effects += wanted
    _refuse_double(day, restored)
    calls = tuple(
        replace(call, undone=True) if last.marks.get(call.ticket_id) == call.number else call for call in day.calls
    )
    undone = Undone(last.seq, command.actor.name, now, {ticket.id: day.version + 1 for ticket in restored})
    changed = replace(day, status=last.status, pause=last.pause, calls=calls, services=last.services, undone=undone)
    outcome = {"undone": last.command, "tickets": [ticket.id for ticket in restored]}
    return Change(changed.put(*restored), None, outcome, effects, seals=True)


def _last_step(day: QueueDay, command: UndoLast, now: datetime) -> Undo:
    """The step to take back. Raises CannotUndo, with who came before and when, where that is known."""
    last, undone = day.undo, day.undone
    if undone and now - undone.at < UNDO_WINDOW and (command.seq == undone.seq or (command.seq is None and not last)):
        raise _too_late(day, "{by} has undone this already, at {time}.", "undone", undone)
    if last is None and undone and command.seq is not None and command.seq < undone.seq:
        told = "{by} has undone something newer here, at {time}: what came before can no longer be taken back."
        raise _too_late(day, told, "newer_undone", undone)
    if last is None or now - last.at >= UNDO_WINDOW:
        raise CannotUndo("There is nothing left to undo: only the last step can be taken back, for two minutes.")
    if command.seq is not None and command.seq != last.seq:
        told = "{by} has done something newer here, at {time}: what came before can no longer be taken back."
        raise _too_late(day, told, "newer", last)
    return last


def _too_late(day: QueueDay, told: str, why: str, other: Undo | Undone) -> CannotUndo:
    by = other.by or "Somebody"
    return CannotUndo(told.format(by=by, time=clock_time(day, other.at)), why=why, by=other.by, at=iso(other.at))


def _refuse_double(day: QueueDay, restored: Sequence[Ticket]) -> None:
    """Raises CannotUndo if somebody else has taken the place meanwhile: the patient's, or a room."""
    back = {ticket.id for ticket in restored}
    for ticket in restored:
        if ticket.state not in IN_QUEUE:
            continue
        for other in day.in_state(*IN_QUEUE):
            if other.id not in back and other.patient.id == ticket.patient.id:
                raise CannotUndo(f"The patient of {ticket.code} has joined again since, as {other.code}.")
        occupant = day.occupant(ticket.room) if ticket.room else None
        if occupant is not None and occupant.id not in back:
            raise CannotUndo(f"{ticket.room} is taken by {occupant.code} since.")


def _restored(
    day: QueueDay, last: Undo, now_is: Ticket, before: Ticket, now: datetime
) -> tuple[Ticket, list[texts.Wanted]]:
    """The ticket as it was, and what its patient must be told or not be told any more.

    A call that stands again is texted again only where the patient was told otherwise meanwhile: one call, one text.
    """
    if now_is.call != before.call and now_is.patient.phone:
        return before, texts.retract_call(day, replace(now_is, steps=before.steps), now, instead=True)
    if last.command == Recall.name and before.patient.phone:
        return replace(before, recalls=now_is.recalls), [texts.retract([_told_by(day, last, before, "recalled")], [])]
    gone = (State.WAITING, State.ON_HOLD, State.NO_SHOW, State.CANCELLED, State.LEFT)
    if before.state is State.CALLED and now_is.state in gone:
        said = _TELLS_OTHERWISE.get(now_is.state)
        return texts.called_anew(day, before, now, contrary=_told_by(day, last, before, said) if said else None)
    if now_is.state is State.CANCELLED and before.patient.phone:
        said = _told_by(day, last, before, "cancelled")
        return before, [texts.retract([said], texts.text(day, before, "joined", now))]
    return before, []


def _told_by(day: QueueDay, last: Undo, ticket: Ticket, kind: str) -> str:
    """The id of the text that the command to undo asked for."""
    return texts.message_id(day, ticket.id, kind, last.marks[ticket.id])


def remembered(before: QueueDay, change: Change, command: Command, now: datetime) -> Undo:
    """What undo needs to take back `change`, the coming version of `before`."""
    version = before.version + 1
    return Undo(
        command=command.name,
        at=now,
        seq=before.seq + 1,
        tickets=change.before,
        marks={ticket.id: version for ticket in change.before},
        status=before.status,
        pause=before.pause,
        services=before.services,
        by=command.actor.name,
    )


def describe(undo: Undo) -> dict[str, str]:
    """What the staff view shows of the undo that is still possible."""
    return {"command": undo.command, "until": iso(undo.at + UNDO_WINDOW)}
