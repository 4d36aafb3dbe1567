"""The letters that begin ticket codes: A…Z, then AA, AB…ZZ; each belongs to one doctor at a time. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import product
from string import ascii_uppercase

from server.errors import Invalid

_LETTER = re.compile(r"[A-Z]{1,2}")


def clean_letter(text: str) -> str:
    """One or two letters A–Z, in capitals. Raises Invalid."""
    letter = text.strip().upper()
    if not _LETTER.fullmatch(letter):
        raise Invalid.field("letter", "is not one or two letters A to Z; leave it out and a free one is given")
    return letter


def all_letters() -> Iterator[str]:
    """Every letter in the order they are given out."""
    yield from ascii_uppercase
    for pair in product(ascii_uppercase, repeat=2):
        yield "".join(pair)


def first_free(taken: Collection[str]) -> str:
    """The first letter not in `taken`. Raises Invalid when all 702 are in use."""
    for letter in all_letters():
        if letter not in taken:
            return letter
    raise Invalid.field("letter", "cannot be given: every letter is in use; delete a doctor who has left")
