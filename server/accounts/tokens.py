"""Access and refresh tokens: JWT, HS256 and nothing else, every claim required. The only home of PyJWT.

`verify` does no I/O. What ended before its time is remembered here for as long as an access token
lives: within this process a revoked session is over at once, in others after 15 minutes at the latest.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jwt

from config.settings import WrongSetting, data_dir_mistake
from server.accounts.model import ACCESS_LIFE, REFRESH_LIFE, Account
from server.accounts.roles import Principal, Role
from server.clock import Clock
from server.errors import NotSignedIn, TokenExpired

ISSUER: Final = "clinic-queue"
AUDIENCE: Final = "clinic-queue-api"
ALGORITHM: Final = "HS256"
_REQUIRED: Final = ("iss", "aud", "sub", "role", "exp", "iat", "jti", "typ")
_SECRET_FILE: Final = "jwt-secret"
_SHORTEST_SECRET: Final = 32
_LONGEST: Final = 4096
_REMEMBERED: Final = 1000
# Processes on several machines read each other's tokens.
_CLOCKS_DIFFER_SECONDS: Final = 60
# Of the year 9999; datetime knows none after it.
_LAST_SECOND: Final = 253_402_300_799
_ROLES: Final = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """Which session a refresh token belongs to, and which of its line it is."""

    account_id: str
    family: str
    jti: str


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """What has just ended: one session, or every one of an account."""

    family: str = ""
    account_id: str = ""


def _nobody_listens(_: SessionEnd) -> None:
    return None


class Tokens:
    """Issues and reads tokens under one secret. `on_end` is set by the application: open sockets end with a session."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._genuine: dict[str, dict[str, Any]] = {}
        self._ended_families: dict[str, datetime] = {}
        self._least_epochs: dict[str, tuple[int, datetime]] = {}
        self.on_end: Callable[[SessionEnd], None] = _nobody_listens

    def access(self, account: Account, family: str) -> str:
        """An access token for one session of the account."""
        return self._issue(
            account,
            "access",
            ACCESS_LIFE,
            jti=secrets.token_urlsafe(12),
            fam=family,
            name=account.name,
            epoch=account.epoch,
            doctor_id=account.doctor_id,
            patient_id=account.patient_id,
            must_change_password=account.must_change_password or None,
        )

    def refresh(self, account: Account, family: str, jti: str) -> str:
        """The refresh token named `jti` of a session."""
        return self._issue(account, "refresh", REFRESH_LIFE, jti=jti, fam=family)

    def verify(self, token: str) -> Principal:
        """Whose access token this is. Raises TokenExpired or NotSignedIn."""
        claims = self._read(token, "access")
        principal = Principal(
            account_id=claims["sub"],
            role=Role(claims["role"]),
            name=str(claims.get("name", "")),
            doctor_id=claims.get("doctor_id"),
            patient_id=claims.get("patient_id"),
            family=str(claims.get("fam", "")),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            must_change_password=bool(claims.get("must_change_password", False)),
        )
        least, _ = self._least_epochs.get(principal.account_id, (0, None))
        if principal.family in self._ended_families or claims.get("epoch", 0) < least:
            raise NotSignedIn("This session has ended. Sign in again.")
        return principal

    def read_refresh(self, token: str) -> RefreshClaims:
        """What a refresh token says. Raises TokenExpired or NotSignedIn."""
        claims = self._read(token, "refresh")
        return RefreshClaims(claims["sub"], str(claims.get("fam", "")), str(claims["jti"]))

    def end_family(self, family: str) -> None:
        """From now on no access token of this session is good here."""
        self._forget_old()
        self._ended_families[family] = self._clock.now() + ACCESS_LIFE
        self.on_end(SessionEnd(family=family))

    def end_before(self, account_id: str, epoch: int) -> None:
        """From now on no access token of an earlier epoch of the account is good here."""
        self._forget_old()
        self._least_epochs[account_id] = (epoch, self._clock.now() + ACCESS_LIFE)
        self.on_end(SessionEnd(account_id=account_id))

    def _issue(self, account: Account, typ: str, life: timedelta, **claims: Any) -> str:
        now = int(self._clock.now().timestamp())
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account.id,
            "role": account.role.value,
            "iat": now,
            "exp": now + int(life.total_seconds()),
            "typ": typ,
            **{name: value for name, value in claims.items() if value is not None},
        }
        return jwt.encode(payload, self._secret, ALGORITHM)

    def _read(self, token: str, typ: str) -> dict[str, Any]:
        """The claims of a genuine token that has not expired by this product's clock."""
        claims = self._genuine.get(token)
        if claims is None:
            claims = self._genuine[token] = self._decode(token)
            while len(self._genuine) > _REMEMBERED:
                del self._genuine[next(iter(self._genuine))]
        if claims["typ"] != typ:
            raise NotSignedIn(f"This is not an {typ} token." if typ == "access" else f"This is not a {typ} token.")
        if claims["iat"] > self._clock.now().timestamp() + _CLOCKS_DIFFER_SECONDS:
            raise NotSignedIn("The token is from the future: the clocks of the clinic's servers differ. Sign in again.")
        if claims["exp"] <= self._clock.now().timestamp():
            raise TokenExpired(f"The {typ} token has expired.")
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        """The claims, once the signature has been checked: every request carries a token, and it stays as genuine."""
        try:
            if len(token) > _LONGEST:
                raise jwt.InvalidTokenError
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                [ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(_REQUIRED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            if not _well_formed(claims):
                raise jwt.InvalidTokenError
        except (jwt.InvalidTokenError, UnicodeError, RecursionError):
            raise NotSignedIn("The token is not one of ours. Sign in again.") from None
        return claims

    def _forget_old(self) -> None:
        now = self._clock.now()
        self._ended_families = {name: until for name, until in self._ended_families.items() if until > now}
        self._least_epochs = {name: least for name, least in self._least_epochs.items() if least[1] > now}


def _well_formed(claims: dict[str, Any]) -> bool:
    """Whether every claim has the type that the rest of the product relies on: a signature does not tell."""
    texts = [claims[name] for name in ("sub", "role", "jti", "typ")]
    texts += [claims[name] for name in ("fam", "name", "doctor_id", "patient_id") if claims.get(name) is not None]
    numbers = (claims["exp"], claims["iat"], claims.get("epoch", 0))
    return (
        all(isinstance(text, str) and text.encode(errors="replace").decode() == text for text in texts)
        and all(type(number) is int and 0 <= number <= _LAST_SECOND for number in numbers)
        and bool(claims["sub"])
        and claims["role"] in _ROLES
    )


def signing_secret(configured: str | None, data_dir: Path) -> bytes:
    """JWT_SECRET, else the one generated once into `data_dir` (mode 600; the first of several processes wins).

    Raises WrongSetting where the directory cannot be used, or holds a secret that is too short.
    """
    if configured is not None:
        return configured.encode()
    path = data_dir / _SECRET_FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        if stat.S_IMODE(path.stat().st_mode) != 0o600:
            path.chmod(0o600)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise WrongSetting(data_dir_mistake(data_dir, error)) from error
    if len(secret) < _SHORTEST_SECRET:
        raise WrongSetting(
            f"JWT_SECRET: the one kept in {path} is shorter than {_SHORTEST_SECRET} bytes; remove that file and "
            "a new one is generated (everybody then signs in again)"
        )
    return secret


def _make_secret(path: Path) -> None:
    draft = path.with_name(f".{_SECRET_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret is the one
    finally:
        draft.unlink()
