"""Puts together what brings patients in from files and what makes one record of two."""

from __future__ import annotations

from config.settings import Settings
from handlers.services import Services
from server.accounts.service import AccountService
from server.appointments.service import AppointmentService
from server.audit.log import AuditLog
from server.clock import Clock
from server.ids import derived_id
from server.imports.model import Import
from server.imports.runner import ImportRunner
from server.jobs import Jobs
from server.patients.merging import Intent, Merging
from server.patients.model import Patient
from server.patients.service import PatientService
from server.queue.service import QueueService
from server.sms.outbox import Outbox
from server.storage.port import Storage


def make_merging(
    storage: Storage,
    clock: Clock,
    accounts: AccountService,
    patients: PatientService,
    appointments: AppointmentService,
    queues: QueueService,
    outbox: Outbox,
    audit: AuditLog,
) -> Merging:
    """Everything that belongs to a patient comes along, and every merge stands in the audit once."""

    async def changed(patient: Patient) -> None:
        await patients.on_change(patient)

    def merged(intent: Intent) -> None:
        id = derived_id("audit", "merge patients", intent.other_id)
        audit.record_soon(intent.actor, "merge patients", intent.kept_id, {"other_id": intent.other_id}, id=id)

    moves = (appointments.move_patient, queues.move_patient, outbox.move_patient)
    return Merging(storage, clock, accounts, queues, moves, changed, merged)


def import_files(services: Services, settings: Settings, jobs: Jobs) -> ImportRunner:
    """What brings files in, as a job; it is to stop before the jobs are waited for."""

    async def ended(item: Import) -> None:
        counts = {"created": item.counts.created, "known": item.counts.known, "refused": item.counts.refused}
        id = derived_id("audit", "import ended", item.id)
        services.audit.record_soon(item.actor, "import ended", item.id, {"kind": item.kind.value, **counts}, id=id)

    runner = ImportRunner(
        services.storage,
        services.clock,
        services.patients,
        services.doctors,
        services.appointments,
        ended,
        country=settings.default_country,
        clinic_time=services.clinic_time,
        sole=settings.mongodb_uri is None,
    )
    jobs.add("imports", 5, runner.run)
    jobs.add("import retention", 3600, services.imports.forget_old)
    return runner
