"""Intervals and tests of differences, against draws made one at a time and against sacreBLEU."""

import time

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from seqloom.core.errors import RecipeError
from seqloom.metrics import bootstrap
from seqloom.metrics.counts import percent
from seqloom.metrics.texts import compare, measure

WORDS = ["der", "hund", "die", "katze", "ein", "mann", "im", "park", "auf", "dem", "rennt", "und", "spielt", "mit"]


def sentences(number: int, *, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS, size=generator.integers(4, 15))) for _ in range(number)]


def damaged(texts: list[str], *, share: float, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [" ".join(word if generator.random() > share else "x" for word in text.split()) for text in texts]


@pytest.mark.parametrize(("name", "metric"), [("bleu", BLEU()), ("chrf", CHRF()), ("ter", TER())])
def test_interval_is_that_of_sacrebleu(name: str, metric: BLEU | CHRF | TER) -> None:
    references = sentences(40, seed=1)
    answers = damaged(references, share=0.3, seed=2)
    ours = measure([name], answers, [[text] for text in references], samples=200)[0]  # type: ignore[list-item]
    theirs = metric.corpus_score(answers, [references], n_bootstrap=200)
    assert ours.value == pytest.approx(theirs.score, abs=1e-9)
    assert ours.low is not None
    assert ours.high is not None
    assert (ours.high - ours.low) / 2 == pytest.approx(theirs._ci, abs=1e-3)  # theirs sums in single precision
    assert ours.signature == str(metric.get_signature())


def test_interval_does_not_depend_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows_NK = np.stack([np.random.default_rng(3).integers(2, size=31), np.ones(31)], axis=1).astype(float)
    whole = bootstrap.interval(rows_NK, percent, samples=100, seed=4)
    drawn_SN = np.random.default_rng(4).integers(31, size=(100, 31))
    values_S = np.sort([100 * rows_NK[drawn_N, 0].mean() for drawn_N in drawn_SN])
    assert whole == pytest.approx((values_S[2], values_S[97]))
    monkeypatch.setattr(bootstrap, "_CELLS", 7 * 31)
    assert bootstrap.interval(rows_NK, percent, samples=100, seed=4) == whole


def test_interval_of_a_share_is_as_wide_as_theory_says() -> None:
    rows_NK = np.stack([np.arange(1000) % 10 < 3, np.ones(1000)], axis=1).astype(float)
    low, high = bootstrap.interval(rows_NK, percent, samples=2000, seed=5)
    assert (high - low) / 2 == pytest.approx(100 * 1.96 * np.sqrt(0.3 * 0.7 / 1000), rel=0.1)


def test_seed_decides_the_interval() -> None:
    references = sentences(30, seed=6)
    answers = damaged(references, share=0.3, seed=7)
    rows = [[text] for text in references]
    first, again, other = (measure(["wer"], answers, rows, samples=100, seed=seed)[0] for seed in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)
    assert first.value == other.value


def test_thousand_resamples_of_a_thousand_sentences_are_quick() -> None:
    references = sentences(1000, seed=8)
    answers = damaged(references, share=0.2, seed=9)
    rows = [[text] for text in references]
    measure(["bleu"], answers[:2], rows[:2])  # what it imports is not what is timed
    start = time.perf_counter()
    alone = measure(["bleu"], answers, rows, samples=0)[0]
    between = time.perf_counter()
    drawn = measure(["bleu"], answers, rows)[0]
    extra = time.perf_counter() - between - (between - start)
    assert drawn.value == alone.value
    assert extra < 2.0  # 0.1 where nothing else runs


def test_one_sentence_or_no_samples_has_no_interval() -> None:
    one = measure(["bleu"], ["a b c d e"], [["a b c d e"]])[0]
    none = measure(["bleu"], ["a b c d e"] * 2, [["a b c d e"]] * 2, samples=0)[0]
    for score in (one, none):
        assert (score.low, score.high) == (None, None)
        assert "bs:" not in score.signature
        assert str(score).startswith("BLEU 100.0 (nrefs:1|")


@pytest.mark.parametrize("samples", [-1, 1, 39])
def test_too_few_samples_are_refused(samples: int) -> None:
    with pytest.raises(RecipeError, match=r"`samples` must be 0 \(no interval\) or at least 40"):
        measure(["bleu"], ["a"], [["a"]], samples=samples)


def test_equal_systems_do_not_differ() -> None:
    references = sentences(50, seed=10)
    answers = damaged(references, share=0.3, seed=11)
    (found,) = compare(["bleu"], answers, answers, [[text] for text in references], samples=100)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_better_system_is_found_better_and_worse_is_its_mirror() -> None:
    references = sentences(100, seed=12)
    rows = [[text] for text in references]
    bad, good = damaged(references, share=0.4, seed=13), damaged(references, share=0.2, seed=14)
    for better, worse in zip(
        compare(["bleu", "wer", "f1"], bad, good, [["x"]] * 100, samples=100),
        compare(["bleu", "wer", "f1"], good, bad, [["x"]] * 100, samples=100),
        strict=True,
    ):
        assert better.difference == pytest.approx(-worse.difference)
    bleu, wer = compare(["bleu", "wer"], bad, good, rows, samples=200)
    assert bleu.difference == pytest.approx(bleu.second.value - bleu.first.value)
    assert 0 < bleu.low < bleu.difference < bleu.high
    assert wer.low < wer.difference < wer.high < 0
    assert bleu.p == wer.p == pytest.approx(1 / 201)


def test_randomisation_gives_the_exact_p_of_few_rows() -> None:
    # Three rows are right in the second only. A difference as great needs all three on one side: 2 of 8 swaps.
    first = np.array([[0, 1], [0, 1], [0, 1], [1, 1]], dtype=float)
    second = np.array([[1, 1], [1, 1], [1, 1], [1, 1]], dtype=float)
    p = bootstrap.randomisation(first, second, percent, samples=20_000, seed=15)
    assert p == pytest.approx(0.25, abs=0.01)


def test_comparison_needs_samples() -> None:
    with pytest.raises(RecipeError, match="`samples` must be at least 40, but is 0"):
        compare(["wer"], ["a"], ["a"], [["a"]], samples=0)
