"""A window of attention against the same attention with a band for a mask, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.encoders.transformer import TransformerEncoder
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.multihead import Visible
from seqloom.nn.positions import (
    AlibiPositionsSettings,
    LearnedPositionsSettings,
    NoPositionsSettings,
    Positions,
    PositionsSettings,
    RelativePositionsSettings,
    RotaryPositionsSettings,
    SinusoidalPositionsSettings,
)
from seqloom.nn.sight import Whole

WIDTH = 8
POSITIONS: tuple[PositionsSettings, ...] = (
    SinusoidalPositionsSettings(),
    LearnedPositionsSettings(),
    RotaryPositionsSettings(),
    RelativePositionsSettings(buckets=8, distance=16),
    AlibiPositionsSettings(),
    NoPositionsSettings(),
)


class Band(Whole):
    """The plain formulation: all pairs are scored, and those too far apart are barred."""

    def __init__(self, reach: int) -> None:
        self.reach = reach

    def visible(self, mask_BS: Tensor, positions: Positions) -> Visible:
        whole = super().visible(mask_BS, positions)
        num_positions = mask_BS.shape[1]
        near_SS = torch.tensor([[abs(a - b) <= self.reach for b in range(num_positions)] for a in range(num_positions)])
        assert whole.mask is not None
        return Visible(mask=whole.mask & near_SS, bias_NHTS=whole.bias_NHTS)


def encoder(window: int | None, **settings: Any) -> TransformerEncoder:
    torch.manual_seed(1)
    whole = {"layers": 2, "width": WIDTH, "heads": 4, "feed_forward": 12, "dropout": 0.0, **settings}
    return TransformerEncoderSettings(window=window, **whole).build(memory=MemoryShape(width=WIDTH)).double()


def memory(lengths: Sequence[int]) -> Memory:
    torch.manual_seed(2)
    states_BSD = torch.randn(len(lengths), max(lengths), WIDTH, dtype=torch.float64)
    return Memory(states_BSD=states_BSD, mask_BS=torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])


def banded(settings: Mapping[str, Any], reach: int) -> TransformerEncoder:
    part = encoder(None, **settings)
    part.sight = Band(reach)
    for layer in part.layers:
        layer.sight = part.sight
    return part


@pytest.mark.parametrize("positions", POSITIONS, ids=lambda settings: settings.kind)
@pytest.mark.parametrize("kv_heads", [None, 2])
@pytest.mark.parametrize("reach", [1, 3, 4, 20])
def test_window_is_a_band(reach: int, kv_heads: int | None, positions: PositionsSettings) -> None:
    """Lengths that fill the last block and that do not, rows that end blocks before it; values and gradients."""
    settings = {"kv_heads": kv_heads, "positions": positions}
    ours, plain = encoder(reach, **settings), banded(settings, reach)
    given = memory([16, 5, 13, 1])
    found_BSD, wanted_BSD = ours(given).states_BSD, plain(given).states_BSD
    torch.testing.assert_close(found_BSD[given.mask_BS], wanted_BSD[given.mask_BS], rtol=0, atol=1e-12)
    for states_BSD in (found_BSD, wanted_BSD):
        states_BSD[given.mask_BS].sin().sum().backward()
    for (name, found), wanted in zip(ours.named_parameters(), plain.parameters(), strict=True):
        assert found.grad is not None, name
        torch.testing.assert_close(found.grad, wanted.grad, rtol=0, atol=1e-10)


def test_window_as_wide_as_the_source_is_no_window() -> None:
    given = memory([16, 5])
    for reach in (15, 100):
        torch.testing.assert_close(encoder(reach)(given).states_BSD, encoder(None)(given).states_BSD)
    assert not torch.allclose(encoder(14)(given).states_BSD, encoder(None)(given).states_BSD)


def test_what_is_out_of_reach_changes_nothing() -> None:
    """Two layers with three positions each see six to either side, and all of these."""
    part, given = encoder(3), memory([30]).states_BSD.requires_grad_()
    mask_BS = torch.ones(1, 30, dtype=torch.bool)
    part(Memory(states_BSD=given, mask_BS=mask_BS)).states_BSD[0, 12, 0].backward()
    assert given.grad is not None
    seen = given.grad[0].abs().sum(-1).nonzero().flatten().tolist()
    assert seen == [*range(6, 19)]


def test_dropout_of_attention_drops_in_blocks_too() -> None:
    part, given = encoder(3, attention_dropout=0.5), memory([16])
    quiet_BSD = part.eval()(given).states_BSD
    part.train()
    drawn = [part(given).states_BSD for _ in range(2)]
    assert not torch.allclose(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], quiet_BSD)


# ---- what it costs ---------------------------------------------------------------------------------------------------


class Sizes(TorchDispatchMode):
    """The elements of the largest tensor that any operation makes, and of all of them together."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(made) if isinstance(leaf, Tensor)]
        self.largest = max(self.largest, *sizes, 0)
        self.total += sum(sizes)
        return made


def sizes(part: TransformerEncoder, num_positions: int) -> Sizes:
    states_BSD = torch.randn(1, num_positions, WIDTH, dtype=torch.float64, requires_grad=True)
    given = Memory(states_BSD=states_BSD, mask_BS=torch.ones(1, num_positions, dtype=torch.bool))
    with Sizes() as counted:
        part(given).states_BSD.sum().backward()
    return counted


@pytest.mark.parametrize("positions", POSITIONS, ids=lambda settings: settings.kind)
def test_memory_grows_with_length_and_not_with_its_square(positions: PositionsSettings) -> None:
    """Forward and backward: twice the length, twice the elements; without a window the largest is four times."""
    settings: dict[str, Any] = {"positions": positions, "attention_dropout": 0.1}
    short, long = (sizes(encoder(8, **settings), length) for length in (240, 480))
    assert long.largest <= 2 * short.largest
    assert long.total <= 2.05 * short.total
    short, long = (sizes(encoder(None, **settings), length) for length in (240, 480))
    assert long.largest == 4 * short.largest


def test_sixteen_thousand_tokens() -> None:
    """Scores between all pairs would be 16384² a head, 2 GB in double precision; no tensor comes near it."""
    part = encoder(64, heads=2, positions=RotaryPositionsSettings())
    counted = sizes(part, 16384)
    assert counted.largest < 16384 * 200 * 4
    near = memory([16384])
    with torch.inference_mode():
        whole_BSD = part.eval()(near).states_BSD
        start = Memory(states_BSD=near.states_BSD[:, :600], mask_BS=near.mask_BS[:, :600])
        # What two windows away knows nothing of the cut says the same without the rest.
        torch.testing.assert_close(whole_BSD[:, : 600 - 128], part(start).states_BSD[:, : 600 - 128])
