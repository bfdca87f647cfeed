"""Numbered pairs on disk."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.data.corpus import Corpus
from seqloom.data.numbering import Numbered

PAIRS = [
    Numbered(source=[4, 5, 6], target=[7], copy=[70_000, 4, 4]),
    Numbered(source=[9], target=[8, 70_000, 8, 8], copy=[4]),
    Numbered(source=[5, 5], target=[], copy=[4, 5]),
]


def read(corpus: Corpus) -> list[Numbered]:
    return [corpus.pair(number) for number in range(len(corpus))]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    corpus = Corpus.write(tmp_path / "corpus", iter(PAIRS), source_size=10, target_size=10)
    assert read(corpus) == read(Corpus.open(tmp_path / "corpus")) == PAIRS
    assert corpus.source_lengths.tolist() == [3, 1, 2]
    assert corpus.target_lengths.tolist() == [1, 4, 0]
    assert isinstance(corpus.sources.ids, np.memmap)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.parametrize(("size", "width"), [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_are_as_wide_as_they_must_be(tmp_path: Path, size: int, width: type) -> None:
    pair = Numbered(source=[size - 1], target=[size - 1])
    corpus = Corpus.write(tmp_path / "corpus", [pair], source_size=size, target_size=size)
    assert corpus.sources.ids.dtype == corpus.targets.ids.dtype == width
    assert read(corpus) == [pair]
    assert corpus.copy(0) is None


def test_memory_stays_flat_and_an_old_corpus_is_replaced(tmp_path: Path) -> None:
    def pairs(number: int) -> Iterator[Numbered]:
        return (Numbered(source=[n % 60_000] * 20, target=[5] * 20) for n in range(number))

    peaks = []
    for number in (20_000, 60_000):
        tracemalloc.start()
        corpus = Corpus.write(tmp_path / "corpus", pairs(number), source_size=60_000, target_size=9)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(corpus) == number
        assert corpus.source(number - 1).tolist() == [number - 1] * 20
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
    Corpus.write(folder, PAIRS, source_size=10, target_size=10)
    ids = folder / "target.ids"
    ids.write_bytes(ids.read_bytes()[:-4])
    refused(r"target.ids must have 20 bytes, but has 16. Number the data anew")
    ids.unlink()
    refused("must have 20 bytes, but has 0")
    about = folder / "corpus.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 9}))
    refused("must be of format 1, but is of 9")
    about.write_text("{")
    refused("is damaged")


def test_no_pairs_leave_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there must be pairs to write"):
        Corpus.write(tmp_path / "corpus", [], source_size=10, target_size=10)
    assert not (tmp_path / "corpus").exists()
