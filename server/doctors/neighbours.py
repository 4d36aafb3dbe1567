"""What doctors ask of the accounts. Pure: types only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from server.accounts.roles import Role


class Account(Protocol):
    """What a doctor's account is asked for."""

    @property
    def id(self) -> str: ...
    @property
    def order(self) -> str: ...
    @property
    def doctor_id(self) -> str | None: ...


class Accounts(Protocol):
    """What is asked of the accounts."""

    def check_new(self, username: str, password: str, role: Role, doctor_id: str) -> Any:
        """Raises Invalid for what `create` would refuse without looking at others."""
        ...

    async def is_free(self, username: str) -> bool: ...

    async def create(self, *, username: str, password: str, role: Role, name: str, doctor_id: str, id: str) -> Any:
        """Make the account; one that exists under this very `id` is left as it is. Raises Invalid on `username`."""
        ...

    async def page(self, role: Role | None, before: str | None, limit: int) -> Sequence[Account]: ...

    async def delete(self, account_id: str) -> None: ...
