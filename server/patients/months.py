"""The months as the product's pages write them in its four languages, whole and short, and as people cut them. Pure."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST_MONTH = 3

# Source: CLDR.
_MONTHS = (
    ("january", "janvier", "enero", "يناير"),
    ("february", "février", "febrero", "فبراير"),
    ("march", "mars", "marzo", "مارس"),
    ("april", "avril", "abril", "أبريل"),
    ("may", "mai", "mayo", "مايو"),
    ("june", "juin", "junio", "يونيو"),
    ("july", "juillet", "julio", "يوليو"),
    ("august", "août", "agosto", "أغسطس"),
    ("september", "septembre", "septiembre", "setiembre", "سبتمبر"),
    ("october", "octobre", "octubre", "أكتوبر"),
    ("november", "novembre", "noviembre", "نوفمبر"),
    ("december", "décembre", "diciembre", "ديسمبر"),
)


def months_called(word: str, plain: Callable[[str], str]) -> list[int]:
    """The months that `word` is the name of, or its beginning: "jui" may be June or July; none if it is no month.

    `plain` takes case and accents off (`terms.plain`).
    """
    begun = plain(word)
    if len(begun) < SHORTEST_MONTH:
        return []
    return [
        month for month, names in enumerate(_MONTHS, start=1) if any(plain(name).startswith(begun) for name in names)
    ]
