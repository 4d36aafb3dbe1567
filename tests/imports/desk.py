"""Imports of one process on a given storage: uploaded, checked and run without a job's clock."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from server.clock import ClinicTime
from server.imports.columns import ImportKind
from server.imports.model import Import
from server.imports.runner import ImportRunner
from server.imports.service import ImportService
from tests.people.office import DESK, Office


class ImportDesk:
    """Two on one storage are two processes on one database, or one before and after a crash."""

    def __init__(self, office: Office, *, sole: bool = True) -> None:
        self.office = office
        self.ended: list[Import] = []
        self.imports = ImportService(office.storage, office.clock, lambda: None)
        self.runner = ImportRunner(
            office.storage,
            office.clock,
            office.patients,
            office.doctors,
            office.appointments,
            self._ended,
            country="US",
            clinic_time=ClinicTime(ZoneInfo("UTC")),
            sole=sole,
        )

    async def _ended(self, item: Import) -> None:
        self.ended.append(item)

    async def upload(self, text: str, *, key: str = "one", kind: str = "patients", **given: Any) -> Import:
        raw = text.encode()
        settings = {"file": "people.csv", "encoding": None, "delimiter": None, **given}
        return await self.imports.upload(ImportKind(kind), raw, actor=DESK, command_id=key, **settings)

    async def checked(self, text: str, **given: Any) -> Import:
        """Uploaded, and the dry run is at its end."""
        item = await self.upload(text, **given)
        await self.imports.check(item.id, item.choices.columns, None, "en")
        await self.runner.run()
        return await self.imports.get(item.id)

    async def done(self, text: str, *, tell: bool = False, **given: Any) -> Import:
        """Checked, and the real run is at its end too."""
        item = await self.checked(text, **given)
        self.office.clock.turn(seconds=1)
        await self.imports.start(item.id, tell=tell)
        await self.runner.run()
        return await self.imports.get(item.id)

    async def names(self) -> list[str]:
        """Everybody there is."""
        return sorted(patient.name for patient in (await self.office.patients.newest(None, 200)).patients)


def counts(item: Import) -> tuple[int, int, int]:
    """Created, known, refused."""
    return item.counts.created, item.counts.known, item.counts.refused
