"""The clinic's settings, held in memory: every queue asks for the policy, every text whether its kind is on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from server.clinic import holidays
from server.clinic.model import ClinicSettings, SettingsChanges, change
from server.clinic.store import ClinicStore
from server.doctors.closures import Closed, closure_on
from server.errors import StorageUnavailable
from server.queue.model import Policy
from server.sms.keep import Keep
from server.sms.quiet import QuietHours
from server.sms.templates import Wording
from server.storage.port import Storage

MOST_TRIES = 20


async def _nobody_listens() -> None:
    return None


class ClinicService:
    """`name` (CLINIC_NAME) holds until an administrator changes it. `on_change` is set by the application."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._store = ClinicStore(storage)
        self._default = ClinicSettings(name)
        self._settings = self._default
        self.on_change: Callable[[], Awaitable[None]] = _nobody_listens

    async def start(self) -> None:
        """Read what was saved."""
        stored = await self._store.load()
        self._settings = stored[0] if stored else self._default

    async def refresh(self) -> None:
        """Take over what another process changed."""
        stored = await self._store.load()
        await self._take(stored[0] if stored else self._default)

    @property
    def settings(self) -> ClinicSettings:
        """As they are now."""
        return self._settings

    def public(self, timezone: str) -> Mapping[str, Any]:
        """What a waiting-room screen says of the clinic."""
        return {
            "name": self._settings.name,
            "timezone": timezone,
            "announcements": [announcement.view() for announcement in self._settings.announcements],
        }

    def policy(self) -> Policy:
        """The queue's rules as they are now."""
        return self._settings.policy

    def sends(self, kind: str) -> bool:
        """Whether texts of this kind are switched on."""
        return kind not in self._settings.sms_off

    def reminder_hours(self) -> int:
        """How long before a booking begins its patient is reminded; 0: not at all."""
        return self._settings.reminder_hours

    def keep(self) -> Keep:
        """How long the notification log keeps what."""
        return self._settings.keep

    def quiet(self) -> QuietHours | None:
        """When nothing that can wait is sent."""
        return self._settings.quiet

    def wording(self) -> Wording:
        """The templates of texts that the clinic has changed."""
        return self._settings.wording

    def closed_on(self, day: date, language: str) -> Closed | None:
        """Why the clinic takes no bookings on that day of its calendar, a holiday in `language`; None: it does."""
        settings = self._settings
        if (closure := closure_on(day, settings.closed_days)) is not None:
            return Closed("closed", closure.note)
        if not settings.holidays_country or day.isoformat() in settings.holidays_open:
            return None
        country, region = settings.holidays_country, settings.holidays_region
        name = holidays.public_holidays(country, region, day.year, language).get(day)
        return Closed("holiday", name) if name is not None else None

    async def update(self, changes: SettingsChanges) -> ClinicSettings:
        """Make `changes`. Raises Invalid."""
        for _ in range(MOST_TRIES):
            stored = await self._store.load()
            before, rev = stored or (self._default, None)
            after = change(before, changes)
            if after == before or await self._store.save(after, rev):
                await self._take(after)
                return after
        raise StorageUnavailable("The settings are being changed by many at once. Try again.")

    async def _take(self, settings: ClinicSettings) -> None:
        if settings != self._settings:
            self._settings = settings
            await self.on_change()
