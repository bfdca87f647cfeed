"""Windows over series: what train, valid and test see of each, and what is wrong with a table of measurements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.converting import reading_of
from seqloom.data.windows import Windows, write_windows

SMALL = {"past": 4, "ahead": 2}


def made(folder: Path, table: str, windows: Windows, *settings: str) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The windows of each set, and what was told."""
    (folder / "table.csv").write_text(table, encoding="utf-8")
    lines = write_windows(str(folder / "table.csv"), folder / "made", windows, reading=reading_of(settings))
    sets = {
        name: [json.loads(line) for line in (folder / "made" / f"{name}.jsonl").read_text("utf-8").splitlines()]
        for name in ("train", "valid", "test", "next")
    }
    return sets, "\n".join(lines)


def long(*series: tuple[str, int]) -> str:
    """Each counts from 0 to its end, by days."""
    rows = [f"{name},2024-01-{day + 1:02},{day}" for name, days in series for day in range(days)]
    return "\n".join(["id,day,value", *rows]) + "\n"


def test_the_last_values_are_asked_for_and_nothing_of_them_is_learnt(tmp_path: Path) -> None:
    sets, told = made(tmp_path, long(("a", 12), ("b", 7)), Windows(**SMALL))
    assert sets["test"] == [{"series": "a", "source": [6, 7, 8, 9], "target": [10, 11]}]
    assert sets["valid"] == [{"series": "a", "source": [4, 5, 6, 7], "target": [8, 9]}]
    of_a = [window for window in sets["train"] if window["series"] == "a"]
    assert max(number for window in of_a for number in (*window["source"], *window["target"])) == 7
    assert len(of_a) == 3
    assert len(sets["train"]) == 3 + 2, "b is too short to be asked, and is learnt to its end"
    assert sets["next"][0] == {"series": "a", "source": [8, 9, 10, 11]}
    assert "2 series of 7 frames and more" in told


def test_rows_may_stand_in_any_order_and_windows_apart(tmp_path: Path) -> None:
    head, *rows = long(("a", 20)).splitlines()
    mixed = "\n".join([head, *rows[::-1]])
    sets, _ = made(tmp_path, mixed, Windows(**SMALL, every=5))
    assert [window["target"] for window in sets["train"]] == [[14, 15], [9, 10], [4, 5]]


def test_several_values_are_channels_and_columns_have_names(tmp_path: Path) -> None:
    table = "t,x,y\n" + "".join(f"{place},{place},{-place}\n" for place in range(12))
    sets, _ = made(tmp_path, table, Windows(**SMALL, series=None, time="t", value=("x", "y")))
    assert sets["test"] == [
        {"series": "series", "source": [[6, -6], [7, -7], [8, -8], [9, -9]], "target": [[10, -10], [11, -11]]}
    ]


def test_a_row_may_be_a_whole_series(tmp_path: Path) -> None:
    table = "id,1,2,3\n" + "a," + ",".join(map(str, range(12))) + "\n" + ",".join(map(str, range(100, 107))) + ",,\n"
    sets, _ = made(tmp_path, table.replace("id,1,2,3\n", "id" + ",v" * 12 + "\n"), Windows(**SMALL, wide=True))
    assert sets["test"] == [{"series": "a", "source": [6, 7, 8, 9], "target": [10, 11]}]
    assert sets["train"][-1]["series"] == "series 3"
    assert sets["next"][1]["source"] == [103, 104, 105, 106]


def test_what_seems_to_be_missing_is_told(tmp_path: Path) -> None:
    head, *rows = long(("a", 20)).splitlines()
    _, told = made(tmp_path, "\n".join([head, *rows[:5], *rows[9:]]), Windows(**SMALL))
    assert "1 row missing, it seems" in told


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (long(("a", 12)).replace(",7\n", ",much\n"), "table.csv:9: a value must be a finite number, but is"),
        (long(("a", 12)).replace(",7\n", ",\n"), "table.csv:9: a value must be a finite number"),
        (long(("a", 12)).replace("2024-01-03", "Sunday"), "table.csv:4: the time must be a number or a date"),
        (long(("a", 12), ("a", 3)), "table.csv:14: a series must have one value at a time"),
        (long(("a", 5)), "a series must have 6 frames at least, but the longest has 5"),
    ],
)
def test_a_table_that_is_none_is_one_line(table: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        made(tmp_path, table, Windows(**SMALL))
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_bad_line_may_be_left_out(tmp_path: Path) -> None:
    table = long(("a", 13)).replace(",12\n", ",much\n")
    sets, told = made(tmp_path, table, Windows(**SMALL), "data.on_bad_line=skip")
    assert sets["test"][0]["target"] == [10, 11]
    assert "1 bad line skipped" in told


def test_a_window_has_frames() -> None:
    with pytest.raises(RecipeError, match="`--ahead` must be at least 1"):
        Windows(ahead=0)
