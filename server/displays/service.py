"""The use cases of displays: an administrator adds, changes and removes them; a display signs in and gets its board."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from server.clock import Clock
from server.displays.boards import Board, Queues
from server.displays.model import Display, hash_of
from server.displays.store import DisplayStore
from server.errors import FieldError, Invalid, NotFound, NotSignedIn
from server.ids import new_id, order_key
from server.live import messages
from server.live.hub import Hub
from server.live.messages import CloseCode

GONE = "There is no such display."


class Doctors(Protocol):
    """Who may be shown; `get` raises NotFound."""

    def get(self, doctor_id: str) -> object: ...


class DisplayService:
    """All displays of the clinic, and the boards of those that are connected to this process."""

    def __init__(self, store: DisplayStore, hub: Hub, queues: Queues, doctors: Doctors, clock: Clock) -> None:
        self._store = store
        self._hub = hub
        self._queues = queues
        self._doctors = doctors
        self._clock = clock
        self._boards: dict[str, Board] = {}
        self._any = False

    async def start(self) -> None:
        """Learn whether the clinic has a display at all."""
        self._any = bool(await self._store.page(None, 1))

    def any(self) -> bool:
        """Whether there is a display; what a patient may do by phone depends on it."""
        return self._any

    async def page(self, cursor: str | None, limit: int) -> tuple[list[Display], str | None]:
        """Displays in the order they were added, and the cursor of the next page."""
        found = await self._store.page(cursor, limit + 1)
        return found[:limit], found[limit - 1].order if len(found) > limit else None

    async def get(self, display_id: str) -> Display:
        """Raises NotFound."""
        display = await self._store.get(display_id)
        if display is None:
            raise NotFound(GONE)
        return display

    async def create(self, name: str, doctor_ids: Sequence[str]) -> tuple[Display, str]:
        """A new display and its token, which is kept nowhere and shown only now. Raises Invalid."""
        self._check(doctor_ids)
        now, id, token = self._clock.now(), new_id(), secrets.token_urlsafe(32)
        display = Display(id, order_key(now, id), name, tuple(doctor_ids), hash_of(token), now)
        await self._store.insert(display)
        self._any = True
        return display, token

    async def update(self, display_id: str, *, name: str | None, doctor_ids: Sequence[str] | None) -> Display:
        """Change what is given; an open board changes at once. Raises NotFound, Invalid."""
        if doctor_ids is not None:
            self._check(doctor_ids)
        while True:
            display = await self.get(display_id)
            changed = replace(
                display,
                name=display.name if name is None else name,
                doctor_ids=display.doctor_ids if doctor_ids is None else tuple(doctor_ids),
            )
            if await self._store.replace(changed):
                break
        changed = replace(changed, rev=changed.rev + 1)
        await self._show(changed)
        return changed

    async def delete(self, display_id: str) -> None:
        """Remove it; its token is worth nothing and its board closes. Raises NotFound."""
        if not await self._store.delete(display_id):
            raise NotFound(GONE)
        self._end(display_id)
        await self.start()

    async def admit(self, display_id: str, token: str) -> Display:
        """The display if `token` is its own. Raises NotFound, NotSignedIn."""
        display = await self.get(display_id)
        if not display.admits(token):
            raise NotSignedIn("This is not the display's token.")
        return display

    async def board(self, display: Display) -> tuple[int, str, Callable[[], str]]:
        """`(seq, at, encode)` of the display's board; from now on it is published while its topic is watched."""
        board = self._boards.get(display.id)
        if board is None or not board.listening:
            board = self._boards[display.id] = Board(display, self._hub, self._clock)
        await board.show(display, self._queues)
        return board.state()

    async def refresh(self) -> None:
        """Let go of boards nobody watches; follow doctors who have left and what other processes have changed."""
        await self.start()
        for id, board in list(self._boards.items()):
            if not self._hub.watched(messages.board_topic(id)):
                self._boards.pop(id).stop()
            elif any(board.forget(doctor_id) for doctor_id in board.doctor_ids if not self._is_doctor(doctor_id)):
                board.publish()
        revs = await self._store.revs(self._boards) if self._boards else {}
        for id, board in list(self._boards.items()):
            if id not in revs:
                self._end(id)
            elif revs[id] > board.display.rev:
                await self._show(await self.get(id))

    async def _show(self, display: Display) -> None:
        board = self._boards.get(display.id)
        if board is not None and board.listening:
            await board.show(display, self._queues)
            board.publish()

    def _end(self, display_id: str) -> None:
        if board := self._boards.pop(display_id, None):
            board.stop()
        self._hub.end(messages.board_topic(display_id), CloseCode.NOT_FOUND, "the display was removed")

    def _check(self, doctor_ids: Sequence[str]) -> None:
        errors = []
        for index, doctor_id in enumerate(doctor_ids):
            if doctor_id in doctor_ids[:index]:
                errors.append(FieldError(f"doctor_ids.{index}", "is there twice"))
            elif not self._is_doctor(doctor_id):
                errors.append(FieldError(f"doctor_ids.{index}", "is no doctor of this clinic"))
        if errors:
            raise Invalid(f"{errors[0].field} {errors[0].message}", errors=errors)

    def _is_doctor(self, doctor_id: str) -> bool:
        try:
            self._doctors.get(doctor_id)
        except NotFound:
            return False
        return True
