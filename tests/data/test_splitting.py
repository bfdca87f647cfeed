from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.converting import reading_of
from seqloom.data.nearness import pairs_between, signatures
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row
from seqloom.data.splitting import Division, split
from seqloom.data.writing import Wanted

LETTERS = random.Random(0)
WORDS = ["".join(LETTERS.choices("abcdefghijklmnoprstuvw", k=LETTERS.randint(3, 9))) for _ in range(300)]


def sentences(number: int, *, seed: int) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(WORDS, k=9)) for _ in range(number)]


def read(folder: Path, suffix: str = ".tsv") -> dict[str, list[tuple[str, str]]]:
    return {
        name: [
            (row.source, row.targets[0]) for row in read_rows(str(folder / f"{name}{suffix}")) if isinstance(row, Row)
        ]
        for name in ("train", "valid", "test")
    }


def given(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    path = folder / "in.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
    return path


def done(path: Path, out: Path, **division: object) -> list[str]:
    return split(reading_of(()).given((str(path),)), out, Wanted(), Division(**division))  # type: ignore[arg-type]


def test_near_duplicates_never_land_on_two_sides(tmp_path: Path) -> None:
    sources, targets = sentences(600, seed=1), sentences(600, seed=2)
    pairs = list(zip(sources, targets, strict=True))
    dice = random.Random(3)
    for _ in range(200):
        source, target = dice.choice(pairs[:600])
        kind = dice.randrange(3)
        if kind == 0:  # other digits, case and signs
            pairs.append((f"{source.upper()}!", dice.choice(sentences(1, seed=len(pairs)))))
        elif kind == 1:  # a word more in the source
            pairs.append((f"{source} x", sentences(1, seed=len(pairs))[0]))
        else:  # the same target
            pairs.append((sentences(1, seed=5000 + len(pairs))[0], target))
    dice.shuffle(pairs)
    lines = done(given(tmp_path, pairs), tmp_path / "out", valid=0.1, test=100)
    sets = read(tmp_path / "out")
    assert [len(sets[name]) for name in ("train", "valid", "test")] == [620, 80, 100]
    assert sorted(pair for found in sets.values() for pair in found) == sorted(pairs)
    for held_out in ("valid", "test"):
        for side in (0, 1):
            ours, theirs = ([pair[side] for pair in sets[name]] for name in (held_out, "train"))
            assert len(pairs_between(signatures(ours), signatures(theirs), ours, theirs)) == 0
    # Each keeps the order of the file.
    places = {pair: place for place, pair in enumerate(pairs)}
    assert [places[pair] for pair in sets["train"]] == sorted(places[pair] for pair in sets["train"])
    assert any("rows belong to others, in" in line for line in lines)
    leaked = next(line for line in lines if line.startswith("drawn row by row"))
    assert int(leaked.split()[4]) > 20
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["test.tsv", "train.tsv", "valid.tsv"]


def test_the_same_seed_gives_the_same_sets_and_another_gives_others(tmp_path: Path) -> None:
    path = given(tmp_path, list(zip(sentences(100, seed=1), sentences(100, seed=2), strict=True)))
    found = []
    for number, seed in enumerate((1, 1, 2)):
        done(path, tmp_path / str(number), valid=10, test=10, seed=seed)
        found.append(read(tmp_path / str(number)))
    assert found[0] == found[1] != found[2]


def test_labels_are_alike_in_every_set(tmp_path: Path) -> None:
    dice = random.Random(4)
    pairs = [(source, dice.choice(["good", "bad"])) for source in sentences(200, seed=5)]
    lines = done(given(tmp_path, pairs), tmp_path / "out", valid=20, test=20)
    assert "targets are not compared: they have no more than 2 different words, as of labels or tags" in lines
    assert [len(found) for found in read(tmp_path / "out").values()] == [160, 20, 20]
    lines = done(given(tmp_path, pairs), tmp_path / "both", valid=20, test=0, sides="both")
    assert any("of 20 asked: what is left stays together in larger groups" in line for line in lines)


def test_titles_that_come_again_and_again_are_alike_in_every_set(tmp_path: Path) -> None:
    dice, titles = random.Random(4), sentences(50, seed=3)
    pairs = [(source, dice.choice(titles)) for source in sentences(1200, seed=5)]
    lines = done(given(tmp_path, pairs), tmp_path / "out", valid=20)
    assert "targets are not compared: there are only 50 different ones" in lines


def test_tags_are_alike_in_every_set(tmp_path: Path) -> None:
    dice = random.Random(4)
    pairs = [(source, " ".join(dice.choices(["O", "O", "O", "B-x", "I-x"], k=9))) for source in sentences(300, seed=5)]
    lines = done(given(tmp_path, pairs), tmp_path / "out", valid=20, test=20)
    assert "targets are not compared: they have no more than 3 different words, as of labels or tags" in lines
    assert "by their texts: no row belongs to another" in lines
    assert [len(found) for found in read(tmp_path / "out").values()] == [260, 20, 20]


def test_commands_belong_together_only_where_they_are_the_same(tmp_path: Path) -> None:
    dice = random.Random(4)
    commands = {" ".join(dice.choices(["walk", "run", "jump", "left", "right", "twice"], k=7)) for _ in range(300)}
    pairs = [(command, text) for command, text in zip(sorted(commands), sentences(300, seed=5), strict=False)]
    lines = done(given(tmp_path, [*pairs, (pairs[0][0].upper(), "another")]), tmp_path / "out", valid=20)
    assert "by their texts: 2 rows belong to others, in 1 group; the largest has 2" in lines


def test_a_further_reference_is_no_ones_first_elsewhere(tmp_path: Path) -> None:
    """The third of three parallel files: what is near to another text of it stays with that."""
    sources, targets, others = (sentences(200, seed=seed) for seed in (1, 2, 3))
    for name, texts in (
        ("de", sources),
        ("en", targets),
        ("fr", [f"{text} x" for text in others[:100]] + others[:100]),
    ):
        (tmp_path / f"in.{name}").write_text("".join(f"{text}\n" for text in texts))
    files = ",".join(str(tmp_path / f"in.{name}") for name in ("de", "en", "fr"))
    lines = split(reading_of(()).given((files,)), tmp_path / "out", Wanted(), Division(valid=20, test=20))
    assert "by their texts: 200 rows belong to others, in 100 groups; the largest has 2" in lines
    found = [(tmp_path / "out" / f"{name}.fr").read_text().split("\n")[:-1] for name in ("train", "valid", "test")]
    assert [len(texts) for texts in found] == [160, 20, 20]
    for texts in found:
        assert {text.removesuffix(" x") for text in texts} == {text for text in texts if not text.endswith(" x")}


def test_documents_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    rows = [
        {"source": source, "target": target, "document": f"d{number % 30}", "site": number % 3}
        for number, (source, target) in enumerate(zip(sentences(300, seed=6), sentences(300, seed=7), strict=True))
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = done(path, tmp_path / "out", valid=30, test=30, by="document")
    assert any(line.startswith("with the 30 values of `document`: 300 rows belong to others, in 30") for line in lines)
    sets = [
        {json.loads(line)["document"] for line in (tmp_path / "out" / f"{name}.jsonl").read_text().splitlines()}
        for name in ("train", "valid", "test")
    ]
    assert [len(each) for each in sets] == [24, 3, 3]
    assert len(sets[0] | sets[1] | sets[2]) == 30
    with pytest.raises(DataError, match=r"in.jsonl:1: the row must have a value of `page`, but has none"):
        done(path, tmp_path / "out", by="page")


def test_a_column_of_a_table_holds_the_groups(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    pairs = zip(sentences(40, seed=8), sentences(40, seed=9), strict=True)
    path.write_text("source,target,who\n" + "".join(f"{one},{two},w{n // 4}\n" for n, (one, two) in enumerate(pairs)))
    lines = done(path, tmp_path / "out", valid=8, test=8, by="who")
    assert "valid: 8 rows written to" in "\n".join(lines)
    with pytest.raises(DataError, match="no column is named `whom`"):
        done(path, tmp_path / "out", by="whom")


def test_parallel_files_stay_parallel(tmp_path: Path) -> None:
    (tmp_path / "a.de").write_text("\n".join(sentences(50, seed=1)) + "\n")
    (tmp_path / "a.en").write_text("\n".join(sentences(50, seed=2)) + "\n")
    split(
        reading_of(()).given((f"{tmp_path}/a.de,{tmp_path}/a.en",)),
        tmp_path / "out",
        Wanted(),
        Division(valid=5, test=5),
    )
    assert len((tmp_path / "out" / "test.de").read_text().splitlines()) == 5
    assert len((tmp_path / "out" / "train.en").read_text().splitlines()) == 40


def test_what_cannot_be_divided(tmp_path: Path) -> None:
    path = given(tmp_path, [("a", "b"), ("c", "d")])
    with pytest.raises(DataError, match="must leave something to learn from, but ask for 2 of 2 rows"):
        done(path, tmp_path / "out", valid=1, test=1)
    for wrong in ({"valid": -1}, {"test": 1.5}, {"near": 2}):
        with pytest.raises(RecipeError, match="must be"):
            Division(**wrong)  # type: ignore[arg-type]
    assert not list((tmp_path / "out").iterdir())
