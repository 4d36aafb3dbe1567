"""Phone numbers as people write them."""

from __future__ import annotations

import pytest

from server.errors import Invalid
from server.patients.phones import mask, national_digits, parse_phone


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("(202) 555-0147", "US", "+12025550147"),
        ("+1 202 555 0147", "ES", "+12025550147"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0033 6 12 34 56 78", "FR", "+33612345678"),
        ("+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "US", "+966501234567"),
        ("+15551234567", "US", "+15551234567"),
    ],
)
def test_what_people_write_becomes_one_form(typed: str, country: str, kept: str) -> None:
    assert parse_phone(typed, country) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "hello", "123", "555-0123", "+1 202 555", "+999 123 456 789", "1" * 60),
        *("++12025550123", "+ +12025550123", "\uff0b+12025550123", "+12025550123 +12025550124"),
        *("+12025550123;ext=5", "+12025550123 ext. 5", "(202) 555-0123 x5", "tel:2025550123;phone-context=+1"),
    ],
)
def test_what_cannot_be_called_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_phone(typed, "US")
    (error,) = refusal.value.errors
    assert error.field == "phone"
    assert "write it like +1" in error.message


def test_lists_show_the_last_four_digits_only() -> None:
    assert mask("+12025550147") == "•••• 0147"
    assert mask("") == ""


def test_national_digits_are_what_is_dialled_inside_the_country() -> None:
    assert national_digits("+33612345678") == "612345678"
