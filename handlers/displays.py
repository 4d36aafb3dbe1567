"""Waiting-room displays: an administrator names them and says which doctors each one shows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Body, Change, Id, Name, PageQuery
from server.clock import iso
from server.displays.model import Display
from server.errors import NotFound

DoctorIds = Annotated[list[Id], Field(min_length=1, max_length=50)]


class NewDisplay(Body):
    """A display and the doctors on it, in the order they stand there."""

    name: Name
    doctor_ids: DoctorIds


class DisplayChange(Body):
    """What to change; what is left out stays."""

    name: Change[Name] = None
    doctor_ids: Change[DoctorIds] = None

    @model_validator(mode="after")
    def _something(self) -> DisplayChange:
        if self.name is None and self.doctor_ids is None:
            raise ValueError("must hold name or doctor_ids")
        return self


class DisplayAnswer(Answer):
    """One display. `token` comes only with the answer that created it."""

    id: str
    name: str
    doctor_ids: list[str]
    created_at: str


class NewDisplayAnswer(DisplayAnswer):
    """The display's token lets its screen in; it is shown only here."""

    token: str


class DisplayPage(Answer):
    """Displays in the order they were added."""

    items: list[DisplayAnswer]
    next_cursor: str | None


class DisplaysHandler(ApiHandler):
    """All displays."""

    @operation(summary="List displays", query=PageQuery, answer=DisplayPage)
    async def get(self) -> None:
        page = self.query(PageQuery)
        found, cursor = await self.services.displays.page(page.cursor, page.limit)
        self.answer({"items": [shape(display) for display in found], "next_cursor": sealed(cursor)})

    @operation(summary="Add a display", body=NewDisplay, answer=NewDisplayAnswer, status=201)
    async def post(self) -> None:
        new = self.body(NewDisplay)
        display, token = await self.services.displays.create(new.name, new.doctor_ids)
        self.audit("display added", display.id)
        self.answer({**shape(display), "token": token}, 201)


class DisplayHandler(ApiHandler):
    """One display."""

    @operation(summary="Show a display", answer=DisplayAnswer, errors=(NotFound,))
    async def get(self, display_id: str) -> None:
        self.answer(shape(await self.services.displays.get(display_id)))

    @operation(summary="Change a display", body=DisplayChange, answer=DisplayAnswer, errors=(NotFound,))
    async def patch(self, display_id: str) -> None:
        """Screens that show it change at once."""
        change = self.body(DisplayChange)
        self.answer(
            shape(await self.services.displays.update(display_id, name=change.name, doctor_ids=change.doctor_ids))
        )

    @operation(summary="Remove a display", status=204, errors=(NotFound,))
    async def delete(self, display_id: str) -> None:
        """Its token stops working and its screens are closed."""
        await self.services.displays.delete(display_id)
        self.answer_nothing()


def shape(display: Display) -> dict[str, Any]:
    """A display as administrators see it; never its token."""
    return {**display.view(), "created_at": iso(display.created_at)}


routes = [
    ("/api/displays/", DisplaysHandler),
    ("/api/displays/{display_id}/", DisplayHandler),
]
