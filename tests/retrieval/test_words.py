"""Texts found by the words that they share."""

from __future__ import annotations

from seqloom.retrieval.words import WordIndex


def test_rare_words_and_short_texts_count_more() -> None:
    index = WordIndex(["the cat", "the dog", "the dog and the cow and the hen", "a bird"], terms=str.split)
    assert index.nearest("the dog", k=3) == [1, 2, 0]
    assert index.nearest("bird the the") == [3]
    assert index.nearest("nothing") == []
    assert WordIndex([], terms=str.split).nearest("the") == []
