"""Spans are those of seqeval, also where the tags are broken."""

import numpy as np
import pytest
from seqeval.metrics.sequence_labeling import classification_report, f1_score, get_entities

from seqloom.core.errors import DataError
from seqloom.metrics.tags import spans
from seqloom.metrics.texts import measure

TAGS = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-creative-work", "I-creative-work"]


def random_tags(seed: int, *, rows: int) -> list[list[str]]:
    generator = np.random.default_rng(seed)
    return [list(map(str, generator.choice(TAGS, size=generator.integers(1, 12)))) for _ in range(rows)]


def test_spans_are_seqevals_on_random_and_so_mostly_broken_tags() -> None:
    for tags in random_tags(1, rows=300):
        assert spans(tags) == get_entities(tags)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-A I-A O B-B", [("A", 0, 1), ("B", 3, 3)]),
        ("I-A I-A", [("A", 0, 1)]),
        ("B-A I-B", [("A", 0, 0), ("B", 1, 1)]),
        ("B-A B-A", [("A", 0, 0), ("A", 1, 1)]),
        ("B-A O I-A", [("A", 0, 0), ("A", 2, 2)]),
        ("B-A nonsense I-A", [("A", 0, 0), ("A", 2, 2)]),
        ("B- I-", []),
        ("", []),
    ],
)
def test_spans_by_hand(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == expected


def test_f1_is_seqevals_together_and_of_each_type() -> None:
    wanted = random_tags(2, rows=80)
    generator = np.random.default_rng(3)
    answered = [[tag if generator.random() < 0.8 else "O" for tag in row] for row in wanted]
    (score,) = measure(["span_f1"], [" ".join(row) for row in answered], [[" ".join(row)] for row in wanted])
    assert score.value == pytest.approx(100 * f1_score(wanted, answered))
    assert score.low is not None
    assert score.high is not None
    assert score.low < score.value < score.high
    report = classification_report(wanted, answered, output_dict=True)
    for kind in ("PER", "LOC", "creative-work"):
        found = score.details["classes"][kind]
        assert found["support"] == report[kind]["support"]
        for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert found[ours] == pytest.approx(100 * report[kind][theirs])
    for average in ("micro", "macro"):
        assert score.details[average]["f1"] == pytest.approx(100 * report[f"{average} avg"]["f1-score"])


def test_answers_of_another_length_are_counted_and_measured() -> None:
    (score,) = measure(["span_f1"], ["B-A", "B-A O O"], [["B-A I-A O"], ["B-A O"]], samples=0)
    assert score.details["answers_of_other_length"] == 2
    assert score.value == 50


def test_nothing_to_find_is_zero() -> None:
    (score,) = measure(["span_f1"], ["O O", ""], [["O O"], ["O"]])
    assert (score.value, score.details["classes"]) == (0, {})


@pytest.mark.parametrize("tag", ["PER", "S-PER", "B-", "B"])
def test_reference_that_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(DataError, match=f"row 2: for `span_f1` a tag must be O, B-TYPE or I-TYPE, but is `{tag}`"):
        measure(["span_f1"], ["O", "O"], [["O"], [f"O {tag}"]])
