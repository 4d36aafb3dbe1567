"""Makes every service and introduces them to one another; start and stop stand side by side on one AsyncExitStack.

What is pushed first is closed last: requests end, then queues, sends, sockets, jobs, audit, database.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from config.settings import SelfJoin, Settings
from handlers.addresses import AddressLimits, Proxies
from handlers.apidoc import openapi
from handlers.assets import release_of
from handlers.pages import PAGES
from handlers.replays import Replays
from handlers.routes import all_routes
from handlers.services import Services
from handlers.traffic import Traffic
from server import gauges
from server.accounts.passwords import Passwords
from server.accounts.roles import Actor
from server.accounts.service import AccountService
from server.accounts.tokens import SessionEnd, Tokens, signing_secret
from server.appointments.reminders import Reminders
from server.appointments.service import AppointmentService
from server.audit.log import AuditLog
from server.clinic.service import ClinicService
from server.clock import ClinicTime, Clock
from server.displays.health import DisplayHealth
from server.displays.service import DisplayService
from server.displays.store import DisplayStore, PairingStore
from server.doctors.service import DoctorService
from server.encoding import encode
from server.errors import DayOver, NotFound, WrongState
from server.first_accounts import check_first_admin
from server.health import Health
from server.ids import new_id
from server.imports.service import ImportService
from server.jobs import Jobs
from server.live.desk import DeskNews, Subject
from server.live.hub import Hub
from server.messenger import QueueMessenger
from server.metrics import Metrics
from server.patients.duplicates import Duplicates
from server.patients.model import Patient
from server.patients.service import PatientService
from server.people import import_files, make_merging
from server.queue import self_join
from server.queue.commands import SYSTEM, SetContact
from server.queue.retention import VisitRetention
from server.queue.self_join import JoinCodes
from server.queue.service import QueueService
from server.queue.store import QueueStore
from server.sms.gateway import TwilioGateway
from server.sms.model import Message, News
from server.sms.outbox import Hooks, Outbox
from server.sms.provider import NoProvider
from server.sms.retention import Retention
from server.statistics.service import StatisticsService
from server.storage.open import open_storage
from server.storage.port import Storage

API_VERSION: Final = "1"
LAST_WORDS_SECONDS: Final = 5.0

log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Wired:
    """What the server runs on."""

    services: Services
    jobs: Jobs


async def wire(stack: AsyncExitStack, settings: Settings, clock: Clock, public_url: str, bcrypt_cost: int) -> Wired:
    """Open the database and make the services; nothing is loaded, accepted or run yet.

    Raises WrongSetting, CannotOpenStorage.
    """
    check_first_admin(settings)
    secret = signing_secret(settings.jwt_secret.get_secret_value() if settings.jwt_secret else None, settings.data_dir)
    storage = await open_storage(settings)
    stack.push_async_callback(storage.close)
    jobs = Jobs(clock)
    wired = Wired(_make(settings, clock, public_url, bcrypt_cost, secret, storage, jobs, stack), jobs)
    _introduce(wired.services)
    _schedule(wired)
    stack.callback(import_files(wired.services, settings, jobs).stop)
    gauges.observe(wired.services, jobs)
    return wired


def _make(
    settings: Settings,
    clock: Clock,
    public_url: str,
    bcrypt_cost: int,
    secret: bytes,
    storage: Storage,
    jobs: Jobs,
    stack: AsyncExitStack,
) -> Services:
    clinic_time = ClinicTime(settings.zone, settings.day_starts_at)
    audit = AuditLog(storage, clock)
    stack.push_async_callback(_within, LAST_WORDS_SECONDS, audit.close)
    passwords = Passwords(bcrypt_cost)
    stack.callback(passwords.close)
    stack.push_async_callback(jobs.stop)
    hub = Hub(clock)
    stack.push_async_callback(hub.close)
    shared = storage if settings.mongodb_uri is not None else None
    desk = DeskNews(hub, clock, shared, lambda: jobs.wake("desk", clock.now()))
    tokens = Tokens(secret, clock)
    accounts = AccountService(storage, clock, passwords, tokens)
    doctors = DoctorService(storage, clock, accounts)
    clinic = ClinicService(storage, settings.clinic_name)
    messenger = QueueMessenger(clock)
    queues = QueueService(
        QueueStore(storage),
        hub,
        messenger,
        doctors,
        clock,
        clinic_time,
        clinic.policy,
        public_url,
        shared=shared is not None,
    )

    async def still_true(message: Message) -> bool:
        if message.ticket_id:
            return await queues.still_true(message.doctor_id, message.ticket_id, message.kind.value, message.call)
        if message.appointment_id:
            return await appointments.still_true(message.appointment_id, message.kind, message.call)
        return True

    async def news(message: Message) -> News | None:
        if message.ticket_id:
            call = await queues.news(message.doctor_id, message.ticket_id, message.kind.value, message.call)
            return None if call is None else News(call)
        if message.appointment_id:
            return await appointments.news(message.appointment_id, message.kind, message.call)
        return News(message.call)

    outbox = Outbox(
        storage,
        TwilioGateway(settings, clock) if settings.sends_sms else NoProvider(),
        clock,
        clinic_time,
        Hooks(
            on_state=queues.note_sms,
            still_true=still_true,
            news=news,
            enabled=clinic.sends,
            wake=lambda at: jobs.wake("pump", at),
            link=lambda ticket_id: f"{settings.public_url}/t/{ticket_id}" if settings.public_url else "",
            wording=clinic.wording,
            quiet=clinic.quiet,
            on_trouble=lambda: desk.changed(Subject.TEXTS),
        ),
        sole=shared is None,
    )
    messenger.connect(outbox)
    stack.push_async_callback(outbox.drain)
    stack.push_async_callback(_within, LAST_WORDS_SECONDS, queues.close)
    release, join_codes = release_of(PAGES), JoinCodes(hashlib.sha256(b"join codes:" + secret).digest())

    def about() -> dict[str, Any]:
        """What every waiting-room board says besides its queues. A board belongs to a display, so there is one."""
        on_site = self_join.mode(settings.self_join, demo=settings.demo, displays=True) is SelfJoin.ON_SITE
        code = join_codes.at(clock.now())
        return {
            "clinic": clinic.public(clinic_time.zone.key),
            "version": release,
            "join": {"code": code, "url": f"{public_url}/?join={code}"} if on_site else None,
        }

    patients = PatientService(storage, clock, clinic_time, accounts, outbox, queues, country=settings.default_country)
    appointments = AppointmentService(storage, clock, clinic_time, doctors, patients, queues, outbox, clinic.closed_on)
    return Services(
        settings=settings,
        public_url=public_url,
        api_description=encode(openapi(all_routes(), API_VERSION)),
        clock=clock,
        clinic_time=clinic_time,
        storage=storage,
        accounts=accounts,
        tokens=tokens,
        patients=patients,
        duplicates=Duplicates(storage),
        merging=make_merging(storage, clock, accounts, patients, appointments, queues, outbox, audit),
        imports=ImportService(storage, clock, lambda: jobs.wake("imports", clock.now())),
        doctors=doctors,
        appointments=appointments,
        queues=queues,
        join_codes=join_codes,
        hub=hub,
        desk=desk,
        outbox=outbox,
        displays=DisplayService(
            DisplayStore(storage),
            PairingStore(storage),
            DisplayHealth(storage, clock),
            hub,
            queues,
            doctors,
            clock,
            about,
        ),
        release=release,
        clinic=clinic,
        statistics=StatisticsService(storage, clock, clinic_time, queues.days),
        audit=audit,
        metrics=Metrics(),
        health=Health(storage, jobs.runs),
        replays=Replays(),
        limits=AddressLimits(enabled=settings.rate_limits),
        proxies=Proxies(settings.trusted_proxies),
        traffic=Traffic(),
    )


def _introduce(services: Services) -> None:
    """What happens elsewhere when something changes."""
    doctors, queues, appointments = services.doctors, services.queues, services.appointments

    async def patient_changed(patient: Patient) -> None:
        for ticket_id in [ticket.id for ticket, _ in queues.places() if ticket.patient.id == patient.id]:
            command = SetContact(
                id=new_id(),
                actor=SYSTEM,
                ticket_id=ticket_id,
                phone=patient.phone,
                phone_masked=patient.phone_masked,
                sms_consent=patient.sms_consent,
                number_confirmed=patient.number_confirmed,
                patient_name=patient.name,
                language=patient.language,
            )
            with suppress(WrongState, DayOver, NotFound):  # it has ended meanwhile: nothing to text any more
                await queues.run_on_ticket(command)

    async def doctor_changed(doctor_id: str) -> None:
        await queues.doctor_changed(doctor_id)
        services.desk.changed(Subject.DOCTORS)

    async def settings_changed() -> None:
        services.desk.changed(Subject.SETTINGS)
        await services.displays.publish()
        for doctor in doctors.all():
            await queues.doctor_changed(doctor.id)

    async def patient_leaves(patient_id: str, actor: Actor) -> None:
        await services.merging.refuse_named(patient_id)
        await appointments.end_for_patient(patient_id, actor)
        await queues.forget_patient(patient_id)
        await services.outbox.forget(patient_id)

    def session_ended(ended: SessionEnd) -> None:
        services.hub.end_sessions(account_id=ended.account_id, session=ended.family)

    services.tokens.on_end = session_ended
    doctors.on_change = doctor_changed
    doctors.occupied = queues.occupied
    doctors.before_delete = appointments.end_for_doctor
    appointments.on_change = lambda: services.desk.changed(Subject.APPOINTMENTS)
    services.patients.before_anonymise = patient_leaves
    services.patients.on_change = patient_changed
    services.clinic.on_change = settings_changed


def _schedule(wired: Wired) -> None:
    """Every job, with its seconds. Where one process owns the database, nobody else's changes are followed."""
    services, jobs = wired.services, wired.jobs
    reminders = Reminders(
        services.storage,
        services.clock,
        services.clinic_time,
        services.patients,
        services.outbox,
        services.clinic.reminder_hours,
    )
    jobs.add("pump", 5, services.outbox.pump)
    jobs.add("sms sweep", 2, services.outbox.sweep)
    jobs.add("reconcile", 1, services.outbox.reconciler.run)
    jobs.add("poll", 5, services.outbox.poller.run)
    jobs.add("reminders", 60, reminders.run)
    jobs.add("merges", 30, services.merging.resume)
    jobs.add("appointments", 5, services.appointments.settle_owed)
    visits = VisitRetention(services.storage, services.clock, lambda: services.clinic.settings.visits_personal_days)

    async def shorten_audit() -> None:
        kept = timedelta(days=services.clinic.settings.audit_kept_days)
        await services.audit.forget_older(services.clock.now() - kept)

    jobs.add("retention", 600, Retention(services.storage, services.clock, services.clinic.keep).run)
    jobs.add("visit retention", 600, visits.run)
    jobs.add("audit retention", 600, shorten_audit)
    jobs.add("queue sweep", 5, services.queues.sweep)
    jobs.add("estimates", 30, services.queues.tick)
    jobs.add("rollover", 30, services.queues.rollover, services.queues.next_day)
    jobs.add("displays", 5, services.displays.refresh)
    jobs.add("statistics", 30, services.statistics.count_days)
    jobs.add("sessions", 3600, services.accounts.forget_expired)
    if services.settings.mongodb_uri is not None:
        jobs.add("follow", 0.25, services.queues.follow)
        jobs.add("desk", 1, services.desk.follow)
        jobs.add("doctors", 3, services.doctors.refresh)
        jobs.add("settings", 3, services.clinic.refresh)
        jobs.add("suppressions", 3, services.outbox.suppression.refresh)


async def load(services: Services) -> None:
    """Load what is served from memory and carry on what a crash left; again is no harm. Raises StorageUnavailable."""
    await services.clinic.start()
    if (chosen := services.clinic.settings.timezone) and services.settings.clinic_timezone is None:
        services.clinic_time.zone = ZoneInfo(chosen)
    await services.doctors.start()
    await services.displays.start()
    # Before the queues: what a crash left of their texts leaves at once, and not to whoever answered STOP.
    await services.outbox.suppression.refresh()
    await services.queues.start()
    await services.merging.resume(everything=True)
    await services.outbox.sweep()


async def _within(seconds: float, last_words: Callable[[], Awaitable[None]]) -> None:
    """Give `last_words` at most `seconds`: a database that is away must not keep the server from stopping."""
    try:
        async with asyncio.timeout(seconds):
            await last_words()
    except TimeoutError:
        log.error("stopped without waiting longer", step=getattr(last_words, "__qualname__", ""))
