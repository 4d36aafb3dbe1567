"""Tokens: what is refused, and the secret's file."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from config.settings import WrongSetting
from server.accounts.model import Account
from server.accounts.roles import Role
from server.accounts.tokens import Tokens, signing_secret
from server.errors import NotSignedIn, TokenExpired
from tests.clocks import NOON, TurnedClock

SECRET = b"s" * 32
ACCOUNT = Account(
    id="A" * 22,
    username="rao",
    password_hash="",
    role=Role.DOCTOR,
    name="Dr Rao",
    doctor_id="D" * 22,
    order="",
    created_at=NOON,
)


@pytest.fixture
def tokens(clock: TurnedClock) -> Tokens:
    return Tokens(SECRET, clock)


def forged(
    tokens: Tokens, change: Callable[[dict[str, Any]], None], *, secret: bytes = SECRET, alg: str = "HS256"
) -> str:
    claims = jwt.decode(tokens.access(ACCOUNT, "F" * 22), options={"verify_signature": False})
    change(claims)
    return jwt.encode(claims, secret, alg)


def test_a_token_says_who_is_calling(tokens: Tokens, clock: TurnedClock) -> None:
    principal = tokens.verify(tokens.access(ACCOUNT, "F" * 22))
    assert (principal.account_id, principal.role, principal.name) == (ACCOUNT.id, Role.DOCTOR, "Dr Rao")
    assert (principal.doctor_id, principal.patient_id, principal.family) == ("D" * 22, None, "F" * 22)
    assert principal.expires_at == clock.turn(minutes=15)


def test_a_token_lives_for_fifteen_minutes(tokens: Tokens, clock: TurnedClock) -> None:
    token = tokens.access(ACCOUNT, "F")
    clock.turn(minutes=14, seconds=59)
    tokens.verify(token)
    clock.turn(seconds=1)
    with pytest.raises(TokenExpired):
        tokens.verify(token)


def test_a_token_of_the_future_is_not_one_of_ours(tokens: Tokens, clock: TurnedClock) -> None:
    def begun_in(seconds: int) -> str:
        return forged(tokens, lambda claims: claims.update(iat=claims["iat"] + seconds))

    tokens.verify(begun_in(60))
    for seconds in (61, 14 * 60):
        with pytest.raises(NotSignedIn):
            tokens.verify(begun_in(seconds))
    late = begun_in(61)
    clock.turn(seconds=2)
    tokens.verify(late)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "role", "exp", "iat", "jti", "typ"])
def test_every_claim_is_required(tokens: Tokens, claim: str) -> None:
    with pytest.raises(NotSignedIn):
        tokens.verify(forged(tokens, lambda claims: claims.pop(claim)))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "somebody"),
        ("aud", "other"),
        ("typ", "refresh"),
        ("role", "owner"),
        ("exp", "never"),
        ("exp", 1e12),
        ("exp", 10**18),
        ("exp", True),
        ("iat", "now"),
        ("epoch", "first"),
        ("sub", 7),
        ("sub", ""),
        ("sub", "\ud800"),
        ("role", ["admin"]),
        ("role", {"admin": 1}),
        ("role", None),
        ("typ", ["access"]),
        ("jti", 7),
        ("fam", ["F"]),
        ("name", "\udfff"),
        ("doctor_id", 7),
        ("patient_id", ["P"]),
    ],
)
def test_no_claim_may_be_another(tokens: Tokens, claim: str, value: object) -> None:
    with pytest.raises(NotSignedIn):
        tokens.verify(forged(tokens, lambda claims: claims.update({claim: value})))


def test_only_our_signature_and_algorithm_count(tokens: Tokens) -> None:
    claims = jwt.decode(tokens.access(ACCOUNT, "F"), options={"verify_signature": False})
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for token in (
        f"{head}.{body}.",
        jwt.encode(claims, b"t" * 32, "HS256"),
        jwt.encode(claims, SECRET * 2, "HS512"),
        tokens.access(ACCOUNT, "F")[:-2],
        "a.b.c",
        "",
        "\udcff",
        base64.urlsafe_b64encode(b"[" * 3000).rstrip(b"=").decode() + ".e30.AA",
        "x" * 100_000,
    ):
        with pytest.raises(NotSignedIn):
            tokens.verify(token)


def test_what_ended_is_over_at_once_and_forgotten_later(tokens: Tokens, clock: TurnedClock) -> None:
    ended, other = tokens.access(ACCOUNT, "ended"), tokens.access(ACCOUNT, "other")
    tokens.end_family("ended")
    with pytest.raises(NotSignedIn):
        tokens.verify(ended)
    tokens.verify(other)
    tokens.end_before(ACCOUNT.id, ACCOUNT.epoch + 1)
    with pytest.raises(NotSignedIn):
        tokens.verify(other)
    clock.turn(minutes=16)
    with pytest.raises(TokenExpired):
        tokens.verify(other)


def test_the_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    made = signing_secret(None, tmp_path / "data")
    assert len(made) >= 32
    assert signing_secret(None, tmp_path / "data") == made
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert signing_secret(None, tmp_path / "data") == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert signing_secret("configured" * 4, tmp_path / "other") == b"configured" * 4
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("kept", ["", "short", "x" * 31, "  " + "x" * 31 + "\n"])
def test_a_kept_secret_that_is_too_short_is_refused(tmp_path: Path, kept: str) -> None:
    (tmp_path / "jwt-secret").write_text(kept)
    with pytest.raises(WrongSetting, match=r"^JWT_SECRET: .*shorter than 32 bytes"):
        signing_secret(None, tmp_path)


def test_a_directory_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WrongSetting, match=r"^DATA_DIR: .*not a directory"):
            signing_secret(None, directory)
    with pytest.raises(WrongSetting, match=r"^DATA_DIR: "):
        signing_secret(None, Path("/proc/nobody-makes-this"))
