"""What spreadsheets write and call CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.core.errors import DataError
from seqloom.data.columns import Columns
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row

CELLS = [('eins; "zwei"', "one, two"), ("eine\nZeile", "a line"), ("schön, größer", "fine"), ("für, und; hier", "x, y")]


def sheet(separator: str, ends: str, *, head: str = "") -> str:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in CELLS]
    lines = [*([head] if head else []), *(separator.join(row) for row in quoted)]
    return ends.join(lines) + ends


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "iso8859-15", "mac_roman"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_any_separator_in_any_encoding(tmp_path: Path, separator: str, encoding: str, ends: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(sheet(separator, ends).encode(encoding))
    found = list(read_rows(str(path), encoding=encoding.removesuffix("-sig")))
    assert [(row.source, row.targets[0]) for row in found if isinstance(row, Row)] == CELLS
    assert [row.line for row in found] == [1, 2, 4, 5]


def test_the_line_that_says_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(sheet(";", "\n", head="sep=;"))
    found = list(read_rows(str(path)))
    assert [(row.source, row.line) for row in found if isinstance(row, Row)][0] == (CELLS[0][0], 2)  # noqa: RUF015
    path.write_text("sep=;\nDeutsch;Englisch;Rest\na;b;c\nd\n")
    first, second = read_rows(str(path), columns=Columns(source=("Deutsch",), target=("Englisch",)))
    assert isinstance(first, Row)
    assert (first.source, first.targets, first.line) == ("a", ("b",), 3)
    assert isinstance(second, BadLine)
    assert str(second) == f"{path}:4: expected 3 semicolon-separated columns, found 1"


def test_commas_in_text_part_nothing_where_semicolons_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Hallo, Welt;Hello, world\nJa;Yes\nNein, nein, nein;No\n")
    found = [row for row in read_rows(str(path)) if isinstance(row, Row)]
    assert [row.source for row in found] == ["Hallo, Welt", "Ja", "Nein, nein, nein"]
    path.write_text("one;two,eins;zwei\nthree,drei\n")
    found = [row for row in read_rows(str(path)) if isinstance(row, Row)]
    assert [row.source for row in found] == ["one;two", "three"]


def test_an_encoding_that_was_not_said_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(sheet(";", "\r\n").encode("utf-16"))
    with pytest.raises(DataError, match=r'must be utf-8, but is utf-16: set `data.encoding = "utf-16"`\.'):
        read_rows(str(path))
