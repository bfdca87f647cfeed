"""The score of one answer is the score of a test set that it is all of."""

from __future__ import annotations

from typing import get_args

import pytest
import sacrebleu

from seqloom.metrics.sentences import SentenceMetric, sentence_scores
from seqloom.metrics.texts import measure

ANSWERS = ["the cat sat on the mat", "a dog", "", "one two three four five", "sun"]
REFERENCES = ["the cat sat on a mat", "a dog", "nothing", "five four three two one", "moon"]


@pytest.mark.parametrize("name", [name for name in get_args(SentenceMetric) if name != "bleu"])
def test_each_is_measured_alone(name: SentenceMetric) -> None:
    alone = [
        measure([name], [answer], [[reference]], samples=0)[0].value
        for answer, reference in zip(ANSWERS, REFERENCES, strict=True)
    ]
    assert sentence_scores(name, ANSWERS, REFERENCES) == pytest.approx(alone)


def test_bleu_is_sacrebleus_of_a_sentence() -> None:
    pairs = list(zip([*ANSWERS, "the cat", "red"], [*REFERENCES, "the hat", "red"], strict=True))
    expected = [sacrebleu.sentence_bleu(answer, [reference]).score for answer, reference in pairs]
    assert sentence_scores("bleu", *map(list, zip(*pairs, strict=True))) == pytest.approx(expected, abs=1e-6)


def test_a_shared_word_is_worth_something_to_bleu() -> None:
    some, none = sentence_scores("bleu", ["the cat", "a dog"], ["the hat", "my cow"])
    assert 0 < some < 100
    assert none == 0
