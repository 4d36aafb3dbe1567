"""The accounts a start makes: the demo's, and the first administrator where there is none."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import Settings, WrongSetting
from handlers.services import Services
from server import demo
from server.accounts.model import check_username
from server.accounts.passwords import check_password
from server.accounts.service import Login
from server.errors import Faults, Invalid

_VARIABLES = {"username": "ADMIN_USERNAME", "password": "ADMIN_PASSWORD"}


@dataclass(frozen=True, slots=True)
class FirstAccounts:
    """What the operator is told once: `admin` if its password was generated now, and the demo's logins."""

    admin: Login | None = None
    demo: tuple[Login, ...] = ()


def check_first_admin(settings: Settings) -> None:
    """Raises WrongSetting for an ADMIN_USERNAME or ADMIN_PASSWORD that no account can have; a line for each."""
    if settings.admin_username is None or settings.admin_password is None:
        return
    username, password = settings.admin_username, settings.admin_password.get_secret_value()
    faults = Faults()
    faults.read(lambda: check_username(username), "")
    faults.read(lambda: check_password(password), None)
    try:
        faults.settle()
    except Invalid as refusal:
        raise _wrong(refusal) from None


async def make(services: Services) -> FirstAccounts:
    """Make what is missing; again is no harm. Raises WrongSetting, StorageUnavailable."""
    settings = services.settings
    logins = tuple(await demo.make(services)) if settings.demo else ()
    password = settings.admin_password.get_secret_value() if settings.admin_password else None
    try:
        admin = await services.accounts.ensure_first_admin(settings.admin_username, password)
    except Invalid as refusal:
        raise _wrong(refusal) from None
    return FirstAccounts(admin, logins)


def _wrong(refusal: Invalid) -> WrongSetting:
    return WrongSetting("\n".join(f"{_VARIABLES[error.field]}: {error.message}" for error in refusal.errors))
