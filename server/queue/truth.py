"""Whether what a text about a ticket says holds now, asked right before it is sent and when it is to be sent again.

The rules are in `texts.py`; here is where the ticket is looked for.
"""

from __future__ import annotations

from contextlib import suppress

from server.errors import NotFound
from server.queue import texts
from server.queue.lines import Found, Lines


class Truth:
    """`shared`: other processes write the queues too."""

    def __init__(self, lines: Lines, *, shared: bool) -> None:
        self._lines = lines
        self._shared = shared

    async def still_true(self, doctor_id: str, ticket_id: str, kind: str, call: int) -> bool:
        """Whether a text about the ticket still holds, right before it is sent. Raises StorageUnavailable."""
        found = await self._find(doctor_id, ticket_id)
        if _says_so(found, kind, call) or not self._shared:
            return _says_so(found, kind, call)
        # What another process has just written may not be here yet, and a text once dropped is lost.
        await self._lines.follow()
        return _says_so(self._lines.in_memory(ticket_id) or found, kind, call)

    async def news(self, doctor_id: str, ticket_id: str, kind: str, call: int) -> int | None:
        """Which call a text about the ticket would tell if staff sent it again now; None: nothing that is news."""
        known = self._news_of(await self._find(doctor_id, ticket_id), kind, call)
        if known is None and self._shared:
            await self._lines.follow()
            known = self._news_of(self._lines.in_memory(ticket_id), kind, call)
        return known

    def _news_of(self, found: Found | None, kind: str, call: int) -> int | None:
        if found is None or found.day.day != self._lines.today():
            return None
        return texts.news(kind, found.ticket, call, paused=found.day.pause is not None)

    async def _find(self, doctor_id: str, ticket_id: str) -> Found | None:
        """The ticket, also in a queue that this process has not looked at yet; None if nobody knows it."""
        found = self._lines.in_memory(ticket_id)
        if found is None:
            with suppress(NotFound):  # the doctor is gone
                await self._lines.of(doctor_id).loaded()
            with suppress(NotFound):
                found = await self._lines.find(ticket_id)
        return found


def _says_so(found: Found | None, kind: str, call: int) -> bool:
    """Whether a text holds as far as is known of its ticket, and its patient still agrees to texts."""
    if found is None:
        return texts.still_true(kind, None, call, paused=False)
    if found.live and not found.ticket.patient.sms_consent:
        return False
    return texts.still_true(kind, found.ticket, call, paused=found.day.pause is not None)
