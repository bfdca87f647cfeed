"""Local attention against Luong et al. 2015, section 3.2: where the window stands, and what lies outside of it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from seqloom.nn.attention import LocalAttention
from seqloom.nn.memory import Memory
from seqloom.nn.query import AttentionKeys, Past

QUERY, STATES, LENGTHS = 6, 4, (7, 3, 1)
MASK = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]


def build(*, predict: bool, window: int = 2, coverage: bool = False) -> LocalAttention:
    torch.manual_seed(1)
    return LocalAttention(QUERY, memory_width=STATES, window=window, predict=predict, coverage=coverage).double()


def memory(mask_BS: Tensor = MASK) -> Memory:
    torch.manual_seed(2)
    return Memory(states_BSD=torch.randn(*mask_BS.shape, STATES, dtype=torch.float64), mask_BS=mask_BS)


def queries(rows: int, steps: int) -> Tensor:
    torch.manual_seed(3)
    return torch.randn(rows, steps, QUERY, dtype=torch.float64)


def array(x: Tensor) -> Any:
    return x.detach().numpy()


@pytest.mark.parametrize("predict", [False, True])
@pytest.mark.parametrize("window", [1, 2, 4])
def test_weights_are_the_equations(predict: bool, window: int) -> None:
    part, source, steps = build(predict=predict, window=window), memory(), 9
    keys = part.prepare(source)
    query_NTD = queries(3, steps)
    found = part(query_NTD, keys, part.begin(keys))
    for row, length in enumerate(LENGTHS):
        for t in range(steps):
            s = array(query_NTD[row, t])
            if predict:  # p_t = S σ(vᵀ tanh(W s))
                assert part.place is not None
                assert part.v is not None
                p = length / (1 + np.exp(-array(part.v.weight)[0] @ np.tanh(array(part.place.weight) @ s)))
            else:
                p = min(t, length - 1)
            inside = [j for j in range(length) if p - window <= j <= p + window]
            energies = np.array([s @ array(part.keys.weight) @ array(source.states_BSD[row, j]) for j in inside])
            alpha = np.zeros(max(LENGTHS))
            alpha[inside] = np.exp(energies) / np.exp(energies).sum()
            if predict:
                alpha *= np.exp(-((np.arange(max(LENGTHS)) - p) ** 2) / (2 * (window / 2) ** 2))
            np.testing.assert_allclose(array(found.weights_NTS[row, t]), alpha, rtol=0, atol=1e-12)
            np.testing.assert_allclose(
                array(found.context_NTD[row, t]), alpha @ array(source.states_BSD[row]), rtol=0, atol=1e-12
            )


@pytest.mark.parametrize("predict", [False, True])
def test_a_window_is_never_empty(predict: bool) -> None:
    """Not behind a short row's end either, where a wider row beside it goes on."""
    part, source = build(predict=predict, window=1), memory()
    keys = part.prepare(source)
    far_NTD = 100 * queries(3, 20)  # σ is 0 or 1 there
    weights_NTS = part(far_NTD, keys, part.begin(keys)).weights_NTS
    assert (weights_NTS.sum(-1) > 0.05).all()
    assert weights_NTS.masked_select(~MASK[:, None].expand_as(weights_NTS)).abs().max() == 0


@pytest.mark.parametrize("beams", [1, 3])
def test_monotone_queries_count_on(beams: int) -> None:
    """All at once, in two calls, or one by one: the window moves by one position a query, each row's by itself."""
    part, source = build(predict=False, window=1), memory()
    keys = part.prepare(source)
    query_NTD = queries(3 * beams, 6)
    whole = part(query_NTD, keys, part.begin(keys, beams=beams))
    past: Past | None = part.begin(keys, beams=beams)
    for first, last in ((0, 1), (1, 4), (4, 6)):
        found = part(query_NTD[:, first:last], keys, past)
        past = found.past
        torch.testing.assert_close(found.weights_NTS, whole.weights_NTS[:, first:last], rtol=0, atol=1e-12)


def test_only_what_covers_has_to_walk() -> None:
    assert not build(predict=True).follows
    assert not build(predict=False).follows
    assert build(predict=False, coverage=True).follows
    keys = build(predict=True).prepare(memory())
    assert build(predict=True).begin(keys) is None, "a predicted window remembers nothing"


@pytest.mark.parametrize("predict", [False, True])
def test_gradients(predict: bool) -> None:
    part = build(predict=predict, coverage=True)
    source = part.prepare(memory())
    names = [name for name, _ in part.named_parameters() if name.split(".")[0] != "keys"]

    def run(query_NTD: Tensor, keys: Tensor, values: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        prepared = AttentionKeys(keys_BSA=keys, values_BSD=values, mask_BS=MASK)
        weights = dict(zip(names, rest, strict=True))
        first = functional_call(part, weights, (query_NTD[:, :1], prepared, part.begin(prepared)))
        second = functional_call(part, weights, (query_NTD[:, 1:], prepared, first.past))
        return second.context_NTD, second.weights_NTS

    leaves = [queries(3, 2), source.keys_BSA, source.values_BSD]
    leaves += [dict(part.named_parameters())[name] for name in names]
    assert torch.autograd.gradcheck(run, [leaf.detach().clone().requires_grad_() for leaf in leaves], fast_mode=True)


def test_far_positions_of_a_long_source_are_told_apart_in_half_precision() -> None:
    part = LocalAttention(QUERY, memory_width=STATES, window=1, predict=True).bfloat16()
    mask_BS = torch.ones(1, 4096, dtype=torch.bool)
    centres = part.centre(torch.randn(1, 64, QUERY, dtype=torch.bfloat16), mask_BS.sum(1), None)
    assert centres.dtype == torch.float32
