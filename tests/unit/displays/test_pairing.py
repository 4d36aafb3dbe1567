"""Codes are read from a screen and typed by people."""

from __future__ import annotations

import pytest

from server.displays.pairing import ALPHABET, LENGTH, as_code, is_code
from server.ids import spoken_code


def test_codes_have_a_form_and_differ() -> None:
    codes = [spoken_code(ALPHABET, LENGTH) for _ in range(200)]
    assert all(map(is_code, codes))
    assert len(set(codes)) > 195


@pytest.mark.parametrize("typed", ["ABC234", "abc 234", " a-b-c.2 3–4 ", "ABC · 234"])
def test_however_it_is_spaced(typed: str) -> None:
    assert as_code(typed) == "ABC234"


@pytest.mark.parametrize("typed", ["", "ABC23", "ABC2345", "ABC230", "ABÇ234", "ABC_234"])
def test_what_cannot_be_a_code(typed: str) -> None:
    assert as_code(typed) is None
