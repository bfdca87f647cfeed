"""What stands in for self-attention in a decoder: against its equations, step by step, and what a step costs."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_toml
from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoder, TransformerDecoderSettings
from seqloom.models.decoders.transformer import SelfAttentionSettings, TransformerState
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.positions import (
    AlibiPositionsSettings,
    LearnedPositionsSettings,
    NoPositionsSettings,
    Positions,
    PositionsSettings,
    RelativePositionsSettings,
    RotaryPositionsSettings,
)
from seqloom.nn.self_attention import Past, Reading, SelfAttention
from seqloom.nn.self_average import AverageSelfAttention, AverageSelfSettings
from seqloom.nn.self_cached import AttentionSelfSettings
from seqloom.nn.self_ssru import Ssru, SsruSelfSettings
from seqloom.nn.transformer import LayerKind

WIDTH, VOCABULARY = 8, 30
KIND = LayerKind(
    width=WIDTH,
    heads=2,
    kv_heads=2,
    feed_forward=12,
    activation="relu",
    norm="layer",
    order="pre",
    dropout=0.0,
    attention_dropout=0.0,
)
STEADY = (SsruSelfSettings(), AverageSelfSettings(), AverageSelfSettings(feed_forward=False))
Array = NDArray[np.float64]


def reading(start_N: Tensor, num_steps: int) -> Reading:
    positions_NT = start_N[:, None] + torch.arange(num_steps)
    return Reading(positions=Positions(), positions_NT=positions_NT, length=int(positions_NT.max()) + 1)


def read(part: SelfAttention, x_NTD: Tensor) -> tuple[Tensor, Past]:
    start = part.start(len(x_NTD), beams=1, like=x_NTD)
    found_NTD, past, _ = part.read(x_NTD, start, reading(torch.zeros(len(x_NTD), dtype=torch.long), x_NTD.shape[1]))
    return found_NTD, past


def tokens(rows: int, steps: int) -> Tensor:
    torch.manual_seed(2)
    return torch.randn(rows, steps, WIDTH, dtype=torch.float64)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def test_ssru_is_its_equations() -> None:
    torch.manual_seed(1)
    part = Ssru(WIDTH).double()
    x_NTD = tokens(3, 6)
    W_f, b_f, W = (
        parameter.detach().numpy() for parameter in (part.forget.weight, part.forget.bias, part.value.weight)
    )
    for found_TD, x_TD in zip(read(part, x_NTD)[0].detach().numpy(), x_NTD.numpy(), strict=True):
        c = np.zeros(WIDTH)
        for found, x in zip(found_TD, x_TD, strict=True):
            f = sigmoid(W_f @ x + b_f)
            c = f * c + (1 - f) * (W @ x)
            np.testing.assert_allclose(found, np.maximum(c, 0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("feed_forward", [False, True])
def test_average_is_its_equations(feed_forward: bool) -> None:
    torch.manual_seed(1)
    part = AverageSelfAttention(KIND, feed_forward=feed_forward).double()
    x_NTD = tokens(3, 6)
    W, b = part.gates.weight.detach().numpy(), part.gates.bias.detach().numpy()
    for found_TD, x_TD in zip(read(part, x_NTD)[0].detach().numpy(), x_NTD.numpy(), strict=True):
        for t in range(6):
            g = np.mean(x_TD[: t + 1], axis=0)
            if feed_forward:
                g = part.feed_forward(torch.from_numpy(g)).detach().numpy()
            i, f = np.split(sigmoid(W @ np.concatenate([x_TD[t], g]) + b), 2)
            np.testing.assert_allclose(found_TD[t], i * x_TD[t] + f * g, rtol=0, atol=1e-12)


@pytest.mark.parametrize("settings", STEADY, ids=str)
def test_rows_at_different_positions_share_a_batch(settings: SelfAttentionSettings) -> None:
    """One row has read five tokens, the other two, when they are joined."""
    torch.manual_seed(1)
    part = settings.build(KIND).double()
    x_NTD = tokens(2, 7)
    whole_NTD, _ = read(part, x_NTD)
    _, long = read(part, x_NTD[:1, :5])
    _, short = read(part, x_NTD[1:, :2])
    step_NTD = torch.stack([x_NTD[0, 5], x_NTD[1, 2]])[:, None]
    found_NTD, _, _ = part.read(step_NTD, long.join(short), reading(torch.tensor([5, 2]), 1))
    torch.testing.assert_close(found_NTD[:, 0], torch.stack([whole_NTD[0, 5], whole_NTD[1, 2]]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("settings", STEADY, ids=str)
def test_half_precision_forgets_nothing(settings: SelfAttentionSettings) -> None:
    """What is carried over a thousand steps has all its digits, though what goes in and comes out has few."""
    torch.manual_seed(1)
    part = settings.build(KIND)
    x_NTD = 1 + tokens(2, 1000).float() / 4
    wanted_NTD, exact = read(part, x_NTD)
    with torch.autocast("cpu", torch.bfloat16):
        found_NTD, rough = read(part, x_NTD.bfloat16())
    assert found_NTD.dtype is torch.bfloat16
    torch.testing.assert_close(found_NTD[:, -1].float(), wanted_NTD[:, -1], rtol=0, atol=0.05)
    for carried, wanted in zip(_carried(rough), _carried(exact), strict=True):
        assert carried.dtype is torch.float32
        torch.testing.assert_close(carried, wanted, rtol=0.02, atol=0.05)


def _carried(past: Past) -> list[Tensor]:
    return [leaf for leaf in vars(past).values() if isinstance(leaf, Tensor)]


# ---- in the decoder --------------------------------------------------------------------------------------------------


def decoder(settings: SelfAttentionSettings, positions: PositionsSettings | None = None) -> TransformerDecoder:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=WIDTH).build(Specials(size=VOCABULARY))
    whole = TransformerDecoderSettings(
        layers=2,
        width=WIDTH,
        heads=2,
        feed_forward=12,
        self_attention=settings,
        positions=positions or NoPositionsSettings(),
    )
    return whole.build(memory=MemoryShape(width=5), embedding=embedding).double().eval()


def memory() -> Memory:
    torch.manual_seed(2)
    return Memory(states_BSD=torch.randn(2, 4, 5, dtype=torch.float64), mask_BS=torch.ones(2, 4, dtype=torch.bool))


class Touched(TorchDispatchMode):
    """How many elements all operations together read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.elements += sum(leaf.numel() for leaf in tree_leaves((args, made)) if isinstance(leaf, Tensor))
        return made


def elements_of(state: TransformerState) -> int:
    return sum(leaf.numel() for past in state.past for leaf in _carried(past))


def step_cost(part: TransformerDecoder, position: int) -> tuple[int, int]:
    """Of the step behind so many tokens: the elements that it touches, and those of the state that it leaves."""
    with torch.inference_mode():
        state = part(torch.full((2, position), 4), part.start(memory())).state
        with Touched() as touched:
            output = part(torch.full((2, 1), 4), state)
    assert isinstance(output.state, TransformerState)
    return touched.elements, elements_of(output.state)


@pytest.mark.parametrize("settings", STEADY, ids=str)
def test_a_step_costs_the_same_wherever_it_stands(settings: SelfAttentionSettings) -> None:
    part = decoder(settings)
    assert step_cost(part, 10) == step_cost(part, 1000)


def test_a_step_of_attention_costs_more_the_later_it_stands() -> None:
    early, late = (step_cost(decoder(AttentionSelfSettings()), position) for position in (10, 1000))
    assert late[0] > 3 * early[0]
    assert late[1] > 10 * early[1]


@pytest.mark.parametrize("settings", [*STEADY, AttentionSelfSettings()], ids=str)
def test_every_kind_hears_the_tokens_before(settings: SelfAttentionSettings) -> None:
    """Two pasts that end in the same token; without one of these a decoder could not tell them apart."""
    part = decoder(settings)
    said = [part(torch.tensor([[1, first, 9]] * 2), part.start(memory())).hidden_NTD[:, -1] for first in (5, 6)]
    assert (said[0] - said[1]).abs().max() > 1e-3


def test_scheduled_sampling_walks_where_a_step_costs_the_same() -> None:
    assert all(decoder(settings).recurrent for settings in STEADY)
    assert not decoder(AttentionSelfSettings()).recurrent


@pytest.mark.parametrize("kind", ["ssru", "average"])
@pytest.mark.parametrize(
    "positions", [RotaryPositionsSettings(), RelativePositionsSettings(), AlibiPositionsSettings()], ids=str
)
def test_positions_that_only_attention_reads_are_refused(
    kind: Literal["ssru", "average"], positions: PositionsSettings
) -> None:
    settings = SsruSelfSettings() if kind == "ssru" else AverageSelfSettings()
    with pytest.raises(RecipeError, match=f'positions.kind must be .* "{kind}", but is "{positions.kind}"'):
        decoder(settings, positions)
    assert decoder(settings, LearnedPositionsSettings()).recurrent


def test_a_recipe_names_the_kind() -> None:
    given = {"decoder": {"kind": "transformer", "self_attention": {"kind": "average", "feed_forward": False}}}
    settings = parse(ModelSettings, given)
    assert isinstance(settings.decoder, TransformerDecoderSettings)
    assert settings.decoder.self_attention == AverageSelfSettings(feed_forward=False)
    assert 'self_attention]\nkind = "average"' in to_toml(settings)
    with pytest.raises(RecipeError, match='one of "attention", "average", "ssru", but is "sru"'):
        parse(ModelSettings, {"decoder": {"kind": "transformer", "self_attention": {"kind": "sru"}}})


def test_attention_keeps_the_names_that_files_know() -> None:
    names = set(decoder(AttentionSelfSettings(), RelativePositionsSettings()).state_dict())
    of_a_layer = {name.removeprefix("layers.0.") for name in names if name.startswith("layers.0.")}
    parts = ("query", "key", "value", "out")
    wanted = {
        f"{attention}.{part}.{kind}"
        for attention in ("self_attention", "cross_attention")
        for part in parts
        for kind in ("weight", "bias")
    }
    wanted |= {f"feed_forward.{part}.{kind}" for part in ("inner", "outer") for kind in ("weight", "bias")}
    wanted |= {f"{part}_residual.norm.{kind}" for part in ("self", "cross", "feed") for kind in ("weight", "bias")}
    assert of_a_layer == wanted | {"positions.table.weight"}
