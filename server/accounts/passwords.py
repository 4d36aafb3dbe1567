"""bcrypt in one or two threads of its own, so that a storm of sign-ins delays neither boards nor reads.

At most ten wait to sign in, and at most ten to register; the next one is told to slow down. Both lines are served in
turn, so that a flood of registrations, which anybody can make, keeps nobody from signing in. The only home of bcrypt.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

import bcrypt

from server.errors import Invalid, SlowDown

COST: Final = 12
# One core stays with the loop, also where there are only two. Lower priority for these threads makes it worse:
# one that is held off while it has the interpreter's lock holds the loop off too (measured: 10 → 300 ms).
THREADS: Final = max(1, min(2, (os.cpu_count() or 1) - 1))
MOST_WAITING: Final = 10
BUSY_SECONDS: Final = 2
SHORTEST: Final = 8
# bcrypt reads no further; refusing is honest where cutting would not be.
LONGEST_BYTES: Final = 72
# Without letters that are read for one another.
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"

T = TypeVar("T")


def check_password(password: str, field: str = "password") -> None:
    """Raises Invalid for a password that cannot be taken."""
    if len(password) < SHORTEST:
        raise Invalid.field(field, f"must have at least {SHORTEST} characters")
    if len(password.encode()) > LONGEST_BYTES:
        raise Invalid.field(
            field, f"must have at most {LONGEST_BYTES} bytes (letters beyond ASCII count double or more)"
        )


def readable_password() -> str:
    """A random password to be read out or typed from paper: three groups of five, 74 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(3))


@dataclass(slots=True, eq=False)
class _Line:
    """Those who wait for a thread, in the order they came."""

    doing: str
    turns: deque[asyncio.Future[None]] = field(default_factory=deque)


class Passwords:
    """Hashes and checks passwords off the loop. `cost` is lowered only by tests."""

    def __init__(self, cost: int = COST) -> None:
        self._cost = cost
        # A hash nobody has the password of: an unknown name takes as long as a wrong password.
        self._nobody = f"$2b${cost:02d}${'.' * 53}"
        self._free = THREADS
        self._sign_ins, self._registrations = _Line("signing in"), _Line("registering")
        self._lines = [self._sign_ins, self._registrations]
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")

    async def hash(self, password: str, *, registration: bool = False) -> str:
        """The hash to keep; `registration` waits in a line of its own. Raises SlowDown."""
        return await self._run(
            self._registrations if registration else self._sign_ins,
            lambda: bcrypt.hashpw(password.encode(), bcrypt.gensalt(self._cost)).decode(),
        )

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; `hashed` None (no such account) takes the same time. Raises SlowDown."""
        given = password.encode()
        if len(given) > LONGEST_BYTES:
            return False
        known = (hashed or self._nobody).encode()
        return await self._run(self._sign_ins, lambda: bcrypt.checkpw(given, known)) and hashed is not None

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, line: _Line, work: Callable[[], T]) -> T:
        if len(line.turns) >= MOST_WAITING:
            raise SlowDown(
                f"Busy: many people are {line.doing} at this moment. Try again in {BUSY_SECONDS} s.",
                retry_after=BUSY_SECONDS,
            )
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        line.turns.append(turn)
        self._serve()
        try:
            await turn
            return await loop.run_in_executor(self._pool, work)
        finally:
            if turn.cancelled():
                with suppress(ValueError):
                    line.turns.remove(turn)
            else:
                self._free += 1
                self._serve()

    def _serve(self) -> None:
        """Give the free threads to those who wait, one line after the other."""
        while self._free and (line := next((each for each in self._lines if each.turns), None)):
            self._lines.sort(key=lambda each: each is line)
            turn = line.turns.popleft()
            if not turn.cancelled():
                turn.set_result(None)
                self._free -= 1
