"""What a lexicon learns of pairs whose words are known to mean each other."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from seqloom.core.errors import ModelFolderError
from seqloom.data.corpus import Corpus
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbered import TARGET, TEXT, Numbered

WORDS, COMMON = 30, 4


def corpus(pairs: int, *, seed: int = 1) -> Corpus:
    """Word w is said by 40 + w, in any order; beside them a common word that no source word means."""
    dice = random.Random(seed)
    rows = []
    for _ in range(pairs):
        source = dice.choices(range(5, WORDS), k=dice.randint(1, 7))
        target = [40 + word for word in source] + [COMMON] * 2
        dice.shuffle(target)
        rows.append(Numbered(columns={TEXT: source, TARGET: target}))
    return Corpus.of(rows)


def learnt(*corpora: Corpus) -> Lexicon:
    return Lexicon.learn(corpora, source_size=WORDS, target_size=75)


def test_each_word_is_said_by_its_own() -> None:
    lexicon = learnt(corpus(400), corpus(300, seed=2))
    assert lexicon.translations_SX[5:, 0].tolist() == [40 + word for word in range(5, WORDS)]
    assert (lexicon.translations_SX[:5] == -1).all()
    assert lexicon.frequent_V[0] == COMMON
    assert sorted(lexicon.frequent_V.tolist()) == [*range(75)]


def test_a_shortlist_has_the_translations_what_is_frequent_and_what_must_be_there() -> None:
    lexicon = learnt(corpus(400))
    found = lexicon.shortlist([7, 9, 7], translations=1, frequent=1, always=[3, 9])
    assert found.tolist() == [3, COMMON, 9, 47, 49]
    assert set(found) <= set(lexicon.shortlist([7, 9], translations=5, frequent=9, always=[3, 9]))


def test_rows_of_many_pairs_are_an_even_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.data.lexicon._CELLS", 3000)
    assert (learnt(corpus(2000)).translations_SX[5:, 0] == np.arange(45, 40 + WORDS)).mean() > 0.9


def test_a_rows_own_words_are_nobodys_translation() -> None:
    rows = [Numbered(columns={TEXT: [5], TARGET: [45, 80]}), Numbered(columns={TEXT: [6], TARGET: [80]})]
    lexicon = learnt(Corpus.of(rows))
    assert lexicon.translations_SX.max() == 45
    assert (lexicon.translations_SX[6] == -1).all()


def test_it_is_saved_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    lexicon, path = learnt(corpus(50)), tmp_path / "lexicon.safetensors"
    lexicon.save(path)
    again = Lexicon.load(path)
    assert (again.translations_SX == lexicon.translations_SX).all()
    assert (again.frequent_V == lexicon.frequent_V).all()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelFolderError, match=r"lexicon.safetensors: cannot be read"):
        Lexicon.load(path)
