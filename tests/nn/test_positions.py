"""The kinds of positions against their formulas."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.core.errors import DataError, RecipeError
from seqloom.models.decoders import TransformerDecoderSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.positions import (
    AlibiPositionsSettings,
    LearnedPositionsSettings,
    NoPositionsSettings,
    RelativePositionsSettings,
    RotaryPositionsSettings,
    SinusoidalPositionsSettings,
)

BUCKETS = [(32, 128), (8, 20), (12, 50), (64, 256)]


def test_sinusoids_are_their_formula() -> None:
    width, positions_NT = 6, torch.tensor([[0, 1, 2], [7, 500, 3]])
    x_NTD = torch.randn(2, 3, width)
    added_NTD = SinusoidalPositionsSettings().build(width=width).add(x_NTD, positions_NT) - x_NTD
    for row in range(2):
        for t in range(3):
            for i in range(width // 2):
                angle = int(positions_NT[row, t]) / 10000 ** (2 * i / width)
                assert added_NTD[row, t, i] == pytest.approx(math.sin(angle), abs=1e-6)
                assert added_NTD[row, t, width // 2 + i] == pytest.approx(math.cos(angle), abs=1e-6)


def test_sinusoids_are_exact_far_out() -> None:
    """In single precision an angle of a million would be off by a hundredth."""
    added = SinusoidalPositionsSettings().build(width=2).add(torch.zeros(1, 1, 2), torch.tensor([[1_000_000]]))
    torch.testing.assert_close(added[0, 0], torch.tensor([math.sin(1e6), math.cos(1e6)]), rtol=0, atol=1e-7)


def rotated(x_NTHE: Tensor, positions_NT: Tensor) -> Tensor:
    return RotaryPositionsSettings().build(width=16, heads=2).rotate(x_NTHE, positions_NT)


def test_rotation_is_its_formula() -> None:
    positions_NT = torch.tensor([[0, 1, 2], [5, 9, 40]])
    x_NTHE = torch.randn(2, 3, 2, 8, dtype=torch.float64)
    found = rotated(x_NTHE, positions_NT).numpy()
    for row in range(2):
        for t in range(3):
            for i in range(4):
                angle = int(positions_NT[row, t]) * 10000 ** (-2 * i / 8)
                turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                for head in range(2):
                    pair = x_NTHE[row, t, head, [i, i + 4]].numpy()
                    np.testing.assert_allclose(found[row, t, head, [i, i + 4]], turn @ pair, rtol=0, atol=1e-12)


def test_rotated_scores_know_only_distances() -> None:
    q_NTHE, k_NTHE = torch.randn(2, 1, 4, 2, 8, dtype=torch.float64)
    positions_NT = torch.tensor([[0, 3, 4, 9]])

    def scores(shift: int) -> Tensor:
        q, k = rotated(q_NTHE, positions_NT + shift), rotated(k_NTHE, positions_NT + shift)
        return torch.einsum("nthe,nshe->nhts", q, k)

    torch.testing.assert_close(scores(0), scores(1000), rtol=0, atol=1e-9)
    apart = torch.einsum("nthe,nshe->nhts", rotated(q_NTHE, positions_NT + 1), rotated(k_NTHE, positions_NT))
    assert not torch.allclose(scores(0), apart)


def bucket(offset: int, *, buckets: int, distance: int, causal: bool) -> int:
    """Raffel et al. 2020, section 2.1, in whole numbers, so that no rounding decides.

    Half of the buckets for exact distances; bucket ``exact + k`` begins where distance / exact reaches the k-th of
    ``rest`` equal steps (equal on a logarithmic scale) from 1 to the greatest distance told apart.
    """
    first = 0
    if not causal:
        buckets //= 2
        first = buckets if offset > 0 else 0
    far = abs(offset) if not causal else max(-offset, 0)
    exact = buckets // 2
    rest = buckets - exact
    if far < exact:
        return first + far
    k = sum(Fraction(far, exact) ** rest >= Fraction(distance, exact) ** step for step in range(1, rest))
    return first + exact + k


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("buckets", "distance"), BUCKETS)
def test_relative_buckets_are_those_of_the_paper(buckets: int, distance: int, causal: bool) -> None:
    settings = RelativePositionsSettings(buckets=buckets, distance=distance)
    positions = settings.build(width=4, heads=2, causal=causal)
    queries_NT, keys_S = torch.tensor([[300, 0]]), torch.arange(600)
    bias_NHTS = positions.bias(queries_NT, keys_S)
    assert bias_NHTS is not None
    for t, query in enumerate(queries_NT[0].tolist()):
        wanted = [bucket(key - query, buckets=buckets, distance=distance, causal=causal) for key in keys_S.tolist()]
        assert bias_NHTS[0, :, t].T.equal(positions.table(torch.tensor(wanted)))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("buckets", "distance"), BUCKETS)
def test_relative_buckets_are_those_of_t5(buckets: int, distance: int, causal: bool) -> None:
    pytest.importorskip("transformers")
    from transformers.models.t5.modeling_t5 import T5Attention

    positions = RelativePositionsSettings(buckets=buckets, distance=distance).build(width=4, heads=3, causal=causal)
    offsets_S = torch.arange(-400, 401)
    wanted_S = T5Attention._relative_position_bucket(
        offsets_S, bidirectional=not causal, num_buckets=buckets, max_distance=distance
    )
    bias_NHTS = positions.bias(torch.tensor([[400]]), torch.arange(801))
    assert bias_NHTS is not None
    assert bias_NHTS[0, :, 0].T.equal(positions.table(wanted_S))


def alibi(heads: int, queries: list[list[int]], keys: int, *, causal: bool) -> Tensor:
    positions = AlibiPositionsSettings().build(width=heads, heads=heads, causal=causal)
    bias_NHTS = positions.bias(torch.tensor(queries), torch.arange(keys))
    assert bias_NHTS is not None
    return bias_NHTS


SLOPES = {
    1: [8.0],
    2: [4.0, 8.0],
    3: [4.0, 8.0, 2.0],  # two heads' slopes, then the first of four heads'
    6: [2.0, 4.0, 6.0, 8.0, 1.0, 3.0],
    8: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    12: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.5, 1.5, 2.5, 3.5],
}
"""By the number of heads, the powers of a half that are their slopes."""


@pytest.mark.parametrize("heads", SLOPES)
def test_slopes_of_linear_biases_are_those_of_the_paper(heads: int) -> None:
    wanted = [-(2**-exponent) for exponent in SLOPES[heads]]
    assert alibi(heads, [[1]], 1, causal=True)[0, :, 0, 0].tolist() == pytest.approx(wanted)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [2, 3, 6])
def test_linear_biases_fall_with_distance(heads: int, causal: bool) -> None:
    """In a decoder all heads look back; in an encoder every other one looks ahead. Rows stand where they stand."""
    queries = [[0, 3], [5, 6]]
    found = alibi(heads, queries, 7, causal=causal)
    for row, query_T in enumerate(queries):
        for t, query in enumerate(query_T):
            for head, exponent in enumerate(SLOPES[heads]):
                for key in range(7):
                    distance = query - key if causal or head % 2 == 0 else key - query
                    if distance >= 0:
                        wanted = pytest.approx(-(2**-exponent) * distance)
                        assert found[row, head, t, key] == wanted
                    elif not causal:
                        assert found[row, head, t, key] == float("-inf")


def test_an_encoder_with_linear_biases_tells_a_sequence_from_its_reverse() -> None:
    torch.manual_seed(1)
    settings = TransformerEncoderSettings(
        layers=1, width=8, heads=2, feed_forward=12, positions=AlibiPositionsSettings()
    )
    encoder = settings.build(memory=MemoryShape(width=8)).double().eval()
    x_BSD, mask_BS = torch.randn(1, 6, 8, dtype=torch.float64), torch.ones(1, 6, dtype=torch.bool)
    forth, back = (encoder(Memory(states_BSD=x, mask_BS=mask_BS)).states_BSD for x in (x_BSD, x_BSD.flip(1)))
    assert (forth - back.flip(1)).abs().max() > 1e-2


def test_a_single_head_cannot_look_both_ways() -> None:
    with pytest.raises(RecipeError, match="heads must be at least 2 for linear biases in an encoder"):
        TransformerEncoderSettings(heads=1, positions=AlibiPositionsSettings())
    TransformerDecoderSettings(heads=1, positions=AlibiPositionsSettings())


def test_learned_positions_are_rows_of_a_table() -> None:
    positions = LearnedPositionsSettings(longest=5).build(width=4)
    x_NTD, positions_NT = torch.randn(2, 3, 4), torch.tensor([[0, 1, 2], [2, 3, 4]])
    wanted_NTD = x_NTD + positions.table.weight[positions_NT]
    torch.testing.assert_close(positions.add(x_NTD, positions_NT), wanted_NTD)


def test_sequence_longer_than_the_table_is_the_datas_fault() -> None:
    positions = LearnedPositionsSettings(longest=5).build(width=4)
    with pytest.raises(DataError, match="at most 5 positions, but has 6"):
        positions.add(torch.zeros(1, 6, 4), torch.arange(6)[None])


def test_no_positions_change_nothing() -> None:
    positions = NoPositionsSettings().build(width=4)
    x, at = torch.randn(1, 2, 2, 2), torch.arange(2)[None]
    assert positions.add(x, at) is x
    assert positions.rotate(x, at) is x
    assert positions.bias(at, at[0]) is None


def test_widths_that_do_not_fit_are_the_recipes_fault() -> None:
    with pytest.raises(RecipeError, match="even for sinusoidal positions, but is 5"):
        SinusoidalPositionsSettings().build(width=5)
    with pytest.raises(RecipeError, match="even for rotary positions, but is 3"):
        RotaryPositionsSettings().build(width=6, heads=2)
    with pytest.raises(RecipeError, match="multiple of 4, but is 6"):
        RelativePositionsSettings(buckets=6)
    with pytest.raises(RecipeError, match="more than buckets"):
        RelativePositionsSettings(buckets=32, distance=32)
