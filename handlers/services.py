"""Everything handlers may use, made once by `server/app.py` and handed to each of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from config.settings import Settings
from handlers.addresses import AddressLimits, Proxies
from handlers.replays import Replays
from handlers.traffic import Traffic
from server.accounts.service import AccountService
from server.accounts.tokens import Tokens
from server.appointments.service import AppointmentService
from server.audit.log import AuditLog
from server.clinic.service import ClinicService
from server.clock import ClinicTime, Clock
from server.displays.service import DisplayService
from server.doctors.service import DoctorService
from server.health import Health
from server.imports.service import ImportService
from server.live.desk import DeskNews
from server.live.hub import Hub
from server.metrics import Metrics
from server.patients.duplicates import Duplicates
from server.patients.merging import Merging
from server.patients.service import PatientService
from server.queue.self_join import JoinCodes
from server.queue.service import QueueService
from server.sms.outbox import Outbox
from server.statistics.service import StatisticsService
from server.storage.port import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`public_url` is where people reach this server, without a trailing slash; `api_description` is JSON text.

    `release` tells whether a page that has hung on a wall for weeks is still the one this server has.
    """

    settings: Settings
    public_url: str
    api_description: str
    clock: Clock
    clinic_time: ClinicTime
    storage: Storage
    accounts: AccountService
    tokens: Tokens
    patients: PatientService
    duplicates: Duplicates
    merging: Merging
    imports: ImportService
    doctors: DoctorService
    appointments: AppointmentService
    queues: QueueService
    join_codes: JoinCodes
    hub: Hub
    desk: DeskNews
    outbox: Outbox
    displays: DisplayService
    release: str
    clinic: ClinicService
    statistics: StatisticsService
    audit: AuditLog
    metrics: Metrics
    health: Health
    replays: Replays
    limits: AddressLimits
    proxies: Proxies
    traffic: Traffic

    @property
    def origin(self) -> str:
        """PUBLIC_URL as an Origin header has it."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower()
