"""Both multi-head attentions and torch.nn.MultiheadAttention with the same weights say the same and learn the same."""

import pytest
import torch
from torch import Tensor, nn

from seqloom.nn.attention import HeadsAttention
from seqloom.nn.memory import Memory
from seqloom.nn.multihead import MultiHeadAttention, Visible

WIDTH, HEADS, STATES = 8, 2, 6
MASK = torch.tensor([[True, True, True, False], [True, False, False, False]])


def theirs() -> nn.MultiheadAttention:
    torch.manual_seed(1)
    module = nn.MultiheadAttention(WIDTH, HEADS, kdim=STATES, vdim=STATES, batch_first=True, dtype=torch.float64)
    nn.init.normal_(module.in_proj_bias)
    nn.init.normal_(module.out_proj.bias)
    return module


def copy(module: nn.MultiheadAttention, query: nn.Linear, key: nn.Linear, value: nn.Linear, out: nn.Linear) -> None:
    weights = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight, module.out_proj.weight)
    biases = (*module.in_proj_bias.chunk(3), module.out_proj.bias)
    with torch.no_grad():
        for layer, weight, bias in zip((query, key, value, out), weights, biases, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def inputs() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(2, 3, WIDTH, dtype=torch.float64), torch.randn(2, 4, STATES, dtype=torch.float64)


@pytest.mark.parametrize("show", [False, True])
def test_transformer_attention_is_that_of_torch(show: bool) -> None:
    wanted = theirs()
    ours = MultiHeadAttention(WIDTH, heads=HEADS, memory_width=STATES).double()
    copy(wanted, ours.query, ours.key, ours.value, ours.out)
    x_NTD, memory_BSD = inputs()
    wanted_NTD, wanted_NHTS = wanted(x_NTD, memory_BSD, memory_BSD, key_padding_mask=~MASK, average_attn_weights=False)
    found_NTD, found_NHTS = ours(
        ours.queries(x_NTD), *ours.keys_values(memory_BSD), Visible(mask=MASK[:, None, None]), show=show
    )
    torch.testing.assert_close(found_NTD, wanted_NTD, rtol=0, atol=1e-12)
    if show:
        torch.testing.assert_close(found_NHTS, wanted_NHTS, rtol=0, atol=1e-12)
    else:
        assert found_NHTS is None

    found_NTD.sin().sum().backward()
    wanted_NTD.sin().sum().backward()
    for layer, weight in (
        (ours.query, wanted.q_proj_weight),
        (ours.key, wanted.k_proj_weight),
        (ours.value, wanted.v_proj_weight),
        (ours.out, wanted.out_proj.weight),
    ):
        torch.testing.assert_close(layer.weight.grad, weight.grad, rtol=0, atol=1e-12)
    biases = torch.cat([ours.query.bias.grad, ours.key.bias.grad, ours.value.bias.grad])
    torch.testing.assert_close(biases, wanted.in_proj_bias.grad, rtol=0, atol=1e-12)


def test_recurrent_decoders_attention_is_that_of_torch() -> None:
    wanted = theirs()
    ours = HeadsAttention(WIDTH, memory_width=STATES, heads=HEADS).double()
    copy(wanted, ours.queries, ours.keys, ours.values, ours.out)
    x_NTD, memory_BSD = inputs()
    wanted_NTD, wanted_NTS = wanted(x_NTD, memory_BSD, memory_BSD, key_padding_mask=~MASK)
    found = ours(x_NTD, ours.prepare(Memory(states_BSD=memory_BSD, mask_BS=MASK)))
    torch.testing.assert_close(found.context_NTD, wanted_NTD, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.weights_NTS, wanted_NTS, rtol=0, atol=1e-12)
