"""Further columns on their way from files to numbers on disk, and the vocabularies that are kept with a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.core import settings
from seqloom.core.errors import DataError
from seqloom.workflow.folder import begin_folder, open_numbering
from seqloom.workflow.preparing import open_data, prepare_data
from seqloom.workflow.recipe import Recipe

DATA: dict[str, Any] = {
    "tokenizer": {"kind": "word"},
    "joint": False,
    "held_out": 0.3,
    "factors": {"pos": {}, "case": {"minimum_count": 2}},
    "factor_separator": "￨",
    "sources": {"draft": {"column": "mt", "like": "target"}, "note": {"tokenizer": {"kind": "character"}}},
    "alignment": "align",
    "cleaning": {"lower": "target", "spaces": "collapse"},
}
MODEL = {
    "source": {
        "kind": "several",
        "parts": {"text": {"source": {"factors": {"pos": {}, "case": {}}}}, "draft": {}, "note": {}},
    }
}


def recipe(**changes: Any) -> Recipe:
    return settings.parse(Recipe, {"data": DATA | changes, "model": MODEL})


def write(path: Path, number: int, **changes: Any) -> str:
    lines = [
        {
            "source": f"the￨D￨low  word{place}￨N￨{'up' if place else 'odd'}",
            "target": f"das Wort{place}",
            "mt": f"Das Wurt{place}",
            "note": "ab",
            "align": "0-0 1-1",
        }
        | changes
        for place in range(number)
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def test_every_column_is_numbered_and_every_vocabulary_kept(tmp_path: Path) -> None:
    made = recipe()
    prepared, numbering = prepare_data(tmp_path / "data", made, train=[write(tmp_path / "a.jsonl", 30)], valid=[])
    [corpus] = prepared.corpora
    assert set(corpus.columns) == {"text", "text.pos", "text.case", "draft", "note", "alignment", "target"}
    pair = corpus.pair(0)
    draft = numbering.targets.decode(pair.columns["draft"])
    assert draft.startswith("das wurt")  # cleaned as a target is, and known to the target's vocabulary
    assert numbering.targets.specials.unk not in pair.columns["draft"]
    assert numbering.beside.further["note"].decode(pair.columns["note"]) == "ab"
    assert numbering.beside.factors["pos"].show(pair.columns["text.pos"]) == ["D", "N", "N", "N"]  # "word" <join> "7"
    assert numbering.beside.factors["case"].id_of("odd") is None
    words = numbering.sources.words_of(numbering.sources.decode(pair.text), pair.text)
    said = numbering.targets.words_of(numbering.targets.decode(pair.target), pair.target)
    assert all(words[one] == said[other] for one, other in pair.columns["alignment"])
    assert prepared.valid is not None
    assert len(prepared.valid) == len(prepared.valid_rows)
    assert prepared.valid_rows[0].extras["draft"].startswith("das wurt")
    again = open_data(tmp_path / "data")
    assert again.corpora[0].pair(3) == corpus.pair(3)
    assert [row.extras for row in again.valid_rows] == [row.extras for row in prepared.valid_rows]
    begin_folder(tmp_path / "model", made, numbering, longest_source=9, seen={}, trained={})
    files = json.loads((tmp_path / "model/manifest.json").read_text())["files"]
    assert {"factors/pos/vocabulary.tsv", "further/note/tokenizer.json"} <= files.keys()
    assert not (tmp_path / "model/further/draft").exists()
    opened = open_numbering(tmp_path / "model", made)
    assert opened.part_vocabularies == numbering.part_vocabularies
    assert opened.stored == numbering.stored
    extras = {"pos": "D N", "case": "low up", "draft": "Das", "note": "b"}
    assert opened.source("the word1", extras) == numbering.source("the word1", extras)


def test_validation_rows_are_raw_and_need_no_alignment(tmp_path: Path) -> None:
    train, valid = write(tmp_path / "a.jsonl", 9), write(tmp_path / "b.jsonl", 2)
    (tmp_path / "b.jsonl").write_text(Path(valid).read_text("utf-8").replace('"align"', '"other"'), encoding="utf-8")
    prepared, _ = prepare_data(tmp_path / "data", recipe(), train=[train], valid=[valid])
    assert [row.extras["draft"] for row in prepared.valid_rows] == ["Das Wurt0", "Das Wurt1"]
    assert prepared.valid is not None
    assert not len(prepared.valid.pair(0).columns["alignment"])


def test_bad_annotations_are_bad_lines(tmp_path: Path) -> None:
    for changes, what in (
        ({"align": "0-7"}, "the alignment must stay within 2 words of the source"),
        ({"source": "the￨D"}, "each word must have 2 factors"),
        ({"mt": 3}, "`draft` must be a text, but is 3"),
    ):
        train = write(tmp_path / "a.jsonl", 2, **changes)
        with pytest.raises(DataError, match=f"a.jsonl:1: {what}"):
            prepare_data(tmp_path / "data", recipe(), train=[train], valid=[])


def test_what_a_killed_run_left_gives_way(tmp_path: Path) -> None:
    prepare_data(tmp_path / "data", recipe(), train=[write(tmp_path / "a.jsonl", 30)], valid=[])
    prepared, _ = prepare_data(tmp_path / "data", recipe(), train=[write(tmp_path / "a.jsonl", 9)], valid=[])
    assert prepared.report["lines"][0].endswith("9 rows read")
    assert prepared.report["seconds"].keys() == {"reading and cleaning", "vocabulary", "numbering"}
