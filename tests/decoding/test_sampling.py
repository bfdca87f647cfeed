"""Draws: seeded, independent of the batch, and from the distribution they promise."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from seqloom.decoding.draws import Sharpness, draw
from seqloom.decoding.request import Sampling, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask


def weights(logps: list[float], *samplings: Sampling) -> list[list[float]]:
    """A row of weights, one a token, for each sampling; all of them in one batch."""
    sharpness, logp_NV = Sharpness.of(samplings, device=None), torch.tensor([logps] * len(samplings))
    weight_NR, column_NR = sharpness.cut(logp_NV) if any(each.cuts for each in samplings) else sharpness.whole(logp_NV)
    return torch.zeros_like(logp_NV).scatter(1, column_NR, weight_NR).tolist()


LOGPS = [math.log(p) for p in (0.1, 0.4, 0.05, 0.25, 0.2)]


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        (Sampling(seed=0), {0, 1, 2, 3, 4}),
        (Sampling(seed=0, top_k=2), {1, 3}),
        (Sampling(seed=0, top_k=99), {0, 1, 2, 3, 4}),
        (Sampling(seed=0, top_p=0.6), {1, 3}),
        (Sampling(seed=0, top_p=0.7), {1, 3, 4}),
        (Sampling(seed=0, top_p=0.01), {1}),
        (Sampling(seed=0, top_p=1.0), {0, 1, 2, 3, 4}),
        (Sampling(seed=0, min_p=0.5), {1, 3, 4}),
        (Sampling(seed=0, min_p=1.0), {1}),
        # top-p of what top-k leaves: 0.4 of 0.65 is more than 0.6
        (Sampling(seed=0, top_k=2, top_p=0.6), {1}),
        # min-p after top-p, which counts all shares
        (Sampling(seed=0, top_p=0.9, min_p=0.3), {1, 3, 4}),
        # heat makes them alike before they are cut
        (Sampling(seed=0, temperature=100.0, min_p=0.9), {0, 1, 2, 3, 4}),
    ],
)
def test_what_is_kept(sampling: Sampling, kept: set[int]) -> None:
    [given] = weights(LOGPS, sampling)
    assert {column for column, weight in enumerate(given) if weight} == kept
    share = {column: math.exp(LOGPS[column] / sampling.temperature) for column in kept}
    for column, weight in enumerate(given):
        assert weight / sum(given) == pytest.approx(share.get(column, 0) / sum(share.values()), abs=1e-6)


def test_what_is_barred_is_never_drawn() -> None:
    weight_NV = torch.tensor([[0.0, 0.3, 0.0, 0.1, 0.0]])
    edges = torch.tensor([0.0, 0.7499, 0.7501, 1 - 2**-24])
    assert draw(weight_NV.expand(4, -1), edges).tolist() == [1, 1, 3, 3]


def test_rows_with_different_cuts_share_a_batch() -> None:
    kinds = [
        Sampling(seed=0, top_k=2),
        Sampling(seed=0, top_p=0.7),
        Sampling(seed=0, min_p=0.5),
        Sampling(seed=0, top_k=300, top_p=0.9, temperature=4.0),
        Sampling(seed=0, top_p=0.9, temperature=4.0),
        Sampling(seed=0, min_p=0.01, temperature=4.0),
    ]
    for size in (5, 1000):
        logps = torch.randn(size, generator=torch.Generator().manual_seed(size)).log_softmax(dim=0).tolist()
        assert weights(logps, *kinds) == [weights(logps, kind)[0] for kind in kinds]
        assert [sum(map(bool, row)) for row in weights(logps, *kinds)] == [kept(logps, kind) for kind in kinds]


def kept(logps: list[float], sampling: Sampling) -> int:
    """How many tokens are kept, by the definition."""
    shares = sorted((math.exp(logp / sampling.temperature) for logp in logps), reverse=True)[: sampling.top_k]
    needed = next(n for n in range(len(shares)) if sum(shares[: n + 1]) >= (sampling.top_p or 1) * sum(shares) - 1e-9)
    return sum(share >= (sampling.min_p or 0) * shares[0] for share in shares[: needed + 1])


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(seed=11),
        Sampling(seed=12, temperature=0.5),
        Sampling(seed=13, top_k=3),
        Sampling(seed=14, top_p=0.8),
        Sampling(seed=15, temperature=2.0, min_p=0.4),
    ],
    ids=str,
)
def test_draws_are_as_frequent_as_they_are_likely(sampling: Sampling) -> None:
    draws = 3000
    table = Table(5, sharpness=1.0)
    request = ask(0, beams=draws, nbest=draws, max_length=1, search=sampling)
    first = answer(Search(table), [request])[0]
    counts = Counter(each.tokens[0] if each.tokens else EOS for each in (first, *first.alternatives))
    logps = [table.after(request.source, ()).get(token, -math.inf) for token in range(6)]
    logps[1] = -math.inf  # the beginning is barred
    [given] = weights(logps, sampling)
    chi_square = sum(
        (counts[t] - draws * w / sum(given)) ** 2 / (draws * w / sum(given)) for t, w in enumerate(given) if w
    )
    assert set(counts) == {token for token, weight in enumerate(given) if weight}
    assert chi_square < 20  # 3 degrees of freedom: 1 in 5000


def test_a_seed_decides() -> None:
    def drawn(seed: int) -> list[tuple[int, ...]]:
        first = answer(Search(Table()), [ask(0, beams=6, nbest=6, search=Sampling(seed=seed))])[0]
        return [each.tokens for each in (first, *first.alternatives)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(set(drawn(1))) > 1, "draws of one request differ"


def test_log_probabilities_are_the_models_own() -> None:
    table = Table()
    request = ask(0, search=Sampling(seed=4, temperature=3.0, top_k=2))
    given = answer(Search(table), [request])[0]
    own = [table.after(request.source, given.tokens[:place]) for place in range(len(given.tokens) + 1)]
    assert given.token_logps == pytest.approx(
        [logps[token] for logps, token in zip(own, (*given.tokens, 2), strict=True)], abs=1e-5
    )


def test_a_very_low_temperature_is_greedy_search() -> None:
    for seed in range(10):
        cold = ask(0, seed, max_length=8, search=Sampling(seed=0, temperature=1e-3))
        warm = ask(0, seed, max_length=8)
        assert answer(Search(Table(seed)), [cold])[0].tokens == answer(Search(Table(seed)), [warm])[0].tokens
