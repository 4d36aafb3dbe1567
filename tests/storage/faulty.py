"""A storage that can be told to fail, for the tests of whatever stands on the port.

`FaultyStorage` wraps a real one: it loses writes before or after they happen, holds or delays them, can be down
altogether, and counts the commits of each collection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from server.errors import StorageUnavailable
from server.storage.port import Condition, Document, Storage

T = TypeVar("T")

Verb = Literal["insert", "get", "find", "replace_if_unchanged", "delete", "revs", "ping"]
WRITES: frozenset[Verb] = frozenset({"insert", "replace_if_unchanged", "delete"})


@dataclass
class Fault:
    """What happens to the next `times` calls of `verb` on `collection` (None = any)."""

    verb: Verb | None
    collection: str | None
    times: int
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None

    def meets(self, verb: Verb, collection: str) -> bool:
        writes_only = self.verb is None and verb not in WRITES
        return (
            self.times > 0 and not writes_only and self.verb in (None, verb) and self.collection in (None, collection)
        )


@dataclass
class Gate:
    """Where a held call waits: `await gate.reached.wait()`, look around, then `gate.open.set()`."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_through(self) -> None:
        self.reached.set()
        await self.open.wait()


class FaultyStorage:
    """`Storage` around `inner`. A fault without a verb is about writes only; the first one that meets is used up."""

    def __init__(self, inner: Storage) -> None:
        self.inner = inner
        self.down = False
        self.commits: Counter[str] = Counter()
        self._faults: list[Fault] = []

    def fail_before(self, collection: str | None = None, verb: Verb | None = None, *, times: int = 1) -> None:
        """The call raises StorageUnavailable and nothing is written."""
        self._faults.append(Fault(verb, collection, times, before=_fail))

    def lose_reply(self, collection: str | None = None, verb: Verb | None = None, *, times: int = 1) -> None:
        """The write happens, and the caller gets StorageUnavailable."""
        self._faults.append(Fault(verb, collection, times, after=_fail))

    def delay(self, seconds: float, collection: str | None = None, verb: Verb | None = None, *, times: int = 1) -> None:
        self._faults.append(Fault(verb, collection, times, before=lambda: asyncio.sleep(seconds)))

    def pass_by(self, collection: str | None = None, verb: Verb | None = None, *, times: int = 1) -> None:
        """Nothing happens to the next `times` calls: the faults after this one begin later."""
        self._faults.append(Fault(verb, collection, times))

    def hold(self, collection: str | None = None, verb: Verb | None = None, *, after: bool = False) -> Gate:
        """The next call waits at the gate, before it is carried out or (`after`) before its caller hears of it."""
        gate = Gate()
        side = {"after": gate.pass_through} if after else {"before": gate.pass_through}
        self._faults.append(Fault(verb, collection, 1, **side))
        return gate

    def heal(self) -> None:
        """Forget every fault not yet used up."""
        self.down = False
        self._faults.clear()

    async def insert(self, collection: str, document: Mapping[str, Any]) -> None:
        async def write() -> None:
            await self.inner.insert(collection, document)
            self.commits[collection] += 1

        await self._call("insert", collection, write)

    async def get(self, collection: str, id: str) -> Document | None:
        return await self._call("get", collection, lambda: self.inner.get(collection, id))

    async def find(
        self,
        collection: str,
        where: Mapping[str, Condition],
        *,
        sort: str | None = None,
        descending: bool = False,
        limit: int = 200,
    ) -> list[Document]:
        return await self._call(
            "find",
            collection,
            lambda: self.inner.find(collection, where, sort=sort, descending=descending, limit=limit),
        )

    async def replace_if_unchanged(self, collection: str, document: Mapping[str, Any]) -> bool:
        async def write() -> bool:
            won = await self.inner.replace_if_unchanged(collection, document)
            self.commits[collection] += won
            return won

        return await self._call("replace_if_unchanged", collection, write)

    async def delete(self, collection: str, id: str) -> bool:
        async def write() -> bool:
            removed = await self.inner.delete(collection, id)
            self.commits[collection] += removed
            return removed

        return await self._call("delete", collection, write)

    async def revs(self, collection: str, ids: Sequence[str]) -> dict[str, int]:
        return await self._call("revs", collection, lambda: self.inner.revs(collection, ids))

    async def ping(self) -> None:
        await self._call("ping", "", self.inner.ping)

    async def close(self) -> None:
        await self.inner.close()

    async def _call(self, verb: Verb, collection: str, carry_out: Callable[[], Awaitable[T]]) -> T:
        if self.down:
            raise StorageUnavailable
        fault = next((fault for fault in self._faults if fault.meets(verb, collection)), None)
        if fault is None:
            return await carry_out()
        fault.times -= 1
        if fault.before is not None:
            await fault.before()
        result = await carry_out()
        if fault.after is not None:
            await fault.after()
        return result


async def _fail() -> None:
    raise StorageUnavailable
