"""Tells consoles when to read again what they show beside the queues: bookings, lost texts, doctors, settings.

Queues travel as whole views. These lists are read over HTTP, each as far as its reader may see it, so that the
socket carries only when each of them last changed. Where processes share a database they leave marks in it for one
another; news that a crash takes along is made good by the page, which also looks by itself now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final

from server.clock import Clock, iso
from server.live import messages
from server.live.hub import Hub
from server.live.peers import Socket
from server.storage.port import DuplicateKey, Storage

MARKS: Final = "desk_marks"


class Subject(StrEnum):
    """What may have changed."""

    APPOINTMENTS = "appointments"
    TEXTS = "texts"
    DOCTORS = "doctors"
    SETTINGS = "settings"


class DeskNews:
    """One per process. `shared` is the database where several processes use it; `wake` makes `follow` run soon."""

    def __init__(self, hub: Hub, clock: Clock, shared: Storage | None, wake: Callable[[], None]) -> None:
        self._hub = hub
        self._clock = clock
        self._shared = shared
        self._wake = wake
        self._seq = 0
        self._changed: dict[str, int] = {}
        self._unmarked: set[Subject] = set()
        self._seen: dict[str, int] = {}
        for subject in Subject:
            self._note(subject)

    def changed(self, subject: Subject) -> None:
        """Something of `subject` is other than before: consoles read it again, those of other processes too."""
        self._publish(subject)
        if self._shared is not None:
            self._unmarked.add(subject)
            self._wake()

    def show(self, socket: Socket) -> None:
        """From now on the socket is told; first what is so now, so that nothing between is missed."""
        self._hub.subscribe(socket, messages.DESK)
        self._hub.send(socket, messages.DESK, *self._latest())

    async def follow(self) -> None:
        """Job where processes share a database: leave marks of our changes, and pass on those of others."""
        if self._shared is None:
            return
        for subject in list(self._unmarked):
            self._unmarked.discard(subject)
            try:
                await self._mark(self._shared, subject)
            except BaseException:
                self._unmarked.add(subject)
                raise
        for name, rev in (await self._shared.revs(MARKS, list(Subject))).items():
            if rev != self._seen.get(name):
                self._seen[name] = rev
                self._publish(Subject(name))

    async def _mark(self, storage: Storage, subject: Subject) -> None:
        """Raise the subject's `rev`. Somebody who raises it in the same moment has done so for us too."""
        mark = await storage.get(MARKS, subject)
        try:
            if mark is None:
                await storage.insert(MARKS, {"_id": subject.value, "rev": 0})
            else:
                await storage.replace_if_unchanged(MARKS, mark)
        except DuplicateKey:
            return

    def _publish(self, subject: Subject) -> None:
        self._note(subject)
        self._hub.publish(messages.DESK, *self._latest())

    def _note(self, subject: Subject) -> None:
        """The time in milliseconds, but always more than before: it rises over restarts too."""
        self._seq = max(self._seq + 1, int(self._clock.now().timestamp() * 1000))
        self._changed[subject.value] = self._seq

    def _latest(self) -> tuple[int, str, Callable[[], str]]:
        at = iso(self._clock.now())
        return self._seq, at, partial(messages.desk, self._seq, at, dict(self._changed))
