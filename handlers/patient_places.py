"""Where patients are in the queues of today: what a search says beside each of them, and whom a ticket's code means."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from handlers.schemas import Answer
from server.patients.terms import western_digits
from server.queue.model import DoctorCopy, Ticket

Place = tuple[Ticket, DoctorCopy]

_CODE: Final = re.compile(r"([A-Z]{1,2}) ?(\d{1,4})")


class PlaceAnswer(Answer):
    """A patient's ticket in a queue of today; one that was missed counts, one that has ended does not."""

    id: str
    code: str
    doctor_id: str
    doctor: str
    state: str


def holders(places: Sequence[Place], query: str) -> list[str]:
    """The ids of the patients with the ticket whose code `query` is, however it was typed (a17, A 017).

    They may be several: a letter can have changed hands today.
    """
    match = _CODE.fullmatch(western_digits(query).strip().upper())
    code = match and f"{match[1]}{int(match[2]):03d}"
    return [ticket.patient.id for ticket, _ in places if ticket.code == code]


def by_patient(places: Sequence[Place]) -> dict[str, list[dict[str, Any]]]:
    """The places of each patient, as answers tell them."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for ticket, doctor in places:
        place = {
            "id": ticket.id,
            "code": ticket.code,
            "doctor_id": doctor.id,
            "doctor": doctor.name,
            "state": ticket.state.value,
        }
        found[ticket.patient.id].append(place)
    return found
