"""Rows from JSON lines and from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.data.columns import FIRST_TWO
from seqloom.data.readers import Columns, read_pairs, read_rows
from seqloom.data.rows import BadLine, Row


def seen(found: Any) -> list[tuple[str, ...] | str]:
    return [row.what if isinstance(row, BadLine) else (row.source, *row.targets) for row in found]


def jsonl(folder: Path, *lines: str, columns: Columns = FIRST_TWO) -> list[tuple[str, ...] | str]:
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return seen(read_rows(str(folder / "a.jsonl"), columns=columns))


def test_languages_below_translation(tmp_path: Path) -> None:
    line = json.dumps({"id": 1, "translation": {"de": "eins", "en": "one", "zh": ["一", "壹"]}})
    assert jsonl(tmp_path, line, columns=Columns(source=("de",), target=("zh",))) == [("eins", "一", "壹")]
    assert jsonl(tmp_path, line, columns=Columns(source=("de", "en"), target=("de", "en"))) == [("eins\tone",) * 2]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"source": "a"', "not valid JSON (Expecting ',' delimiter at column 15)"),
        ('{"source": "a"}', 'the key `target` is missing among ["source"]'),
        (
            '{"source": "a", "taget": "b"}',
            'the key `target` is missing among ["source", "taget"]; did you mean `taget`',
        ),
        (
            '{"text": "a", "label": "b"}',
            'the key `source` is missing among ["text", "label"]; '
            "name those to read in `data.source_columns` and `data.target_columns`",
        ),
        ('{"source": 3, "target": "b"}', "`source` must be text, but is 3"),
        ('{"source": "a", "target": null}', "`target` must be text, but is nothing"),
        ('{"source": "a", "target": []}', "`target` must have at least one reference, but is []"),
        ('{"source": "a", "target": ["b", 1]}', "`target` must be text, but is 1"),
        (r'{"source": "a", "target": "\ud83d"}', "`target` holds half a character (U+D83D at column 1)"),
        (r'{"source": "a\u0000", "target": "b"}', "`source` holds a NUL character"),
        ('["a", "b"]', 'expected a JSON object, found ["a", "b"]'),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_bad_objects(tmp_path: Path, line: str, what: str) -> None:
    good = r'{"source": "\ud83d\ude00", "target": "b"}'
    assert jsonl(tmp_path, good, line, good) == [("😀", "b"), what, ("😀", "b")]


def test_json_has_no_numbered_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        jsonl(tmp_path, "{}", columns=Columns(source=(1,)))
    assert str(error.value).endswith(
        "`data.source_columns` must be keys of its objects, but is [1]. Name them, for example "
        '`data.source_columns = ["source"]`.'
    )


def test_pairs_of_every_kind() -> None:
    row = Row(source="h", targets=("i",), file="there", line=7)
    array = np.array(["d", "e"])
    pairs = [("a", "b"), ["c", ["x", "y"]], array, {"source": "f", "target": ["g"]}, row]
    found = list(read_pairs(pairs))
    assert seen(found) == [("a", "b"), ("c", "x", "y"), ("d", "e"), ("f", "g"), ("h", "i")]
    assert [(each.file, each.line) for each in found] == [*(("<pairs>", n) for n in (1, 2, 3, 4)), ("there", 7)]
    assert all(type(each.source) is str for each in found if isinstance(each, Row))


def test_pairs_are_read_as_they_come() -> None:
    def endless() -> Any:
        while True:
            yield "a", "b"

    assert next(read_pairs(endless())) == Row(source="a", targets=("b",), line=1)


def test_a_recipe_that_numbers_columns_of_files_reads_tuples() -> None:
    assert seen(read_pairs([("a", "b")], columns=Columns(source=(1, 2), target=(3,)))) == [("a", "b")]


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ("ab", 'expected a pair of source and target, found "ab"'),
        (("a", "b", "c"), "expected a pair of source and target, found 3 items"),
        ({"a", "b"}, "expected a pair of source and target, found "),
        (("a", None), "`target` must be text, but is nothing"),
        (("a", float("nan")), "`target` must be text, but is nothing"),
        (("a", 1), "`target` must be text, but is 1"),
        (("a\ud800", "b"), "`source` holds half a character (U+D800 at column 2)"),
        (5, "expected a pair of source and target, found 5"),
    ],
)
def test_items_that_are_no_pairs(item: object, what: str) -> None:
    [bad, good] = read_pairs([item, ("a", "b")], name="my pairs")
    assert isinstance(bad, BadLine)
    assert isinstance(good, Row)
    assert bad.what.startswith(what)
    assert str(bad).startswith("my pairs:1: ")


@pytest.mark.parametrize("pairs", ["ab", b"ab", {"a": "b"}, 5, None])
def test_what_holds_no_pairs(pairs: Any) -> None:
    with pytest.raises(DataError, match="must be an iterable of"):
        read_pairs(pairs)


def test_texts_are_sources() -> None:
    assert seen(read_pairs(["ab", ("c",), ("d", "e"), {"source": "f"}], sources_only=True)) == [
        ("ab",),
        ("c",),
        ("d", "e"),
        ("f",),
    ]


def test_data_frames() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": [1, 2], "q": ["a", "b"], "r": ["c", None]})
    nothing = "`r` must be text, but is nothing"
    assert seen(read_pairs(frame, columns=Columns(source=("q",), target=("r",)))) == [("a", "c"), nothing]
    assert seen(read_pairs(frame, columns=Columns(source=(2,), target=(3,)))) == [("a", "c"), nothing]
    assert seen(read_pairs(frame[["q", "r"]])) == [("a", "c"), nothing]
    assert seen(read_pairs(frame.rename(columns={"q": "target", "r": "source"})))[0] == ("c", "a")
    assert seen(read_pairs(frame[["q"]], sources_only=True)) == [("a",), ("b",)]
    with pytest.raises(DataError, match=r'<pairs> must have a column `source`, but has \["n", "q", "r"\]'):
        read_pairs(frame)
    with pytest.raises(DataError, match="column 4 is asked for, but there are 3"):
        read_pairs(frame, columns=Columns(source=(4,)))
