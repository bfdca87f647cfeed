"""The table and the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from seqloom.core.errors import DataError
from seqloom.export.bench.advice import advice_on
from seqloom.export.bench.candidates import Missing
from seqloom.export.bench.comparison import Comparison
from seqloom.export.bench.picture import check_picture, write_picture
from seqloom.export.bench.points import Point
from seqloom.export.bench.table import lines_of

from .made import chance, no_chance, point


def compared(*points: Point, **more: object) -> Comparison:
    made = Comparison(
        on="test.tsv",
        sentences=10,
        rounds=len(points[0].rounds),
        processors=2,
        points=points,
        advice=advice_on(points, compare=no_chance),
    )
    return replace(made, **more)  # type: ignore[arg-type]


TWO = (point("own", 38.0, 20, 30, 40, disk=30), point("ctranslate2-int8", 37.9, 150, 90, 120, memory=90.0))


def test_the_table_has_all_that_was_measured() -> None:
    lines = [*lines_of(compared(*TWO))]
    assert lines[0] == "10 sentences of test.tsv, 3 rounds, 2 processors"
    heads, first, second = lines[2:5]
    assert heads.split("  ")[-1] == "MB disk"
    assert first.startswith("*  ctranslate2-int8, greedy  37.9 ± 2.0        120.0  90.0–150.0")
    assert second.startswith("*  own, greedy               38.0 ± 2.0         30.0   20.0–40.0      20.0")
    assert first.split()[-2:] == ["90", "10.0"]
    assert "BLEU: tok:13a" in lines
    assert lines[-1].startswith("Take ctranslate2-int8, greedy")


def test_the_columns_stand_below_each_other_in_chinese_too() -> None:
    both = (point("own", 38.0, 20, model="德英翻译"), point("own", 37.0, 30, model="b"))
    lines = [*lines_of(compared(*both))][2:5]
    assert len({cell_len(line) for line in lines}) == 1
    assert "own, greedy" in lines[1]
    assert len({cell_len(line.partition("own")[0]) for line in lines[1:]}) == 1


def test_what_is_missing_or_in_doubt_is_a_line() -> None:
    missing = Missing(model="m", forms=("onnx", "onnx-int8"), why="no extra.")
    worse = (point("own", 38.0, 20), point("onnx", 37.0, 30, unanswered=3, others=0.8))
    lines = [*lines_of(compared(*worse, missing=(missing,), advice=advice_on(worse, compare=chance)))]
    assert "m has no onnx, onnx-int8: no extra." in lines
    assert "m, onnx, greedy: 3 sentences could not be answered." in lines
    assert any(line.startswith("Other programs used 0.4 processors") for line in lines)
    assert lines[-2].startswith("onnx, greedy (30.0 a second) may be as good")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_it_is_drawn(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"drawn.{suffix}"
    assert write_picture(compared(*TWO), path) == ""
    assert path.stat().st_size > 5000


@pytest.mark.parametrize(
    "points",
    [
        (point("own", 38.0, 20),),
        (point("own", 38.0, 20), point("onnx", 38.0, 20, memory=0.0)),
        (point("own", 0.0, 1000, memory=0.0), point("onnx", 0.0, 0.001, memory=0.0)),
        (point("own", 9.0, 5, scored={"higher_is_better": False}), point("onnx", 12.0, 7, model="b")),
        tuple(point("own", 30 + number / 9, 20 + number, model=f"m{number % 9}") for number in range(30)),
    ],
    ids=["one", "the same twice", "far apart", "an error rate", "many"],
)
def test_odd_cases_are_drawn_too(tmp_path: Path, points: tuple[Point, ...]) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "drawn.svg"
    write_picture(compared(*points), path)
    assert path.is_file()


def test_chinese_names_have_a_font_or_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib import font_manager

    from seqloom.workflow import fonts

    assert fonts.families_for("plain") == (["DejaVu Sans"], "")
    families, lacking = fonts.families_for("model 德英")
    paths = {each.name: each.fname for each in font_manager.fontManager.ttflist}
    for char in "德英":
        having = [name for name in families if ord(char) in font_manager.get_font(paths[name]).get_charmap()]
        assert bool(having) != (char in lacking)
    monkeypatch.setattr(fonts, "_known", lambda manager: iter(()))
    assert fonts.families_for("model 德英") == (["DejaVu Sans"], "".join(sorted("德英")))


@pytest.mark.parametrize("name", ["picture.gif", "picture"])
def test_what_cannot_be_drawn_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="must end in"):
        check_picture(Path(name))
