"""Between the queue and the outbox, which do not know each other: a queue's text effect becomes a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from server.clock import Clock
from server.sms.model import NewMessage, expiry
from server.sms.outbox import Outbox


class QueueMessenger:
    """What `QueueService` is handed as its messenger."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._outbox: Outbox | None = None

    def connect(self, outbox: Outbox) -> None:
        """The outbox asks the queue whether a text is still true, so each is made before it knows the other."""
        self._outbox = outbox

    async def text(self, data: Mapping[str, Any]) -> None:
        """Put the text into the outbox; a second time is no harm."""
        await self._connected().put(
            NewMessage(
                id=data["message_id"],
                kind=data["kind"],
                to=data["to"],
                language=data["language"],
                patient_id=data["patient_id"],
                ticket_id=data["ticket_id"],
                doctor_id=data["doctor_id"],
                # The queue's time never runs back, so that after the clock was set back it is ahead of the clock.
                expires_at=expiry(data["kind"], min(data["at"], self._clock.now())),
                consent=data["consent"],
                confirmed=data["confirmed"],
                values={"code": data["code"], "room": data["room"] or "", "ahead": str(data.get("ahead") or "")},
                call=data["call"],
            )
        )

    async def retract(self, message_id: str, reason: str) -> Literal["cancelled", "already_sent", "none"]:
        """Cancel the text if it has not left."""
        return await self._connected().retract(message_id, reason)

    async def told(self, message_ids: Sequence[str], number: str) -> bool:
        """Whether one of these texts has left for this number, or was said in person."""
        return await self._connected().has_told(message_ids, number)

    async def latest(self, ticket_id: str) -> tuple[str, str | None] | None:
        """State and code of the ticket's latest text, or None if it has none."""
        texts = await self._connected().of_ticket(ticket_id)
        return (texts[0]["state"], texts[0]["code"]) if texts else None

    def _connected(self) -> Outbox:
        assert self._outbox is not None
        return self._outbox
