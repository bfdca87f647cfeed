"""Location-aware attention against Chorowski et al. 2015, equations 8 and 9, and what it hands from query to query."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from seqloom.nn.attention import LocationAttention
from seqloom.nn.memory import Memory
from seqloom.nn.query import AttentionKeys, Past

QUERY, STATES, INNER, FILTERS, KERNEL = 6, 4, 5, 3, 5
MASK = torch.tensor([[True, True, True, False], [True, True, True, True], [True, False, False, False]])


def build(*, coverage: bool = False) -> LocationAttention:
    torch.manual_seed(1)
    return LocationAttention(
        QUERY, memory_width=STATES, inner=INNER, filters=FILTERS, kernel=KERNEL, coverage=coverage
    ).double()


def memory(mask_BS: Tensor = MASK) -> Memory:
    torch.manual_seed(2)
    return Memory(states_BSD=torch.randn(*mask_BS.shape, STATES, dtype=torch.float64), mask_BS=mask_BS)


def queries(rows: int, steps: int) -> list[Tensor]:
    torch.manual_seed(3)
    return list(torch.randn(steps, rows, 1, QUERY, dtype=torch.float64))


def array(x: Tensor) -> Any:
    return x.detach().numpy()


@pytest.mark.parametrize("coverage", [False, True])
def test_three_steps_are_the_equations(coverage: bool) -> None:
    part, source = build(coverage=coverage), memory()
    keys = part.prepare(source)
    past: Past | None = part.begin(keys)
    W, V, b = array(part.queries.weight), array(part.keys.weight), array(part.keys.bias)
    F, U, w = array(part.filters.weight)[:, 0], array(part.features.weight), array(part.v.weight)[0]
    before, covered = np.zeros((3, 4)), np.zeros((3, 4))
    for query_N1D in queries(3, 3):
        found = part(query_N1D, keys, past)
        past = found.past
        for row in range(3):
            num_real = int(MASK[row].sum())
            energies = []
            for j in range(num_real):
                around = [before[row, k] if 0 <= k < 4 else 0.0 for k in range(j - KERNEL // 2, j + KERNEL // 2 + 1)]
                f = F @ np.array(around)  # f_t = F * α_{t-1}
                inner = W @ array(query_N1D[row, 0]) + V @ array(source.states_BSD[row, j]) + U @ f + b
                if part.covers is not None:
                    inner = inner + array(part.covers) * covered[row, j]
                energies.append(w @ np.tanh(inner))
            alpha = np.zeros(4)
            alpha[:num_real] = np.exp(energies) / np.exp(energies).sum()
            np.testing.assert_allclose(array(found.weights_NTS[row, 0]), alpha, rtol=0, atol=1e-12)
            np.testing.assert_allclose(
                array(found.context_NTD[row, 0]), alpha @ array(source.states_BSD[row]), rtol=0, atol=1e-12
            )
            before[row], covered[row] = alpha, covered[row] + alpha


def test_beams_of_a_source_have_each_their_own_past() -> None:
    beams, part, source = 2, build(), memory()
    apart = source.select(torch.arange(3).repeat_interleave(beams))
    shared_past, apart_past = part.begin(part.prepare(source), beams=beams), part.begin(part.prepare(apart))
    for query_N1D in queries(3 * beams, 3):
        shared = part(query_N1D, part.prepare(source), shared_past)
        alone = part(query_N1D, part.prepare(apart), apart_past)
        torch.testing.assert_close(shared.weights_NTS, alone.weights_NTS, rtol=0, atol=1e-12)
        torch.testing.assert_close(shared.context_NTD, alone.context_NTD, rtol=0, atol=1e-12)
        shared_past, apart_past = shared.past, alone.past


def test_a_past_is_reordered_selected_and_joined_by_its_names() -> None:
    """A hypothesis takes its weights along; rows of a shorter source are padded on the right."""
    one = Past(beams=2, last_NS=torch.tensor([[0.1, 0.9], [0.7, 0.3]]), queries_N=torch.tensor([1, 1]))
    other = Past(beams=2, last_NS=torch.tensor([[0.2, 0.2, 0.6]] * 2), queries_N=torch.tensor([4, 4]))
    both = one.reorder(torch.tensor([1, 1])).join(other)
    assert both.last_NS is not None
    torch.testing.assert_close(both.last_NS[:, :2], torch.tensor([[0.7, 0.3], [0.7, 0.3], [0.2, 0.2], [0.2, 0.2]]))
    torch.testing.assert_close(both.last_NS[:, 2], torch.tensor([0.0, 0.0, 0.6, 0.6]))
    kept = both.select(torch.tensor([1]))
    assert kept.queries_N is not None
    assert kept.queries_N.tolist() == [4, 4]
    assert kept.covered_NS is None


def test_gradients_reach_back_through_the_weights_before() -> None:
    part = build(coverage=True)
    mask_BS = torch.tensor([[True, True, False], [True, False, False]])
    source = part.prepare(memory(mask_BS))
    names = [name for name, _ in part.named_parameters() if name.split(".")[0] != "keys"]

    def run(first_N1D: Tensor, second_N1D: Tensor, keys: Tensor, values: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        prepared = AttentionKeys(keys_BSA=keys, values_BSD=values, mask_BS=mask_BS)
        weights = dict(zip(names, rest, strict=True))
        first = functional_call(part, weights, (first_N1D, prepared, part.begin(prepared, beams=2)))
        second = functional_call(part, weights, (second_N1D, prepared, first.past))
        return second.context_NTD, second.weights_NTS

    leaves = [*queries(4, 2), source.keys_BSA, source.values_BSD]
    leaves += [dict(part.named_parameters())[name] for name in names]
    assert torch.autograd.gradcheck(run, [leaf.detach().clone().requires_grad_() for leaf in leaves], fast_mode=True)
