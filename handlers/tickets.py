"""`/api/tickets/<id>/…`: one ticket and the commands on it."""

from __future__ import annotations

from typing import Any

from handlers.base import ApiHandler, operation
from handlers.queue_models import (
    TICKET_ERRORS,
    ContactBody,
    LateBody,
    MoveBody,
    PriorityBody,
    PublicTicket,
    PutBackBody,
    ReasonBody,
    RoomBody,
    StaffTicket,
    TransferAnswer,
    TransferBody,
)
from server.accounts.roles import Actor
from server.errors import AlreadyQueued, Forbidden, NotFound
from server.ids import new_id
from server.patients.model import PatientChanges
from server.queue import commands
from server.queue.model import Priority

LINK_HOLDER = Actor("", "the patient", "patient")


class TicketHandler(ApiHandler):
    @operation(summary="One ticket", answer=StaffTicket | PublicTicket, errors=(NotFound,))
    async def get(self, ticket_id: str) -> None:
        """Whoever holds the id sees the public ticket; staff see it with its steps' actors and its messages."""
        staff = self.principal is not None and self.principal.is_staff
        ticket = await self.services.queues.ticket(ticket_id, staff=staff)
        if staff:
            ticket["messages"] = await self.services.outbox.of_ticket(ticket_id)
        self.answer(ticket)


class TicketCommandHandler(ApiHandler):
    """What the commands share: who may, the command's id, and the ticket as the answer."""

    async def actor_for(self, ticket_id: str) -> Actor:
        """The caller, if the ticket is in a queue they command; a patient or anonymous caller holds the link."""
        principal = self.principal
        if principal is None or not principal.is_staff:
            return LINK_HOLDER
        found = await self.services.queues.find(ticket_id)
        if not principal.commands(found.day.doctor.id):
            raise Forbidden("This ticket is in another doctor's queue. Ask reception.")
        return principal.actor

    async def run(self, kind: type[commands.TicketCommand], ticket_id: str, actor: Actor, **fields: Any) -> None:
        """Carry out one command and answer with the ticket as it left it."""
        command = kind(id=self.command_id(), fingerprint=self.fingerprint(), actor=actor, ticket_id=ticket_id, **fields)
        queues = self.services.queues
        applied = await queues.run_on_ticket(command)
        ticket = await queues.ticket_after(applied, ticket_id, staff=actor is not LINK_HOLDER)
        self.answer(ticket, replayed=applied.replayed)


def on_ticket(
    kind: type[commands.TicketCommand],
    summary: str,
    description: str = "",
    *,
    body: type[ReasonBody] = ReasonBody,
    answer: Any = StaffTicket,
) -> type[TicketCommandHandler]:
    """The handler of a command that takes the fields of its body as they are."""

    async def post(self: TicketCommandHandler, ticket_id: str) -> None:
        actor = await self.actor_for(ticket_id)
        await self.run(kind, ticket_id, actor, **self.body(body).model_dump())

    post.__doc__ = description
    described = operation(summary=summary, body=body, answer=answer, errors=TICKET_ERRORS, idempotent=True)
    return type(f"{kind.__name__}Handler", (TicketCommandHandler,), {"post": described(post)})


class PriorityHandler(TicketCommandHandler):
    @operation(
        summary="Into another class", body=PriorityBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True
    )
    async def post(self, ticket_id: str) -> None:
        actor = await self.actor_for(ticket_id)
        body = self.body(PriorityBody)
        await self.run(commands.SetPriority, ticket_id, actor, priority=Priority(body.priority), reason=body.reason)


class ContactHandler(TicketCommandHandler):
    @operation(
        summary="Another number to text",
        body=ContactBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """Kept with the patient too; somebody who stands called is texted at the new number."""
        actor = await self.actor_for(ticket_id)
        body = self.body(ContactBody)
        found = await self.services.queues.find(ticket_id)
        changes = PatientChanges(phone=body.phone, sms_consent=body.sms_consent, number_confirmed=True)
        patient = (await self.services.patients.update(found.ticket.patient.id, changes)).copy_for_queue()
        await self.run(
            commands.SetContact,
            ticket_id,
            actor,
            phone=patient.phone,
            phone_masked=patient.phone_masked,
            sms_consent=patient.sms_consent,
        )


class TransferHandler(TicketCommandHandler):
    @operation(
        summary="To another queue",
        body=TransferBody,
        answer=TransferAnswer,
        also={202: "The other queue has not answered yet; the ticket goes over as soon as it does"},
        errors=(*TICKET_ERRORS, AlreadyQueued),
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """Same code, arrival kept; `moved_to` is the new ticket. 202 while the other queue has not answered."""
        actor = await self.actor_for(ticket_id)
        body = self.body(TransferBody)
        command = commands.Transfer(
            id=self.command_id(),
            fingerprint=self.fingerprint(),
            actor=actor,
            ticket_id=ticket_id,
            reason=body.reason,
            to_doctor_id=self.services.doctors.get(body.doctor_id).id,
            new_ticket_id=new_id(),
        )
        applied, settled = await self.services.queues.transfer(command)
        ticket = await self.services.queues.ticket_after(applied, ticket_id, staff=True)
        answer = {**ticket, "transferring": not settled}
        self.answer(answer, 200 if settled else 202, replayed=applied.replayed)


BY_LINK = StaffTicket | PublicTicket

routes = [
    ("/api/tickets/{ticket_id}/", TicketHandler),
    (
        "/api/tickets/{ticket_id}/call/",
        on_ticket(commands.CallTicket, "Call this ticket, whatever its place", body=RoomBody),
    ),
    ("/api/tickets/{ticket_id}/recall/", on_ticket(commands.Recall, "Announce the call once more")),
    ("/api/tickets/{ticket_id}/start/", on_ticket(commands.Start, "The patient is in the room", body=RoomBody)),
    ("/api/tickets/{ticket_id}/finish/", on_ticket(commands.Finish, "The visit is over")),
    ("/api/tickets/{ticket_id}/no-show/", on_ticket(commands.NoShow, "Called, and not there")),
    (
        "/api/tickets/{ticket_id}/put-back/",
        on_ticket(commands.PutBack, "Back to waiting, with some going first", body=PutBackBody),
    ),
    (
        "/api/tickets/{ticket_id}/rejoin/",
        on_ticket(
            commands.Rejoin,
            "A missed patient is back",
            "After the next one, at most twice. Staff and whoever holds the link.",
            answer=BY_LINK,
        ),
    ),
    (
        "/api/tickets/{ticket_id}/late/",
        on_ticket(
            commands.Late,
            "The patient is running late",
            "Some more people go first. Staff and whoever holds the link.",
            body=LateBody,
            answer=BY_LINK,
        ),
    ),
    ("/api/tickets/{ticket_id}/hold/", on_ticket(commands.Hold, "Set aside")),
    ("/api/tickets/{ticket_id}/resume/", on_ticket(commands.Resume, "Back from hold")),
    ("/api/tickets/{ticket_id}/transfer/", TransferHandler),
    (
        "/api/tickets/{ticket_id}/cancel/",
        on_ticket(
            commands.Cancel, "The visit will not take place", "Staff and whoever holds the link.", answer=BY_LINK
        ),
    ),
    ("/api/tickets/{ticket_id}/left/", on_ticket(commands.Left, "Went away without being seen")),
    ("/api/tickets/{ticket_id}/priority/", PriorityHandler),
    ("/api/tickets/{ticket_id}/move/", on_ticket(commands.Move, "To another place in the order", body=MoveBody)),
    ("/api/tickets/{ticket_id}/contact/", ContactHandler),
]
