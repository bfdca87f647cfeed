"""Groups of models compared: of one each it is the paired test, and what the seeds do is in the interval."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.groups import compare_groups, holm
from seqloom.metrics.texts import compare, count

WORDS = ["der", "hund", "die", "katze", "ein", "mann", "im", "park", "auf", "dem", "rennt", "und", "spielt", "mit"]


def sentences(number: int, *, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS, size=generator.integers(5, 12))) for _ in range(number)]


def damaged(texts: list[str], *, share: float, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(word if generator.random() > share else "x" for word in text.split()) for text in texts]


REFERENCES = sentences(80, seed=1)
SEVERAL = [[text] for text in REFERENCES]


def counts_of(share: float, seed: int) -> Counts:
    [found] = count(["bleu"], damaged(REFERENCES, share=share, seed=seed), SEVERAL)
    return found


def right(values: list[int]) -> Counts:
    rows = np.array([[value, 1] for value in values], dtype=np.float64)
    return Counts(name="exact match", rows_NK=rows, formula=percent, signature="nrefs:1|version:0")


def test_of_one_model_each_it_is_the_paired_comparison() -> None:
    first, second = (damaged(REFERENCES, share=share, seed=seed) for share, seed in ((0.3, 2), (0.25, 3)))
    [known] = compare(["bleu"], first, second, SEVERAL, samples=200)
    [one], [other] = (count(["bleu"], each, SEVERAL) for each in (first, second))
    found = compare_groups([one], [other], samples=200)
    assert (found.difference, found.low, found.high, found.p) == (known.difference, known.low, known.high, known.p)
    assert found.p_seeds is None
    assert found.signature.startswith("nrefs:1|bs:200|ar:200|seed:12345|case:mixed|")


def test_the_same_answers_are_no_difference() -> None:
    one = counts_of(0.3, 2)
    found = compare_groups([one], [one], samples=200)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert not found.told_apart
    assert not found.better


def test_what_is_clearly_better_is_told_and_what_is_worse_too() -> None:
    bad, good = counts_of(0.4, 2), counts_of(0.1, 3)
    found = compare_groups([bad], [good], samples=400)
    assert found.p == pytest.approx(1 / 401)
    assert found.low > 0
    assert found.told_apart
    assert found.better
    turned = compare_groups([good], [bad], samples=400)
    assert turned.told_apart
    assert not turned.better


def test_by_hand_that_sides_are_changed() -> None:
    """Four sentences that only the second has right: all sides the same way round are 2 of 16 ways."""
    found = compare_groups([right([0, 0, 0, 0])], [right([1, 1, 1, 1])], samples=4000)
    assert found.difference == 100
    assert found.p == pytest.approx(2 / 16, abs=0.02)


def test_by_hand_that_owners_are_changed() -> None:
    """One sentence, two models a group: of 4!/(2! 2!) = 6 ways to deal 0, 0, 1, 1 two part them wholly."""
    first, second = [right([0]), right([0])], [right([1]), right([1])]
    found = compare_groups(first, second, samples=4000)
    assert found.p == pytest.approx(2 / 6, abs=0.03)
    assert found.p_seeds == pytest.approx(2 / 6)
    assert found.least_p_seeds == pytest.approx(2 / 6)


def test_seeds_that_are_unlike_widen_the_interval() -> None:
    alike = [counts_of(0.2, seed) for seed in (2, 3, 4)]
    unlike = [counts_of(share, 2) for share in (0.05, 0.2, 0.35)]
    base = [counts_of(0.2, seed) for seed in (5, 6, 7)]
    assert compare_groups(base, unlike, samples=200).tells > 2 * compare_groups(base, alike, samples=200).tells


def test_the_interval_of_seeds_is_as_wide_as_their_spread_says() -> None:
    """Sentences that are all alike leave the seeds alone: the standard error of their mean, by its own formula."""
    values = [10, 30, 50, 70, 90]
    rows = [np.tile([[value / 100, 1.0]], (50, 1)) for value in values]
    group = [Counts(name="exact match", rows_NK=each, formula=percent, signature="nrefs:1|version:0") for each in rows]
    none = Counts(name="exact match", rows_NK=rows[0] * [0, 1], formula=percent, signature="nrefs:1|version:0")
    found = compare_groups([none], group, samples=4000)
    expected = 1.96 * np.std(values, ddof=1) / np.sqrt(5)
    assert found.tells == pytest.approx(expected, rel=0.06)
    assert found.p_seeds is None


def test_groups_of_unlike_size() -> None:
    found = compare_groups([counts_of(0.3, 2)], [counts_of(0.1, seed) for seed in (3, 4)], samples=200)
    assert found.told_apart
    assert len(found.second) == 2
    many = compare_groups(
        [counts_of(0.3, seed) for seed in (2, 5)], [counts_of(0.1, 3), counts_of(0.1, 4), counts_of(0.1, 6)]
    )
    assert many.p_seeds == many.least_p_seeds == pytest.approx(1 / 10)


def test_one_seed_one_result() -> None:
    first, second = [counts_of(0.3, 2), counts_of(0.3, 3)], [counts_of(0.28, 4)]
    assert compare_groups(first, second, samples=100) == compare_groups(first, second, samples=100)
    assert compare_groups(first, second, samples=100).p != compare_groups(first, second, samples=100, seed=1).p


def test_several_questions_make_each_answer_dearer() -> None:
    base = counts_of(0.3, 2)
    found = [compare_groups([base], [counts_of(share, 3)], samples=200) for share in (0.1, 0.29, 0.31)]
    held = holm(found)
    assert held[0].p == pytest.approx(3 * found[0].p)
    assert all(after.p >= before.p for before, after in zip(found, held, strict=True))
    assert [each.compared for each in held] == [3, 3, 3]
    assert holm(found[:1]) == found[:1]
