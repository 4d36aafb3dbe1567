"""Waiting-room displays: added by an administrator or paired by staff, changed, asked to do something, and watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Body, Change, Id, Language, Name, PageQuery
from server.clock import iso
from server.displays.model import Display, Look
from server.errors import NotFound, SlowDown

DoctorIds = Annotated[list[Id], Field(min_length=1, max_length=50)]
Theme = Literal["auto", "light", "dark"]
Layout = Literal["auto", "list", "large"]
Identify = Literal["code", "initials"]
LOOK = tuple(Look.__dataclass_fields__)


class DisplayChange(Body):
    """What to change; what is left out stays. `languages` in the order they take turns, or with `rotate` off the first.

    `layout` large: only who is served now. `identify` initials: they stand beside the codes on this screen alone.
    """

    name: Change[Name] = None
    doctor_ids: Change[DoctorIds] = None
    languages: Change[Annotated[list[Language], Field(min_length=1, max_length=4)]] = None
    rotate: Change[bool] = None
    voice: Change[bool] = None
    chime: Change[bool] = None
    volume: Change[Annotated[int, Field(ge=0, le=100)]] = None
    theme: Change[Theme] = None
    layout: Change[Layout] = None
    identify: Change[Identify] = None
    announcements: Change[bool] = None

    @model_validator(mode="after")
    def _something(self) -> DisplayChange:
        if not self.model_fields_set:
            raise ValueError("must hold at least one field to change")
        if self.languages and len(set(self.languages)) < len(self.languages):
            raise ValueError("names a language twice in languages")
        return self

    def look(self, before: Look) -> Look:
        """`before` with what was given."""
        given = {name: value for name in LOOK if (value := getattr(self, name)) is not None}
        if "languages" in given:
            given["languages"] = tuple(given["languages"])
        return replace(before, **given)


class NewDisplay(DisplayChange):
    """A display and the doctors on it, in the order they stand there."""

    name: Name
    doctor_ids: DoctorIds


class PairBody(NewDisplay):
    """The code that the screen shows, and what it becomes."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class DisplayAnswer(Answer):
    """One display. `asked` counts what it was asked to do."""

    id: str
    name: str
    doctor_ids: list[str]
    languages: list[Language]
    rotate: bool
    voice: bool
    chime: bool
    volume: int
    theme: Theme
    layout: Layout
    identify: Identify
    announcements: bool
    asked: dict[str, int]
    created_at: str


class NewDisplayAnswer(DisplayAnswer):
    """The display's token lets its screen in; it is shown only here."""

    token: str


class HealthAnswer(Answer):
    """What a screen last said of itself; sizes in CSS pixels."""

    version: str
    seq: int
    sound: str
    visible: bool
    width: int
    height: int
    ratio: float
    stale_seconds: int
    errors: int
    at: str


class WatchedDisplay(DisplayAnswer):
    """A display and how it is; `silent`: not heard for a minute."""

    health: HealthAnswer | None
    connected: bool
    silent: bool
    last_seen: str | None


class DisplayPage(Answer):
    """Displays in the order they were added."""

    items: list[WatchedDisplay]
    next_cursor: str | None


class PairingAnswer(Answer):
    """A screen's own id and token, and the code that staff type in before it runs out."""

    display_id: str
    token: str
    code: str
    expires_at: str


class DisplaysHandler(ApiHandler):
    """All displays."""

    @operation(summary="List displays", query=PageQuery, answer=DisplayPage)
    async def get(self) -> None:
        """With what each last said of itself."""
        page = self.query(PageQuery)
        found, cursor = await self.services.displays.page(page.cursor, page.limit)
        health = await self.services.displays.health.of([display.id for display in found])
        items = [{**shape(display), **health[display.id]} for display in found]
        self.answer({"items": items, "next_cursor": sealed(cursor)})

    @operation(summary="Add a display", body=NewDisplay, answer=NewDisplayAnswer, status=201, idempotent=True)
    async def post(self) -> None:
        """Its screen opens `/kiosk/{display_id}#{token}` once."""
        new = self.body(NewDisplay)
        display, token = await self.services.displays.create(new.name, new.doctor_ids, new.look(Look()))
        self.audit("display added", display.id)
        self.answer({**shape(display), "token": token}, 201)


class PairingHandler(ApiHandler):
    """A screen that nobody has named yet."""

    @operation(summary="A code for a new screen", body=Body, answer=PairingAnswer, status=201, errors=(SlowDown,))
    async def post(self) -> None:
        """The screen shows the code and waits on its socket until staff have typed it in."""
        self.body(Body)
        pairing, token = await self.services.displays.offer()
        self.answer(
            {
                "display_id": pairing.display_id,
                "token": token,
                "code": pairing.code,
                "expires_at": iso(pairing.expires_at),
            },
            201,
        )


class PairHandler(ApiHandler):
    """The code of a new screen, typed in."""

    @operation(summary="Pair a screen", body=PairBody, answer=DisplayAnswer, status=201, idempotent=True)
    async def post(self) -> None:
        """The screen shows its board at once. Spaces, dashes and case of the code do not count."""
        new = self.body(PairBody)
        display = await self.services.displays.pair(new.code, new.name, new.doctor_ids, new.look(Look()))
        self.audit("display paired", display.id)
        self.answer(shape(display), 201)


class DisplayHandler(ApiHandler):
    """One display."""

    @operation(summary="Show a display", answer=WatchedDisplay, errors=(NotFound,))
    async def get(self, display_id: str) -> None:
        display = await self.services.displays.get(display_id)
        health = await self.services.displays.health.of([display_id])
        self.answer({**shape(display), **health[display_id]})

    @operation(summary="Change a display", body=DisplayChange, answer=DisplayAnswer, errors=(NotFound,))
    async def patch(self, display_id: str) -> None:
        """Screens that show it change at once."""
        change, displays = self.body(DisplayChange), self.services.displays
        changed = await displays.update(display_id, name=change.name, doctor_ids=change.doctor_ids, look=change.look)
        self.answer(shape(changed))

    @operation(summary="Remove a display", status=204, errors=(NotFound,))
    async def delete(self, display_id: str) -> None:
        """Its token stops working and its screens are closed."""
        await self.services.displays.delete(display_id)
        self.answer_nothing()


class ReloadHandler(ApiHandler):
    @operation(summary="Load a screen anew", body=Body, answer=DisplayAnswer, errors=(NotFound,), idempotent=True)
    async def post(self, display_id: str) -> None:
        self.body(Body)
        self.answer(shape(await self.services.displays.ask(display_id, "reload")))


class IdentifyHandler(ApiHandler):
    @operation(summary="Which screen is it?", body=Body, answer=DisplayAnswer, errors=(NotFound,), idempotent=True)
    async def post(self, display_id: str) -> None:
        """The screen shows its name in large letters for a while."""
        self.body(Body)
        self.answer(shape(await self.services.displays.ask(display_id, "identify")))


def shape(display: Display) -> dict[str, Any]:
    """A display as administrators see it; never its token."""
    return {**display.view(), "created_at": iso(display.created_at)}


routes = [
    ("/api/displays/", DisplaysHandler),
    ("/api/displays/pairing/", PairingHandler),
    ("/api/displays/pair/", PairHandler),
    ("/api/displays/{display_id}/", DisplayHandler),
    ("/api/displays/{display_id}/reload/", ReloadHandler),
    ("/api/displays/{display_id}/identify/", IdentifyHandler),
]
