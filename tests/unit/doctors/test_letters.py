"""Letters are given out A to Z, then AA, AB and on."""

from __future__ import annotations

from itertools import islice

import pytest

from server.doctors.letters import all_letters, clean_letter, first_free
from server.errors import Invalid


def test_the_order_they_are_given_out() -> None:
    letters = list(all_letters())
    assert letters[:2] == ["A", "B"]
    assert letters[25:29] == ["Z", "AA", "AB", "AC"]
    assert letters[-1] == "ZZ"
    assert len(set(letters)) == len(letters) == 702


def test_a_gap_is_filled_first() -> None:
    assert first_free({"A", "C"}) == "B"
    assert first_free(set(islice(all_letters(), 26))) == "AA"
    with pytest.raises(Invalid):
        first_free(set(all_letters()))


def test_letters_are_capitals() -> None:
    assert clean_letter(" ab ") == "AB"
    for wrong in ("", "ABC", "1", "É", "A1", "-"):
        with pytest.raises(Invalid) as refusal:
            clean_letter(wrong)
        assert refusal.value.errors[0].field == "letter"
