"""Columns by number and by name, and files whose columns do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.columns import FIRST_TWO
from seqloom.data.readers import Columns, read_rows
from seqloom.data.rows import BadLine, Row


def read(folder: Path, name: str, text: str, columns: Columns = FIRST_TWO) -> list[tuple[str, ...] | str]:
    """Rows as their texts, bad lines as what is said of them."""
    (folder / name).write_text(text, encoding="utf-8")
    rows = read_rows(str(folder / name), columns=columns)
    return [row.what if isinstance(row, BadLine) else (row.source, *row.targets) for row in rows]


def refused(folder: Path, name: str, text: str, columns: Columns = FIRST_TWO) -> str:
    with pytest.raises(DataError) as error:
        read(folder, name, text, columns)
    return str(error.value).removeprefix(f"{folder}/")


NAMED = "id\tsource\tnote\ttarget\n1\ta\t?\tb\n"


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (Columns(), ("a", "b")),
        (Columns(source=(2,), target=(4,)), ("a", "b")),
        (Columns(source=("target",), target=("source",)), ("b", "a")),
        (Columns(source=("id", 2), target=("note",)), ("1\ta", "?")),
        (Columns(source=(4, 2), target=(1, 3)), ("b\ta", "1\t?")),
        (Columns(source=("note",)), ("?", "b")),
    ],
)
def test_a_first_line_of_names_is_no_row(tmp_path: Path, columns: Columns, row: tuple[str, ...]) -> None:
    assert read(tmp_path, "a.tsv", NAMED, columns) == [row]
    assert read(tmp_path, "a.csv", NAMED.replace("\t", ","), columns) == [row]


def test_without_names_the_first_line_is_a_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a.tsv", "sources\ttargets\na\tb\n") == [("sources", "targets"), ("a", "b")]
    assert read(tmp_path, "a.csv", "x,y,z\n", Columns(source=(3,), target=(1,))) == [("z", "x")]


def test_numbers_may_leave_columns_out_but_names_count_them(tmp_path: Path) -> None:
    ragged = "a\tb\nc\td\te\nf\n"
    short = "expected at least 2 tab-separated columns, found 1"
    assert read(tmp_path, "a.tsv", ragged, Columns(source=(1,), target=(2,))) == [("a", "b"), ("c", "d"), short]
    found = read(tmp_path, "a.tsv", f"source\ttarget\n{ragged}")
    assert found == [("a", "b"), *[f"expected 2 tab-separated columns, found {number}" for number in (3, 1)]]


def test_an_unexpected_column_is_never_cut_off(tmp_path: Path) -> None:
    [_, bad] = read(tmp_path, "a.tsv", "a\tb\nc\td\te\n")
    assert bad == (
        "expected 2 tab-separated columns, found 3; "
        "if all have them, name those to read in `data.source_columns` and `data.target_columns`"
    )
    assert refused(tmp_path, "a.trn", "gehen\tV;PST\tging\n" * 3) == (
        'a.trn: expected 2 tab-separated columns, found 3 (the first: "gehen", "V;PST", "ging"). '
        "Name those to read, for example `data.source_columns = [1]` and `data.target_columns = [2]`."
    )


def test_empty_sides_and_blank_lines_are_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "a.tsv", "a\tb\n\n\tc\nd\t\n\t\n") == [("a", "b"), ("", ""), ("", "c"), ("d", ""), ("", "")]
    assert read(tmp_path, "a.csv", "a,b\n\nc,\n") == [("a", "b"), ("", ""), ("c", "")]
    assert read(tmp_path, "a.jsonl", '{"source": "a", "target": ""}\n\n') == [("a", ""), ("", "")]


def test_one_column_everywhere(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.txt", "one\ntwo words\n") == (
        "a.txt:1: expected 2 tab-separated columns, found 1, and so in every line. "
        "Put a TAB between source and target, or name two files of parallel lines: `train.de,train.en`."
    )
    assert refused(tmp_path, "a.csv", "one:1\ntwo:2\n").startswith("a.csv:1: expected 2 comma-separated columns")


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.tsv", NAMED, Columns(source=("sourse",))) == (
        "a.tsv:1: no column is named `sourse`; the columns are `id`, `source`, `note`, `target`. Did you mean `source`?"
    )
    assert refused(tmp_path, "a.csv", "q,a\nx,y\n", Columns(source=("q",))) == (
        "a.csv:1: no column is named `target`; the columns are `q`, `a`. Name one of them in `data.target_columns`."
    )
    assert refused(tmp_path, "a.tsv", "a\tb\n", Columns(source=(1,), target=(4,))) == (
        'a.tsv: column 4 is asked for, but no line has more than 2 (the first: "a", "b"). '
        "Change `data.source_columns` or `data.target_columns`."
    )
    assert refused(tmp_path, "a.tsv", "a\tb\tc\n", Columns(source=(1, 2))) == (
        "a.tsv: column 2, which would be the target, is among the source's. Name the target in `data.target_columns`."
    )
    assert refused(tmp_path, "a.tsv", NAMED, Columns(target=(5,))) == (
        "a.tsv:1: column 5 is asked for, but there are 4. Change `data.target_columns`."
    )
    with pytest.raises(RecipeError, match="target_columns must be names or numbers from 1, but has 0"):
        Columns(target=(0,))


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ('x,"never closed\ny,z\n', "a double quote opens here that is never closed"),
        ('"a"b,c\n', "not valid CSV (',' expected after '\"')"),
        ("x,y,z\n", "expected 2 comma-separated columns, found 3"),
    ],
)
def test_bad_records_of_csv(tmp_path: Path, record: str, what: str) -> None:
    found = read(tmp_path, "a.csv", f"source,target\na,b\n{record}")
    assert found[:2] == [("a", "b"), what]


def test_csv_goes_on_after_a_bad_record(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('source,target\n"a"b,c\nd,e\n"f\nä\xff",g\nh,i\n'.encode("latin-1"))
    found = list(read_rows(str(path)))
    assert [(type(row), row.line) for row in found] == [(BadLine, 2), (Row, 3), (BadLine, 5), (Row, 6)]


def test_parallel_files_that_are_not_parallel(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("1\n2\n3\n")
    (tmp_path / "a.fr").write_text("1\n2\n3\n")
    assert refused(tmp_path, "a.de", "1\n2\n3\n4", Columns()).startswith("a.de:1: expected 2")
    names = ",".join(str(tmp_path / f"a.{each}") for each in ("de", "en", "fr"))
    with pytest.raises(DataError) as error:
        list(read_rows(names))
    assert str(error.value).replace(f"{tmp_path}/", "") == (
        "a.de has 4 lines, a.en has 3 lines, a.fr has 3 lines: parallel files must have as many. "
        "Find where one of them lacks a line or has one too many."
    )


def test_parallel_files_as_columns(tmp_path: Path) -> None:
    for name, text in {"a.de": "eins\nzwei\n", "a.en": "one\ntwo\n", "a.fr": "un\ndeux\n"}.items():
        (tmp_path / name).write_text(text)
    names = ",".join(str(tmp_path / f"a.{each}") for each in ("de", "en", "fr"))

    def first(columns: Columns) -> tuple[str, ...]:
        row = next(read_rows(names, columns=columns))
        assert isinstance(row, Row)
        return (row.source, *row.targets)

    assert first(Columns()) == ("eins", "one", "un")
    assert first(Columns(source=(2,), target=(1,))) == ("one", "eins")
    assert first(Columns(source=(1, 3))) == ("eins\tun", "one")
    with pytest.raises(DataError, match=r"must be numbers of these files, 1 to 3, but is \[\"de\"\]"):
        first(Columns(source=("de",)))


def test_a_bad_line_of_one_file_takes_the_other_side_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.de").write_bytes(b"a\n\xff\nc\n")
    (tmp_path / "a.en").write_bytes(b"1\n2\n3\n")
    rows = list(read_rows(f"{tmp_path}/a.de,{tmp_path}/a.en"))
    assert [(type(row), row.line) for row in rows] == [(Row, 1), (BadLine, 2), (Row, 3)]
    assert rows[1].file == f"{tmp_path}/a.de"
