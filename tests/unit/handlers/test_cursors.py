"""Cursors: what a list gave comes back as its position, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.cursors import opened, sealed


@given(st.text(max_size=200))
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    assert opened(sealed(position)) == position


def test_the_last_page_has_none() -> None:
    assert sealed(None) is None
    assert opened(None) is None


@pytest.mark.parametrize(
    "made_up", ["x", "é", "20260302T090000000-abc", "=", "AAAAAAAAAAAA", sealed("a") + "=", sealed("a")[:-1] + "!"]
)
def test_made_up_cursors_are_refused(made_up: str) -> None:
    with pytest.raises(ValueError, match="is not one this list gave"):
        opened(made_up)


@given(st.text(max_size=40))
def test_nothing_is_taken_by_chance(text: str) -> None:
    with pytest.raises(ValueError, match="is not one this list gave"):
        opened(text)
