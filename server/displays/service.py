"""The use cases of displays: added or paired, changed, asked to do something and removed; a screen signs in and gets
its board."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

from server.clock import Clock, iso, whole_seconds
from server.displays.boards import About, Board, Queues
from server.displays.health import DisplayHealth
from server.displays.model import Display, Look, hash_of
from server.displays.pairing import ALPHABET, LENGTH, LIFETIME, Pairing, as_code
from server.displays.store import DisplayStore, PairingStore
from server.errors import FieldError, Invalid, NotFound, NotSignedIn, SlowDown
from server.ids import new_id, order_key, spoken_code
from server.live import messages
from server.live.hub import Hub
from server.live.messages import CloseCode
from server.storage.port import DuplicateKey

GONE = "There is no such display."
NO_CODE = "is not a code that a screen shows now; read it from the screen again"
MOST_UNPAIRED = 200
EXPIRED_AT_ONCE = 200

Ask = Literal["reload", "identify"]
State = tuple[int, str, Callable[[], str]]


class Doctors(Protocol):
    """Who may be shown; `get` raises NotFound."""

    def get(self, doctor_id: str) -> object: ...


class DisplayService:
    """All displays of the clinic, and the boards of those that are connected to this process."""

    def __init__(
        self,
        store: DisplayStore,
        pairings: PairingStore,
        health: DisplayHealth,
        hub: Hub,
        queues: Queues,
        doctors: Doctors,
        clock: Clock,
        about: About,
    ) -> None:
        self._store = store
        self._pairings = pairings
        self.health = health
        self._hub = hub
        self._queues = queues
        self._doctors = doctors
        self._clock = clock
        self._about = about
        self._boards: dict[str, Board] = {}
        self._waiting: dict[str, Pairing] = {}
        self._any = False
        self._said: Mapping[str, Any] = {}

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

    async def create(self, name: str, doctor_ids: Sequence[str], look: Look) -> tuple[Display, str]:
        """A new display and its token, which is kept nowhere and shown only now. Raises Invalid."""
        self._check(doctor_ids)
        now, id, token = self._clock.now(), new_id(), secrets.token_urlsafe(32)
        display = Display(id, order_key(now, id), name, tuple(doctor_ids), hash_of(token), now, look)
        await self._store.insert(display)
        self._any = True
        return display, token

    async def offer(self) -> tuple[Pairing, str]:
        """A code for a screen that nobody has named yet, and the token it will keep. Raises SlowDown."""
        now = self._clock.now()
        if len(await self._pairings.expiring(after=whole_seconds(now), limit=MOST_UNPAIRED)) >= MOST_UNPAIRED:
            raise SlowDown("Too many screens wait to be paired. Try again in a minute.", retry_after=60)
        display_id, token = new_id(), secrets.token_urlsafe(32)
        while True:
            pairing = Pairing(spoken_code(ALPHABET, LENGTH), display_id, hash_of(token), whole_seconds(now + LIFETIME))
            if await self._pairings.insert(pairing):
                return pairing, token

    async def pair(self, code: str, name: str, doctor_ids: Sequence[str], look: Look) -> Display:
        """Make the screen that shows `code` a display; it shows its board at once. Raises Invalid."""
        self._check(doctor_ids)
        known = as_code(code)
        pairing = await self._pairings.by_code(known) if known else None
        now = self._clock.now()
        if pairing is None or pairing.expires_at <= now:
            raise Invalid.field("code", NO_CODE)
        id = pairing.display_id
        display = Display(id, order_key(now, id), name, tuple(doctor_ids), pairing.token_hash, now, look)
        try:
            await self._store.insert(display)
        except DuplicateKey:  # of two who type the same code at once, one comes second
            raise Invalid.field("code", NO_CODE) from None
        await self._pairings.delete(pairing.code)
        self._any = True
        await self._begin(display)
        return display

    async def update(
        self,
        display_id: str,
        *,
        name: str | None = None,
        doctor_ids: Sequence[str] | None = None,
        look: Callable[[Look], Look] = lambda look: look,
    ) -> Display:
        """Change what is given; an open board changes at once. Raises NotFound, Invalid."""
        if doctor_ids is not None:
            self._check(doctor_ids)

        def change(display: Display) -> Display:
            return replace(
                display,
                name=display.name if name is None else name,
                doctor_ids=display.doctor_ids if doctor_ids is None else tuple(doctor_ids),
                look=look(display.look),
            )

        return await self._change(display_id, change)

    async def ask(self, display_id: str, what: Ask) -> Display:
        """Let the screen load itself anew, or show its name in large letters. Raises NotFound."""

        def change(display: Display) -> Display:
            if what == "reload":
                return replace(display, reloads=display.reloads + 1)
            return replace(display, identifications=display.identifications + 1)

        return await self._change(display_id, change)

    async def _change(self, display_id: str, change: Callable[[Display], Display]) -> Display:
        while True:
            changed = change(await self.get(display_id))
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
        await self.health.forget(display_id)
        await self.start()

    async def admit(self, display_id: str, token: str) -> Display | Pairing:
        """The display, or the screen still to be paired, if `token` is its own. Raises NotFound, NotSignedIn."""
        known = await self.find(display_id)
        if not known.admits(token):
            raise NotSignedIn("This is not the display's token.")
        return known

    async def find(self, display_id: str) -> Display | Pairing:
        """The display, or the screen still to be paired. Raises NotFound."""
        known: Display | Pairing | None = await self._store.get(display_id)
        if known is None:
            known = await self._pairings.by_display(display_id)
            if known is None or known.expires_at <= self._clock.now():
                raise NotFound(GONE)
        return known

    async def board(self, known: Display | Pairing) -> State:
        """`(seq, at, encode)` of what the screen shows; changes are published from now on while it is watched."""
        if isinstance(known, Pairing):
            self._waiting[known.display_id] = known
            # Somebody may have paired it since it was admitted.
            display = await self._store.get(known.display_id)
            if display is None:
                at = iso(self._clock.now())
                data = {"display": known.view(), **self._about(), "initials": {}}
                return 0, at, lambda: messages.board(data, 0, {}, at, [])
            known = display
        return (await self._open(known)).state()

    async def publish(self) -> None:
        """Publish every board if what they all say besides their queues has changed."""
        if (about := self._about()) != self._said:
            self._said = about
            for board in self._boards.values():
                board.publish()

    async def refresh(self) -> None:
        """Let go of boards nobody watches; follow doctors who have left and what other processes have changed."""
        await self.start()
        await self.publish()
        await self._refresh_pairings()
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

    async def _refresh_pairings(self) -> None:
        """Screens that were paired elsewhere get their board; those whose code has run out are sent for a new one."""
        now = whole_seconds(self._clock.now())
        for id, pairing in list(self._waiting.items()):
            if not self._hub.watched(messages.board_topic(id)):
                del self._waiting[id]
            elif (display := await self._store.get(id)) is not None:
                await self._begin(display)
            elif pairing.expires_at <= now:
                self._end(id)
        for pairing in await self._pairings.expiring(before=now, limit=EXPIRED_AT_ONCE):
            if await self._store.get(pairing.display_id) is None:
                await self.health.forget(pairing.display_id)  # it reported while it waited, and nobody named it
            await self._pairings.delete(pairing.code)

    async def _begin(self, display: Display) -> None:
        """The board of a screen that waits here to be paired."""
        if self._waiting.pop(display.id, None) is not None:
            (await self._open(display)).publish()

    async def _open(self, display: Display) -> Board:
        self._waiting.pop(display.id, None)
        board = self._boards.get(display.id)
        if board is None or not board.listening:
            board = self._boards[display.id] = Board(display, self._hub, self._clock, self._about)
        await board.show(display, self._queues)
        return board

    async def _show(self, display: Display) -> None:
        board = self._boards.get(display.id)
        if board is not None and board.listening:
            await board.show(display, self._queues)
            board.publish()

    def _end(self, display_id: str) -> None:
        self._waiting.pop(display_id, None)
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
