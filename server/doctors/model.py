"""A doctor, or a team of several rooms with one list, and the rules of the record's fields. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from server.doctors.closures import Closure, parse_closures
from server.doctors.hours import WeeklyHours, default_hours, parse_hours
from server.doctors.letters import clean_letter
from server.errors import Faults, Invalid

DEFAULT_SLOT_MINUTES = 15
SLOT_MINUTES = range(5, 241)
LONGEST_TEXT = 100
LONGEST_ROOM = 40
MOST_ROOMS = 20


class Kind(StrEnum):
    """A team serves one list in several rooms."""

    DOCTOR = "doctor"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Doctor:
    """One doctor or team. `rooms` begins with `room`; a doctor has just that one."""

    id: str
    order: str
    kind: Kind
    name: str
    specialty: str
    room: str
    rooms: tuple[str, ...]
    letter: str
    slot_minutes: int
    hours: WeeklyHours
    days_off: tuple[Closure, ...] = ()
    deleted: bool = False
    request_hash: str = ""
    rev: int = 0

    def card(self) -> dict[str, Any]:
        """What everybody may know, without the queue's status."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "name": self.name,
            "specialty": self.specialty,
            "room": self.room,
            "rooms": list(self.rooms),
            "letter": self.letter,
            "slot_minutes": self.slot_minutes,
            "hours": self.hours.as_json(),
            "days_off": [closure.view() for closure in self.days_off],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDoctor:
    """What creating a doctor takes, as it was typed."""

    name: str
    specialty: str
    room: str
    kind: Kind = Kind.DOCTOR
    rooms: Sequence[str] | None = None
    letter: str | None = None
    slot_minutes: int = DEFAULT_SLOT_MINUTES
    hours: Mapping[str, Sequence[Sequence[str]]] | None = None
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorChanges:
    """What a change says; None means unchanged."""

    name: str | None = None
    specialty: str | None = None
    room: str | None = None
    kind: Kind | None = None
    rooms: Sequence[str] | None = None
    letter: str | None = None
    slot_minutes: int | None = None
    hours: Mapping[str, Sequence[Sequence[str]]] | None = None
    days_off: Sequence[tuple[date, date, str]] | None = None


def build(new: NewDoctor, *, id: str, order: str, request_hash: str) -> Doctor:
    """The doctor `new` describes; the letter is empty if none was asked for. Raises Invalid."""
    faults = Faults()
    name = faults.read(lambda: _clean(new.name, "name", LONGEST_TEXT), "")
    specialty = faults.read(lambda: _clean(new.specialty, "specialty", LONGEST_TEXT), "")
    room = faults.read(lambda: _clean(new.room, "room", LONGEST_ROOM), "")
    no_rooms: tuple[str, ...] = ()
    rooms = faults.read(lambda: _rooms(new.kind, room, new.rooms), no_rooms)
    letter = faults.read(lambda: clean_letter(new.letter) if new.letter else "", "")
    slot_minutes = faults.read(lambda: _slot_minutes(new.slot_minutes), 0)
    hours = faults.read(lambda: default_hours() if new.hours is None else parse_hours(new.hours), WeeklyHours())
    if (new.username is None) != (new.password is None):
        missing, given = ("password", "username") if new.password is None else ("username", "password")
        faults.add(missing, f"is required with a {given}")
    faults.settle()
    return Doctor(
        id=id,
        order=order,
        kind=new.kind,
        name=name,
        specialty=specialty,
        room=room,
        rooms=rooms,
        letter=letter,
        slot_minutes=slot_minutes,
        hours=hours,
        request_hash=request_hash,
    )


def change(doctor: Doctor, changes: DoctorChanges) -> Doctor:
    """`doctor` with `changes` made. Raises Invalid."""
    kind = changes.kind or doctor.kind
    room = _clean(changes.room, "room", LONGEST_ROOM) if changes.room is not None else doctor.room
    rooms = changes.rooms
    if rooms is None and kind is Kind.TEAM:
        rooms = [room, *(each for each in doctor.rooms[1:] if each != room)] if doctor.kind is Kind.TEAM else [room]
    elif rooms and changes.room is None:
        room = _clean(rooms[0], "rooms", LONGEST_ROOM)
    return replace(
        doctor,
        kind=kind,
        name=_clean(changes.name, "name", LONGEST_TEXT) if changes.name is not None else doctor.name,
        specialty=(
            _clean(changes.specialty, "specialty", LONGEST_TEXT) if changes.specialty is not None else doctor.specialty
        ),
        room=room,
        rooms=_rooms(kind, room, rooms),
        letter=clean_letter(changes.letter) if changes.letter is not None else doctor.letter,
        slot_minutes=_slot_minutes(changes.slot_minutes) if changes.slot_minutes is not None else doctor.slot_minutes,
        hours=parse_hours(changes.hours) if changes.hours is not None else doctor.hours,
        days_off=parse_closures("days_off", changes.days_off) if changes.days_off is not None else doctor.days_off,
    )


def _rooms(kind: Kind, room: str, rooms: Sequence[str] | None) -> tuple[str, ...]:
    named = [_clean(text, "rooms", LONGEST_ROOM) for text in rooms or ()]
    if kind is Kind.TEAM and rooms is not None and not named:
        raise Invalid.field("rooms", "are none; name a team's rooms, or leave this out for the one in `room`")
    if len({text.casefold() for text in named}) < len(named):
        raise Invalid.field("rooms", "name a room twice; each belongs there once")
    every = tuple(dict.fromkeys((room, *named)))
    if kind is Kind.DOCTOR and len(every) > 1:
        raise Invalid.field("rooms", "are for a team; a doctor has one room")
    if len(every) > MOST_ROOMS:
        raise Invalid.field("rooms", f"are more than {MOST_ROOMS}; make two teams of them")
    return every


def _slot_minutes(minutes: int) -> int:
    if minutes not in SLOT_MINUTES:
        raise Invalid.field("slot_minutes", f"is not between {SLOT_MINUTES.start} and {SLOT_MINUTES.stop - 1} minutes")
    return minutes


def _clean(text: str, field: str, longest: int) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise Invalid.field(field, "has characters that cannot be shown; write plain text")
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    if not clean:
        raise Invalid.field(field, "is empty; write a few words")
    if len(clean) > longest:
        raise Invalid.field(field, f"is longer than {longest} characters; shorten it")
    return clean
