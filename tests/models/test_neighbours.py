"""The neighbours head, beside its equation written out."""

import math

import numpy as np
import pytest
import torch

from seqloom.core.specials import Specials
from seqloom.models.heads import GeneratorSettings
from seqloom.models.heads.neighbours import NeighboursHead
from seqloom.nn.contracts import DecoderShape, Features
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory
from seqloom.retrieval.vectors import VectorIndex

_SIZE, _WIDTH = 11, 6


@pytest.fixture
def head() -> torch.nn.Module:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=_WIDTH).build(Specials(size=_SIZE))
    return GeneratorSettings().build(decoder=DecoderShape(hidden=_WIDTH), embedding=embedding, tie=False).double()


@pytest.fixture
def store() -> VectorIndex:
    dice = np.random.default_rng(2)
    return VectorIndex.build(dice.normal(size=(60, _WIDTH)).astype(np.float32), dice.integers(4, _SIZE, 60))


def _at(rows: int) -> Features:
    torch.manual_seed(3)
    return Features(hidden_PD=torch.randn(rows, _WIDTH, dtype=torch.float64), row_P=torch.zeros(rows, dtype=torch.long))


_MEMORY = Memory(states_BSD=torch.zeros(1, 2, _WIDTH), mask_BS=torch.ones(1, 2, dtype=torch.bool))


def test_it_is_the_mixture_of_its_paper(head, store) -> None:
    at, k, weight, temperature = _at(5), 7, 0.3, 4.0
    got = NeighboursHead(head, store, k=k, weight=weight, temperature=temperature)(at, _MEMORY)
    for row, hidden in enumerate(at.hidden_PD.numpy()):
        squares = ((store.keys - hidden) ** 2).sum(-1)
        near = squares.argsort()[:k]
        voices = np.zeros(_SIZE)
        for place in near:
            voices[store.values[place]] += math.exp(-squares[place] / temperature)
        expected = weight * voices / voices.sum() + (1 - weight) * head(at, _MEMORY)[row].exp().detach().numpy()
        np.testing.assert_allclose(got[row].exp().detach().numpy(), expected, rtol=1e-4, atol=1e-9)
    assert (got[:, 0] == -math.inf).all(), "padding has a probability"


def test_a_shortlist_adds_up_to_one(head, store) -> None:
    columns = torch.tensor([2, 4, 5, 9])
    logp = NeighboursHead(head, store, k=60, weight=0.5, temperature=1.0)(_at(4), _MEMORY, columns_V=columns)
    torch.testing.assert_close(logp.exp().sum(-1), torch.ones(4, dtype=torch.float64))
    nothing = VectorIndex(store.keys, np.full(60, 3))
    alone = NeighboursHead(head, nothing, k=4, weight=0.5, temperature=1.0)(_at(4), _MEMORY, columns_V=columns)
    torch.testing.assert_close(alone, head(_at(4), _MEMORY, columns_V=columns))


def test_given_targets_are_scored_alike(head, store) -> None:
    both = NeighboursHead(head, store, k=5, weight=0.25, temperature=2.0)
    target = torch.tensor([4, 5, 6])
    scored = both.score(_at(3), _MEMORY, target)
    torch.testing.assert_close(scored.logp_P, both(_at(3), _MEMORY)[torch.arange(3), target])
