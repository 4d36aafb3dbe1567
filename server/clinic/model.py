"""The clinic's own settings, changed in the admin pages while the server runs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

from server.clinic import holidays
from server.doctors.closures import Closure, parse_closures
from server.errors import Faults, Invalid
from server.queue.model import Policy
from server.sms.keep import Keep
from server.sms.model import Kind
from server.sms.quiet import QuietHours
from server.sms.templates import TEMPLATES, Wording, mistakes, template

LONGEST_NAME = 100
MOST_ANNOUNCEMENTS = 10
LONGEST_ANNOUNCEMENT = 200
NUMBERS = {
    "late_grace_minutes": range(121),
    "max_wait_normal_minutes": range(1, 1441),
    "max_wait_priority_minutes": range(1, 1441),
    "soon_ahead": range(21),
    "reminder_hours": range(169),
    "idle_lock_minutes": range(241),
    "texts_personal_days": range(7, 3651),
    "texts_kept_days": range(30, 3651),
    "visits_personal_days": range(30, 3651),
    "audit_kept_days": range(30, 3651),
}
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_KINDS = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the waiting room is told, in one language or, without one, in whatever language a screen shows."""

    text: str
    language: str | None = None

    def view(self) -> dict[str, Any]:
        return {"text": self.text, "language": self.language}


@dataclass(frozen=True, slots=True)
class ClinicSettings:
    """What an administrator may change. `timezone` counts from the next start where the server is not given one;
    empty: nobody has chosen. Minutes as DESIGN 2 explains them; `sms_off` are the texts not sent.

    `wording` are the templates that are not ours, by language and kind. `quiet_from` and `quiet_until` are times of
    day such as 21:00, both empty where there are no quiet hours. A page of staff that nobody touches for
    `idle_lock_minutes` asks for the password; 0: it never does. After `texts_personal_days` a text in the log loses
    number and wording, after `texts_kept_days` it is deleted; after `visits_personal_days` a visit no longer shows
    whose it was; after `audit_kept_days` an audit row is deleted. On `closed_days` and on the public holidays of
    `holidays_country` (empty: of none) and its `holidays_region` nobody is booked, but on those in `holidays_open`.
    """

    name: str
    timezone: str = ""
    late_grace_minutes: int = 10
    max_wait_normal_minutes: int = 60
    max_wait_priority_minutes: int = 30
    soon_ahead: int = 2
    reminder_hours: int = 24
    idle_lock_minutes: int = 15
    texts_personal_days: int = 90
    texts_kept_days: int = 400
    visits_personal_days: int = 730
    audit_kept_days: int = 1095
    quiet_from: str = ""
    quiet_until: str = ""
    sms_off: frozenset[str] = frozenset()
    wording: Wording = field(default_factory=dict)
    announcements: tuple[Announcement, ...] = ()
    closed_days: tuple[Closure, ...] = ()
    holidays_country: str = ""
    holidays_region: str = ""
    holidays_open: frozenset[str] = frozenset()

    @property
    def quiet(self) -> QuietHours | None:
        """When nothing that can wait is sent."""
        if not self.quiet_from:
            return None
        return QuietHours(time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_until))

    @property
    def keep(self) -> Keep:
        """How long the notification log keeps what."""
        return Keep(self.texts_personal_days, self.texts_kept_days)

    @property
    def policy(self) -> Policy:
        """The queue's rules."""
        return Policy(
            late_grace=self.late_grace_minutes,
            max_wait_normal=self.max_wait_normal_minutes,
            max_wait_priority=self.max_wait_priority_minutes,
            soon_ahead=self.soon_ahead,
        )

    def as_json(self) -> dict[str, Any]:
        """The shape of `/api/settings/`: `sms` says of each kind whether it is sent, `texts` how it is worded.

        `limits` are the least and the greatest value of each number.
        """
        return {
            "name": self.name,
            "timezone": self.timezone,
            **{field: getattr(self, field) for field in NUMBERS},
            "limits": {field: [allowed.start, allowed.stop - 1] for field, allowed in NUMBERS.items()},
            "closed_days": [closure.view() for closure in self.closed_days],
            "holidays_country": self.holidays_country,
            "holidays_region": self.holidays_region,
            "holidays_open": sorted(self.holidays_open),
            "quiet_from": self.quiet_from,
            "quiet_until": self.quiet_until,
            "announcements": [announcement.view() for announcement in self.announcements],
            "sms": {kind.value: kind.value not in self.sms_off for kind in Kind},
            "texts": {
                language: {kind.value: template(kind, language, self.wording) for kind in Kind}
                for language in TEMPLATES
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanges:
    """What a change says; None means unchanged, an empty `quiet_from` and `quiet_until` that there are no quiet hours.

    `sms` names the kinds to switch on or off.

    `texts` are templates by language and kind; None brings our own wording back.
    """

    name: str | None = None
    timezone: str | None = None
    late_grace_minutes: int | None = None
    max_wait_normal_minutes: int | None = None
    max_wait_priority_minutes: int | None = None
    soon_ahead: int | None = None
    reminder_hours: int | None = None
    idle_lock_minutes: int | None = None
    texts_personal_days: int | None = None
    texts_kept_days: int | None = None
    visits_personal_days: int | None = None
    audit_kept_days: int | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None
    announcements: Sequence[Announcement] | None = None
    closed_days: Sequence[tuple[date, date, str]] | None = None
    holidays_country: str | None = None
    holidays_region: str | None = None
    holidays_open: Sequence[date] | None = None
    sms: Mapping[str, bool] | None = None
    texts: Mapping[str, Mapping[str, str | None]] | None = None


def change(settings: ClinicSettings, changes: SettingsChanges) -> ClinicSettings:
    """`settings` with `changes` made. Raises Invalid naming every wrong field."""
    faults = Faults()
    name, sms_off = settings.name, settings.sms_off
    if (text := changes.name) is not None:
        name = faults.read(lambda: _name(text), name)
    numbers = {field: _number(faults, field, getattr(changes, field), getattr(settings, field)) for field in NUMBERS}
    for kind, on in (changes.sms or {}).items():
        if kind not in _KINDS:
            faults.add(f"sms.{kind}", f"is not a kind of text; use {', '.join(_KINDS)}")
        sms_off = sms_off - {kind} if on else sms_off | {kind}
    quiet = _quiet(faults, settings, changes)
    wording = _worded(faults, settings.wording, changes.texts or {})
    if numbers["max_wait_priority_minutes"] > numbers["max_wait_normal_minutes"]:
        faults.add("max_wait_priority_minutes", "is longer than max_wait_normal_minutes; priority waits less")
    if numbers["texts_personal_days"] > numbers["texts_kept_days"]:
        faults.add("texts_personal_days", "is longer than texts_kept_days; the number goes before the row")
    announcements = settings.announcements
    if changes.announcements is not None:
        announcements = _announced(faults, changes.announcements)
    closed_days = settings.closed_days
    if (wanted := changes.closed_days) is not None:
        closed_days = faults.read(lambda: parse_closures("closed_days", wanted), closed_days)
    country, region = _holidays(faults, settings, changes)
    timezone = settings.timezone if changes.timezone is None else changes.timezone
    if timezone and timezone not in available_timezones():
        faults.add("timezone", "is not a time zone name such as Europe/Madrid")
    faults.settle()
    return replace(
        settings,
        closed_days=closed_days,
        holidays_country=country,
        holidays_region=region,
        holidays_open=(
            settings.holidays_open
            if changes.holidays_open is None
            else frozenset(day.isoformat() for day in changes.holidays_open)
        ),
        name=name,
        timezone=timezone,
        sms_off=sms_off,
        wording=wording,
        announcements=announcements,
        quiet_from=quiet["quiet_from"],
        quiet_until=quiet["quiet_until"],
        **numbers,
    )


def _number(faults: Faults, field: str, value: int | None, otherwise: int) -> int:
    if value is None:
        return otherwise
    if value not in NUMBERS[field]:
        unit = " minutes" if field.endswith("_minutes") else ""
        faults.add(field, f"is not between {NUMBERS[field].start} and {NUMBERS[field].stop - 1}{unit}")
    return value


def _quiet(faults: Faults, settings: ClinicSettings, changes: SettingsChanges) -> dict[str, str]:
    quiet = {}
    for name in ("quiet_from", "quiet_until"):
        value: str | None = getattr(changes, name)
        if value and not _TIME_OF_DAY.fullmatch(value):
            faults.add(name, "is not a time of day such as 21:00")
        quiet[name] = str(getattr(settings, name)) if value is None else value
    if bool(quiet["quiet_from"]) != bool(quiet["quiet_until"]):
        faults.add("quiet_until", "is set together with quiet_from or not at all")
    elif quiet["quiet_from"] and quiet["quiet_from"] == quiet["quiet_until"]:
        faults.add("quiet_until", "is the same as quiet_from")
    return quiet


def _holidays(faults: Faults, settings: ClinicSettings, changes: SettingsChanges) -> tuple[str, str]:
    """Country and region; another country has other regions, so the region goes with it."""
    country = settings.holidays_country if changes.holidays_country is None else changes.holidays_country
    kept = settings.holidays_region if country == settings.holidays_country else ""
    region = kept if changes.holidays_region is None else changes.holidays_region
    if country and country not in holidays.countries():
        faults.add("holidays_country", "is not a country whose holidays are known; use two letters such as FR, or none")
    elif region and (not country or region not in holidays.countries()[country]):
        faults.add("holidays_region", "is not a region of that country whose holidays are known; leave it out for all")
    return country, region


def _worded(faults: Faults, before: Wording, changes: Mapping[str, Mapping[str, str | None]]) -> Wording:
    """`before` with `changes` made; what is worded as we do is not kept, so that it follows ours."""
    wording = {language: dict(kinds) for language, kinds in before.items()}
    for language, kinds in changes.items():
        if language not in TEMPLATES:
            faults.add(f"texts.{language}", f"is not a language of the texts; use {', '.join(TEMPLATES)}")
            continue
        own = wording.setdefault(language, {})
        for kind, text in kinds.items():
            if kind not in _KINDS:
                faults.add(f"texts.{language}.{kind}", f"is not a kind of text; use {', '.join(_KINDS)}")
            elif text is None or text.strip() == TEMPLATES[language][Kind(kind)]:
                own.pop(kind, None)
            else:
                for mistake in mistakes(Kind(kind), text):
                    faults.add(f"texts.{language}.{kind}", mistake)
                own[kind] = unicodedata.normalize("NFC", text.strip())
    return {language: kinds for language, kinds in wording.items() if kinds}


def _announced(faults: Faults, wanted: Sequence[Announcement]) -> tuple[Announcement, ...]:
    if len(wanted) > MOST_ANNOUNCEMENTS:
        faults.add("announcements", f"are more than {MOST_ANNOUNCEMENTS}")
    announced = []
    for index, announcement in enumerate(wanted):
        text = " ".join(unicodedata.normalize("NFC", announcement.text).split())
        if not text or len(text) > LONGEST_ANNOUNCEMENT or not text.isprintable():
            faults.add(
                f"announcements.{index}.text", f"is not a text of 1 to {LONGEST_ANNOUNCEMENT} printable characters"
            )
        if announcement.language is not None and announcement.language not in TEMPLATES:
            faults.add(
                f"announcements.{index}.language", f"is not a language of the screens; use {', '.join(TEMPLATES)}"
            )
        announced.append(Announcement(text, announcement.language))
    return tuple(announced)


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid.field("name", f"is not a name of 1 to {LONGEST_NAME} printable characters")
    return name
