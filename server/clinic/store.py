"""The clinic's settings in the database: one document. Knows no rule."""

from __future__ import annotations

from server.clinic.model import NUMBERS, Announcement, ClinicSettings
from server.doctors.closures import closure_from
from server.storage import certain
from server.storage.port import Document, DuplicateKey, Storage

SETTINGS = "settings"
CLINIC = "clinic"
_PLAIN = (*NUMBERS, "quiet_from", "quiet_until", "holidays_country", "holidays_region", "timezone")


class ClinicStore:
    """The document `clinic` of the collection `settings`; it is there from the first change on."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def load(self) -> tuple[ClinicSettings, int] | None:
        """What was saved and its rev, or None while nothing was."""
        document = await self._storage.get(SETTINGS, CLINIC)
        return (_settings(document), document["rev"]) if document else None

    async def save(self, settings: ClinicSettings, rev: int | None) -> bool:
        """Write it unless somebody changed it since `rev` was read (None: since there was nothing)."""
        if rev is None:
            try:
                await certain.insert(self._storage, SETTINGS, _document(settings, 0))
            except DuplicateKey:
                return False
            return True
        return await certain.replace_if_unchanged(self._storage, SETTINGS, _document(settings, rev))


def _document(settings: ClinicSettings, rev: int) -> Document:
    return {
        "_id": CLINIC,
        "rev": rev,
        "name": settings.name,
        "timezone": settings.timezone,
        **{field: getattr(settings, field) for field in NUMBERS},
        "quiet_from": settings.quiet_from,
        "quiet_until": settings.quiet_until,
        "holidays_country": settings.holidays_country,
        "holidays_region": settings.holidays_region,
        "holidays_open": sorted(settings.holidays_open),
        "closed_days": [closure.view() for closure in settings.closed_days],
        "sms_off": sorted(settings.sms_off),
        "announcements": [announcement.view() for announcement in settings.announcements],
        "wording": {language: dict(kinds) for language, kinds in settings.wording.items()},
    }


def _settings(document: Document) -> ClinicSettings:
    return ClinicSettings(
        name=document["name"],
        # A document of an earlier version lacks what came later.
        **{field: document[field] for field in _PLAIN if field in document},
        sms_off=frozenset(document["sms_off"]),
        wording=document.get("wording", {}),
        holidays_open=frozenset(document.get("holidays_open", ())),
        closed_days=tuple(closure_from(view) for view in document.get("closed_days", ())),
        announcements=tuple(Announcement(**announcement) for announcement in document.get("announcements", [])),
    )
