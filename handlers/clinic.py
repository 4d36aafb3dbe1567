"""`/api/clinic/` for everybody's pages, and `/api/settings/` for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from handlers import joining
from handlers.base import ApiHandler, operation
from handlers.closures import ClosureAnswer, ClosureBody
from handlers.schemas import Answer, Body, Change, Day, Language
from server.clinic.model import Announcement, ClinicSettings, SettingsChanges
from server.clock import iso
from server.errors import Invalid
from server.ids import new_id
from server.patients.model import CONSENT_WORDING, LANGUAGES
from server.sms import templates
from server.sms.model import Kind
from server.sms.segments import beyond_gsm7, measure


class AnnouncementBody(Body):
    """What the waiting room is told; without a language in every one."""

    text: Annotated[str, Field(min_length=1, max_length=800)]
    language: Language | None = None


class AnnouncementAnswer(Answer):
    """An announcement as it stands."""

    text: str
    language: str | None


class ClinicAnswer(Answer):
    """What a page needs to know of the clinic; `sms` simulated: no text leaves this server.

    `version` changes with every release of the waiting-room page. `day` is the service day, which begins at
    DAY_STARTS_AT.
    """

    name: str
    timezone: str
    default_country: str
    languages: list[str]
    self_join: Literal["on_site", "anywhere", "off"]
    sms: Literal["live", "simulated"]
    consent_wording: str
    demo: bool
    announcements: list[AnnouncementAnswer]
    version: str
    idle_lock_minutes: int
    day: str
    now: str


class SettingsBody(Body):
    """What is left out stays; `sms` names the kinds of text to switch on or off.

    `timezone` counts from the server's next start.

    `texts` are templates by language and kind: `{name}` is a placeholder, `[…]` a part that is left out when one of
    its placeholders has no value; null brings the standard wording back.
    `soon_ahead` and `reminder_hours` 0: nobody is told. `quiet_from` and `quiet_until` (21:00, 07:00) hold back texts
    about bookings, on the clinic's clock; both empty: none are held. After `texts_personal_days` a text
    in the log loses number and wording, after `texts_kept_days` it is deleted; after `visits_personal_days` a visit
    no longer shows whose it was; after `audit_kept_days` an audit row is deleted. On `closed_days` and on the public
    holidays of `holidays_country` nobody is booked, but on those in `holidays_open`; who is booked then stays booked.
    """

    name: Change[Annotated[str, Field(max_length=400)]] = None
    timezone: Change[Annotated[str, Field(max_length=64)]] = None
    late_grace_minutes: Change[int] = None
    max_wait_normal_minutes: Change[int] = None
    max_wait_priority_minutes: Change[int] = None
    soon_ahead: Change[int] = None
    reminder_hours: Change[int] = None
    idle_lock_minutes: Change[int] = None
    texts_personal_days: Change[int] = None
    texts_kept_days: Change[int] = None
    visits_personal_days: Change[int] = None
    audit_kept_days: Change[int] = None
    quiet_from: Change[Annotated[str, Field(max_length=5)]] = None
    quiet_until: Change[Annotated[str, Field(max_length=5)]] = None
    announcements: Change[Annotated[list[AnnouncementBody], Field(max_length=50)]] = None
    closed_days: Change[Annotated[list[ClosureBody], Field(max_length=200)]] = None
    holidays_country: Change[Annotated[str, Field(max_length=2)]] = None
    holidays_region: Change[Annotated[str, Field(max_length=10)]] = None
    holidays_open: Change[Annotated[list[Day], Field(max_length=400)]] = None
    sms: Change[Annotated[dict[str, bool], Field(max_length=50)]] = None
    texts: Change[Annotated[dict[str, dict[str, str | None]], Field(max_length=50)]] = None


class SettingsAnswer(Answer):
    """The settings as they are now. `limits`: the least and the greatest value of each number.

    `timezone` is the one chosen, which counts from the server's next start unless it is `timezone_fixed` by
    CLINIC_TIMEZONE; `timezone_now` is the one in force.
    """

    name: str
    timezone: str
    timezone_now: str
    timezone_fixed: bool
    late_grace_minutes: int
    max_wait_normal_minutes: int
    max_wait_priority_minutes: int
    soon_ahead: int
    reminder_hours: int
    idle_lock_minutes: int
    texts_personal_days: int
    texts_kept_days: int
    visits_personal_days: int
    audit_kept_days: int
    limits: dict[str, tuple[int, int]]
    quiet_from: str
    quiet_until: str
    announcements: list[AnnouncementAnswer]
    closed_days: list[ClosureAnswer]
    holidays_country: str
    holidays_region: str
    holidays_open: list[str]
    sms: dict[str, bool]
    texts: dict[str, dict[str, str]]


class PreviewBody(Body):
    """A template as it is being written."""

    kind: Kind
    language: Language
    template: Annotated[str, Field(max_length=5000)]


class PreviewAnswer(Answer):
    """How the template would be sent, filled with examples as long as they get.

    `problems` (each follows the words "the template") are why it could not be saved; `beyond_gsm7` the characters that
    make it UCS-2, 70 to a segment instead of 160; `optional` placeholders stand in square brackets only.
    """

    body: str
    alphabet: Literal["gsm7", "ucs2"]
    units: int
    segments: int
    beyond_gsm7: str
    problems: list[str]
    placeholders: list[str]
    optional: list[str]
    standard: str


class ClinicHandler(ApiHandler):
    @operation(summary="The clinic", answer=ClinicAnswer)
    async def get(self) -> None:
        services = self.services
        settings, now = services.settings, services.clock.now()
        self.answer(
            {
                "name": services.clinic.settings.name,
                "timezone": services.clinic_time.zone.key,
                "default_country": settings.default_country,
                "languages": LANGUAGES,
                "self_join": joining.rule(services).value,
                "sms": "live" if settings.sends_sms else "simulated",
                "consent_wording": CONSENT_WORDING,
                "demo": settings.demo,
                "announcements": services.clinic.public(services.clinic_time.zone.key)["announcements"],
                "version": services.release,
                "idle_lock_minutes": services.clinic.settings.idle_lock_minutes,
                "day": services.clinic_time.service_day(now).isoformat(),
                "now": iso(now),
            }
        )


class SettingsHandler(ApiHandler):
    @operation(summary="The clinic's settings", answer=SettingsAnswer)
    async def get(self) -> None:
        self.answer(self._shown(self.services.clinic.settings))

    @operation(summary="Change the clinic's settings", body=SettingsBody, answer=SettingsAnswer)
    async def patch(self) -> None:
        """Open queues take the new rules at once."""
        body = self.body(SettingsBody)
        if body.timezone and self.services.settings.clinic_timezone is not None:
            raise Invalid.field("timezone", "is set by CLINIC_TIMEZONE where the server is started; change it there")
        changes = body.model_dump()
        if body.announcements is not None:
            changes["announcements"] = [Announcement(each.text, each.language) for each in body.announcements]
        if body.closed_days is not None:
            changes["closed_days"] = [closure.plain() for closure in body.closed_days]
        settings = await self.services.clinic.update(SettingsChanges(**changes))
        self.audit("change settings", "clinic", fields=", ".join(sorted(body.model_fields_set)))
        self.answer(self._shown(settings))

    def _shown(self, settings: ClinicSettings) -> dict[str, Any]:
        services = self.services
        fixed = services.settings.clinic_timezone is not None
        return {**settings.as_json(), "timezone_now": services.clinic_time.zone.key, "timezone_fixed": fixed}


class PreviewHandler(ApiHandler):
    leaves_trace = False

    @operation(summary="How a text's template would be sent", body=PreviewBody, answer=PreviewAnswer)
    async def post(self) -> None:
        """Saves nothing. A link has the address of this clinic."""
        body = self.body(PreviewBody)
        text = templates.sample(body.kind, body.template.strip(), self._link())
        size = measure(text)
        always, sometimes = templates.PLACEHOLDERS[body.kind]
        self.answer(
            {
                "body": text,
                "alphabet": size.alphabet.value,
                "units": size.units,
                "segments": size.segments,
                "beyond_gsm7": beyond_gsm7(text),
                "problems": templates.mistakes(body.kind, body.template.strip()),
                "placeholders": sorted(always | sometimes),
                "optional": sorted(sometimes),
                "standard": templates.TEMPLATES[body.language][body.kind],
            }
        )

    def _link(self) -> str:
        public_url = self.services.settings.public_url
        return f"{public_url}/t/{new_id()}" if public_url else templates.SAMPLE["link"]


routes = [
    ("/api/clinic/", ClinicHandler),
    ("/api/settings/", SettingsHandler),
    ("/api/settings/texts/preview/", PreviewHandler),
]
