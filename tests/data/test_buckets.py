"""Batches of like lengths: none too large, none missing, little padding, other company every epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.buckets import Batches, arrange
from seqloom.data.ragged import Numbers


def captions(number: int = 29_000) -> tuple[Numbers, Numbers]:
    """Lengths like those of described pictures: 15 ± 5 tokens, the two sides alike."""
    dice = np.random.default_rng(1)
    common = dice.normal(0, 4, number)
    sides = [np.clip(np.rint(15 + common + dice.normal(0, 2.7, number)), 3, None).astype(np.int32) for _ in range(2)]
    return sides[0], sides[1]


def arranged(seed: int | None, tokens: int = 4096) -> Batches:
    source, target = captions()
    return arrange(source, target, tokens=tokens, dice=None if seed is None else np.random.default_rng(seed))


@given(
    lengths=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=80),
    tokens=st.integers(1, 200),
    seed=st.none() | st.integers(0, 9),
)
def test_every_pair_is_in_one_batch_and_none_is_too_large(
    lengths: list[tuple[int, int]], tokens: int, seed: int | None
) -> None:
    source, target = np.array(lengths).T
    batches = arrange(source, target, tokens=tokens, dice=None if seed is None else np.random.default_rng(seed))
    assert sorted(batches.order.tolist()) == list(range(len(lengths)))
    assert sum(len(batch) for batch in batches) == len(lengths)
    for number, batch in enumerate(batches):
        positions = len(batch) * max(source[batch].max(), target[batch].max() + 1)
        assert len(batch) == 1 or positions <= tokens
        assert batches.given(number + 1) - batches.given(number) == len(batch)


@pytest.mark.parametrize(("tokens", "most"), [(1024, 0.025), (2048, 0.04), (4096, 0.05)])
def test_little_is_padding_and_batches_are_full(tokens: int, most: float) -> None:
    source, target = captions()
    batches = arranged(1, tokens)
    padding = batches.padding
    assert max(padding.source, padding.target, padding.both) < most
    positions = [sum(len(batch) * side[batch].max() for batch in batches) for side in (source, target + 1)]
    assert padding.source == pytest.approx(1 - source.sum() / positions[0])
    assert padding.target == pytest.approx(1 - (target + 1).sum() / positions[1])
    assert len(batches) < 1.25 * np.maximum(source, target + 1).sum() / tokens


def test_the_same_seed_is_the_same_order_and_another_mixes_anew() -> None:
    first, again, other = arranged(1), arranged(1), arranged(2)
    assert (first.order == again.order).all()
    assert (first.ends == again.ends).all()

    def batch_of(batches: Batches) -> Numbers:
        found = np.empty(len(batches.order), dtype=int)
        for number, batch in enumerate(batches):
            found[batch] = number
        return found

    here, there = batch_of(first), batch_of(other)
    kept = np.mean([(there[batch] == there[batch[0]]).mean() for batch in first])
    assert kept < 0.4  # of the company of a pair
    longest = [captions()[0][batch].max() for batch in first]
    assert abs(np.corrcoef(longest, np.arange(len(first)))[0, 1]) < 0.3
    assert (here != there).mean() > 0.9


def test_without_dice_batches_come_from_short_to_long() -> None:
    batches = arranged(None)
    source, target = captions()
    longest = [max(source[batch].max(), target[batch].max() + 1) for batch in batches]
    assert longest == sorted(longest)
    assert (batches.order == arranged(None).order).all()
