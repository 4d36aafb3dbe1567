"""`/api/clinic/` for everybody's pages, and `/api/settings/` for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.schemas import Answer, Body, Change
from server.clinic.model import SettingsChanges
from server.clock import iso
from server.patients.model import CONSENT_WORDING, LANGUAGES
from server.queue import self_join


class ClinicAnswer(Answer):
    """What a page needs to know of the clinic; `sms` simulated: no text leaves this server."""

    name: str
    timezone: str
    default_country: str
    languages: list[str]
    self_join: Literal["on_site", "anywhere", "off"]
    sms: Literal["live", "simulated"]
    consent_wording: str
    demo: bool
    now: str


class SettingsBody(Body):
    """What is left out stays; `sms` names the kinds of text to switch on or off."""

    name: Change[Annotated[str, Field(max_length=400)]] = None
    late_grace_minutes: Change[int] = None
    max_wait_normal_minutes: Change[int] = None
    max_wait_priority_minutes: Change[int] = None
    sms: Change[Annotated[dict[str, bool], Field(max_length=50)]] = None


class SettingsAnswer(Answer):
    """The settings as they are now."""

    name: str
    late_grace_minutes: int
    max_wait_normal_minutes: int
    max_wait_priority_minutes: int
    sms: dict[str, bool]


class ClinicHandler(ApiHandler):
    @operation(summary="The clinic", answer=ClinicAnswer)
    async def get(self) -> None:
        services = self.services
        settings = services.settings
        rule = self_join.mode(settings.self_join, demo=settings.demo, displays=services.displays.any())
        self.answer(
            {
                "name": services.clinic.settings.name,
                "timezone": settings.clinic_timezone,
                "default_country": settings.default_country,
                "languages": LANGUAGES,
                "self_join": rule.value,
                "sms": "live" if settings.sends_sms else "simulated",
                "consent_wording": CONSENT_WORDING,
                "demo": settings.demo,
                "now": iso(services.clock.now()),
            }
        )


class SettingsHandler(ApiHandler):
    @operation(summary="The clinic's settings", answer=SettingsAnswer)
    async def get(self) -> None:
        self.answer(self.services.clinic.settings.as_json())

    @operation(summary="Change the clinic's settings", body=SettingsBody, answer=SettingsAnswer)
    async def patch(self) -> None:
        """Open queues take the new rules at once."""
        body = self.body(SettingsBody)
        settings = await self.services.clinic.update(SettingsChanges(**body.model_dump()))
        self.audit("change settings", "clinic", fields=", ".join(sorted(body.model_fields_set)))
        self.answer(settings.as_json())


routes = [
    ("/api/clinic/", ClinicHandler),
    ("/api/settings/", SettingsHandler),
]
