"""Initials: two letters at most, whatever people are called."""

from __future__ import annotations

import pytest

from server.displays.initials import initials_of


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Okoye", "A. O."),
        ("ada maria van der okoye", "A. O."),
        ("Cher", "C."),
        ("Élise ñandú", "É. Ñ."),
        ("'t Hooft", "T. H."),
        ("أمينة يوسف", "أ. ي."),
        ("007 -", ""),
        ("", ""),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials
