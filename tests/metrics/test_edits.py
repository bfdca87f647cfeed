"""Error rates are jiwer's, and the nearest reference counts."""

from typing import Any

import jiwer
import numpy as np
import pytest

from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure


def scored(name: MetricName, answers: list[str], references: list[list[str]], **options: Any) -> Score:
    return measure([name], answers, references, samples=0, **options)[0]


def test_rates_are_jiwers_on_random_texts() -> None:
    generator = np.random.default_rng(1)
    for _ in range(20):
        answers, references = (
            [" ".join(generator.choice(["a", "bc", "d"], size=generator.integers(1, 9))) for _ in range(4)]
            for _ in "ab"
        )
        rows = [[text] for text in references]
        assert scored("wer", answers, rows).value == pytest.approx(100 * jiwer.wer(references, answers))
        assert scored("per", answers, rows).value == pytest.approx(100 * jiwer.wer(references, answers))
        assert scored("cer", answers, rows).value == pytest.approx(100 * jiwer.cer(references, answers))


def test_edits_by_hand() -> None:
    score = scored("wer", ["a x c d e", "f"], [["a b c"], ["f g"]])
    assert score.details == {"substitutions": 1, "deletions": 1, "insertions": 2, "reference_length": 5}
    assert score.value == pytest.approx(80)
    assert not score.higher_is_better


def test_nearest_reference_counts_and_the_longer_of_two_as_near() -> None:
    score = scored("per", ["AH0 B", "K"], [["D D D D", "AH0 B K", "AH0"], ["K"]])
    assert score.details["reference_length"] == 3 + 1
    assert score.value == pytest.approx(25)
    assert "nrefs:var" in score.signature
    assert "ref:nearest" in score.signature
    assert "ref:nearest" not in scored("per", ["K"], [["K"]]).signature


@pytest.mark.parametrize("name", ["wer", "cer", "per"])
@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [("", "a", 100), ("a", "", 100), ("", "", 0), ("a", "a", 0)],
)
def test_empty_texts(name: MetricName, answer: str, reference: str, expected: float) -> None:
    assert scored(name, [answer], [[reference]]).value == expected


def test_silence_with_words_made_up_is_an_error_beside_others() -> None:
    assert scored("wer", ["a b", "c d"], [[""], ["c d"]]).value == 100


def test_chinese_counts_characters() -> None:
    answers, references = ["今天天气好"], [["今天的天气很好"]]
    assert scored("cer", answers, references).value == pytest.approx(100 * 2 / 7)
    assert scored("wer", answers, references).value == pytest.approx(100 * 2 / 7)
    assert scored("wer", answers, references, tokenize=str.split).value == 100


def test_spelling_of_unicode_is_no_error() -> None:
    assert scored("cer", ["cafe\u0301"], [["café"]]).value == 0
    assert scored("cer", ["👍🏽"], [["👍"]]).value == 100
