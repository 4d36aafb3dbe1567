"""An account and a session as values, and what a username may look like. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from server.accounts.roles import Actor, Role
from server.errors import Invalid

ACCESS_LIFE: Final = timedelta(minutes=15)
REFRESH_LIFE: Final = timedelta(days=7)
REPEAT_WITHIN: Final = timedelta(seconds=10)
USERNAME_LENGTH: Final = (3, 64)


class OneTime(StrEnum):
    """Whether a password lets in once only, and whether it has."""

    NO = ""
    FRESH = "fresh"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in. `epoch` rises when every session of the account ends at once.

    `one_time`: the password was given out by staff and lets in once. Who is not `active` cannot sign in.
    """

    id: str
    username: str
    password_hash: str
    role: Role
    name: str
    doctor_id: str | None = None
    patient_id: str | None = None
    epoch: int = 1
    one_time: OneTime = OneTime.NO
    active: bool = True
    order: str
    created_at: datetime
    rev: int = 1

    @property
    def must_change_password(self) -> bool:
        """Whether the password in use was given out by staff."""
        return self.one_time is not OneTime.NO

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.name, self.role.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One session: the line of refresh tokens that follow from one sign-in. Only the one named `jti` is good.

    `reused` stays set once an older one came back: somebody else has a copy, so the session is over. `before` is the
    one that `jti` took the place of, at `rotated_at`.
    """

    id: str
    account_id: str
    epoch: int
    jti: str
    expires_at: datetime
    before: str = ""
    rotated_at: datetime | None = None
    reused: bool = False
    rev: int = 1

    def has_just_replaced(self, jti: str, now: datetime) -> bool:
        """Whether the good token took the place of `jti` some seconds ago, and nobody has gone on from it."""
        return self.before == jti and self.rotated_at is not None and now - self.rotated_at < REPEAT_WITHIN


@dataclass(frozen=True, slots=True)
class Session:
    """What a sign-in or a refresh gives."""

    account: Account
    access: str
    refresh: str


def normal_username(username: str) -> str:
    """The form under which a username is unique: case and look-alike forms do not make a second one."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


def check_username(username: str) -> str:
    """The normal form of a new username. Raises Invalid."""
    name = normal_username(username)
    shortest, longest = USERNAME_LENGTH
    if not shortest <= len(name) <= longest:
        raise Invalid.field("username", f"must have {shortest} to {longest} characters")
    if not name.isprintable() or any(character.isspace() for character in name):
        raise Invalid.field("username", "must not hold spaces or control characters")
    return name
