from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.core.errors import DataError, RecipeError
from seqloom.data.converting import reading_of
from seqloom.data.histories import Histories, write_histories
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row

MOVIELENS = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "movielens_small"
RATINGS = """userId,movieId,rating,timestamp
ann,1,4.0,300
ann,2,1.5,100
ann,3,5.0,200
ann,4,3.0,400
bob,2,5.0,1
bob,1,5.0,2
eve,3,4.0,2024-05-01
"""
FILMS = """movieId,title,genres
1,Up | Down,A|B
2,Hamlet,C
3,Hamlet,C
"""


def made(folder: Path, how: Histories, *settings: str, ratings: str = RATINGS) -> tuple[dict[str, list[str]], str]:
    """The pairs of each set, and what was told."""
    (folder / "ratings.csv").write_text(ratings, encoding="utf-8")
    (folder / "films.csv").write_text(FILMS, encoding="utf-8")
    out = folder / "made"
    lines = write_histories(
        str(folder / "ratings.csv"), out, how, items=str(folder / "films.csv"), reading=reading_of(settings)
    )
    sets = {name: (out / f"{name}.tsv").read_text(encoding="utf-8").splitlines() for name in ("train", "valid", "test")}
    return sets, "\n".join(lines)


def test_the_last_item_is_asked_for_and_the_one_before_it_validates(tmp_path: Path) -> None:
    sets, told = made(tmp_path, Histories())
    assert sets["train"] == ["Hamlet (2)\tHamlet (3)", "Hamlet (2)\tUp / Down"], "bob had two items: none is held out"
    assert sets["valid"] == ["Hamlet (2) | Hamlet (3)\tUp / Down"]
    assert sets["test"] == ["Hamlet (2) | Hamlet (3) | Up / Down\t4"]
    assert "3 users, 4 items" in told
    assert "mark behind it: 2" in told
    assert "without a name in" in told


def test_a_history_that_is_learnt_is_short_and_one_that_is_asked_is_whole(tmp_path: Path) -> None:
    ratings = "u,i,r,t\n" + "".join(f"ann,i{place},1,{place}\n" for place in range(9))
    sets, _ = made(tmp_path, Histories(last=2), ratings=ratings)
    assert sets["train"][-1] == "i4 | i5\ti6"
    assert sets["test"] == [" | ".join(f"i{place}" for place in range(8)) + "\ti8"]


def test_columns_by_name_least_ratings_and_genres(tmp_path: Path) -> None:
    ratings = "when;who;what;stars\n3;ann;1;5\n1;ann;2;5\n2;ann;3;1\n4;ann;2;5\n"
    how = Histories(user="who", item="what", time="when", rating="stars", least=3.0, beside=("genres",), name="title")
    sets, told = made(tmp_path, how, ratings=ratings)
    assert sets == {"train": ["Hamlet [C] (2)\tUp / Down [A, B]"], "valid": [], "test": []}
    assert "1 row left out: rated below 3" in told
    assert "1 row left out: the user has had the item before" in told


def test_a_bad_line_is_named_or_skipped(tmp_path: Path) -> None:
    broken = RATINGS + "bob,3,5.0,yesterday\n,3,5.0,7\n"
    with pytest.raises(DataError, match=r"ratings.csv:9: the time must be a number or a date .* but is `yesterday`"):
        made(tmp_path, Histories(), ratings=broken)
    _, told = made(tmp_path, Histories(), "data.on_bad_line=skip", ratings=broken)
    assert "2 bad lines skipped" in told
    with pytest.raises(DataError, match="no column is named `who`"):
        made(tmp_path, Histories(user="who"))
    with pytest.raises(RecipeError, match="`--last` must be at least 1"):
        Histories(last=0)


def test_the_same_time_is_no_order(tmp_path: Path) -> None:
    ratings = "u,i,r,t\n" + "".join(f"ann,{place:02d},1,7\n" for place in range(30))
    sets, told = made(tmp_path, Histories(last=40), ratings=ratings)
    history, _, last = sets["test"][0].partition("\t")
    found = [*history.split(" | "), last]
    assert sorted(found) != found, "a table that is sorted by item would teach its sorting"
    assert (sets, told) == made(tmp_path, Histories(last=40), ratings=ratings)


@pytest.mark.skipif(not MOVIELENS.is_dir(), reason="the shared data is elsewhere")
def test_real_ratings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratings, films, out = MOVIELENS / "ratings.csv", MOVIELENS / "movies.csv", tmp_path / "films"
    arguments = ["data", "histories", str(ratings), "--items", str(films), "--out", str(out), "--last", "5"]
    assert main(arguments) == 0
    assert "671 users, 9,066 items" in capsys.readouterr().out
    rows = [row for row in read_rows(str(out / "test.tsv")) if isinstance(row, Row)]
    assert len(rows) == 671
    assert all(row.targets[0] not in row.source.split(" | ") for row in rows)
