"""How displays are, by what they report: held in memory and now and then written down, so that every process knows.

A display that has not been heard for a minute is silent: switched off, without network, or broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from server.clock import Clock, iso
from server.storage.port import Document, DuplicateKey, Storage

COLLECTION: Final = "display_health"
SILENT_AFTER: Final = timedelta(seconds=60)
WRITTEN_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Report:
    """What a screen says of itself. `seq`: of the newest message shown; sizes in CSS pixels, `ratio` to real ones."""

    version: str
    seq: int
    sound: str
    visible: bool
    width: int
    height: int
    ratio: float
    stale_seconds: int
    errors: int


@dataclass(frozen=True, slots=True)
class _Heard:
    report: Report
    at: datetime
    written: datetime | None = None


class DisplayHealth:
    """One per process."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._heard: dict[str, _Heard] = {}

    async def hear(self, display_id: str, report: Report) -> None:
        """Take in a report; written down when the last writing is half a minute old."""
        now = self._clock.now()
        before = self._heard.get(display_id)
        due = before is None or before.written is None or now - before.written >= WRITTEN_EVERY
        self._heard[display_id] = _Heard(report, now, now if due or before is None else before.written)
        if due:
            await self._write(display_id, report, now)

    async def of(self, display_ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """`health`, `connected`, `silent` and `last_seen` of each display, whichever process hears it."""
        now = self._clock.now()
        return {id: _shape(await self._latest(id), now) for id in display_ids}

    def counts(self) -> Mapping[str, float]:
        """For /metrics: the displays this process has heard, and how many of them have fallen silent."""
        now = self._clock.now()
        silent = sum(now - heard.at >= SILENT_AFTER for heard in self._heard.values())
        return {"connected": float(len(self._heard) - silent), "silent": float(silent)}

    async def forget(self, display_id: str) -> None:
        """The display was removed."""
        self._heard.pop(display_id, None)
        await self._storage.delete(COLLECTION, display_id)

    async def _latest(self, display_id: str) -> tuple[Report, datetime] | None:
        stored = await self._storage.get(COLLECTION, display_id)
        known = [(_report(stored), stored["at"])] if stored else []
        if (heard := self._heard.get(display_id)) is not None:
            known.append((heard.report, heard.at))
        return max(known, key=lambda each: each[1], default=None)

    async def _write(self, display_id: str, report: Report, now: datetime) -> None:
        while (stored := await self._storage.get(COLLECTION, display_id)) is None:
            try:
                await self._storage.insert(COLLECTION, {"_id": display_id, "rev": 1, "at": now, **asdict(report)})
            except DuplicateKey:
                continue
            return
        # Lost to another process that heard it at the same moment: either says the same.
        await self._storage.replace_if_unchanged(COLLECTION, {**stored, "at": now, **asdict(report)})


def _report(document: Document) -> Report:
    return Report(**{name: document[name] for name in Report.__dataclass_fields__})


def _shape(latest: tuple[Report, datetime] | None, now: datetime) -> Mapping[str, Any]:
    if latest is None:
        return {"health": None, "connected": False, "silent": True, "last_seen": None}
    report, at = latest
    silent = now - at >= SILENT_AFTER
    return {
        "health": {**asdict(report), "at": iso(at)},
        "connected": not silent,
        "silent": silent,
        "last_seen": iso(at),
    }
