"""How many segments a text takes."""

from __future__ import annotations

import pytest

from server.sms.segments import Alphabet, measure


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("", Alphabet.GSM7, 0, 1),
        ("a" * 160, Alphabet.GSM7, 160, 1),
        ("a" * 161, Alphabet.GSM7, 161, 2),
        ("a" * 306, Alphabet.GSM7, 306, 2),
        ("a" * 307, Alphabet.GSM7, 307, 3),
        ("€" * 80, Alphabet.GSM7, 160, 1),
        ("€" * 81, Alphabet.GSM7, 162, 2),
        # An escaped character is not parted: the first segment ends one septet early.
        ("a" * 152 + "€" + "a" * 153, Alphabet.GSM7, 307, 3),
        ("Ñandú", Alphabet.UCS2, 5, 1),
        ("é ñ ü à Ç ¿¡", Alphabet.GSM7, 12, 1),
        ("ع" * 70, Alphabet.UCS2, 70, 1),
        ("ع" * 71, Alphabet.UCS2, 71, 2),
        ("ع" * 134, Alphabet.UCS2, 134, 2),
        ("ع" * 135, Alphabet.UCS2, 135, 3),
        ("😀" * 35, Alphabet.UCS2, 70, 1),
        # Nor is a surrogate pair: 33 pairs fit in 67 units.
        ("😀" * 67, Alphabet.UCS2, 134, 3),
    ],
)
def test_a_text_is_measured(text: str, alphabet: Alphabet, units: int, segments: int) -> None:
    size = measure(text)
    assert (size.alphabet, size.units, size.segments) == (alphabet, units, segments)
