"""Rows that a run keeps for itself."""

import json
from pathlib import Path

from seqloom.data.annotations import Annotations, FactorColumn
from seqloom.data.rows import Row
from seqloom.workflow.kept import count_rows, keep_rows, kept_rows

ODD = 'a\n"b"\\ \u2028\x85\t\x00我￨'


def test_rows_come_back_whatever_stands_in_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [Row(source=f"{ODD}{number}", targets=(ODD, "[1]")[: number % 3], line=1) for number in range(3000)]
    assert keep_rows(path, rows, Annotations()) == count_rows(path) == 3000
    back = list(kept_rows(path))
    assert [(row.source, row.targets) for row in back] == [(row.source, row.targets) for row in rows]
    assert [(row.file, row.line) for row in back] == [("rows.jsonl", number) for number in range(1, 3001)]
    assert [json.loads(line)[0] for line in path.read_text("utf-8").split("\n")[:-1]] == [row.source for row in rows]


def test_only_what_the_recipe_names_stands_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = Row(source="a b", targets=("c",), extras={"pos": "D N", "other": 1})
    keep_rows(path, [row], Annotations(factors={"pos": FactorColumn()}))
    [back] = kept_rows(path)
    assert (back.targets, back.extras) == (("c",), {"pos": "D N"})
