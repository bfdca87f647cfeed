"""What became of every line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqloom.core.errors import DataError
from seqloom.data.ledger import Ledger
from seqloom.data.rows import BadLine, Row

ROW = Row(source="a", targets=("b",))


def bad(line: int) -> BadLine:
    return BadLine(file="train.tsv", line=line, what="expected 2 tab-separated columns, found 1", text=f"文{line}")


def test_a_bad_line_stops_the_reading() -> None:
    rows = Ledger().rows([ROW, bad(1873), ROW])
    assert next(rows) is ROW
    with pytest.raises(DataError) as error:
        next(rows)
    assert str(error.value) == (
        "train.tsv:1873: expected 2 tab-separated columns, found 1. "
        'Fix the line, or skip such lines with `data.on_bad_line = "skip"`.'
    )


def test_skipped_lines_are_counted_and_shown() -> None:
    ledger = Ledger(on_bad_line="skip")
    assert list(ledger.rows([bad(1), ROW, *map(bad, range(2, 6)), ROW])) == [ROW, ROW]
    ledger.count("dropped: duplicate", 1200)
    ledger.count("dropped: empty source")
    ledger.count("dropped: duplicate", 34)
    assert (ledger.read, ledger.bad, len(ledger.first_bad)) == (2, 5, 3)
    assert dict(ledger.counts) == {"dropped: duplicate": 1234, "dropped: empty source": 1}
    place = "expected 2 tab-separated columns, found 1"
    assert ledger.lines() == [
        "2 rows read",
        f"5 bad lines skipped (train.tsv:1: {place}; train.tsv:2: {place}; train.tsv:3: {place}; …)",
        "1,234 rows dropped: duplicate",
        "1 row dropped: empty source",
    ]


def test_kept_lines_stand_in_the_side_file(tmp_path: Path) -> None:
    side = tmp_path / "run" / "bad.jsonl"
    ledger = Ledger(on_bad_line="keep", side_file=side)
    list(ledger.rows([ROW]))
    assert not side.exists()
    list(ledger.rows([ROW, bad(1)]))
    list(ledger.rows([bad(2), ROW]))
    kept = [json.loads(line) for line in side.read_text(encoding="utf-8").splitlines()]
    assert [(each["file"], each["line"], each["text"]) for each in kept] == [("train.tsv", n, f"文{n}") for n in (1, 2)]
    assert kept[0]["what"] == bad(1).what
    assert ledger.lines()[1].startswith(f"2 bad lines kept in {side} (train.tsv:1: ")
    again = Ledger(on_bad_line="keep", side_file=side)
    list(again.rows([bad(3), ROW]))
    assert [json.loads(line)["line"] for line in side.read_text(encoding="utf-8").splitlines()] == [3]


def test_a_side_file_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ledger = Ledger(on_bad_line="keep", side_file=tmp_path / "file" / "bad.jsonl")
    with pytest.raises(DataError, match="the bad lines cannot be kept there"):
        list(ledger.rows([bad(1), ROW]))


def test_nothing_but_bad_lines_is_a_fault_whatever_the_policy() -> None:
    ledger = Ledger(on_bad_line="skip")
    assert list(ledger.rows([ROW])) == [ROW]
    with pytest.raises(DataError, match=r"^train.tsv:4: .*; not one of 2 lines can be read. Correct the file\.$"):
        list(ledger.rows([bad(4), bad(5)]))
