"""The numbers that want no texts: who answered STOP, or whom Twilio refuses as such (21610), until START.

Asked before a text is taken and again right before its request, so it is held in memory; several
processes on one database follow each other's changes by `refresh`.
"""

from __future__ import annotations

from datetime import timedelta

from server.clock import Clock
from server.ids import order_key
from server.sms.words import Wish
from server.storage.port import Document, DuplicateKey, Range, Storage

COLLECTION = "suppressions"
PAGE = 200
EVENTS_KEPT = 50
# How much later than its `order` says another process's write may become readable.
OVERLAP = timedelta(seconds=60)


class Suppression:
    """One per process."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._stopped: set[str] = set()
        self._read_to = ""

    def holds(self, number: str) -> bool:
        """Whether nothing may be sent to `number` (E.164)."""
        return number in self._stopped

    async def refresh(self) -> None:
        """Job, and at start: read what changed since the last time."""
        after, next_time = self._read_to, order_key(self._clock.now() - OVERLAP, "")
        while True:
            found = await self._storage.find(COLLECTION, {"order": Range(gt=after)}, sort="order", limit=PAGE)
            for document in found:
                self._take(document)
                after = document["order"]
            if len(found) < PAGE:
                break
        self._read_to = max(self._read_to, next_time)

    async def stop(self, number: str, source: str) -> None:
        """Send nothing to `number` any more; `source` is a message's SID or Twilio's code."""
        await self.hear(number, Wish.STOP, source)

    async def hear(self, number: str, wish: Wish, source: str) -> None:
        """Record what the holder of `number` asked for, and do it. One `source` counts once."""
        while (document := await self._storage.get(COLLECTION, number)) is None:
            fresh = self._changed({"_id": number, "rev": 0, "stopped": False, "events": []}, wish, source)
            try:
                await self._storage.insert(COLLECTION, fresh)
            except DuplicateKey:
                continue
            self._take(fresh)
            return
        while document is not None and not _heard(document, source):
            changed = self._changed(document, wish, source)
            if await self._storage.replace_if_unchanged(COLLECTION, changed):
                document = changed
                break
            document = await self._storage.get(COLLECTION, number)
        if document is not None:
            self._take(document)

    def _changed(self, document: Document, wish: Wish, source: str) -> Document:
        now = self._clock.now()
        event = {"at": now, "what": wish.value, "source": source}
        return {
            **document,
            "order": order_key(now, document["_id"]),
            "stopped": document["stopped"] if wish is Wish.HELP else wish is Wish.STOP,
            "events": [*document["events"], event][-EVENTS_KEPT:],
        }

    def _take(self, document: Document) -> None:
        if document["stopped"]:
            self._stopped.add(document["_id"])
        else:
            self._stopped.discard(document["_id"])


def _heard(document: Document, source: str) -> bool:
    """A message that Twilio brings twice counts once; a refusal counts whenever it comes."""
    return source[:2] in ("SM", "MM") and any(event["source"] == source for event in document["events"])
