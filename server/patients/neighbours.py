"""What patients ask of accounts, queues and the outbox. Pure: types only."""

from __future__ import annotations

from typing import Any, Protocol

from server.accounts.roles import Role
from server.sms.model import NewMessage


class Login(Protocol):
    """A username with its password in clear, to be shown once."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


class Account(Protocol):
    """What a patient's account is asked for."""

    @property
    def id(self) -> str: ...


class Accounts(Protocol):
    """What is asked of the accounts."""

    def check_new(self, username: str, password: str, role: Role, *, patient_id: str) -> Any:
        """Raises Invalid for what `create` would refuse without looking at others."""
        ...

    async def is_free(self, username: str) -> bool: ...

    async def create(self, *, username: str, password: str, role: Role, name: str, patient_id: str, id: str) -> Any:
        """Make the account; one that exists under this very `id` is left as it is. Raises Invalid on `username`."""
        ...

    async def of_patient(self, patient_id: str) -> Account | None: ...

    async def hand_over(self, account_id: str, patient_id: str) -> Any: ...

    async def delete_of_patient(self, patient_id: str) -> None: ...

    async def reset_password(self, account_id: str) -> Login: ...


class Outbox(Protocol):
    """Where texts go."""

    async def put(self, message: NewMessage) -> None: ...


class OpenTickets(Protocol):
    """What is asked of the queues."""

    def open_tickets_of(self, patient_id: str) -> list[tuple[str, str]]: ...


class HeldTickets(OpenTickets, Protocol):
    """What a merge asks of them: `holds` knows ended and missed tickets too, until they are in the archive."""

    def holds(self, patient_id: str) -> bool: ...
