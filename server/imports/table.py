"""A CSV file as it was sent → its header and rows: encoding and delimiter are guessed unless they are named. Pure."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from server.errors import Invalid

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 2_000
ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252", "windows-1256")
DELIMITERS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 50

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

# What spreadsheets write in front; the longer mark first.
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are the lines under the header that hold anything, each with its number in the file (the header is 1)."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(raw: bytes, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """The file as a table. Raises Invalid on `file` (or `encoding`) with what to do about it."""
    text, encoding = _decoded(raw, encoding)
    if "\0" in text:
        raise Invalid.field("file", "is not a text file; save it as CSV in your spreadsheet first")
    lines = _LINE.findall(text)
    if lines and lines[0].strip().lower().startswith("sep="):  # Excel's own way to name it
        delimiter = delimiter or (lines[0].strip()[4:] or None)
        lines = ["\n", *lines[1:]]
    delimiter = delimiter or _guessed_delimiter(lines)
    rows = list(_numbered(lines, delimiter))
    if not rows:
        raise Invalid.field("file", "is empty; it needs a line of column names and a line for each record")
    header = tuple(" ".join(cell.split()) for cell in rows[0][1])
    if len(header) > MOST_COLUMNS:
        raise Invalid.field("file", f"has more than {MOST_COLUMNS} columns; leave out those that are not needed")
    if len(rows) == 1:
        raise Invalid.field("file", "has column names and no record under them")
    if len(rows) - 1 > MOST_ROWS:
        raise Invalid.field("file", f"has more than {MOST_ROWS} records; split it into several files")
    return Table(encoding, delimiter, header, tuple(rows[1:]))


def _decoded(raw: bytes, encoding: str | None) -> tuple[str, str]:
    marked = next(((mark, name) for mark, name in _MARKS if raw.startswith(mark)), None)
    if encoding is None and marked is not None:
        encoding = marked[1]
    if encoding is not None:
        try:
            return raw.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            raise Invalid.field(
                "encoding", f"is not what this file is written in ({encoding}); choose another"
            ) from None
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # The five bytes that have no character there stand for themselves, as browsers read them.
        return raw.decode("windows-1252", errors="replace").replace("\ufffd", ""), "windows-1252"


def _guessed_delimiter(lines: Sequence[str]) -> str:
    """The one that gives most of the first lines the same number of cells, and more than one."""

    def fits(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(cells) for _, cells in _numbered(lines[:_LOOKED_AT], delimiter))
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        return (times if width > 1 else 0, width)

    return max(DELIMITERS, key=fits)


def _numbered(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every line that holds anything, with the number of its last line where a cell breaks over several."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise Invalid.field("file", f"cannot be read beyond line {reader.line_num}; look at its quotes") from None
        if cells is None:
            return
        stripped = tuple(cell.strip()[:LONGEST_CELL] for cell in cells)
        if any(stripped):
            yield reader.line_num, stripped
