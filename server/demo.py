"""The demo clinic: doctors, logins, invented patients, and something going on today so that no page is empty.

A database is marked as a demo's before anything is laid into it; one that holds another clinic is refused,
for the demo's logins are known to everybody. Everything goes through the same use cases as real requests,
under ids made from fixed names, so that a restart finds what is there. The queue and the bookings are laid
once per service day.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any, Final

from config.settings import WrongSetting
from handlers.services import Services
from server.accounts.roles import Actor, Role
from server.accounts.service import Login
from server.accounts.store import ACCOUNTS
from server.clinic.store import SETTINGS
from server.doctors.hours import WEEKDAYS
from server.doctors.model import Doctor, Kind, NewDoctor
from server.doctors.store import DOCTORS
from server.errors import (
    AlreadyQueued,
    DayOver,
    IdempotencyKeyReused,
    Invalid,
    NotFound,
    QueueClosed,
    SlotTaken,
    WrongState,
)
from server.ids import derived_id
from server.patients.model import NewPatient, Patient
from server.patients.store import PATIENTS
from server.queue import commands
from server.queue.model import Priority
from server.storage.port import Document, DuplicateKey, Storage

PASSWORD: Final = "demo-clinic-1"
RECEPTION: Final = Actor("demo", "Reception", Role.RECEPTIONIST.value)
_MARK: Final = "demo"
_NO_LONGER_OURS: Final = (NotFound, Invalid, IdempotencyKeyReused)
_LONG_DAYS: Final = {weekday: [["08:00", "20:00"]] for weekday in WEEKDAYS}

_DOCTORS: Final = (
    NewDoctor(name="Dr Amara Okafor", specialty="General practice", room="Room 1", hours=_LONG_DAYS),
    NewDoctor(name="Dr Lena Fischer", specialty="Paediatrics", room="Room 2", slot_minutes=20),
    NewDoctor(
        name="Blood tests",
        specialty="Laboratory",
        room="Lab 1",
        rooms=["Lab 1", "Lab 2"],
        kind=Kind.TEAM,
        slot_minutes=10,
        hours={weekday: [["07:00", "13:00"], ["14:00", "21:00"]] for weekday in WEEKDAYS},
    ),
)

# Invented names; the numbers are of the block that is reserved for fiction (555-0100 to 555-0199).
_PATIENTS: Final = (
    ("Robin Example", "+12025550100", "1984-02-11", "en"),
    ("María Inventada", "+12025550101", "1957-09-30", "es"),
    ("Zoé Imaginaire", "+12025550102", "2016-05-04", "fr"),
    ("سلمى مثال", "+12025550103", "1991-12-19", "ar"),
    ("Jonah Sample", "+12025550104", "1949-07-23", "en"),
    ("Priya Placeholder", "+12025550105", "1978-03-15", "en"),
    ("Tomás Ficticio", "+12025550106", "2019-10-08", "es"),
    ("Nadia Fictive", "+12025550107", "1966-01-27", "fr"),
    ("Oskar Beispiel", None, "1938-06-02", "en"),
    ("Mei Pretend", "+12025550109", "2001-11-14", "en"),
    ("Kwame Madeup", "+12025550110", "1995-08-21", "en"),
    ("Ingrid O'Sample", None, "1972-04-05", "en"),
)

# Who waits where: patient, doctor, priority. The first two of the first queue are called and in the room.
_QUEUE: Final = (
    (1, 0, Priority.NORMAL),
    (4, 0, Priority.NORMAL),
    (5, 0, Priority.NORMAL),
    (8, 0, Priority.PRIORITY),
    (2, 1, Priority.NORMAL),
    (6, 1, Priority.NORMAL),
    (9, 2, Priority.NORMAL),
    (10, 2, Priority.NORMAL),
    (7, 2, Priority.NORMAL),
)

# Who has booked with whom; patient 0 is the one with a login.
_BOOKINGS: Final = ((0, 0), (3, 0), (11, 0), (3, 1), (11, 2))


async def make(services: Services) -> tuple[Login, ...]:
    """Lay the demo clinic, or today's part of it, and return the logins that work unless somebody changed them.

    Raises WrongSetting for a database that holds another clinic.
    """
    today = services.queues.today()
    mark = await _marked(services.storage)
    if mark["day"] != today.isoformat():
        cut_off = mark.get("began") == today.isoformat()
        # Somebody works with the demo already: a restart must not call, join or book anybody under their hands.
        in_use = not cut_off and any(True for _ in services.queues.open_tickets())
        if not in_use and not cut_off:
            mark = await _noted(services.storage, mark, began=today.isoformat())
        doctors = [await _doctor(services, new) for new in _DOCTORS]
        patients = [await _patient(services, number) for number in range(len(_PATIENTS))]
        usernames = await _staff(services, doctors[0])
        if patients[0] is not None:
            usernames.append("patient")
        if not in_use:
            await _queue(services, today, doctors, patients)
            await _bookings(services, today, doctors, patients)
        mark = await _noted(services.storage, mark, day=today.isoformat(), usernames=usernames)
    return tuple(Login(username, PASSWORD) for username in mark["usernames"])


async def _marked(storage: Storage) -> Document:
    """The demo's mark, set now if the database is empty: before anything else, so that a start that is cut off
    can be repeated."""
    if (mark := await storage.get(SETTINGS, _MARK)) is not None:
        return mark
    in_use = [name for name in (ACCOUNTS, DOCTORS, PATIENTS) if await storage.find(name, {}, limit=1)]
    if not in_use:
        with suppress(DuplicateKey):  # another process of the same demo was first
            await storage.insert(SETTINGS, {"_id": _MARK, "rev": 0, "day": "", "usernames": []})
    if (mark := await storage.get(SETTINGS, _MARK)) is None:
        raise WrongSetting(
            f"DEMO: this database already holds {', '.join(in_use)} that are not the demo's; its logins are public, "
            "so set another DATA_DIR (or MONGODB_DATABASE) for it"
        )
    return mark


async def _noted(storage: Storage, mark: Document, **changed: Any) -> Document:
    """The mark with what has changed; another process of the same demo may have been faster, which says the same."""
    mark = {**mark, **changed}
    won = await storage.replace_if_unchanged(SETTINGS, mark)
    return {**mark, "rev": mark["rev"] + won}


async def _doctor(services: Services, new: NewDoctor) -> Doctor | None:
    """The demo's doctor; None if an administrator has removed them or has given their letter away."""
    try:
        doctor, _ = await services.doctors.create(new, command_id=derived_id("demo", new.name))
    except _NO_LONGER_OURS:
        return None
    return None if doctor.deleted else doctor


async def _patient(services: Services, number: int) -> Patient | None:
    """The demo's patient; None once anonymised. Texts go to nobody's number when an account is set."""
    name, phone, born, language = _PATIENTS[number]
    new = NewPatient(
        name=name,
        phone=phone,
        date_of_birth=born,
        language=language,
        sms_consent=not services.settings.sends_sms,
        number_confirmed=True,
        username="patient" if number == 0 else None,
        password=PASSWORD if number == 0 else None,
    )
    try:
        return (await services.patients.register(new, command_id=derived_id("demo", str(number)))).patient
    except _NO_LONGER_OURS:
        return None


async def _staff(services: Services, doctor: Doctor | None) -> list[str]:
    """The usernames of the staff logins that are the demo's own. ADMIN_USERNAME names another administrator."""
    made = []
    if services.settings.admin_username is None and await _account(services, "admin", Role.ADMIN, "Administrator"):
        made.append("admin")
    if await _account(services, "reception", Role.RECEPTIONIST, "Reception"):
        made.append("reception")
    if doctor is not None and await _account(services, "doctor", Role.DOCTOR, doctor.name, doctor.id):
        made.append("doctor")
    return made


async def _account(services: Services, username: str, role: Role, name: str, doctor_id: str | None = None) -> bool:
    """Make the login; False if somebody else has the username."""
    id = derived_id("demo", "account", username)
    try:
        await services.accounts.get(id)
    except NotFound:
        try:
            await services.accounts.create(
                username=username, password=PASSWORD, role=role, name=name, doctor_id=doctor_id, id=id
            )
        except Invalid:
            return False
    return True


async def _queue(services: Services, today: date, doctors: list[Doctor | None], patients: list[Patient | None]) -> None:
    for who, where, priority in _QUEUE:
        patient, doctor = patients[who], doctors[where]
        if patient is None or doctor is None:
            continue
        try:
            await services.queues.join(
                doctor.id,
                patient=patient.copy_for_queue(),
                actor=RECEPTION,
                command_id=derived_id("demo", today.isoformat(), "join", str(who)),
                priority=priority,
            )
        except (AlreadyQueued, QueueClosed, DayOver):
            continue
    for doctor in (doctors[0], doctors[2]):
        if doctor is not None:
            await _call_first(services, today, doctor)


async def _call_first(services: Services, today: date, doctor: Doctor) -> None:
    """Somebody is in the room, and somebody else has just been called where there is a second room."""
    for number, room in enumerate(doctor.rooms):
        command_id = derived_id("demo", today.isoformat(), "call", doctor.id, room)
        call = commands.CallNext(id=command_id, actor=RECEPTION, room=room)
        try:
            called = (await services.queues.run(doctor.id, call)).done.outcome.get("called")
            if called and number == 0:
                start = commands.Start(id=derived_id(command_id, "start"), actor=RECEPTION, ticket_id=called)
                await services.queues.run(doctor.id, start)
        except (WrongState, DayOver):
            return


async def _bookings(
    services: Services, today: date, doctors: list[Doctor | None], patients: list[Patient | None]
) -> None:
    for number, (who, whom) in enumerate(_BOOKINGS):
        patient, doctor = patients[who], doctors[whom]
        if patient is not None and doctor is not None:
            await _book(services, derived_id("demo", today.isoformat(), "book", str(number)), patient, doctor, number)


async def _book(services: Services, command_id: str, patient: Patient, doctor: Doctor, skip: int) -> None:
    """One of the doctor's next free times: today if there is one left, some slots from now."""
    today = services.appointments.today()
    for ahead in range(8):
        slots = await services.appointments.free_slots(doctor.id, today + timedelta(days=ahead))
        if slots:
            slot = slots[min(skip, len(slots) - 1)]
            try:
                await services.appointments.book(
                    patient.id, doctor.id, slot.start, actor=RECEPTION, command_id=command_id
                )
            except (SlotTaken, NotFound, Invalid):
                return
            return
