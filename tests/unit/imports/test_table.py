"""A file of any spreadsheet becomes a table, or a word about what is wrong with it."""

from __future__ import annotations

import pytest

from server.errors import Invalid
from server.imports.table import MOST_ROWS, read_table

ROWS = [("Name", "Teléfono"), ("Núñez, Ana", "202 555 0147"), ("Bo", "")]


def written(delimiter: str, end: str = "\r\n") -> str:
    return end.join(delimiter.join(f'"{cell}"' for cell in row) for row in ROWS) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("windows-1252", "windows-1252"), ("utf-16", "utf-16")],
)
def test_encoding_delimiter_and_line_ends_are_guessed(delimiter: str, end: str, codec: str, encoding: str) -> None:
    table = read_table(written(delimiter, end).encode(codec))
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert table.header == ("Name", "Teléfono")
    assert table.rows == ((2, ("Núñez, Ana", "202 555 0147")), (3, ("Bo", "")))


def test_what_is_named_is_not_guessed() -> None:
    arabic = "الاسم;الهاتف\nليلى;2025550147\n"
    assert read_table(arabic.encode("windows-1256"), encoding="windows-1256").header == ("الاسم", "الهاتف")
    assert read_table(b"a;b,c\n1;2,3\n", delimiter=",").header == ("a;b", "c")
    with pytest.raises(Invalid, match="encoding"):
        read_table("é".encode("windows-1252"), encoding="utf-8")


def test_a_cell_of_several_lines_and_empty_lines_keep_the_numbers_of_the_file() -> None:
    table = read_table(b'sep=;\nname;note\n\nAna;"two\nlines"\n;;\nBo;x\n')
    assert table.delimiter == ";"
    assert table.rows == ((5, ("Ana", "two\nlines")), (7, ("Bo", "x")))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"name,phone\n", "no record"),
        (b"PK\x03\x04\0\0\0", "not a text file"),
        (b",".join(b"c" for _ in range(61)) + b"\n1\n", "columns"),
        (b"name\n" + b"x\n" * (MOST_ROWS + 1), "split it"),
    ],
)
def test_what_is_no_table_is_said(raw: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read_table(raw)
