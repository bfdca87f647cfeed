"""Labels, against scikit-learn where it is installed and by hand."""

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.classes import confusion_table
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure


def scores(answers: list[str], wanted: list[str], *, samples: int = 0) -> list[Score]:
    return measure(["accuracy", "f1"], answers, [[label] for label in wanted], samples=samples)


def test_by_hand() -> None:
    accuracy, f1 = scores(["a", "a", "b", "b", "c"], ["a", "a", "a", "b", "b"])
    assert accuracy.value == 60
    # a: all of 2 right, 2 of 3 found; b: 1 of 2, 1 of 2. `c` is no class of the references.
    assert f1.value == pytest.approx((80 + 50) / 2)
    assert f1.details["classes"]["a"] == pytest.approx({"precision": 100, "recall": 200 / 3, "f1": 80, "support": 3})
    assert f1.details["macro"]["recall"] == pytest.approx((200 / 3 + 50) / 2)
    assert f1.details["confusion"] == {"a": {"a": 2, "b": 1}, "b": {"b": 1, "c": 1}}


def test_scores_are_those_of_scikit_learn() -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(1)
    wanted = list(map(str, generator.choice(["正面", "负面", "neutral"], size=60, p=[0.6, 0.3, 0.1])))
    answers = [label if generator.random() < 0.7 else "负面" for label in wanted]
    accuracy, f1 = scores(answers, wanted, samples=400)
    assert accuracy.value == pytest.approx(100 * theirs.accuracy_score(wanted, answers))
    assert f1.value == pytest.approx(100 * theirs.f1_score(wanted, answers, average="macro"))
    precision, recall, value, support = theirs.precision_recall_fscore_support(wanted, answers, average=None)
    for index, label in enumerate(sorted(set(wanted))):
        expected = [100 * precision[index], 100 * recall[index], 100 * value[index], support[index]]
        assert list(f1.details["classes"][label].values()) == pytest.approx(expected)
    # The interval, drawn one resample at a time with the metric of others.
    drawn = np.random.default_rng(12345).integers(60, size=(400, 60))
    values = sorted(
        100
        * theirs.f1_score(
            (right := [wanted[row] for row in rows]),
            [answers[row] for row in rows],
            labels=sorted(set(right)),
            average="macro",
        )
        for rows in drawn
    )
    assert (f1.low, f1.high) == pytest.approx((values[10], values[-11]))


def test_all_right_and_all_wrong() -> None:
    assert [score.value for score in scores(["a", "b"], ["a", "b"])] == [100, 100]
    assert [score.value for score in scores(["b", "a"], ["a", "b"])] == [0, 0]
    assert [score.value for score in scores(["", "x"], ["a", "a"], samples=50)] == [0, 0]


def test_table_lines_up_also_with_chinese() -> None:
    details = scores(["好", "差", "?", "好"], ["好", "好", "差", "好"])[0].details
    assert confusion_table(details["confusion"]).splitlines() == [
        "wanted / answered  好  差  ?",
        "好                  2   1  0",
        "差                  0   0  1",
    ]


def test_texts_are_no_classes() -> None:
    texts = [f"text {number}" for number in range(1001)]
    with pytest.raises(DataError, match="`f1` needs at most 1000 classes, but the references are 1001 different texts"):
        measure(["f1"], texts, [[text] for text in texts])


def test_a_label_has_one_reference() -> None:
    with pytest.raises(DataError, match="row 2: `accuracy` needs one reference, but there are 2"):
        measure(["accuracy"], ["a", "a"], [["a"], ["a", "b"]])
