"""The boards of displays that somebody is looking at: made from the public views of their doctors' queues.

A board listens to its queues at the hub and is published anew with each of their changes. One that nobody
watches any more notices at the next change and stops listening.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from server.clock import Clock, iso
from server.displays.initials import initials_in
from server.displays.model import Display
from server.errors import NotFound
from server.live import messages
from server.live.hub import Hub
from server.live.messages import View
from server.live.peers import Listener, Publication


class Queues(Protocol):
    """Where a board gets the first state of each queue; raises NotFound for a doctor who is gone."""

    async def view(self, doctor_id: str, *, staff: bool) -> View: ...


# What every board says besides its queues: the clinic and the version of its pages.
About = Callable[[], Mapping[str, Any]]


class Board:
    """The board of one display. `latest` holds each queue's newest message, `initials` those of its patients."""

    def __init__(self, display: Display, hub: Hub, clock: Clock, about: About) -> None:
        self.display = display
        self._hub = hub
        self._clock = clock
        self._about = about
        self._latest: dict[str, Publication] = {}
        self._listeners: dict[str, Listener] = {}
        self._initials: dict[str, Mapping[str, str]] = {}
        self._named: dict[str, Listener] = {}
        self._seq = 0

    @property
    def listening(self) -> bool:
        """False once it has stopped: a new board has to be opened."""
        return bool(self._listeners) or not self.display.doctor_ids

    @property
    def doctor_ids(self) -> list[str]:
        """The doctors who are on the board now."""
        return list(self._latest)

    async def show(self, display: Display, queues: Queues) -> None:
        """Follow exactly the doctors of `display`, and know the present state of each."""
        self.display = display
        for doctor_id in self._listeners.keys() - set(display.doctor_ids):
            self._ignore(doctor_id)
        for doctor_id in display.doctor_ids:
            if doctor_id not in self._listeners:
                listener = self._listeners[doctor_id] = partial(self._changed, doctor_id)
                self._hub.listen(messages.queue_topic(doctor_id, staff=False), listener)
        named = display.doctor_ids if display.look.identify == "initials" else ()
        for doctor_id in self._named.keys() - set(named):
            self._ignore_names(doctor_id)
        for doctor_id in named:
            if doctor_id not in self._named:
                listener = self._named[doctor_id] = partial(self._names_changed, doctor_id)
                self._hub.listen(messages.queue_topic(doctor_id, staff=True), listener)
                await self._prime_names(doctor_id, queues)
        for doctor_id in display.doctor_ids:
            if doctor_id not in self._latest:
                await self._prime(doctor_id, queues)

    def state(self) -> tuple[int, str, Callable[[], str]]:
        """`(seq, at, encode)` of the board as it is now."""
        latest = {doctor: self._latest[doctor] for doctor in self.display.doctor_ids if doctor in self._latest}
        seqs = {doctor: publication.seq for doctor, publication in latest.items()}
        # Never less than before, also when the busiest doctor has left the board: screens keep the greatest.
        seq = self._seq = max(self._seq, *seqs.values(), 0)
        display, at = {**self.display.view(), "paired": True}, iso(self._clock.now())
        initials = {code: letters for names in self._initials.values() for code, letters in names.items()}
        data = {"display": display, **self._about(), "initials": initials}

        def encode() -> str:
            return messages.board(data, seq, seqs, at, [publication.text for publication in latest.values()])

        return seq, at, encode

    def publish(self) -> None:
        """Send the board as it is now to whoever watches it."""
        self._hub.publish(messages.board_topic(self.display.id), *self.state())

    def forget(self, doctor_id: str) -> bool:
        """Take a doctor who is gone off the board; False if none was on it."""
        return self._latest.pop(doctor_id, None) is not None

    def stop(self) -> None:
        """Listen to nothing any more."""
        for doctor_id in list(self._named):
            self._ignore_names(doctor_id)
        for doctor_id in list(self._listeners):
            self._ignore(doctor_id)

    async def _prime_names(self, doctor_id: str, queues: Queues) -> None:
        try:
            view = await queues.view(doctor_id, staff=True)
        except NotFound:
            return
        if doctor_id in self._named:
            self._initials.setdefault(doctor_id, initials_in(view.body))

    async def _prime(self, doctor_id: str, queues: Queues) -> None:
        try:
            view = await queues.view(doctor_id, staff=False)
        except NotFound:
            return  # a doctor who is gone simply leaves the board
        publication = Publication(view.seq, view.at, partial(messages.queue, doctor_id, view))
        if doctor_id in self._listeners:
            self._latest.setdefault(doctor_id, publication)

    def _changed(self, doctor_id: str, publication: Publication) -> None:
        if not self._hub.watched(messages.board_topic(self.display.id)):
            self.stop()
            return
        self._latest[doctor_id] = publication
        self.publish()

    def _names_changed(self, doctor_id: str, publication: Publication) -> None:
        """The public change that comes with it is published a moment later or earlier; both end the same."""
        self._initials[doctor_id] = initials_in(messages.data_of(publication.text))
        if self._hub.watched(messages.board_topic(self.display.id)):
            self.publish()

    def _ignore_names(self, doctor_id: str) -> None:
        self._hub.unlisten(messages.queue_topic(doctor_id, staff=True), self._named.pop(doctor_id))
        self._initials.pop(doctor_id, None)

    def _ignore(self, doctor_id: str) -> None:
        self._hub.unlisten(messages.queue_topic(doctor_id, staff=False), self._listeners.pop(doctor_id))
        self._latest.pop(doctor_id, None)
