"""Calibration error, risk and coverage, against values that are known."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.core.errors import DataError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.names import MetricName
from seqloom.metrics.reliability import Reliability, measure_reliability
from seqloom.metrics.texts import qualities


def measured(confidences: Floats | list[float], rights: Floats | list[float], *, samples: int = 0) -> Reliability:
    return measure_reliability(
        np.asarray(confidences, dtype=np.float64),
        np.asarray(rights, dtype=np.float64),
        measured="exact match",
        fitted="none",
        samples=samples,
    )


# ---- calibration -----------------------------------------------------------------------------------------------------


def test_confidences_that_mean_what_they_say_have_no_error() -> None:
    draw = np.random.default_rng(1)
    confidences_N = draw.uniform(size=100_000)
    rights_N = (draw.uniform(size=100_000) < confidences_N).astype(np.float64)
    assert measured(confidences_N, rights_N).ece.value < 0.6


def test_the_error_of_one_who_is_too_sure_is_known() -> None:
    draw = np.random.default_rng(2)
    confidences_N = draw.uniform(0.8, 1.0, size=50_000)
    rights_N = (draw.uniform(size=50_000) < confidences_N - 0.25).astype(np.float64)
    assert measured(confidences_N, rights_N).ece.value == pytest.approx(25, abs=0.5)


def test_the_error_by_hand() -> None:
    # Ten bins of two: in one the two are 0.1 and 0.3 sure and one of them is right; in the others all is as it is said.
    confidences = [0.1, 0.3] + [1.0 - 1e-9 * place for place in range(18)]
    rights = [0.0, 1.0] + [1.0] * 18
    found = measured(confidences, rights)
    assert found.ece.value == pytest.approx(100 * abs(0.4 - 1) / 20, abs=1e-4)
    assert [each.answers for each in found.bins] == [2] * 10
    assert (found.bins[0].confidence, found.bins[0].quality) == pytest.approx((0.2, 0.5))


def test_equal_confidences_are_never_in_two_bins() -> None:
    found = measured([0.5] * 60 + [0.9] * 40, [1.0, 0.0] * 30 + [1.0] * 36 + [0.0] * 4)
    assert [each.answers for each in found.bins] == [60, 40]
    assert found.ece.value == pytest.approx(0)
    assert "bins:2" in found.ece.signature


def test_the_bins_are_a_plain_grouping_of_the_sorted() -> None:
    draw = np.random.default_rng(7)
    confidences_N, rights_N = draw.uniform(size=230), draw.integers(2, size=230).astype(np.float64)
    order = np.argsort(confidences_N)
    gaps = [abs(confidences_N[ten].sum() - rights_N[ten].sum()) for ten in np.array_split(order, 10)]
    assert measured(confidences_N, rights_N).ece.value == pytest.approx(100 * sum(gaps) / 230)


def test_brier_is_for_right_and_wrong_only() -> None:
    brier = measured([0.8, 0.4], [1.0, 0.0]).brier
    assert brier is not None
    assert brier.value == pytest.approx(100 * (0.04 + 0.16) / 2)
    assert measured([0.8, 0.4], [0.7, 0.0]).brier is None


def test_intervals_come_of_resampling() -> None:
    draw = np.random.default_rng(3)
    found = measured(draw.uniform(size=200), draw.integers(2, size=200).astype(np.float64), samples=200)
    assert found.brier is not None
    assert found.brier.low is not None
    assert found.brier.high is not None
    assert found.brier.low < found.brier.value < found.brier.high
    assert "bs:200" in found.ece.signature


# ---- risk and coverage -----------------------------------------------------------------------------------------------


def test_a_perfect_order_has_the_least_area() -> None:
    found = measured([0.9, 0.8, 0.3, 0.2], [1, 1, 0, 0]).area
    assert found.value == pytest.approx(100 * (0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert found.value == pytest.approx(found.details["ideal"])
    turned = measured([0.2, 0.3, 0.8, 0.9], [1, 1, 0, 0]).area
    assert turned.value == pytest.approx(100 * (1 + 1 + 2 / 3 + 2 / 4) / 4)
    assert turned.details == found.details


def test_no_order_has_the_risk_of_all() -> None:
    found = measured([0.5] * 5, [1, 0, 0, 1, 1])
    assert found.area.value == pytest.approx(40)
    assert found.area.details["random"] == pytest.approx(40)
    assert [point.quality for point in found.points] == pytest.approx([0.6] * 10)


def test_points_say_what_remains_and_where_the_line_is_drawn() -> None:
    confidences = [place / 20 for place in range(20)]
    rights = [0.0] * 10 + [1.0] * 10
    points = {round(point.coverage, 1): point for point in measured(confidences, rights).points}
    assert list(points) == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    assert points[1.0].quality == 0.5
    assert points[0.8].quality == pytest.approx(10 / 16)
    assert points[0.5].quality == 1
    for point in points.values():  # what `--min-confidence` keeps
        assert sum(confidence >= point.confidence for confidence in confidences) == round(20 * point.coverage)


def test_a_single_answer_can_be_measured() -> None:
    found = measured([0.7], [1.0], samples=1000)
    assert (found.ece.value, found.area.value) == pytest.approx((30, 0))


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(DataError, match="row 2: the confidence must be from 0 to 1"):
        measured([0.5, 1.5], [1, 1])
    with pytest.raises(DataError, match="at least one answer"):
        measured([], [])


# ---- what right is ---------------------------------------------------------------------------------------------------

ANSWERS = ["a b c", "x b c", "q q q q q q q"]
REFERENCES = [["a b c"], ["a b c"], ["a b c"]]


@pytest.mark.parametrize(
    ("metric", "by", "expected"),
    [
        ("exact_match", "exact match", [1, 0, 0]),
        ("word_error", "exact match", [1, 0, 0]),
        ("accuracy", "accuracy", [1, 0, 0]),
        ("f1", "accuracy", [1, 0, 0]),
        ("token_accuracy", "token accuracy", [1, 2 / 3, 0]),
        ("wer", "1 - WER", [1, 2 / 3, 0]),
    ],
)
def test_an_answer_alone_has_its_metric(metric: MetricName, by: str, expected: list[float]) -> None:
    found = qualities(metric, ANSWERS, REFERENCES)
    assert found is not None
    assert found[0] == by
    assert found[1].tolist() == pytest.approx(expected)


def test_a_translation_alone_has_its_chrf() -> None:
    from sacrebleu import sentence_chrf

    answers, references = ["a small cat sleeps", "dogs"], [["the small cat is asleep"], ["some dogs", "dogs bark"]]
    found = qualities("bleu", answers, references)
    assert found is not None
    expected = [sentence_chrf(*pair).score / 100 for pair in zip(answers, references, strict=True)]
    assert found[0] == "chrF2"
    assert found[1].tolist() == pytest.approx(expected, abs=1e-6)


def test_tags_are_right_when_all_are_even_if_none_is_a_span() -> None:
    found = qualities("span_f1", ["O O", "O B-X"], [["O O"], ["B-X B-X"]])
    assert found is not None
    assert found[1].tolist() == [1, 0]


def test_a_distance_is_no_share() -> None:
    assert qualities("mse", ["1 2"], [["1 3"]]) is None
