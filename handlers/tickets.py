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

    async def run(self, kind: type[commands.TicketCommand], ticket_id: str, **fields: Any) -> None:
        """Carry out one command and answer with the ticket as it left it."""
        actor = await self.actor_for(ticket_id)
        command = kind(id=self.command_id(), fingerprint=self.fingerprint(), actor=actor, ticket_id=ticket_id, **fields)
        queues = self.services.queues
        applied = await queues.run_on_ticket(command)
        ticket = await queues.ticket_after(applied, ticket_id, staff=actor is not LINK_HOLDER)
        self.answer(ticket, replayed=applied.replayed)


class CallHandler(TicketCommandHandler):
    @operation(
        summary="Call this ticket, whatever its place",
        body=RoomBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        body = self.body(RoomBody)
        await self.run(commands.CallTicket, ticket_id, room=body.room, reason=body.reason)


class RecallHandler(TicketCommandHandler):
    @operation(
        summary="Announce the call once more",
        body=ReasonBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.Recall, ticket_id, reason=self.body(ReasonBody).reason)


class StartHandler(TicketCommandHandler):
    @operation(
        summary="The patient is in the room",
        body=RoomBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        body = self.body(RoomBody)
        await self.run(commands.Start, ticket_id, room=body.room, reason=body.reason)


class FinishHandler(TicketCommandHandler):
    @operation(summary="The visit is over", body=ReasonBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True)
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.Finish, ticket_id, reason=self.body(ReasonBody).reason)


class NoShowHandler(TicketCommandHandler):
    @operation(
        summary="Called, and not there", body=ReasonBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True
    )
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.NoShow, ticket_id, reason=self.body(ReasonBody).reason)


class PutBackHandler(TicketCommandHandler):
    @operation(
        summary="Back to waiting, with some going first",
        body=PutBackBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        body = self.body(PutBackBody)
        await self.run(commands.PutBack, ticket_id, after=body.after, reason=body.reason)


class RejoinHandler(TicketCommandHandler):
    @operation(
        summary="A missed patient is back",
        body=ReasonBody,
        answer=StaffTicket | PublicTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """After the next one, at most twice. Staff and whoever holds the link."""
        await self.run(commands.Rejoin, ticket_id, reason=self.body(ReasonBody).reason)


class LateHandler(TicketCommandHandler):
    @operation(
        summary="The patient is running late",
        body=LateBody,
        answer=StaffTicket | PublicTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """Some more people go first. Staff and whoever holds the link."""
        body = self.body(LateBody)
        await self.run(commands.Late, ticket_id, after=body.after, reason=body.reason)


class HoldHandler(TicketCommandHandler):
    @operation(summary="Set aside", body=ReasonBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True)
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.Hold, ticket_id, reason=self.body(ReasonBody).reason)


class ResumeHandler(TicketCommandHandler):
    @operation(summary="Back from hold", body=ReasonBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True)
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.Resume, ticket_id, reason=self.body(ReasonBody).reason)


class CancelHandler(TicketCommandHandler):
    @operation(
        summary="The visit will not take place",
        body=ReasonBody,
        answer=StaffTicket | PublicTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """Staff and whoever holds the link."""
        await self.run(commands.Cancel, ticket_id, reason=self.body(ReasonBody).reason)


class LeftHandler(TicketCommandHandler):
    @operation(
        summary="Went away without being seen",
        body=ReasonBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        await self.run(commands.Left, ticket_id, reason=self.body(ReasonBody).reason)


class PriorityHandler(TicketCommandHandler):
    @operation(
        summary="Into another class", body=PriorityBody, answer=StaffTicket, errors=TICKET_ERRORS, idempotent=True
    )
    async def post(self, ticket_id: str) -> None:
        body = self.body(PriorityBody)
        await self.run(commands.SetPriority, ticket_id, priority=Priority(body.priority), reason=body.reason)


class MoveHandler(TicketCommandHandler):
    @operation(
        summary="To another place in the order",
        body=MoveBody,
        answer=StaffTicket,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        body = self.body(MoveBody)
        await self.run(commands.Move, ticket_id, after=body.after, behind=body.behind, reason=body.reason)


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
        body = self.body(ContactBody)
        await self.actor_for(ticket_id)
        found = await self.services.queues.find(ticket_id)
        changes = PatientChanges(phone=body.phone, sms_consent=body.sms_consent, number_confirmed=True)
        patient = (await self.services.patients.update(found.ticket.patient.id, changes)).copy_for_queue()
        await self.run(
            commands.SetContact,
            ticket_id,
            phone=patient.phone,
            phone_masked=patient.phone_masked,
            sms_consent=patient.sms_consent,
        )


class TransferHandler(TicketCommandHandler):
    @operation(
        summary="To another queue",
        body=TransferBody,
        answer=TransferAnswer,
        errors=(*TICKET_ERRORS, AlreadyQueued),
        idempotent=True,
    )
    async def post(self, ticket_id: str) -> None:
        """Same code, arrival kept; `moved_to` is the new ticket. 202 while the other queue has not answered."""
        body = self.body(TransferBody)
        actor = await self.actor_for(ticket_id)
        command = commands.Transfer(
            id=self.command_id(),
            fingerprint=self.fingerprint(),
            actor=actor,
            ticket_id=ticket_id,
            reason=body.reason,
            to_doctor_id=body.doctor_id,
            to_doctor=self.services.doctors.get(body.doctor_id).name,
            new_ticket_id=new_id(),
        )
        applied, settled = await self.services.queues.transfer(command)
        ticket = await self.services.queues.ticket_after(applied, ticket_id, staff=True)
        answer = {**ticket, "transferring": not settled}
        self.answer(answer, 200 if settled else 202, replayed=applied.replayed)


routes = [
    ("/api/tickets/{ticket_id}/", TicketHandler),
    ("/api/tickets/{ticket_id}/call/", CallHandler),
    ("/api/tickets/{ticket_id}/recall/", RecallHandler),
    ("/api/tickets/{ticket_id}/start/", StartHandler),
    ("/api/tickets/{ticket_id}/finish/", FinishHandler),
    ("/api/tickets/{ticket_id}/no-show/", NoShowHandler),
    ("/api/tickets/{ticket_id}/put-back/", PutBackHandler),
    ("/api/tickets/{ticket_id}/rejoin/", RejoinHandler),
    ("/api/tickets/{ticket_id}/late/", LateHandler),
    ("/api/tickets/{ticket_id}/hold/", HoldHandler),
    ("/api/tickets/{ticket_id}/resume/", ResumeHandler),
    ("/api/tickets/{ticket_id}/transfer/", TransferHandler),
    ("/api/tickets/{ticket_id}/cancel/", CancelHandler),
    ("/api/tickets/{ticket_id}/left/", LeftHandler),
    ("/api/tickets/{ticket_id}/priority/", PriorityHandler),
    ("/api/tickets/{ticket_id}/move/", MoveHandler),
    ("/api/tickets/{ticket_id}/contact/", ContactHandler),
]
