"""What a word looks like, as factors that need no column; and words that are labelled by their first tokens."""

from __future__ import annotations

import pytest

from seqloom.core.errors import RecipeError
from seqloom.data.annotations import FactorColumn
from seqloom.data.corpus import Corpus
from seqloom.data.features import Feature, features_of
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.settings import DataSettings
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.data.tokenizers.words import WordSettings

LETTERS = CharacterSettings().fit(["AbcD xyz"])
LABELS = WordSettings(split="space").fit(["O B I"])
SHAPES = WordSettings(split="space").fit(["x X Xx"])
x, X, Xx = (SHAPES.encode(shape)[0] for shape in ("x", "X", "Xx"))


def numbered(numbering: Numbering, *rows: Row) -> list[Numbered]:
    return [*numbering.pairs(rows, count=lambda what, number: None)]


@pytest.mark.parametrize(
    ("feature", "seen"),
    [
        ("lower", "rome un iphone 10:30 @rome https://t.co/ab 罗马"),
        ("shape", "Xx X xXx d:d @Xx url x"),
        ("prefix2", "ro un ip 10 @r ht 罗马"),
        ("suffix1", "e n e 0 e b 马"),
    ],
)
def test_a_word_shows_what_it_is_like(feature: Feature, seen: str) -> None:
    assert features_of("Rome UN  iPhone 10:30 @Rome https://t.co/ab 罗马", feature) == seen


def test_pictures_have_one_shape_and_marks_none_of_their_own() -> None:
    assert features_of("😂 👍🏽 👩\u200d👧 ❤\ufe0f नमस्ते :) ´ \ufe0f", "shape") == "☺ ☺ ☺ ☺ x :) ´ \ufe0f"


def test_factors_are_made_of_words() -> None:
    numbering = Numbering(LETTERS, LABELS, factors={"shape": SHAPES}, made={"shape": "shape"})
    [pair] = numbered(numbering, Row(source="Ab c D", targets=("O",)))
    assert pair.columns["text.shape"] == [Xx, Xx, Xx, x, x, X]
    assert numbering.source("zz D")[0].parts["text.shape"] == [x, x, x, X]
    parts = Numbering(LETTERS, LABELS, factors={"shape": SHAPES}, made={"shape": "shape"}, max_source=4).split_row(
        Row(source="Ab c D")
    )
    assert [part.source.split() for part in parts] == [["Ab"], ["c", "D"]]


def test_a_factor_is_made_or_has_a_column() -> None:
    with pytest.raises(RecipeError, match="column must not be given with `made`"):
        FactorColumn(column=3, made="shape")
    with pytest.raises(RecipeError, match=r"factors\.a\.made must not be given with `data\.factor_separator`"):
        DataSettings(factors={"a": FactorColumn(made="shape"), "b": FactorColumn()}, factor_separator="|")
    with pytest.raises(RecipeError, match="`factors` must not be given"):
        DataSettings(factors={"a": FactorColumn(made="shape")}, source="none")
    with pytest.raises(RecipeError, match='units must be "tokens" where the source is no text'):
        DataSettings(units="words", source="none")
    assert not DataSettings(factors={"a": FactorColumn(made="shape")}).annotations


def test_words_are_labelled_by_their_first_tokens() -> None:
    numbering = Numbering(LETTERS, LABELS, by_word=True)
    [pair] = numbered(numbering, Row(source="Ab c D", targets=("B I O",)))
    assert pair.columns["units"] == [0, 3, 5]
    assert numbering.source("c xyz")[0].units == [0, 2]
    assert Numbering(LETTERS, LABELS).source("c xyz")[0].units is None
    corpus = Corpus.of([pair], numbering.stored)
    assert [*corpus.pair(0).columns["units"]] == [0, 3, 5]
    cut = Numbering(LETTERS, LABELS, by_word=True, max_source=4, max_target=9, on_long="truncate")
    [pair] = numbered(cut, Row(source="Ab c D", targets=("B I O",)))
    assert (pair.columns["units"], pair.target) == ([0, 3], LABELS.encode("B I"))


def test_labelled_places_move_with_another_segmentation() -> None:
    text = "the cat sees the other dog"
    bpe = BpeSettings(size=330, sampling=0.6).fit([text] * 3)
    numbering = Numbering(bpe, LABELS, by_word=True)
    pairs = numbered(numbering, *[Row(source=text, targets=("O O O O O O",))] * 8)
    again = numbering.again(pairs, seed=1)
    assert len({tuple(pair.columns["units"]) for pair in again}) > 1
    for pair in again:
        words = bpe.words_of(text, pair.text)
        assert [words[place] for place in pair.columns["units"]] == [0, 1, 2, 3, 4, 5]
        assert all(not place or words[place] != words[place - 1] for place in pair.columns["units"])
