"""`/api/enqueue/`, `/api/queue/<doctor_id>/…` and `/api/notify-next/`: joining, seeing and serving a queue."""

from __future__ import annotations

import asyncio
from typing import Any

from handlers import joining
from handlers.base import ApiHandler, operation
from handlers.queue_models import (
    JOIN_ERRORS,
    QUEUE_ERRORS,
    TICKET_ERRORS,
    AllAnswer,
    EnqueueBody,
    NotifyNextAnswer,
    NotifyNextBody,
    PauseBody,
    PublicTicket,
    QueueAnswer,
    QueueViewAnswer,
    ReasonBody,
    StaffTicket,
    TransferBody,
    UndoAnswer,
    UndoBody,
    WalkIn,
)
from server.accounts.roles import Actor, Principal, Role
from server.errors import AlreadyQueued, DomainError, FieldError, Forbidden, Invalid, NotFound, StorageUnavailable
from server.ids import derived_id, new_id
from server.queue import commands, policy
from server.queue.model import PatientCopy, Priority


class EnqueueHandler(ApiHandler):
    @operation(
        summary="Join a queue",
        body=EnqueueBody,
        answer=StaffTicket | PublicTicket,
        status=201,
        errors=JOIN_ERRORS,
        idempotent=True,
    )
    async def post(self) -> None:
        """Staff put in anybody; a patient joins for themselves, as SELF_JOIN allows."""
        body = self.body(EnqueueBody)
        caller = self.signed_in()
        if caller.role is Role.PATIENT:
            self._only_for_self(caller, body)
        queues = self.services.queues
        with queues.expecting(body.doctor_id):
            patient = await self._patient(caller, body)
            if body.appointment_id is not None:
                applied = await self.services.appointments.check_in_as(
                    body.appointment_id,
                    patient,
                    body.doctor_id,
                    caller.actor,
                    command_id=self.command_id(),
                    fingerprint=self.fingerprint(),
                )
            else:
                applied = await queues.join(
                    body.doctor_id,
                    patient=patient,
                    actor=caller.actor,
                    command_id=self.command_id(),
                    fingerprint=self.fingerprint(),
                    priority=Priority(body.priority or Priority.NORMAL),
                    reason=body.reason,
                )
        ticket = await queues.ticket_after(applied, str(applied.done.ticket_id), staff=caller.is_staff)
        self.answer(ticket, 201, replayed=applied.replayed)

    def _only_for_self(self, caller: Principal, body: EnqueueBody) -> None:
        if body.walk_in is not None or body.priority is not None:
            raise Forbidden("Only staff register walk-ins or set a priority.")
        if body.patient_id not in (None, caller.patient_id):
            raise Forbidden("You can join a queue for yourself only.")
        joining.check(self.services, body.join_code)

    async def _patient(self, caller: Principal, body: EnqueueBody) -> PatientCopy:
        if body.walk_in is not None:
            if body.patient_id is not None:
                raise Invalid.field("walk_in", "Give either patient_id or walk_in, not both.")
            return await self._walk_in(body.walk_in)
        patient_id = body.patient_id or caller.patient_id
        if patient_id is None:
            raise Invalid.field("patient_id", "Name the patient who joins, or give walk_in.")
        return await self.services.patients.for_queue(patient_id)

    async def _walk_in(self, new: WalkIn) -> PatientCopy:
        try:
            return await self.services.patients.walk_in(**new.model_dump(), command_id=self.command_id())
        except Invalid as refusal:
            wrong = [FieldError(f"walk_in.{error.field}", error.message) for error in refusal.errors]
            raise Invalid.fields(wrong) from None


class QueueHandler(ApiHandler):
    @operation(summary="A queue as it is now", answer=QueueViewAnswer, errors=(NotFound,))
    async def get(self, doctor_id: str) -> None:
        """Full for staff, without personal data for everyone else. Served from memory; ETag and 304 are honoured."""
        staff = self.principal is not None and self.principal.is_staff
        view = await self.services.queues.view(doctor_id, staff=staff)
        self.set_header("ETag", view.etag)
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Vary", "Authorization")
        if self.check_etag_header():
            self.set_status(304)
            return
        self.answer(view.body)


class NotifyNextHandler(ApiHandler):
    @operation(
        summary="Finish the room's ticket and call the next",
        body=NotifyNextBody,
        answer=NotifyNextAnswer,
        errors=TICKET_ERRORS,
        idempotent=True,
    )
    async def post(self) -> None:
        """`called` and `finished` are null where there was nobody. 409 `wrong_state` says who was faster."""
        body = self.body(NotifyNextBody)
        command = commands.CallNext(
            id=self.command_id(),
            fingerprint=self.fingerprint(),
            actor=commander(self.signed_in(), body.doctor_id),
            room=body.room,
            current=body.current if "current" in body.model_fields_set else commands.UNSET,
            no_show=body.outcome == "no_show",
        )
        queues = self.services.queues
        applied = await queues.run(body.doctor_id, command)
        answer: dict[str, Any] = {"seq": applied.done.seq}
        for name in ("called", "finished"):
            ticket_id = applied.done.outcome.get(name)
            answer[name] = await queues.ticket_after(applied, ticket_id, staff=True) if ticket_id else None
        self.audit("call next", applied.done.outcome.get("called") or "", doctor_id=body.doctor_id)
        self.answer(answer, replayed=applied.replayed)


class QueueCommandHandler(ApiHandler):
    """What the commands on a whole queue share."""

    async def run(self, kind: type[commands.Command], doctor_id: str, **fields: Any) -> None:
        """Carry out one command and answer with the queue's status."""
        applied = await self.services.queues.run(doctor_id, self.command(kind, doctor_id, **fields))
        answer = {"doctor_id": doctor_id, "status": applied.day.status.value, "seq": applied.done.seq}
        self.answer(answer, replayed=applied.replayed)

    def command(self, kind: type[commands.Command], doctor_id: str, **fields: Any) -> Any:
        """The command as this request's caller gives it."""
        actor = commander(self.signed_in(), doctor_id)
        return kind(id=self.command_id(), fingerprint=self.fingerprint(), actor=actor, **fields)


class PauseHandler(QueueCommandHandler):
    @operation(summary="No calls for a while", body=PauseBody, answer=QueueAnswer, errors=QUEUE_ERRORS, idempotent=True)
    async def post(self, doctor_id: str) -> None:
        """Joins go on; the next call ends the pause."""
        body = self.body(PauseBody)
        await self.run(commands.PauseQueue, doctor_id, reason=body.reason, note=body.note, minutes=body.minutes)


class OpenHandler(QueueCommandHandler):
    @operation(summary="Open again", body=ReasonBody, answer=QueueAnswer, errors=QUEUE_ERRORS, idempotent=True)
    async def post(self, doctor_id: str) -> None:
        self.body(ReasonBody)
        await self.run(commands.OpenQueue, doctor_id)


class CloseHandler(QueueCommandHandler):
    @operation(summary="No more joins today", body=ReasonBody, answer=QueueAnswer, errors=QUEUE_ERRORS, idempotent=True)
    async def post(self, doctor_id: str) -> None:
        """Those in the queue are still served."""
        self.body(ReasonBody)
        await self.run(commands.CloseQueue, doctor_id)


class UndoHandler(QueueCommandHandler):
    @operation(
        summary="Take back the last staff command",
        body=UndoBody,
        answer=UndoAnswer,
        errors=QUEUE_ERRORS,
        idempotent=True,
    )
    async def post(self, doctor_id: str) -> None:
        """For two minutes, and only while none of its tickets has changed again."""
        body = self.body(UndoBody)
        queues = self.services.queues
        applied, sms, texted = await queues.undo(doctor_id, self.command(commands.UndoLast, doctor_id, seq=body.seq))
        outcome = applied.done.outcome
        tickets = [await queues.ticket_after(applied, id, staff=True) for id in outcome["tickets"]]
        codes = ", ".join(ticket["code"] for ticket in tickets)
        self.audit("undo queue", doctor_id, undone=outcome["undone"], codes=codes)
        shown = {"undone": outcome["undone"], "tickets": tickets, "seq": applied.done.seq}
        answer = {**shown, "sms": sms, "texted": texted}
        self.answer(answer, replayed=applied.replayed)


class CancelAllHandler(QueueCommandHandler):
    @operation(
        summary="Cancel everybody who waits", body=ReasonBody, answer=AllAnswer, errors=QUEUE_ERRORS, idempotent=True
    )
    async def post(self, doctor_id: str) -> None:
        """Those in a room stay. Each is told by SMS. Can be undone."""
        command = self.command(commands.CancelAll, doctor_id, reason=self.body(ReasonBody).reason)
        applied = await self.services.queues.run(doctor_id, command)
        answer = {"count": applied.done.outcome["cancelled"], "refused": [], "seq": applied.done.seq}
        self.answer(answer, replayed=applied.replayed)


class TransferAllHandler(QueueCommandHandler):
    @operation(
        summary="Move everybody who waits to another queue",
        body=TransferBody,
        answer=AllAnswer,
        errors=(*QUEUE_ERRORS, AlreadyQueued),
        idempotent=True,
    )
    async def post(self, doctor_id: str) -> None:
        """In their order; `refused` names those whom the other queue could not take."""
        actor = commander(self.signed_in(), doctor_id)
        body = self.body(TransferBody)
        if body.doctor_id == doctor_id:
            raise Invalid.field("doctor_id", "Choose another doctor than this queue's own.")
        to_doctor_id = self.services.doctors.get(body.doctor_id).id
        queues = self.services.queues
        waiting = policy.waiting(await queues.day(doctor_id))
        results = await asyncio.gather(
            *(
                queues.transfer(
                    commands.Transfer(
                        id=derived_id(self.command_id(), ticket.id),
                        actor=actor,
                        ticket_id=ticket.id,
                        reason=body.reason,
                        to_doctor_id=to_doctor_id,
                        new_ticket_id=new_id(),
                    )
                )
                for ticket in waiting
            ),
            return_exceptions=True,
        )
        refused = []
        for ticket, result in zip(waiting, results, strict=True):
            if isinstance(result, DomainError) and not isinstance(result, StorageUnavailable):
                refused.append({"ticket_id": ticket.id, "ticket_code": ticket.code, "detail": result.detail})
            elif isinstance(result, BaseException):
                raise result
        seq = (await queues.day(doctor_id)).seq
        self.answer({"count": len(waiting) - len(refused), "refused": refused, "seq": seq})


def commander(caller: Principal, doctor_id: str) -> Actor:
    """The caller as the one who commands this queue. Raises Forbidden for another doctor's."""
    if not caller.commands(doctor_id):
        raise Forbidden("This is another doctor's queue. Ask reception.")
    return caller.actor


routes = [
    ("/api/enqueue/", EnqueueHandler),
    ("/api/notify-next/", NotifyNextHandler),
    ("/api/queue/{doctor_id}/", QueueHandler),
    ("/api/queue/{doctor_id}/pause/", PauseHandler),
    ("/api/queue/{doctor_id}/open/", OpenHandler),
    ("/api/queue/{doctor_id}/close/", CloseHandler),
    ("/api/queue/{doctor_id}/undo/", UndoHandler),
    ("/api/queue/{doctor_id}/transfer-all/", TransferAllHandler),
    ("/api/queue/{doctor_id}/cancel-all/", CancelAllHandler),
]
