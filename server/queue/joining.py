"""How a ticket comes into a queue: join (walk-in, booking) and accept (the second half of a transfer). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from server.errors import AlreadyQueued, DayOver, QueueClosed
from server.queue import documents, texts
from server.queue.commands import Accept, Join
from server.queue.model import IN_QUEUE, QueueDay, Source, State, Status, Step, Ticket
from server.queue.transition import Change


def join(day: QueueDay, command: Join, now: datetime) -> Change:
    """A new ticket at its place in the order.

    A booking that has its ticket in the queue, or had it transferred, gets that one again. A missed ticket
    of the same patient ends as left: the new one replaces it. Raises QueueClosed and AlreadyQueued.
    """
    if command.appointment_id:
        for ticket in day.tickets.values():
            still = ticket.state in IN_QUEUE or ticket.state is State.TRANSFERRED
            if still and ticket.appointment_id == command.appointment_id:
                return Change(day, ticket.id, visible=False)
    if day.status is Status.CLOSED:
        raise QueueClosed(f"The queue of {day.doctor.name} is closed for new patients today.")
    day = _without_earlier(day, command.patient.id, now, command.actor.name)
    number = day.next_number
    ticket = Ticket(
        id=command.ticket_id,
        code=f"{day.doctor.letter}{number:03d}",
        serial=day.version + 1,
        patient=command.patient,
        source=command.source,
        priority=command.priority,
        arrived_at=now,
        steps=(Step(State.WAITING, now, None, command.actor.name),),
        due_at=command.due_at,
        reason=command.reason,
        appointment_id=command.appointment_id,
    )
    return Change(
        replace(day, next_number=number + 1).put(ticket), ticket.id, {}, texts.text(day, ticket, "joined", now)
    )


def accept(day: QueueDay, command: Accept, now: datetime) -> Change:
    """The transferred ticket, with its code and arrival, in this queue; once, however often it is asked.

    Raises AlreadyQueued if the patient waits here already, and DayOver if it was given away on another day:
    then the first queue takes the ticket back.
    """
    if command.ticket_id in day.tickets:
        return Change(day, command.ticket_id, visible=False)
    if command.day != day.day:
        raise DayOver("The service day ended before the other queue could take the ticket.")
    old = documents.ticket_from(command.ticket)
    day = _without_earlier(day, old.patient.id, now, command.actor.name)
    ticket = Ticket(
        id=command.ticket_id,
        code=old.code,
        serial=day.version + 1,
        patient=old.patient,
        source=Source.TRANSFER,
        priority=old.priority,
        arrived_at=old.arrived_at,
        steps=(Step(State.WAITING, now, None, command.actor.name, reason=old.last.reason),),
        reason=old.reason,
    )
    return Change(day.put(ticket), ticket.id)


def _without_earlier(day: QueueDay, patient_id: str, now: datetime, actor: str) -> QueueDay:
    """This day with the patient's missed tickets ended. Raises AlreadyQueued if the patient is in the queue."""
    missed = []
    for ticket in day.tickets.values():
        if ticket.patient.id != patient_id:
            continue
        if ticket.state in IN_QUEUE:
            raise AlreadyQueued(
                f"This patient is already in the queue of {day.doctor.name}, as {ticket.code}.",
                ticket_id=ticket.id,
                ticket_code=ticket.code,
            )
        if ticket.state is State.NO_SHOW:
            missed.append(ticket.step(State.LEFT, now, actor, reason="joined again"))
    return day.put(*missed) if missed else day
