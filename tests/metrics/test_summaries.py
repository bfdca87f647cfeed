"""ROUGE is rouge-score's where that can read the text, and what it should be where it cannot."""

from typing import Any

import pytest
from rouge_score.rouge_scorer import RougeScorer

from seqloom.metrics.names import MetricName
from seqloom.metrics.texts import measure

KINDS: list[MetricName] = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def scored(name: MetricName, answers: list[str], references: list[list[str]], **options: Any) -> float:
    return measure([name], answers, references, samples=0, **options)[0].value


@pytest.mark.parametrize("name", KINDS)
def test_english_is_as_rouge_score_counts_it(name: MetricName) -> None:
    answers = [
        "The quick brown fox (2 years old) jumped over a lazy dog.\nIt's well_known, isn't it?",
        "A tool for drawing",
        "",
    ]
    references = [
        ["It is well known.\nA quick fox jumped over 2 lazy dogs!", "Quick foxes jump."],
        ["A tool to draw diagrams"],
        ["x"],
    ]
    scorer = RougeScorer([name])
    rows = [scorer.score_multi(row, answer)[name].fmeasure for answer, row in zip(answers, references, strict=True)]
    assert scored(name, answers, references) == pytest.approx(100 * sum(rows) / 3)


def test_chinese_counts_characters() -> None:
    answers, references = ["我很喜欢吃苹果。"], [["我喜欢吃苹果！"]]
    assert scored("rouge1", answers, references) == pytest.approx(100 * 2 * 6 / (7 + 6))
    assert scored("rouge2", answers, references) == pytest.approx(100 * 2 * 4 / (6 + 5))
    assert scored("rougeL", answers, references) == pytest.approx(100 * 2 * 6 / (7 + 6))


def test_own_tokenizer_is_used_and_signed() -> None:
    def halves(text: str) -> list[str]:
        return [text[:2], text[2:]]

    (score,) = measure(["rouge1"], ["苹果好吃"], [["苹果难吃"]], samples=0, tokenize=halves)
    assert score.value == pytest.approx(50)
    assert "halves" in score.signature


def test_both_sides_empty_is_nothing_shared() -> None:
    assert scored("rougeL", [""], [[""]]) == 0
