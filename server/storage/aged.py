"""Reads a collection's rows by age, oldest first: what every retention job shares.

A run looks at a bounded number of rows, so that the first one over years takes turns with the day's work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from server.ids import order_key
from server.storage.port import Document, Range, Storage

PAGE = 200
MOST_AT_ONCE = 5000


async def older(storage: Storage, collection: str, before: datetime, *, after: str = "") -> AsyncIterator[Document]:
    """Rows written before `before` whose `order` is greater than `after`, at most MOST_AT_ONCE of them.

    Deleting or changing the row in hand is no harm.
    """
    for _ in range(MOST_AT_ONCE // PAGE):
        where = {"order": Range(gt=after, lt=order_key(before, ""))}
        rows = await storage.find(collection, where, sort="order", limit=PAGE)
        for row in rows:
            yield row
            after = row["order"]
        if len(rows) < PAGE:
            return
