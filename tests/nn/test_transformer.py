"""The Transformer's parts: attention's edges, grouped queries, the cache, SwiGLU, RMSNorm, and deep stacks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoder, TransformerDecoderSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.multihead import MultiHeadAttention, Visible
from seqloom.nn.positions import Positions, RelativePositionsSettings
from seqloom.nn.self_attention import Reading
from seqloom.nn.self_cached import Cache
from seqloom.nn.transformer import FeedForward, LayerKind

WIDTH, HEADS = 8, 4
MASK = torch.tensor([[True, True, True, False], [False, False, False, False], [True, True, True, True]])
KIND = LayerKind(
    width=WIDTH,
    heads=HEADS,
    kv_heads=HEADS,
    feed_forward=16,
    activation="relu",
    norm="layer",
    order="pre",
    dropout=0.0,
    attention_dropout=0.0,
)


def attention(kv_heads: int = HEADS) -> MultiHeadAttention:
    torch.manual_seed(1)
    return MultiHeadAttention(WIDTH, heads=HEADS, kv_heads=kv_heads).double()


def attend(
    part: MultiHeadAttention, x_NTD: Tensor, visible: Visible, *, show: bool = False
) -> tuple[Tensor, Tensor | None]:
    attended: tuple[Tensor, Tensor | None] = part(part.queries(x_NTD), *part.keys_values(x_NTD), visible, show=show)
    return attended


def sequence(rows: int = 3, steps: int = 4) -> Tensor:
    torch.manual_seed(2)
    return torch.randn(rows, steps, WIDTH, dtype=torch.float64)


def biases() -> Tensor:
    torch.manual_seed(3)
    return torch.randn(1, HEADS, 4, 4, dtype=torch.float64)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("show", [False, True])
def test_row_with_nothing_to_attend_to_gives_zeros(show: bool, biased: bool) -> None:
    part, x_NTD = attention(), sequence().requires_grad_()
    visible = Visible(mask=MASK[:, None, None], bias_NHTS=biases() if biased else None)
    found_NTD, weights_NHTS = attend(part, x_NTD, visible, show=show)
    assert found_NTD[1].equal(part.out.bias.expand(4, -1)), "no head found anything"
    assert weights_NHTS is None or weights_NHTS[1].abs().max() == 0
    found_NTD.sin().sum().backward()
    assert x_NTD.grad is not None
    assert x_NTD.grad[1].abs().max() == 0
    assert x_NTD.grad[0].abs().max() > 0
    assert all(parameter.grad.isfinite().all() for parameter in part.parameters())


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_that_shows_its_weights_is_the_same(masked: bool, causal: bool, biased: bool, kv_heads: int) -> None:
    part, x_NTD = attention(kv_heads), sequence()
    visible = Visible(
        mask=MASK[:, None, None] if masked else None, causal=causal, bias_NHTS=biases() if biased else None
    )
    quiet_NTD, _ = attend(part, x_NTD, visible)
    shown_NTD, weights_NHTS = attend(part, x_NTD, visible, show=True)
    torch.testing.assert_close(shown_NTD, quiet_NTD, rtol=0, atol=1e-12)
    assert weights_NHTS is not None
    if causal:
        assert weights_NHTS.triu(1).abs().max() == 0
    if masked:
        assert weights_NHTS[0, ..., 3].abs().max() == 0


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_grouped_queries_are_heads_repeated(kv_heads: int) -> None:
    grouped, whole = attention(kv_heads), attention()
    with torch.no_grad():
        for name in ("query", "out"):
            getattr(whole, name).load_state_dict(getattr(grouped, name).state_dict())
        for name in ("key", "value"):
            for ours, theirs in zip(
                getattr(whole, name).parameters(), getattr(grouped, name).parameters(), strict=True
            ):
                heads = theirs.unflatten(0, (kv_heads, -1)).repeat_interleave(HEADS // kv_heads, 0)
                ours.copy_(heads.flatten(0, 1))
    visible = Visible(mask=MASK[:, None, None])
    found_NTD, _ = attend(grouped, sequence(), visible)
    wanted_NTD, _ = attend(whole, sequence(), visible)
    torch.testing.assert_close(found_NTD, wanted_NTD, rtol=0, atol=1e-12)
    assert sum(p.numel() for p in grouped.parameters()) < sum(p.numel() for p in whole.parameters())


@pytest.mark.parametrize("learning", [False, True])
def test_cache_puts_each_row_where_it_stands(learning: bool) -> None:
    """Sources at different positions share a batch, two hypotheses each: a list a hypothesis is the reference."""
    lengths = torch.tensor([0, 3, 1]).repeat_interleave(2)
    rows = [[float(10 * row + place) + 1 for place in range(length)] for row, length in enumerate(lengths.tolist())]
    start_NT = torch.zeros(6, 3)
    for row, values in enumerate(rows):
        start_NT[row, : len(values)] = torch.tensor(values)
    start_BTKGE = start_NT.unflatten(0, (3, 2)).transpose(1, 2)[..., None, None]
    cache, length = Cache(beams=2, keys_BTKGE=start_BTKGE, values_BTKGE=-start_BTKGE), 3
    with torch.set_grad_enabled(learning):
        for step in range(20):  # longer than one stretch of spare room
            new_N = torch.arange(1.0, 7.0) * 100 + step
            new_NTGE = new_N[:, None, None, None]
            length += 1
            positions_NT = (lengths + step)[:, None]
            reading = Reading(positions=Positions(), positions_NT=positions_NT, length=length, beams=2)
            cache = cache.write(new_NTGE, -new_NTGE, reading)
            keys_BSGE, values_BSGE = cache.until(length)
            assert keys_BSGE.shape == (3, 2 * length, 1, 1)
            for row in range(6):
                rows[row].append(float(new_N[row]))
                keys_T = keys_BSGE[row // 2, row % 2 :: 2, 0, 0]
                assert keys_T[: len(rows[row])].tolist() == rows[row]
            assert values_BSGE.equal(-keys_BSGE)


def test_swiglu_is_its_equation() -> None:
    torch.manual_seed(1)
    part = FeedForward(WIDTH, inner=6, activation="swiglu").double()
    x_D = torch.randn(WIDTH, dtype=torch.float64)
    W, V = np.split(part.inner.weight.detach().numpy(), 2)
    b, c = np.split(part.inner.bias.detach().numpy(), 2)
    gate = W @ x_D.numpy() + b
    inner = gate / (1 + np.exp(-gate)) * (V @ x_D.numpy() + c)
    wanted = part.outer.weight.detach().numpy() @ inner + part.outer.bias.detach().numpy()
    np.testing.assert_allclose(part(x_D).detach().numpy(), wanted, rtol=0, atol=1e-12)


def test_rms_norm_is_its_equation() -> None:
    """Zhang & Sennrich 2019, equation 4: x / √(mean x²) ⊙ g, with no mean taken away."""
    norm = replace(KIND, norm="rms").build_norm().double()
    assert [name for name, _ in norm.named_parameters()] == ["weight"]
    nn.init.normal_(norm.weight)
    x_ND = 3 + torch.randn(5, WIDTH, dtype=torch.float64)
    wanted = x_ND.numpy() / np.sqrt((x_ND.numpy() ** 2).mean(-1, keepdims=True)) * norm.weight.detach().numpy()
    np.testing.assert_allclose(norm(x_ND).detach().numpy(), wanted, rtol=0, atol=1e-10)


def decoder(settings: TransformerDecoderSettings) -> TransformerDecoder:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=WIDTH).build(Specials(size=9))
    return settings.build(memory=MemoryShape(width=5), embedding=embedding).double().eval()


def memory() -> Memory:
    torch.manual_seed(2)
    return Memory(states_BSD=torch.randn(3, 4, 5, dtype=torch.float64), mask_BS=MASK)


@pytest.mark.parametrize("kv_heads", [2, 4])
def test_beams_of_a_source_share_its_memory(kv_heads: int) -> None:
    beams = 2
    part = decoder(TransformerDecoderSettings(layers=2, width=WIDTH, heads=HEADS, kv_heads=kv_heads, feed_forward=16))
    tokens_NT = torch.randint(1, 9, (6, 3))
    shared = part(tokens_NT, part.start(memory(), beams=beams, attention="all"))
    copied = memory().select(torch.arange(3).repeat_interleave(beams))
    apart = part(tokens_NT, part.start(copied, attention="all"))
    torch.testing.assert_close(shared.hidden_NTD, apart.hidden_NTD, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.context_NTD, apart.context_NTD, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.all_attention, apart.all_attention, rtol=0, atol=1e-12)
    assert shared.state.memory_keys_BSGE[0].shape[0] == 3, "what belongs to the source is there once"


def test_depth_scale_shrinks_matrices_and_nothing_else() -> None:
    settings = TransformerEncoderSettings(
        layers=4, width=16, heads=2, feed_forward=32, order="post", positions=RelativePositionsSettings()
    )
    torch.manual_seed(1)
    encoder = settings.build(memory=MemoryShape(width=16))
    deviations = [layer.feed_forward.inner.weight.std().item() for layer in encoder.layers]
    for number, deviation in enumerate(deviations, start=1):
        assert deviation == pytest.approx(deviations[0] / number**0.5, rel=0.1)
    assert encoder.positions.table.weight.std().item() == pytest.approx(0.02, rel=0.3), "shared by all layers"
    assert all((layer.feed_residual.norm.weight == 1).all() for layer in encoder.layers)
