"""Sees to it that one administrator is left, however many step down or are removed at once, in whatever process.

Whoever is about to leave stands in one document first, saved only if nobody else has changed it since it was read:
of two who would leave nobody behind, the second finds the first one there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from server.accounts.roles import Role
from server.accounts.store import AccountStore
from server.clock import Clock
from server.errors import DomainError, StorageUnavailable, WrongState
from server.storage.port import Document, DuplicateKey, Storage

LEAVING: Final = "leaving_admins"
_ID: Final = "leaving"
# How long somebody counts as leaving where a crash or a lost database cut it off; far longer than any write takes.
PATIENCE: Final = timedelta(minutes=2)
PAGE: Final = 50
_TRIES: Final = 10


class LastAdmin:
    """The collection `leaving_admins`, of one document."""

    def __init__(self, storage: Storage, clock: Clock, accounts: AccountStore) -> None:
        self._storage = storage
        self._clock = clock
        self._accounts = accounts

    @asynccontextmanager
    async def leaves(self, account_id: str) -> AsyncIterator[None]:
        """While the account stops being an administrator's. Raises WrongState for the last one."""
        await self._save(account_id, self._clock.now())
        try:
            yield
        except StorageUnavailable:
            raise  # perhaps it is done: until it is certain, nobody else may rely on this one staying
        except DomainError:
            await self._save(account_id, None)
            raise
        with suppress(StorageUnavailable):  # it is done, and PATIENCE runs out by itself
            await self._save(account_id, None)

    async def _save(self, account_id: str, since: datetime | None) -> None:
        """Put the account among those who leave, or take it out."""
        for _ in range(_TRIES):
            document = await self._read()
            leaving = self._still(document) | {account_id: since}
            if since is None:
                del leaving[account_id]
            else:
                await self._check(set(leaving))
            if await self._storage.replace_if_unchanged(LEAVING, {**document, "leaving": leaving}):
                return
        raise StorageUnavailable("Many administrators are being changed at this moment. Try again.")

    async def _read(self) -> Document:
        while (document := await self._storage.get(LEAVING, _ID)) is None:
            try:
                await self._storage.insert(LEAVING, {"_id": _ID, "rev": 1, "leaving": {}})
            except DuplicateKey:
                continue
        return document

    def _still(self, document: Document) -> dict[str, datetime | None]:
        oldest = self._clock.now() - PATIENCE
        return {account_id: since for account_id, since in document["leaving"].items() if since > oldest}

    async def _check(self, leaving: set[str]) -> None:
        """Raises WrongState if every administrator who can sign in leaves."""
        before: str | None = None
        while admins := await self._accounts.page(Role.ADMIN, before, PAGE):
            if any(account.active and account.id not in leaving for account in admins):
                return
            before = admins[-1].order
        detail = "This is the last administrator. Make another one first."
        raise WrongState(detail, limit="last_admin", state="last_admin", by=None, at=None)
