"""Writes whose lost reply is looked up: `StorageUnavailable` says *unknown*, one read often says *done*.

For documents whose writer has no list of recent commands to look itself up in. Whoever still cannot be
told gets StorageUnavailable, and the same Idempotency-Key finds out later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.errors import StorageUnavailable
from server.storage.port import Storage


async def insert(storage: Storage, collection: str, document: Mapping[str, Any]) -> None:
    """`Storage.insert`. Raises DuplicateKey; StorageUnavailable only if the document is not there afterwards."""
    try:
        await storage.insert(collection, document)
    except StorageUnavailable:
        if await storage.get(collection, document["_id"]) != document:
            raise


async def replace_if_unchanged(storage: Storage, collection: str, document: Mapping[str, Any]) -> bool:
    """`Storage.replace_if_unchanged`. Raises DuplicateKey; StorageUnavailable only if this write is not there."""
    try:
        return await storage.replace_if_unchanged(collection, document)
    except StorageUnavailable:
        if await storage.get(collection, document["_id"]) != {**document, "rev": document["rev"] + 1}:
            raise
        return True
