"""Which values the settings take, and which they refuse before anything starts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.settings import Settings
from server.cli import settings_mistakes
from tests.twilio.server import ACCOUNT_SID

TWILIO: dict[str, Any] = {
    "twilio_account_sid": ACCOUNT_SID,
    "twilio_auth_token": "a token",
    "twilio_from_number": "+12025550100",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"twilio_account_sid": "AC" + "0123456789abcdef" * 2},
        {"twilio_account_sid": "ACtest123456"},
        {"twilio_from_number": "12345"},
        {"twilio_from_number": "Riverside"},
        {"twilio_from_number": "Clinic 24"},
        {"twilio_from_number": None, "twilio_messaging_service_sid": "MG" + "0123456789abcdef" * 2},
    ],
)
def test_a_twilio_account_and_its_sender(changed: dict[str, Any]) -> None:
    assert Settings(**TWILIO | changed).sends_sms


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("twilio_account_sid", "AC"),
        ("twilio_account_sid", "SK" + "0" * 32),
        ("twilio_account_sid", "AC" + "0" * 30 + "/x"),
        ("twilio_account_sid", "AC" + "0" * 32 + "\n"),
        ("twilio_from_number", "55"),
        ("twilio_from_number", "+0123456789"),
        ("twilio_from_number", "+1 202 555 0100"),
        ("twilio_from_number", "A name that is too long"),
        ("twilio_from_number", "Ärzte"),
        ("twilio_messaging_service_sid", "my service"),
    ],
)
def test_a_mistyped_one_is_named(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(**TWILIO | {name: value})
    assert [error["loc"] for error in refusal.value.errors()] == [(name,)]


def test_everything_that_does_not_go_together_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(admin_username="boss", tls_key="key.pem", twilio_from_number="+12025550100")
    (line,) = settings_mistakes(refusal.value)
    assert [mistake.split()[0] for mistake in line.splitlines()] == ["TLS_CERT", "ADMIN_USERNAME", "TWILIO_FROM_NUMBER"]
