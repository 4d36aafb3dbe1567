"""`/api/patients/…`: registering, finding, changing and anonymising patients."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.patient_places import PlaceAnswer, by_patient, holders
from handlers.schemas import Answer, Body, Change, Language, NewPassword, PageQuery
from server.accounts.roles import Principal
from server.errors import Faults, Forbidden, NotFound, PatientInQueue, SlowDown, WrongState
from server.patients.model import NewPatient, Patient, PatientChanges

PatientName = Annotated[str, Field(max_length=400, description="1 to 100 characters, in any script")]
Phone = Annotated[str, Field(max_length=40, description="with + and country code, or as dialled in the country")]
BirthDate = Annotated[str, Field(max_length=10, json_schema_extra={"format": "date"})]
Username = Annotated[str, Field(max_length=64)]


class PatientBody(Body):
    """Whoever is not staff must give `phone`, `username` and `password`."""

    name: PatientName
    sms_consent: bool
    phone: Phone | None = None
    date_of_birth: BirthDate | None = None
    language: Language = "en"
    username: Username | None = None
    password: NewPassword | None = None


class PatientChange(Body):
    """What is left out stays; null takes a phone number or birth date away. `number_confirmed` is for staff."""

    name: Change[PatientName] = None
    phone: Phone | None = None
    date_of_birth: BirthDate | None = None
    language: Change[Language] = None
    sms_consent: Change[bool] = None
    number_confirmed: Change[bool] = None


class ConfirmBody(Body):
    """The code that was sent to the number; without it a new one is sent."""

    code: Annotated[str | None, Field(max_length=20)] = None


class PatientQuery(PageQuery):
    """`q`: words of the name, three or more digits of the phone number, a birth date, or the code of today's ticket."""

    q: Annotated[str | None, Field(max_length=200)] = None


class PatientSummary(Answer):
    """A patient in a list; the number is masked. `opted_out`: it answered STOP, and gets no text before its START."""

    id: str
    name: str
    phone_masked: str
    date_of_birth: str | None
    language: str
    sms_consent: bool
    number_confirmed: bool
    opted_out: bool
    has_account: bool
    created_at: str
    anonymised: bool


class PatientDetails(PatientSummary):
    """A patient's record, with the whole number. `merged_into` is the record that has taken this one's place."""

    phone: str | None
    merged_into: str | None


class FoundPatient(PatientSummary):
    """A patient, and the queues they are in today."""

    tickets: list[PlaceAnswer]


class PatientList(Answer):
    """One page of patients."""

    items: list[FoundPatient]
    next_cursor: str | None


class OneTimePassword(Answer):
    """Shown once; every session of the patient has ended."""

    username: str
    password: str


class PatientsHandler(ApiHandler):
    @operation(summary="Find patients", query=PatientQuery, answer=PatientList)
    async def get(self) -> None:
        """By name, phone number, birth date or ticket code; without `q` the newest first."""
        query = self.query(PatientQuery)
        patients = self.services.patients
        places = self.services.queues.places()
        if query.q is None:
            page = await patients.newest(query.cursor, query.limit)
        elif ids := holders(places, query.q):
            page = await patients.these(ids)
        else:
            page = await patients.search(query.q, query.cursor, query.limit)
        tickets = by_patient(places)
        items = [
            {**shown(self, patient.summary(), patient), "tickets": tickets.get(patient.id, [])}
            for patient in page.patients
        ]
        self.answer({"items": items, "next_cursor": sealed(page.next_cursor)})

    @operation(
        summary="Register a patient",
        body=PatientBody,
        answer=PatientDetails,
        status=201,
        errors=(SlowDown,),
        idempotent=True,
    )
    async def post(self) -> None:
        """Staff register with or without an account. Everyone else registers themselves and gets a code by SMS."""
        body = self.body(PatientBody)
        staff = self.principal is not None and self.principal.is_staff
        if not staff:
            _require_contact(body)
            self.services.limits.registration(self.client_address)
        new = NewPatient(**body.model_dump(), number_confirmed=staff)
        registered = await self.services.patients.register(new, command_id=self.command_id())
        if staff:
            self.audit("register patient", registered.patient.id)
        self.answer(details(self, registered.patient), 201, replayed=registered.replayed)


class PatientHandler(ApiHandler):
    @operation(summary="One patient", answer=PatientDetails, errors=(NotFound,))
    async def get(self, patient_id: str) -> None:
        """Staff, and the patient. Staff also see that a record was anonymised; opening one is audited."""
        caller = _caller_for(self, patient_id)
        patients = self.services.patients
        patient = await (patients.find if caller.is_staff else patients.get)(patient_id)
        if caller.is_staff and patient.phone:
            self.audit("phone number shown", patient_id)
        self.answer(details(self, patient))

    @operation(summary="Change a patient", body=PatientChange, answer=PatientDetails, errors=(NotFound,))
    async def patch(self, patient_id: str) -> None:
        """A new number is unconfirmed, unless staff say otherwise; one that patients change gets a code."""
        caller = _caller_for(self, patient_id)
        body = self.body(PatientChange)
        if body.number_confirmed is not None and not caller.is_staff:
            raise Forbidden("Confirm the number with the code that was sent to it, or ask at the desk.")
        patient = await self.services.patients.update(patient_id, _changes(body), by_patient=not caller.is_staff)
        if caller.is_staff:
            self.audit("change patient", patient_id, fields=", ".join(sorted(body.model_fields_set)))
        self.answer(details(self, patient))

    @operation(summary="Anonymise a patient", status=204, errors=(NotFound, PatientInQueue, WrongState))
    async def delete(self, patient_id: str) -> None:
        """Name, number, birth date, account and bookings ahead are gone; past visits keep only the id."""
        caller = _caller_for(self, patient_id)
        await self.services.patients.anonymise(patient_id, caller.actor)
        if caller.is_staff:
            self.audit("anonymise patient", patient_id)
        self.answer_nothing()


class ConfirmHandler(ApiHandler):
    @operation(
        summary="Confirm the phone number, or ask for a new code",
        body=ConfirmBody,
        answer=PatientDetails,
        errors=(NotFound, WrongState, SlowDown),
    )
    async def post(self, patient_id: str) -> None:
        """Until then the number gets the code and `your_turn` only. A code lives 10 minutes and allows 5 tries."""
        _caller_for(self, patient_id)
        code = self.body(ConfirmBody).code
        patients = self.services.patients
        patient = await (patients.confirm_number(patient_id, code) if code else patients.send_code(patient_id))
        self.answer(details(self, patient))


class PasswordHandler(ApiHandler):
    @operation(summary="Give a patient a one-time password", answer=OneTimePassword, errors=(NotFound, WrongState))
    async def post(self, patient_id: str) -> None:
        """For reception, when a patient cannot sign in. Ends every session of the patient."""
        login = await self.services.patients.reset_password(patient_id)
        self.audit("reset patient's password", patient_id)
        self.answer({"username": login.username, "password": login.password})


def _caller_for(handler: ApiHandler, patient_id: str) -> Principal:
    """The caller, if the record may be theirs to see. To a patient, everybody else's does not exist."""
    caller = handler.signed_in()
    if not caller.acts_for(patient_id):
        raise NotFound("There is no such patient.")
    return caller


def details(handler: ApiHandler, patient: Patient) -> dict[str, Any]:
    """The record as whoever opens it sees it."""
    return shown(handler, patient.details(), patient)


def shown(handler: ApiHandler, record: dict[str, Any], patient: Patient) -> dict[str, Any]:
    """The record with what the SMS side knows of its number."""
    return {**record, "opted_out": handler.services.outbox.suppression.holds(patient.phone)}


def _require_contact(body: PatientBody) -> None:
    faults = Faults()
    for field in ("phone", "username", "password"):
        if not getattr(body, field):
            faults.add(field, "is required to register yourself")
    faults.settle()


def _changes(body: PatientChange) -> PatientChanges:
    """Null takes a number or birth date away."""
    values = body.model_dump(exclude_unset=True)
    for field in ("phone", "date_of_birth"):
        if field in values and values[field] is None:
            values[field] = ""
    return PatientChanges(**values)


routes = [
    ("/api/patients/", PatientsHandler),
    ("/api/patients/{patient_id}/", PatientHandler),
    ("/api/patients/{patient_id}/confirm/", ConfirmHandler),
    ("/api/patients/{patient_id}/password/", PasswordHandler),
]
