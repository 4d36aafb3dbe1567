"""The one place that builds what the world sees of a queue: tickets and queue views, staff and public. Pure.

Public views hold no personal data (DESIGN 5: shapes). What lies outside the day's document, a ticket's
latest SMS and the patient's other queues, comes in as `Around`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.clock import iso
from server.queue import policy, standing
from server.queue.estimate import Estimate, estimates
from server.queue.model import CALLS_KEPT, ENDED, UNDO_WINDOW, Pause, QueueDay, State, Step, Ticket

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sms:
    """The state of a ticket's latest text."""

    state: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What a view needs from outside the document."""

    public_url: str
    sms: Mapping[str, Sms] = field(default_factory=dict)
    elsewhere: Callable[[str, str], Sequence[View]] = lambda patient_id, ticket_id: ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A day at an instant, with the order and the estimates worked out once for all its tickets."""

    day: QueueDay
    now: datetime
    around: Around
    order: Sequence[Ticket]
    positions: Mapping[str, int]
    estimates: Mapping[str, Estimate]

    @classmethod
    def of(cls, day: QueueDay, now: datetime, around: Around) -> Scene:
        """The scene of `day` at `now`."""
        order = policy.waiting(day)
        positions = {ticket.id: place for place, ticket in enumerate(order, start=1)}
        return cls(day, now, around, order, positions, estimates(day, order, now))


def ticket_view(scene: Scene, ticket: Ticket, *, staff: bool, in_queue: bool = False) -> View:
    """One ticket; `in_queue` leaves out what would tell a public watcher of the queue whose it is."""
    estimate = scene.estimates.get(ticket.id)
    sms = scene.around.sms.get(ticket.id)
    view: View = {
        "id": ticket.id,
        "code": ticket.code,
        "doctor_id": scene.day.doctor.id,
        "doctor": scene.day.doctor.name,
        "room": ticket.room or scene.day.doctor.room,
        "state": ticket.state.value,
        "priority": ticket.priority.value,
        "source": ticket.source.value,
        "arrived_at": iso(ticket.arrived_at),
        "due_at": iso(ticket.due_at) if ticket.due_at else None,
        "position": scene.positions.get(ticket.id),
        "estimate": {"from": iso(estimate.earliest), "to": iso(estimate.latest)} if estimate else None,
        "calls": ticket.calls,
        "sms": {"state": sms.state, "code": sms.code} if sms else None,
        "ended_as": ticket.state.value if ticket.state in ENDED else None,
        "moved_to": ticket.moved_to,
        "status_url": f"{scene.around.public_url}/t/{ticket.id}",
        "seq": scene.day.seq,
        "steps": [step_view(step, staff=staff) for step in ticket.steps],
    }
    if staff:
        patient = ticket.patient
        view["patient"] = {
            "id": patient.id,
            "name": patient.name,
            "phone_masked": patient.phone_masked,
            "language": patient.language,
        }
        view["reason"] = ticket.reason
        view["elsewhere"] = list(scene.around.elsewhere(patient.id, ticket.id))
        view["late_at"] = _late_at(scene.day, ticket)
    elif in_queue:
        del view["id"], view["status_url"]  # the link holds the id
    return view


def step_view(step: Step, *, staff: bool) -> View:
    """One step; actor and reason are for staff."""
    view: View = {
        "state": step.state.value,
        "start": iso(step.start),
        "end": iso(step.end) if step.end else None,
        "room": step.room,
        "inferred": step.inferred,
    }
    if staff:
        view["actor"] = step.actor
        view["reason"] = step.reason
    return view


def queue_view(scene: Scene, *, staff: bool) -> View:
    """The whole queue at an instant, next one first."""
    day = scene.day

    def listed(tickets: Sequence[Ticket]) -> list[View]:
        return [ticket_view(scene, ticket, staff=staff, in_queue=True) for ticket in tickets]

    pause = day.pause
    view: View = {
        "doctor": {"id": day.doctor.id, "name": day.doctor.name, "letter": day.doctor.letter, "room": day.doctor.room},
        "day": day.day.isoformat(),
        "seq": day.seq,
        "at": iso(scene.now),
        "status": day.status.value,
        "pause": _pause_view(pause, staff=staff) if pause else None,
        "current": listed(_by_start(day.in_state(State.IN_ROOM))),
        "called": listed(_by_start(day.in_state(State.CALLED))),
        "waiting": listed(scene.order),
        "on_hold": listed(_by_start(day.in_state(State.ON_HOLD))),
        "missed": listed(_by_start(day.in_state(State.NO_SHOW))),
        "calls": _calls(scene, staff),
    }
    if staff:
        view["doctor"]["rooms"] = list(day.doctor.rooms)
        view["arrived"] = day.next_number - 1 - day.mistaken
        undo = day.undo
        view["undo"] = standing.describe(undo) if undo and scene.now - undo.at < UNDO_WINDOW else None
    return view


def _pause_view(pause: Pause, *, staff: bool) -> View:
    view: View = {"reason": pause.reason, "until": iso(pause.until) if pause.until else None}
    return {**view, "note": pause.note} if staff else view


def card(scene: Scene) -> View:
    """What a patient choosing a doctor sees of the queue: status, how many wait, the last one's estimate."""
    last = scene.estimates.get(scene.order[-1].id) if scene.order else None
    return {
        "status": scene.day.status.value,
        "waiting": len(scene.order),
        "estimate": {"from": iso(last.earliest), "to": iso(last.latest)} if last else None,
    }


def _calls(scene: Scene, staff: bool) -> list[View]:
    """The calls of the last two minutes. Publicly, a call's id tells nothing of its ticket."""
    return [
        {
            "id": f"{scene.day.seq - scene.day.version + call.number}-{call.code}",
            **({"ticket_id": call.ticket_id} if staff else {}),
            "code": call.code,
            "room": call.room,
            "doctor_id": scene.day.doctor.id,
            "at": iso(call.at),
            "repeat": call.repeat,
            "undone": call.undone,
        }
        for call in scene.day.calls
        if scene.now - call.at < CALLS_KEPT
    ]


def _by_start(tickets: Sequence[Ticket]) -> list[Ticket]:
    return sorted(tickets, key=lambda ticket: ticket.last.start)


def _late_at(day: QueueDay, ticket: Ticket) -> str | None:
    """From when on the console marks the wait as too long."""
    return iso(policy.waits_too_long_at(ticket, day.policy)) if ticket.state is State.WAITING else None
