"""The recurrent decoders' attentions against their equations, and the edges: nothing to see, many beams, gradients."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from seqloom.nn.attention import (
    AdditiveAttention,
    Attention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    HeadsAttention,
    masked_softmax,
)
from seqloom.nn.memory import Memory
from seqloom.nn.query import AttentionKeys, Past

Array = npt.NDArray[np.float64]
QUERY, STATES, INNER, HEADS = 6, 4, 5, 2
MASK = torch.tensor([[True, True, True, False], [True, True, True, True], [True, False, False, False]])

BUILD: dict[str, Callable[[bool], Attention]] = {
    "additive": lambda coverage: AdditiveAttention(QUERY, memory_width=STATES, inner=INNER, coverage=coverage),
    "concat": lambda coverage: ConcatAttention(QUERY, memory_width=STATES, inner=INNER, coverage=coverage),
    "dot": lambda coverage: DotAttention(QUERY, memory_width=QUERY, coverage=coverage),
    "bridged dot": lambda coverage: DotAttention(QUERY, memory_width=STATES, coverage=coverage),
    "general": lambda coverage: GeneralAttention(QUERY, memory_width=STATES, coverage=coverage),
    "heads": lambda coverage: HeadsAttention(QUERY, memory_width=STATES, heads=HEADS, coverage=coverage),
}
KINDS = list(BUILD)


def build(kind: str, *, coverage: bool = False) -> Attention:
    torch.manual_seed(1)
    return BUILD[kind](coverage).double()


def memory(kind: str, mask_BS: Tensor = MASK) -> Memory:
    torch.manual_seed(2)
    width = QUERY if kind == "dot" else STATES
    return Memory(states_BSD=torch.randn(*mask_BS.shape, width, dtype=torch.float64), mask_BS=mask_BS)


def query(rows: int) -> Tensor:
    torch.manual_seed(3)
    return torch.randn(rows, 1, QUERY, dtype=torch.float64)


def covered(mask_NS: Tensor) -> Tensor:
    torch.manual_seed(4)
    return 2 * torch.rand(mask_NS.shape, dtype=torch.float64) * mask_NS


def past(covered_NS: Tensor | None, *, beams: int = 1) -> Past | None:
    return None if covered_NS is None else Past(beams=beams, covered_NS=covered_NS)


def array(x: Tensor) -> Array:
    return x.detach().numpy()


def softmax(x: Array) -> Array:
    exp = np.exp(x - x.max())
    return exp / exp.sum()


def score(kind: str, part: Attention, s: Array, h: Array, coverage: float | None) -> float:
    """One query, one position."""
    w_c = 0 if part.covers is None or coverage is None else array(part.covers) * coverage
    if kind == "additive":  # vᵀ tanh(W s + U h + b)
        W, U, b = array(part.queries.weight), array(part.keys.weight), array(part.keys.bias)
        return float(array(part.v.weight)[0] @ np.tanh(W @ s + U @ h + b + w_c))
    if kind == "concat":  # vᵀ tanh(W [s; h])
        W = np.concatenate([array(part.queries.weight), array(part.keys.weight)], axis=1)
        return float(array(part.v.weight)[0] @ np.tanh(W @ np.concatenate([s, h]) + w_c))
    if kind == "dot":  # sᵀ h
        return float(s @ (h + w_c))
    return float(s @ (array(part.keys.weight) @ h + w_c))  # sᵀ W h


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "heads"])
def test_attention_is_its_equation(kind: str, coverage: bool) -> None:
    part, source, s_N1D = build(kind, coverage=coverage), memory(kind), query(3)
    coverage_NS = covered(MASK) if coverage else None
    found = part(s_N1D, part.prepare(source), past(coverage_NS))
    for row in range(3):
        real = [position for position in range(4) if MASK[row, position]]
        scores = [
            score(
                kind,
                part,
                array(s_N1D[row, 0]),
                array(source.states_BSD[row, position]),
                None if coverage_NS is None else float(coverage_NS[row, position]),
            )
            for position in real
        ]
        alpha = np.zeros(4)
        alpha[real] = softmax(np.array(scores))
        context = alpha @ array(source.states_BSD[row])
        np.testing.assert_allclose(array(found.weights_NTS[row, 0]), alpha, rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(found.context_NTD[row, 0]), context, rtol=0, atol=1e-12)


@pytest.mark.parametrize("coverage", [False, True])
def test_heads_are_their_equations(coverage: bool) -> None:
    part, source, s_N1D = build("heads", coverage=coverage), memory("heads"), query(3)
    assert isinstance(part, HeadsAttention)
    coverage_NS = covered(MASK) if coverage else None
    found = part(s_N1D, part.prepare(source), past(coverage_NS))
    width = QUERY // HEADS
    project = {
        name: (array(layer.weight), array(layer.bias))
        for name, layer in (("q", part.queries), ("k", part.keys), ("v", part.values), ("out", part.out))
    }
    for row in range(3):
        h = array(source.states_BSD[row][MASK[row]])
        q = project["q"][0] @ array(s_N1D[row, 0]) + project["q"][1]
        k, v = (h @ project[name][0].T + project[name][1] for name in ("k", "v"))
        contexts, alphas = [], []
        for head in range(HEADS):
            of_head = slice(head * width, (head + 1) * width)
            keys = k[:, of_head]
            if part.covers is not None and coverage_NS is not None:
                keys = keys + coverage_NS[row][MASK[row]].numpy()[:, None] * array(part.covers)
            alphas.append(softmax(keys @ q[of_head] / np.sqrt(width)))
            contexts.append(alphas[-1] @ v[:, of_head])
        context = project["out"][0] @ np.concatenate(contexts) + project["out"][1]
        num_real = len(h)
        np.testing.assert_allclose(array(found.context_NTD[row, 0]), context, rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(found.weights_NHTS[row, :, 0, :num_real]), alphas, rtol=0, atol=1e-12)
        mean = np.mean(alphas, axis=0)
        np.testing.assert_allclose(array(found.weights_NTS[row, 0, :num_real]), mean, rtol=0, atol=1e-12)


def test_masked_softmax_of_nothing_is_zero_and_so_is_its_gradient() -> None:
    scores = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 1e4]], requires_grad=True)
    weights = masked_softmax(scores, torch.tensor([[True, True, False], [False, False, False]]))
    torch.testing.assert_close(weights[0, :2], torch.tensor([1.0, 2.0]).softmax(-1))
    assert weights[0, 2] == 0
    assert weights[1].tolist() == [0, 0, 0]
    (weights * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert scores.grad is not None
    assert scores.grad[0, 0] != 0
    assert scores.grad[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_row_with_nothing_to_attend_to_gives_zeros(kind: str, coverage: bool) -> None:
    mask_BS = MASK.clone()
    mask_BS[1] = False
    part, source, s_N1D = build(kind, coverage=coverage), memory(kind, mask_BS), query(3).requires_grad_()
    found = part(s_N1D, part.prepare(source), past(covered(mask_BS) if coverage else None))
    assert found.weights_NHTS[1].abs().max() == 0
    context_D = found.context_NTD[1, 0]
    nothing_D = part.out.bias if isinstance(part, HeadsAttention) else torch.zeros_like(context_D)
    assert context_D.equal(nothing_D), "no head found anything"
    found.context_NTD.sin().sum().backward()
    assert s_N1D.grad is not None
    assert s_N1D.grad[1].abs().max() == 0
    assert s_N1D.grad[0].abs().max() > 0
    assert all(parameter.grad.isfinite().all() for parameter in part.parameters() if parameter.grad is not None)


@pytest.mark.parametrize("coverage", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_beams_of_a_source_share_its_keys(kind: str, coverage: bool) -> None:
    beams = 3
    part, source, s_N1D = build(kind, coverage=coverage), memory(kind), query(3 * beams)
    coverage_NS = covered(MASK.repeat_interleave(beams, 0)) if coverage else None
    shared = part(s_N1D, part.prepare(source), past(coverage_NS, beams=beams))
    copied = part.prepare(source.select(torch.arange(3).repeat_interleave(beams)))
    apart = part(s_N1D, copied, past(coverage_NS))
    torch.testing.assert_close(shared.context_NTD, apart.context_NTD, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.weights_NTS, apart.weights_NTS, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.weights_NHTS, apart.weights_NHTS, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_with_coverage(kind: str) -> None:
    part = build(kind, coverage=True)
    mask_BS = torch.tensor([[True, True, False], [False, False, False]])
    source = part.prepare(memory(kind, mask_BS))
    names = [name for name, _ in part.named_parameters() if name.split(".")[0] not in {"keys", "values"}]

    def run(query_N1D: Tensor, keys: Tensor, values: Tensor, coverage_NS: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        keys_and_values = AttentionKeys(keys_BSA=keys, values_BSD=values, mask_BS=mask_BS)
        weights = dict(zip(names, rest, strict=True))
        found = functional_call(part, weights, (query_N1D, keys_and_values, past(coverage_NS, beams=2)))
        return found.context_NTD, found.weights_NTS

    leaves = [query(4), source.keys_BSA, source.values_BSD, covered(mask_BS.repeat_interleave(2, 0))]
    leaves += [dict(part.named_parameters())[name] for name in names]
    assert torch.autograd.gradcheck(run, [leaf.detach().clone().requires_grad_() for leaf in leaves], fast_mode=True)
