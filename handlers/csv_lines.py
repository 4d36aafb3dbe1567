"""Tables as people take them away: lines of CSV that a spreadsheet shows as they are and calculates nothing from."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

MEDIA_TYPE = "text/csv"
# Excel takes a file without it for the machine's own alphabet.
MARK = "\ufeff"


def line(cells: Iterable[object]) -> str:
    """One row by RFC 4180. A spreadsheet takes a text that begins with one of these for a formula, so it gets a '."""
    out = StringIO()
    texts = ("" if cell is None else str(cell) for cell in cells)
    csv.writer(out).writerow(
        "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text for text in texts
    )
    return out.getvalue()
