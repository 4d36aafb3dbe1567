"""`/api/doctors/…`: the doctors one can choose, their free times, and their records."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.closures import ClosureAnswer, ClosureBody
from handlers.cursors import sealed
from handlers.schemas import Answer, Body, Change, Day, Language, NewPassword, PageQuery, Query
from server.clock import iso
from server.doctors.model import Doctor, DoctorChanges, Kind, NewDoctor
from server.errors import NotFound, PatientInQueue

Words = Annotated[str, Field(max_length=400, description="1 to 100 characters")]
Room = Annotated[str, Field(max_length=200, description="1 to 40 characters")]
Rooms = Annotated[list[Room], Field(max_length=50, description="a team's rooms, the first one included")]
Letter = Annotated[str, Field(max_length=10, description="one or two letters A to Z, unique")]
SlotMinutes = Annotated[int, Field(description="5 to 240")]
Hours = Annotated[
    dict[str, Annotated[list[Annotated[list[str], Field(max_length=10)]], Field(max_length=50)]],
    Field(max_length=20, examples=[{"mon": [["09:00", "12:30"], ["13:30", "17:00"]]}]),
]


class DoctorBody(Body):
    """A doctor, or a team of several rooms. Letter and hours are chosen if left out; a username makes an account."""

    name: Words
    specialty: Words
    room: Room
    kind: Kind = Kind.DOCTOR
    rooms: Rooms | None = None
    letter: Letter | None = None
    slot_minutes: SlotMinutes = 15
    hours: Hours | None = None
    username: Annotated[str | None, Field(max_length=64)] = None
    password: NewPassword | None = None


class DoctorChange(Body):
    """What is left out stays. `hours` replaces the week, `days_off` all of them; who is booked then stays so."""

    name: Change[Words] = None
    specialty: Change[Words] = None
    room: Change[Room] = None
    kind: Change[Kind] = None
    rooms: Change[Rooms] = None
    letter: Change[Letter] = None
    slot_minutes: Change[SlotMinutes] = None
    hours: Change[Hours] = None
    days_off: Change[Annotated[list[ClosureBody], Field(max_length=200)]] = None


class SlotQuery(Query):
    """The clinic's calendar date; today if left out. `language` is for the name of a holiday."""

    date: Day | None = None
    language: Language = "en"


class EstimateAnswer(Answer):
    """From when to when somebody joining now would be called."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class DoctorCard(Answer):
    """A doctor and how the queue stands."""

    id: str
    kind: str
    name: str
    specialty: str
    room: str
    rooms: list[str]
    letter: str
    slot_minutes: int
    hours: dict[str, list[list[str]]]
    days_off: list[ClosureAnswer]
    status: str
    waiting: int
    estimate: EstimateAnswer | None


class DoctorList(Answer):
    """Doctors in the order they were added."""

    items: list[DoctorCard]
    next_cursor: str | None


class SlotAnswer(Answer):
    """One time that can be booked."""

    start: str
    end: str


class ClosedAnswer(Answer):
    """The doctor is away, the clinic is closed, or it is a holiday; `name` is the holiday's or the clinic's words."""

    why: Literal["away", "closed", "holiday"]
    name: str


class SlotList(Answer):
    """The free times of one day, in order; `closed` says why there are none on a day without appointments."""

    items: list[SlotAnswer]
    closed: ClosedAnswer | None


class DoctorsHandler(ApiHandler):
    @operation(summary="Doctors and how their queues stand", query=PageQuery, answer=DoctorList)
    async def get(self) -> None:
        page = self.query(PageQuery)
        doctors = [doctor for doctor in self.services.doctors.all() if doctor.order > (page.cursor or "")]
        shown = doctors[: page.limit]
        cursor = shown[-1].order if len(doctors) > page.limit else None
        self.answer({"items": [await _card(self, doctor) for doctor in shown], "next_cursor": sealed(cursor)})

    @operation(summary="Add a doctor", body=DoctorBody, answer=DoctorCard, status=201, idempotent=True)
    async def post(self) -> None:
        """With default hours, Monday to Friday, unless others are given."""
        new = NewDoctor(**self.body(DoctorBody).model_dump())
        doctor, replayed = await self.services.doctors.create(new, command_id=self.command_id())
        self.audit("add doctor", doctor.id)
        self.answer(await _card(self, doctor), 201, replayed=replayed)


class DoctorHandler(ApiHandler):
    @operation(summary="One doctor", answer=DoctorCard, errors=(NotFound,))
    async def get(self, doctor_id: str) -> None:
        self.answer(await _card(self, self.services.doctors.get(doctor_id)))

    @operation(summary="Change a doctor", body=DoctorChange, answer=DoctorCard, errors=(NotFound,))
    async def patch(self, doctor_id: str) -> None:
        """Name, room and letter change on open boards at once; tickets keep the codes they have."""
        body = self.body(DoctorChange)
        changes = DoctorChanges(**body.model_dump(exclude={"days_off"}))
        if body.days_off is not None:
            changes = replace(changes, days_off=[closure.plain() for closure in body.days_off])
        doctor = await self.services.doctors.update(doctor_id, changes)
        self.answer(await _card(self, doctor))

    @operation(summary="Remove a doctor", status=204, errors=(NotFound, PatientInQueue))
    async def delete(self, doctor_id: str) -> None:
        """The letter is free again, bookings ahead are cancelled and their patients told, the accounts are gone."""
        await self.services.doctors.delete(doctor_id, self.signed_in().actor)
        self.answer_nothing()


class SlotsHandler(ApiHandler):
    @operation(summary="A doctor's free times", query=SlotQuery, answer=SlotList, errors=(NotFound,))
    async def get(self, doctor_id: str) -> None:
        """Of one date, from now on and up to 90 days ahead."""
        appointments = self.services.appointments
        query = self.query(SlotQuery)
        day = query.date or appointments.today()
        slots = await appointments.free_slots(doctor_id, day)
        items = [{"start": iso(slot.start), "end": iso(slot.end)} for slot in slots]
        closed = appointments.why_closed(doctor_id, day, query.language)
        self.answer({"items": items, "closed": asdict(closed) if closed else None})


async def _card(handler: ApiHandler, doctor: Doctor) -> dict[str, Any]:
    return {**doctor.card(), **await handler.services.queues.card(doctor.id)}


routes = [
    ("/api/doctors/", DoctorsHandler),
    ("/api/doctors/{doctor_id}/", DoctorHandler),
    ("/api/doctors/{doctor_id}/slots/", SlotsHandler),
]
