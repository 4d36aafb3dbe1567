"""What the world is shown of each queue: views encoded once per change, served from memory and pushed (DESIGN 2, 6).

Holds one `Scene` and at most two encoded views per queue, and what lies around the document: each ticket's
latest SMS state and the patients' other queues.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from server.clock import Clock, iso
from server.encoding import encode
from server.live import messages
from server.live.hub import Hub
from server.live.messages import CloseCode
from server.queue import views
from server.queue.estimate import Estimate
from server.queue.model import IN_QUEUE, QueueDay, Ticket
from server.queue.views import Around, Scene, Sms

# More than a large clinic's day.
MOST_PROMISES = 5_000


@dataclass(frozen=True, slots=True)
class EncodedView:
    """A view as JSON text; `tick` counts encodings, so that `etag` changes even where `seq` did not.

    Counting begins anew, at a random number, with each process: no tag of one means anything to another.
    """

    seq: int
    at: str
    tick: int
    name: str
    body: str

    @property
    def etag(self) -> str:
        """`"<seq>-<view>-<tick>"`, quoted as HTTP wants it."""
        return f'"{self.seq}-{self.name}-{self.tick}"'


class Showcase:
    """The views of every queue of today."""

    def __init__(self, clock: Clock, hub: Hub, public_url: str) -> None:
        self._clock = clock
        self._hub = hub
        self._days: dict[str, QueueDay] = {}
        self._first_tick = secrets.randbits(48)
        self._ticks: dict[str, int] = {}
        self._scenes: dict[str, Scene] = {}
        self._encoded: dict[tuple[str, bool], EncodedView] = {}
        self._patients: dict[str, dict[str, str]] = {}
        self._sms: dict[str, Sms] = {}
        self._moves: dict[str, str] = {}
        self._promised: dict[str, Estimate] = {}
        self._around = Around(public_url, self._sms, self._elsewhere)

    def show(self, day: QueueDay) -> None:
        """`day` is in the database now: serve it, and tell whoever watches if a view changed."""
        doctor_id = day.doctor.id
        before = self._days.get(doctor_id)
        if before is not None and before.day > day.day:
            self._tell_holders(day, self.past_ticket_view)
            return
        self._days[doctor_id] = day
        others = self._reindex(before, day)
        if before is None or before.seq != day.seq:
            self._changed(doctor_id)
        else:
            self._scenes.pop(doctor_id, None)
        for other in others - {doctor_id}:
            self.again(other)

    def drop(self, doctor_id: str) -> None:
        """The doctor is gone: nothing is shown any more."""
        day = self._days.pop(doctor_id, None)
        if day is not None:
            self._reindex(day, None)
        self._forget(doctor_id)
        for staff in (True, False):
            self._hub.end(messages.queue_topic(doctor_id, staff=staff), CloseCode.NOT_FOUND, "not_found")

    def again(self, doctor_id: str) -> None:
        """Same `seq`, newer `at`: estimates have moved, or something around the document has."""
        if doctor_id in self._days:
            self._changed(doctor_id)

    def note_sms(self, ticket_id: str, state: str, code: str | None) -> None:
        """The state of the ticket's latest text; of a ticket that has left every queue, nothing is kept."""
        for doctor_id, day in self._days.items():
            if ticket_id in day.tickets and self._sms.get(ticket_id) != Sms(state, code):
                self._sms[ticket_id] = Sms(state, code)
                self.again(doctor_id)

    def view(self, doctor_id: str, *, staff: bool) -> EncodedView:
        """The queue's current view. Raises KeyError if `show` was never called for it."""
        encoded = self._encoded.get((doctor_id, staff))
        if encoded is None:
            scene = self.scene(doctor_id)
            body = encode(views.queue_view(scene, staff=staff))
            tick, name = self._ticks.get(doctor_id, self._first_tick), "staff" if staff else "public"
            encoded = EncodedView(scene.day.seq, iso(scene.now), tick, name, body)
            self._encoded[(doctor_id, staff)] = encoded
        return encoded

    def ticket(self, doctor_id: str, ticket: Ticket, *, staff: bool) -> dict[str, Any]:
        """One ticket of today as the world sees it."""
        scene = self.scene(doctor_id)
        if (estimate := scene.estimates.get(ticket.id)) is not None and ticket.id not in self._promised:
            self._promised[ticket.id] = estimate
            if len(self._promised) > MOST_PROMISES:
                del self._promised[next(iter(self._promised))]
        return views.ticket_view(scene, ticket, staff=staff)

    def promised(self, ticket_id: str) -> Estimate | None:
        """When whoever joined was first told the call would come; None where nobody was told here."""
        return self._promised.get(ticket_id)

    def ticket_view(self, doctor_id: str, ticket: Ticket) -> EncodedView:
        """The public view of one ticket, encoded."""
        scene = self.scene(doctor_id)
        body = encode(views.ticket_view(scene, ticket, staff=False))
        return EncodedView(scene.day.seq, iso(scene.now), self._ticks.get(doctor_id, self._first_tick), "ticket", body)

    def past_ticket(self, day: QueueDay, ticket: Ticket, *, staff: bool) -> dict[str, Any]:
        """A ticket that is no longer in any queue, out of a day made for it from its visit."""
        return views.ticket_view(Scene(day, self._clock.now(), self._around, (), {}, {}), ticket, staff=staff)

    def past_ticket_view(self, day: QueueDay, ticket: Ticket) -> EncodedView:
        """The same, public and encoded."""
        body = encode(self.past_ticket(day, ticket, staff=False))
        return EncodedView(day.seq, iso(self._clock.now()), 0, "ticket", body)

    def card(self, doctor_id: str) -> dict[str, Any]:
        """The queue as somebody choosing a doctor sees it."""
        return views.card(self.scene(doctor_id))

    def scene(self, doctor_id: str) -> Scene:
        """The queue with its order and estimates, worked out once per change."""
        scene = self._scenes.get(doctor_id)
        if scene is None:
            scene = self._scenes[doctor_id] = Scene.of(self._days[doctor_id], self._clock.now(), self._around)
        return scene

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]:
        """`(doctor_id, ticket_id)` of every queue the patient is in."""
        return [(doctor_id, ticket_id) for ticket_id, doctor_id in self._patients.get(patient_id, {}).items()]

    def _changed(self, doctor_id: str) -> None:
        self._forget(doctor_id)
        self._ticks[doctor_id] = self._ticks.get(doctor_id, self._first_tick) + 1
        day, at = self._days[doctor_id], iso(self._clock.now())
        for staff in (True, False):
            topic = messages.queue_topic(doctor_id, staff=staff)
            self._hub.publish(topic, day.seq, at, partial(self._queue_message, doctor_id, staff))
        self._tell_holders(day, partial(self._live_ticket_view, doctor_id))

    def _tell_holders(self, day: QueueDay, view: Callable[[QueueDay, Ticket], EncodedView]) -> None:
        """Tell whoever watches one of the day's tickets how it stands."""
        at = iso(self._clock.now())
        for ticket in day.tickets.values():
            topic = messages.ticket_topic(ticket.id)
            if not self._hub.watched(topic) or (ticket.moved_to and self._moves.get(ticket.id) == ticket.moved_to):
                continue
            self._hub.publish(topic, day.seq, at, partial(_ticket_message, view, day, ticket))
            if ticket.moved_to is not None:
                # Said once: from here on its holders hear of the ticket it became.
                self._moves[ticket.id] = ticket.moved_to
                self._hub.follow(topic, messages.ticket_topic(ticket.moved_to))

    def _live_ticket_view(self, doctor_id: str, day: QueueDay, ticket: Ticket) -> EncodedView:
        return self.ticket_view(doctor_id, ticket)

    def _queue_message(self, doctor_id: str, staff: bool) -> str:
        return messages.queue(doctor_id, self.view(doctor_id, staff=staff))

    def _forget(self, doctor_id: str) -> None:
        self._scenes.pop(doctor_id, None)
        self._encoded.pop((doctor_id, True), None)
        self._encoded.pop((doctor_id, False), None)

    def _reindex(self, before: QueueDay | None, after: QueueDay | None) -> set[str]:
        """Keep `_patients` true; the queues whose view of a patient's other queues has changed with it."""
        old = before.tickets if before else {}
        new = after.tickets if after else {}
        touched = set()
        for id, ticket in new.items():
            was = old.get(id)
            if was is ticket or (was is not None and was.state == ticket.state):
                continue
            touched.add(ticket.patient.id)
            queues = self._patients.setdefault(ticket.patient.id, {})
            if ticket.state in IN_QUEUE and after is not None:
                queues[id] = after.doctor.id
            else:
                queues.pop(id, None)
        for id in old.keys() - new.keys():
            self._sms.pop(id, None)
            self._moves.pop(id, None)
            touched.add(old[id].patient.id)
            self._patients.get(old[id].patient.id, {}).pop(id, None)
        others = {doctor_id for patient in touched for doctor_id in self._patients.get(patient, {}).values()}
        for patient in touched:
            if not self._patients.get(patient):
                self._patients.pop(patient, None)
        return others

    def _elsewhere(self, patient_id: str, ticket_id: str) -> Sequence[dict[str, Any]]:
        places = []
        for other_id, doctor_id in self._patients.get(patient_id, {}).items():
            day = self._days.get(doctor_id)
            ticket = day.tickets.get(other_id) if day and other_id != ticket_id else None
            if day is not None and ticket is not None:
                place = {"doctor_id": doctor_id, "doctor": day.doctor.name, "code": ticket.code}
                places.append({**place, "state": ticket.state.value, "room": ticket.room or day.doctor.room})
        return places


def _ticket_message(view: Callable[[QueueDay, Ticket], EncodedView], day: QueueDay, ticket: Ticket) -> str:
    return messages.ticket(view(day, ticket))
