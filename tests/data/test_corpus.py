"""Numbered pairs on disk."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.data.corpus import Corpus
from seqloom.data.numbered import Numbered
from seqloom.data.stored import Stored

PAIRS = [
    Numbered(columns={"text": [4, 5, 6], "target": [7], "copy": [70_000, 4, 4]}),
    Numbered(columns={"text": [9], "target": [8, 70_000, 8, 8], "copy": [4]}),
    Numbered(columns={"text": [5, 5], "target": [], "copy": [4, 5]}),
]

WIDE = Stored(dtype="uint32")
STORED = {"text": Stored.ids(10), "target": WIDE, "copy": WIDE}


def read(corpus: Corpus) -> list[Numbered]:
    return [corpus.pair(number) for number in range(len(corpus))]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    corpus = Corpus.write(tmp_path / "corpus", iter(PAIRS), stored=STORED)
    assert read(corpus) == read(Corpus.open(tmp_path / "corpus")) == PAIRS
    assert corpus.source_lengths.tolist() == [3, 1, 2]
    assert corpus.target_lengths.tolist() == [1, 4, 0]
    assert corpus.parts == ["text"]
    assert isinstance(corpus.columns["text"].values, np.memmap)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.parametrize(("size", "width"), [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_are_as_wide_as_they_must_be(tmp_path: Path, size: int, width: type) -> None:
    pair = Numbered(columns={"text": [size - 1], "target": [size - 1]})
    corpus = Corpus.write(tmp_path / "corpus", [pair], stored=dict.fromkeys(pair.columns, Stored.ids(size)))
    assert corpus.columns["text"].values.dtype == corpus.columns["target"].values.dtype == width
    assert read(corpus) == [pair]
    assert corpus.stored == dict.fromkeys(pair.columns, Stored.ids(size))


def test_columns_of_every_kind(tmp_path: Path) -> None:
    stored = {
        "vectors": Stored(dtype="float32", channels=3),
        "draft": Stored.ids(10),
        "draft.pos": Stored.ids(10),
        "target": Stored(dtype="float32", channels=2),
        "alignment": Stored(dtype="int32", channels=2),
    }
    frames = [[[0.5, -1.0, 2.0], [0.25, 0.0, 8.0]], [[1.0, 2.0, 3.0]]]
    pairs = [
        Numbered(
            columns={
                "vectors": frame,
                "draft": [4] * (number + 1),
                "draft.pos": [5] * (number + 1),
                "target": [[0.5, 1.0]] * number,
                "alignment": [[0, 0], [1, 0]] * number,
            }
        )
        for number, frame in enumerate(frames)
    ]
    corpus = Corpus.write(tmp_path / "corpus", pairs, stored=stored)
    assert read(corpus) == read(Corpus.of(pairs, stored)) == pairs
    assert corpus.stored == Corpus.of(pairs, corpus.stored).stored == stored
    assert corpus.parts == ["vectors", "draft", "draft.pos"]
    # A factor stands where its text stands.
    assert corpus.source_lengths.tolist() == [3, 3]
    assert corpus.target_lengths.tolist() == [0, 1]
    assert corpus.columns["vectors"].flat(np.array([1, 0])).tolist() == [*frames[1], *frames[0]]


def test_memory_stays_flat_and_an_old_corpus_is_replaced(tmp_path: Path) -> None:
    def pairs(number: int) -> Iterator[Numbered]:
        return (Numbered(columns={"text": [n % 60_000] * 20, "target": [5] * 20}) for n in range(number))

    peaks = []
    for number in (20_000, 60_000):
        tracemalloc.start()
        corpus = Corpus.write(
            tmp_path / "corpus", pairs(number), stored={"text": Stored.ids(60_000), "target": Stored.ids(9)}
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(corpus) == number
        assert corpus.columns["text"].row(number - 1).tolist() == [number - 1] * 20
    assert peaks[1] < 1.2 * peaks[0]


def test_in_memory_it_is_the_same() -> None:
    assert read(Corpus.of(PAIRS)) == PAIRS


def test_damage_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"

    def refused(message: str) -> None:
        with pytest.raises(DataError, match=message) as error:
            Corpus.open(folder)
        assert "\n" not in str(error.value)

    refused("has no corpus.json")
    Corpus.write(folder, PAIRS, stored=STORED)
    ids = folder / "target.values"
    ids.write_bytes(ids.read_bytes()[:-4])
    refused(r"target.values must have 20 bytes, but has 16. Number the data anew")
    ids.unlink()
    refused("must have 20 bytes, but has 0")
    about = folder / "corpus.json"
    about.write_text('{"format": 1, "widths": {"source": "uint16", "target": "uint16"}, "bytes": {}}')
    refused("must be of format 2, but is of 1: of another version of Seqloom. Number the data anew.")
    about.write_text("{")
    refused("is damaged")


def test_no_pairs_leave_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there must be pairs to write"):
        Corpus.write(tmp_path / "corpus", [], stored=STORED)
    assert not (tmp_path / "corpus").exists()
