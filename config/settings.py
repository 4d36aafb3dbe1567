"""Every setting of the process, read from the environment once. The only reader of the environment.

Names, defaults and meaning are the contract of DESIGN 9 and stand in the README's table.
"""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_SIDS: Final = {
    "twilio_account_sid": ("AC", "account"),
    "twilio_messaging_service_sid": ("MG", "messaging service"),
}
_TWILIO: Final = ("twilio_account_sid", "twilio_auth_token")
# E.164, or a short code, or an alphanumeric sender: https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
_SENDER: Final = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class WrongSetting(Exception):
    """Settings that show themselves wrong only when used; for each a line that begins with its name."""


def data_dir_mistake(directory: Path, error: OSError) -> str:
    """Why DATA_DIR cannot be used, in one line."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = "it is, or lies below, a file and not a directory"
    else:
        reason = error.strerror or type(error).__name__
    return f"DATA_DIR: {directory} cannot be used: {reason}"


class SelfJoin(StrEnum):
    """How a patient may join a queue without reception."""

    ON_SITE = "on_site"
    ANYWHERE = "anywhere"
    OFF = "off"


class LogFormat(StrEnum):
    """`text` for eyes, `json` for collectors."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """The environment, validated. Unset variables take the defaults; an empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, case_sensitive=False, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: Path = Path("./data")
    mongodb_uri: SecretStr | None = None
    mongodb_database: str = "clinic"
    jwt_secret: SecretStr | None = None
    public_url: str | None = None
    clinic_name: str = "Riverside Clinic"
    clinic_timezone: str | None = None
    day_starts_at: time = time(4, 0)
    default_country: str = "US"
    admin_username: str | None = None
    admin_password: SecretStr | None = None
    demo: bool = False
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from_number: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    self_join: SelfJoin | None = None
    backup_dir: Path | None = None
    rate_limits: bool = True
    log_level: str = "INFO"
    log_format: LogFormat = LogFormat.TEXT

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < 32:
            raise ValueError("must be at least 32 bytes long; leave it out and one is generated")
        return value

    @field_validator("clinic_timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("is not a time zone name such as Europe/Madrid")
        return value

    @field_validator("default_country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        value = value.upper()
        if value not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("is not a two-letter country code such as US or ES")
        return value

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _http_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://clinic.example")
        return value.rstrip("/")

    @field_validator("twilio_api_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError("must be https, or http to this machine only: it carries the account's token")
        return value

    @field_validator("twilio_account_sid", "twilio_messaging_service_sid")
    @classmethod
    def _sid(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind, what = _SIDS[str(info.field_name)]
        if value is not None and not re.fullmatch(kind + "[0-9A-Za-z]{10,}", value):
            raise ValueError(f"is not the SID of a Twilio {what}: {kind} and 32 letters or digits after it")
        return value

    @field_validator("twilio_from_number")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        if value is not None and not _SENDER.fullmatch(value):
            raise ValueError(
                "must be a number with its country code such as +12025550100, a short code such as 12345, "
                "or a sender's name of at most 11 letters and digits"
            )
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            try:
                ip_network(part, strict=False)
            except ValueError:
                raise ValueError(f"{part!r} is not an address or network such as 10.0.0.0/8") from None
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        pairs = (("tls_cert", "tls_key"), ("admin_username", "admin_password"), _TWILIO)
        mistakes = [
            f"{one.upper()} and {other.upper()} are set together or not at all"
            for one, other in pairs
            if (getattr(self, one) is None) != (getattr(self, other) is None)
        ]
        twilio = [getattr(self, name) for name in _TWILIO]
        senders = [name for name in ("twilio_from_number", "twilio_messaging_service_sid") if getattr(self, name)]
        if not any(twilio):
            needed = " and ".join(name.upper() for name in _TWILIO)
            mistakes += [f"{name.upper()} needs {needed} too" for name in senders]
        if all(twilio) and not senders:
            mistakes.append("set TWILIO_FROM_NUMBER or TWILIO_MESSAGING_SERVICE_SID too: a text needs a sender")
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone, as long as no administrator has chosen one."""
        return ZoneInfo(self.clinic_timezone or "UTC")

    @property
    def sends_sms(self) -> bool:
        """Whether a Twilio account is set; without one every message ends as `simulated`."""
        return self.twilio_account_sid is not None
