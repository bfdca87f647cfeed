"""What a comparison comes to, in words."""

from __future__ import annotations

from typing import Any

from seqloom.explain.comparison.verdict import caution, verdict
from seqloom.metrics.groups import GroupComparison


def found(**more: Any) -> GroupComparison:
    given: dict[str, Any] = {
        "name": "BLEU", "signature": "s", "higher_is_better": True, "digits": 1, "first": (30.0,), "second": (31.2,),
        "difference": 1.2, "low": 0.3, "high": 2.1, "p": 0.003,
    }  # fmt: skip
    return GroupComparison(**(given | more))


def test_better_and_worse() -> None:
    assert verdict("A", "B", found(), sentences=400) == (
        "B is better than A: +1.2 BLEU (95 % from +0.3 to +2.1, p = 0.003)."
    )
    turned = found(difference=-1.2, low=-2.1, high=-0.3, p=0.0005)
    assert verdict("A", "B", turned, sentences=400).startswith("B is worse than A: -1.2 BLEU")
    assert "p < 0.001" in verdict("A", "B", turned, sentences=400)


def test_of_error_rates_less_is_better() -> None:
    assert "B is worse than A: +1.2 CER" in verdict("A", "B", found(name="CER", higher_is_better=False), sentences=9)


def test_what_cannot_be_told_says_what_it_would_take() -> None:
    said = verdict("A", "B", found(difference=0.5, low=-0.6, high=1.6, p=0.4), sentences=400)
    assert said == (
        "B and A cannot be told apart: +0.5 BLEU (95 % from -0.6 to +1.6, p = 0.400); these 400 pairs tell differences "
        "of about 1.1. For one of 0.5 it takes about 1,900 pairs."
    )


def test_an_interval_that_has_none_in_it_is_needed_too() -> None:
    assert "cannot be told apart" in verdict("A", "B", found(low=-0.1, p=0.03), sentences=400)


def test_of_several_seeds_more_pairs_are_not_promised() -> None:
    said = verdict("A", "B", found(second=(31.0, 31.4), low=-0.6, high=1.6, p=0.4), sentences=400)
    assert "these 400 pairs and these seeds tell differences of about 1.1." in said
    assert "it takes about" not in said


def test_seeds_have_a_p_of_their_own() -> None:
    said = verdict("A", "B", found(first=(1.0, 2.0), p_seeds=1 / 3, least_p_seeds=1 / 3), sentences=400)
    assert "over the seeds p = 0.333 (the least that so few can give)" in said


def test_the_same_is_the_same() -> None:
    said = verdict("A", "B", found(difference=0.0, low=0.0, high=0.0, p=1.0), sentences=400)
    assert said == "B and A are the same by BLEU: no sentence tells them apart."


def test_one_seed_is_warned_of() -> None:
    assert caution(1, 1).startswith("Each was trained with one seed")
    assert caution(3, 1).startswith("One of them was")
    assert caution(2, 2) == ""
