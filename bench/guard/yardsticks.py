"""Plain operators to measure kernels by: each takes as long as it did, whatever becomes of the package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Work = Callable[[], object]
ROWS, LENGTH, WIDTH, INNER, WORDS = 40, 13, 256, 1024, 2000
"""A piece of 512 tokens, of the sizes that the kernels have too."""


def layer() -> Work:
    """What most of a step is: a layer's matrix products, its pointwise parts, a projection, and their gradients."""
    words_PD, scores_VD = leaf(ROWS * LENGTH, WIDTH), leaf(WORDS, WIDTH)
    square_DD, wide_FD, narrow_DF = leaf(WIDTH, WIDTH), leaf(INNER, WIDTH), leaf(WIDTH, INNER)
    keep_PD = torch.rand(words_PD.shape) > 0.3

    def work() -> None:
        x_PD = words_PD
        for _ in range(3):
            x_PD = functional.layer_norm(x_PD + (x_PD @ square_DD) * keep_PD, (WIDTH,))
        x_PD = functional.layer_norm(x_PD + (x_PD @ wide_FD.T).relu() @ narrow_DF.T * keep_PD, (WIDTH,))
        logp_PV = (x_PD @ scores_VD.T).log_softmax(-1)
        torch.autograd.grad(logp_PV[:, 7].sum(), [words_PD, scores_VD, square_DD, wide_FD, narrow_DF])

    return work


def cell() -> Work:
    """A recurrent cell that reads what it said, step by step, a projection, and their gradients."""
    words_TBD, scores_VD = leaf(LENGTH, ROWS, WIDTH), leaf(WORDS, WIDTH)
    gates_DG = leaf(2 * WIDTH, 4 * WIDTH)

    def work() -> None:
        hidden_BD, cell_BD = torch.zeros(2, ROWS, WIDTH)
        said = []
        for word_BD in words_TBD.unbind():
            forget, keep, out, new = (torch.cat([word_BD, hidden_BD], 1) @ gates_DG).chunk(4, 1)
            cell_BD = forget.sigmoid() * cell_BD + keep.sigmoid() * new.tanh()
            hidden_BD = out.sigmoid() * cell_BD.tanh()
            said.append(hidden_BD)
        logp_PV = (torch.cat(said) @ scores_VD.T).log_softmax(-1)
        torch.autograd.grad(logp_PV[:, 7].sum(), [words_TBD, scores_VD, gates_DG])

    return work


def scores() -> Work:
    """A projection, its softmax, and their gradients."""
    hidden_PD, scores_VD = leaf(ROWS * LENGTH, WIDTH), leaf(WORDS, WIDTH)

    def work() -> None:
        logp_PV = (hidden_PD @ scores_VD.T).log_softmax(-1)
        torch.autograd.grad(logp_PV[:, 7].sum() + logp_PV.mean(-1).sum(), [hidden_PD, scores_VD])

    return work


def moments() -> Work:
    """Means and squares of more numbers than any cache holds."""
    values, gradient, mean, square = torch.full((4, 4_000_000), 1e-3)

    def work() -> None:
        mean.lerp_(gradient, 0.1)
        square.mul_(0.98).addcmul_(gradient, gradient, value=0.02)
        values.addcdiv_(mean, square.sqrt().add_(1e-8), value=-1e-6)

    return work


def choices() -> Work:
    """Steps of a few small matrix products, a projection, and a choice of which Python keeps the books."""
    hidden_ND, scores_VD = leaf(80, WIDTH).detach(), leaf(WORDS, WIDTH).detach()
    square_DD, cache_NTD = leaf(WIDTH, WIDTH).detach(), torch.zeros(80, LENGTH, WIDTH)

    def work() -> list[list[int]]:
        x_ND = hidden_ND
        said: list[list[int]] = [[] for _ in range(80)]
        for place in range(6):
            for _ in range(6):
                x_ND = functional.layer_norm(x_ND + (x_ND @ square_DD).relu(), (WIDTH,))
            cache_NTD[:, place] = x_ND
            logp_BX = (x_ND @ scores_VD.T).log_softmax(-1).view(16, -1)
            tokens_BK = logp_BX.topk(10).indices % WORDS
            cache_NTD.copy_(cache_NTD[torch.arange(79, -1, -1)])
            for row, tokens in enumerate(tokens_BK.tolist()):
                for beam in range(5):
                    said[5 * row + beam] = [*said[5 * row + beam], tokens[beam]]
        return said

    return work


def rows(chance: np.random.Generator) -> Work:
    """Rows of a long array into padded small ones, and their lengths sorted."""
    values, lengths = chance.integers(4, 8000, 200_000), chance.integers(LENGTH - 3, LENGTH, 4000)

    def work() -> None:
        for first in np.argsort(lengths)[:100].tolist():
            here = lengths[first : first + ROWS]
            inner = np.arange(here.max()) < here[:, None]
            padded = np.full(inner.shape, 0)
            padded[inner] = values[np.flatnonzero(inner)]
            torch.from_numpy(padded)

    return work


def words(lines: list[str]) -> Work:
    """Texts cut at their spaces, each word looked up."""
    numbers = {word: [place, place + 1] for place, word in enumerate({word for line in lines for word in line.split()})}

    def work() -> list[list[int]]:
        return [[number for word in line.split(" ") for number in numbers[word]] for line in lines]

    return work


def leaf(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).mul_(0.05).requires_grad_()
