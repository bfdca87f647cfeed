"""Answers to questions, by the words that they share with what is right."""

import pytest

from seqloom.metrics.questions import answer_words
from seqloom.metrics.texts import measure, qualities


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The kitchen.", ["kitchen"]),
        ("An apple, a day!", ["apple", "day"]),
        ("Theatre", ["theatre"]),
        ("$5", ["5"]),
        ("他在厨房。", ["他", "在", "厨", "房"]),
        ("—", []),
        ("the", []),
    ],
)
def test_words_are_those_that_squad_compares(text: str, words: list[str]) -> None:
    assert answer_words(text) == words


def test_exact_and_f1_by_hand() -> None:
    answers = ["the kitchen", "a red ball", "Rome", "—", "—", "tom"]
    references = [["Kitchen."], ["red balls", "red ball of Tom"], ["Paris"], ["—"], ["Rome"], ["—"]]
    exact, f1 = measure(["qa_exact", "qa_f1"], answers, references)
    assert exact.value == pytest.approx(100 * 2 / 6)
    assert f1.value == pytest.approx(100 * (1 + 2 * 2 / (2 + 4) + 0 + 1 + 0 + 0) / 6)
    assert exact.low is not None
    assert exact.low <= exact.value
    assert "norm:squad" in exact.signature
    assert "average:macro|ref:nearest" in f1.signature


def test_chinese_is_compared_by_characters() -> None:
    [f1] = measure(["qa_f1"], ["在厨房"], [["厨房"]])
    assert f1.value == pytest.approx(100 * 2 * 2 / 5)


def test_each_answer_alone_is_as_good_as_its_f1() -> None:
    found = qualities("qa_f1", ["red ball", "x"], [["ball"], ["y"]])
    assert found is not None
    assert found[1].tolist() == pytest.approx([2 / 3, 0])
