"""Answers and tokens that are just right."""

from pathlib import Path

import pytest

from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure


def scored(name: MetricName, answers: list[str], references: list[list[str]]) -> Score:
    return measure([name], answers, references, samples=0)[0]


def test_any_reference_is_a_match() -> None:
    answers = ["a b", "b", " c\u00a0d ", "D"]
    references = [["x", "a  b"], ["b b"], ["c d"], ["d"]]
    assert scored("exact_match", answers, references).value == 50
    error = scored("word_error", answers, references)
    assert error.value == 50
    assert not error.higher_is_better


def test_word_error_is_what_exact_match_leaves_and_its_interval_mirrors() -> None:
    answers, references = ["a", "b", "c", "d", "e"] * 4, [["a"], ["b"], ["c"], ["x"], ["y"]] * 4
    match, error = measure(["exact_match", "word_error"], answers, references, samples=200)
    assert error.value == pytest.approx(100 - match.value) == 40
    assert match.low is not None
    assert match.high is not None
    assert (error.low, error.high) == pytest.approx((100 - match.high, 100 - match.low))


def test_token_accuracy_by_hand() -> None:
    # 2 of 3 places, then 1 of 2: the answer's second token has no place in the reference.
    assert scored("token_accuracy", ["a x c", "a b"], [["a b c"], ["a"]]).value == pytest.approx(60)


def test_token_accuracy_takes_the_nearest_reference() -> None:
    score = scored("token_accuracy", ["a b c"], [["x y z", "a b d", "a"]])
    assert score.value == pytest.approx(100 * 2 / 3)
    assert "ref:nearest" in score.signature


@pytest.mark.parametrize(("answer", "reference", "expected"), [("", "a b", 0), ("a b", "", 0), ("", "", 100)])
def test_token_accuracy_of_empty_texts(answer: str, reference: str, expected: float) -> None:
    assert scored("token_accuracy", [answer], [[reference]]).value == expected


def test_token_accuracy_of_chinese_counts_characters() -> None:
    assert scored("token_accuracy", ["我爱你们"], [["我爱他们"]]).value == 75


def test_a_word_with_several_pronunciations_needs_one_of_them() -> None:
    path = Path(__file__).parents[2] / "../shared/data/cmudict/test.tsv"
    if not path.exists():
        pytest.skip("the data is not here")
    said: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        word, pronunciation = line.split("\t")
        said.setdefault(word, []).append(pronunciation)
    last = [pronunciations[-1] for pronunciations in said.values()]
    scores = measure(["word_error", "per"], last, list(said.values()), samples=0)
    assert [score.value for score in scores] == [0, 0]
    first_only = measure(["word_error"], last, [[pronunciations[0]] for pronunciations in said.values()], samples=0)[0]
    several = sum(pronunciations[0] != pronunciations[-1] for pronunciations in said.values())
    assert several > 100
    assert first_only.value == pytest.approx(100 * several / len(said))
