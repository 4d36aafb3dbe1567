"""How a queue's day, its tickets and a finished visit stand in the database, and back. Pure.

The names are those of the model; enums are their values, dates ISO strings, instants BSON dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any, Generic, TypeVar

from server.ids import order_key
from server.queue.estimate import Estimate
from server.queue.model import (
    Call,
    DoctorCopy,
    Done,
    Effect,
    Key,
    PatientCopy,
    Pause,
    Policy,
    Priority,
    QueueDay,
    Source,
    State,
    Status,
    Step,
    Ticket,
    Told,
    Undo,
    Undone,
)

Document = dict[str, Any]


T = TypeVar("T")


class Made(Generic[T]):
    """Values that were turned into documents before: each is turned once, however often the day is written.

    A commit with 300 tickets behind it then costs the making of one document, not of 300.
    """

    def __init__(self, make: Callable[[T], Document]) -> None:
        self._make = make
        self._made: dict[str, tuple[T, Document]] = {}

    def of(self, values: Mapping[str, T]) -> list[Document]:
        """The documents of `values`, in order; those no longer asked for are forgotten."""
        before, made = self._made, {}
        for id, value in values.items():
            known = before.get(id)
            made[id] = known if known is not None and known[0] is value else (value, self._make(value))
        self._made = made
        return [document for _, document in made.values()]


class DayDocuments:
    """What is kept between two writes of one day."""

    def __init__(self) -> None:
        self.tickets = Made(ticket_document)
        self.commands = Made[Done](_flat)


def day_document(day: QueueDay, made: DayDocuments) -> Document:
    """The whole document of DESIGN 2.

    `settled` (0 or 1, an indexed scalar) says that nothing is left to do: the day is finished, its tickets
    are in `visits` and its effects carried out.
    """
    return {
        "_id": day.id,
        "rev": day.rev,
        "doctor": _doctor_document(day.doctor),
        "day": day.day.isoformat(),
        "zone": day.zone,
        "updated_at": day.updated_at,
        "policy": asdict(day.policy),
        "version": day.version,
        "status": day.status.value,
        "pause": asdict(day.pause) if day.pause else None,
        "finished": day.finished,
        "settled": int(day.settled),
        "next_number": day.next_number,
        "mistaken": day.mistaken,
        "next_effect": day.next_effect,
        "tickets": made.tickets.of(day.tickets),
        "calls": [_flat(call) for call in day.calls],
        "effects": [{"number": e.number, "kind": e.kind, "data": e.data} for e in day.effects],
        "commands": made.commands.of(day.commands),
        "undo": _undo_document(day.undo),
        "undone": _flat(day.undone) if day.undone else None,
        "services": list(day.services),
        "past_services": list(day.past_services),
        "last_used": [{"room": room, "at": at} for room, at in day.last_used.items()],
        "told": [{"key": key, **_flat(told)} for key, told in day.told.items()],
    }


def day_from(document: Mapping[str, Any]) -> QueueDay:
    """The day that `day_document` wrote."""
    return QueueDay(
        doctor=_doctor_from(document["doctor"]),
        day=date.fromisoformat(document["day"]),
        zone=document["zone"],
        updated_at=document["updated_at"],
        policy=Policy(**document["policy"]),
        rev=document["rev"],
        version=document["version"],
        status=Status(document["status"]),
        pause=Pause(**document["pause"]) if document["pause"] else None,
        finished=document["finished"],
        next_number=document["next_number"],
        mistaken=document.get("mistaken", 0),
        next_effect=document["next_effect"],
        tickets={ticket["id"]: ticket_from(ticket) for ticket in document["tickets"]},
        calls=tuple(Call(**call) for call in document["calls"]),
        effects=tuple(Effect(**effect) for effect in document["effects"]),
        commands={done["id"]: Done(**{**done, "effects": tuple(done["effects"])}) for done in document["commands"]},
        undo=_undo_from(document["undo"]),
        undone=Undone(**undone) if (undone := document.get("undone")) else None,
        services=tuple(document["services"]),
        past_services=tuple(document["past_services"]),
        last_used={used["room"]: used["at"] for used in document.get("last_used", ())},
        told={told["key"]: Told(told["message_id"], told["withdrawn"]) for told in document.get("told", ())},
    )


def ticket_document(ticket: Ticket) -> Document:
    """One ticket, with its patient and steps."""
    document = _flat(ticket)
    document["patient"] = _flat(ticket.patient)
    document["steps"] = [_flat(step) for step in ticket.steps]
    place = ticket.place
    document["place"] = {"rank": place.rank, "time": place.time, "path": list(place.path)} if place else None
    return document


def ticket_from(document: Mapping[str, Any]) -> Ticket:
    """The ticket that `ticket_document` wrote."""
    place = document["place"]
    return Ticket(
        **{
            **document,
            "patient": PatientCopy(**document["patient"]),
            "steps": tuple(_step_from(step) for step in document["steps"]),
            "source": Source(document["source"]),
            "priority": Priority(document["priority"]),
            "place": Key(place["rank"], place["time"], tuple(place["path"])) if place else None,
            "promoted_path": tuple(document.get("promoted_path", ())),
            "earlier": tuple(document.get("earlier", ())),
            "recalls": tuple(document.get("recalls", ())),
            "contrary": tuple(document.get("contrary", ())),
        }
    )


def visit_document(day: QueueDay, ticket: Ticket, promised: Estimate | None = None) -> Document:
    """The lasting record of an ended ticket: everything but the patient's name and phone.

    `promised` is when the patient was told at joining that the call would come, where that is known.
    """
    return {
        "_id": ticket.id,
        "rev": 1,
        "order": order_key(ticket.ended_at or ticket.last.start, ticket.id),
        "doctor_id": day.doctor.id,
        "doctor": _doctor_document(day.doctor),
        "patient_id": ticket.patient.id,
        "day": day.day.isoformat(),
        "version": day.version,
        "zone": day.zone,
        "promised": {"from": promised.earliest, "to": promised.latest} if promised else None,
        "ticket": {
            **ticket_document(ticket),
            "patient": {"id": ticket.patient.id, "language": ticket.patient.language},
        },
    }


def anonymous_visit(visit: Mapping[str, Any]) -> Document:
    """The visit without whose it was and without what was written about them; times and states stay."""
    ticket = visit["ticket"]
    return {
        **visit,
        "patient_id": "",
        "ticket": {
            **ticket,
            "patient": {**ticket["patient"], "id": ""},
            "reason": None,
            "steps": [{**step, "reason": None} for step in ticket["steps"]],
        },
    }


def visit_of(visit: Mapping[str, Any], patient_id: str) -> Document:
    """The visit as another record's of the same patient."""
    ticket = visit["ticket"]
    patient = {**ticket["patient"], "id": patient_id}
    return {**visit, "patient_id": patient_id, "ticket": {**ticket, "patient": patient}}


def ticket_from_visit(visit: Mapping[str, Any]) -> Ticket:
    """The ticket of a visit; its patient has an id and a language only."""
    patient = {"name": "", **visit["ticket"]["patient"]}
    return ticket_from({**visit["ticket"], "patient": patient})


def day_of_visit(visit: Mapping[str, Any]) -> QueueDay:
    """As much of the day a visit was part of as a view of its ticket needs: no other tickets."""
    ended = visit["ticket"]["steps"][-1]["start"]
    return QueueDay(
        doctor=_doctor_from(visit["doctor"]),
        day=date.fromisoformat(visit["day"]),
        zone=visit["zone"],
        updated_at=ended,
        version=visit["version"],
    )


def _doctor_document(doctor: DoctorCopy) -> Document:
    return {**asdict(doctor), "rooms": list(doctor.rooms)}


def _doctor_from(document: Mapping[str, Any]) -> DoctorCopy:
    return DoctorCopy(**{**document, "rooms": tuple(document["rooms"])})


def _step_from(document: Mapping[str, Any]) -> Step:
    return Step(**{**document, "state": State(document["state"])})


def _undo_document(undo: Undo | None) -> Document | None:
    if undo is None:
        return None
    document = _flat(undo)
    document["tickets"] = [ticket_document(ticket) for ticket in undo.tickets]
    document["pause"] = asdict(undo.pause) if undo.pause else None
    return document


def _undo_from(document: Mapping[str, Any] | None) -> Undo | None:
    if document is None:
        return None
    return Undo(
        **{
            **document,
            "tickets": tuple(ticket_from(ticket) for ticket in document["tickets"]),
            "status": Status(document["status"]),
            "pause": Pause(**document["pause"]) if document["pause"] else None,
            "services": tuple(document["services"]),
        }
    )


def _flat(value: Any) -> Document:
    """A dataclass as a document, one level deep: enums as their values, tuples as lists."""
    return {name: _bson(getattr(value, name)) for name in _names(type(value))}


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return names


def _bson(value: Any) -> Any:
    if isinstance(value, (State, Priority, Source, Status)):
        return value.value
    if isinstance(value, tuple):
        return list(value)
    return value
