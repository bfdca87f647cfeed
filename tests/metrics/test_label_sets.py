"""F1 of sets of labels, by hand; recall of one class."""

import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.classes import measure_recall
from seqloom.metrics.label_sets import measure_label_sets


def test_sets_by_hand() -> None:
    answers = [["a", "b"], ["c"], ["odd"], []]
    references = [["a"], ["c"], ["a", "c"], ["c"]]
    micro, macro = measure_label_sets(answers, references, samples=0)
    assert micro.value == pytest.approx(100 * 2 * 2 / (4 + 5)), "a label that no reference has was said too"
    assert macro.value == pytest.approx(100 * (2 / 3 + 1 / 2) / 2), "and is no class of its own"
    assert micro.details["micro"]["f1"] == pytest.approx(micro.value)
    assert micro.details["classes"]["a"] == {"precision": 100, "recall": 50, "f1": pytest.approx(200 / 3), "support": 2}
    [_, drawn] = measure_label_sets(answers, references, samples=100)
    assert drawn.low is not None
    assert drawn.low <= macro.value <= drawn.high
    assert "bs:100|seed:12345" in drawn.signature


def test_sets_that_cannot_be_scored() -> None:
    with pytest.raises(DataError, match="there are 1 answers and 2 references"):
        measure_label_sets([["a"]], [["a"], ["b"]])
    with pytest.raises(DataError, match="at least one label, but have none"):
        measure_label_sets([["a"]], [[]])


def test_recall_of_one_class() -> None:
    found = measure_recall("a", ["a", "b", "a ", "b"], ["a", "a", "a", "b"], samples=0)
    assert (found.name, found.value) == ("recall of a", pytest.approx(200 / 3))
