"""How many SMS segments a text takes: GSM-7 when every character is in that alphabet, else UCS-2. Pure.

Alphabet and sizes: 3GPP TS 23.038 and 23.040. A text of several segments loses 7 septets
(3 UCS-2 units) of each to the header that joins them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")  # an escape and the character: two septets that may not be parted


class Alphabet(StrEnum):
    """The encoding a whole text is sent in."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Size:
    """A text's encoding, its length in septets or UCS-2 units, and the segments it is sent and paid as."""

    alphabet: Alphabet
    units: int
    segments: int


def measure(text: str) -> Size:
    """The size of `text`; an empty text takes one segment."""
    if all(char in _BASIC or char in _ESCAPED for char in text):
        widths = [2 if char in _ESCAPED else 1 for char in text]
        return Size(Alphabet.GSM7, sum(widths), _segments(widths, single=160, joined=153))
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Size(Alphabet.UCS2, sum(widths), _segments(widths, single=70, joined=67))


def beyond_gsm7(text: str) -> str:
    """The characters, each once, for whose sake the whole text is sent as UCS-2."""
    return "".join(dict.fromkeys(char for char in text if char not in _BASIC and char not in _ESCAPED))


def _segments(widths: list[int], *, single: int, joined: int) -> int:
    if sum(widths) <= single:
        return 1
    segments, room = 1, joined
    for width in widths:
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return segments
