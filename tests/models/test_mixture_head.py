"""The mixture of softmaxes: its equation, the head's contract, and what one softmax of the same width cannot say."""

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.models.heads import GeneratorSettings, MixtureHead, MixtureHeadSettings, generator
from seqloom.nn.contracts import DecoderShape, Features
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory

VOCABULARY = Specials(size=20)
WIDTH, NUM_POSITIONS = 4, 12
MEMORY = Memory(states_BSD=torch.zeros(1, 1, 1), mask_BS=torch.ones(1, 1, dtype=torch.bool))
REAL = [token for token in range(VOCABULARY.size) if token != VOCABULARY.pad]


def head(*, tie: bool = False, hidden: int = WIDTH, components: int = 3) -> MixtureHead:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=WIDTH).build(VOCABULARY)
    made = MixtureHeadSettings(components=components).build(
        decoder=DecoderShape(hidden=hidden), embedding=embedding, tie=tie
    )
    for parameter in made.parameters():
        parameter.data += 0.5 * torch.randn_like(parameter)
    return made.double()


def features(hidden: int = WIDTH) -> Features:
    torch.manual_seed(2)
    return Features(
        hidden_PD=torch.randn(NUM_POSITIONS, hidden, dtype=torch.float64, requires_grad=True),
        row_P=torch.zeros(NUM_POSITIONS, dtype=torch.long),
    )


def targets() -> Tensor:
    torch.manual_seed(3)
    return torch.randint(1, VOCABULARY.size, (NUM_POSITIONS,))


@pytest.mark.parametrize(("tie", "hidden"), [(False, WIDTH), (False, 6), (True, 6)])
def test_it_is_its_equation(tie: bool, hidden: int) -> None:
    """p(y) = Σ_k π_k softmax(W_y tanh(U_k s) + b_y), no probability for padding."""
    made, at = head(tie=tie, hidden=hidden), features(hidden)
    found_PV = made(at, MEMORY).detach().exp().numpy()
    U, u = (x.detach().numpy() for x in (made.hidden.weight, made.hidden.bias))
    assert made.generator.bias is not None
    W, b = (x.detach().numpy() for x in (made.generator.weight, made.generator.bias))
    for position, s in enumerate(at.hidden_PD.detach().numpy()):
        prior = np.exp(made.prior.weight.detach().numpy() @ s)
        wanted = np.zeros(VOCABULARY.size)
        for k, pi in enumerate(prior / prior.sum()):
            width = W.shape[1]
            h = np.tanh(U[k * width : (k + 1) * width] @ s + u[k * width : (k + 1) * width])
            p = np.exp((W @ h + b)[REAL])
            wanted[REAL] += pi * p / p.sum()
        np.testing.assert_allclose(found_PV[position], wanted, rtol=0, atol=1e-12)
    if tie:
        assert made.generator.weight.shape[1] == WIDTH, "the embedding's width, not the decoder's"


def test_scores_are_those_of_the_targets_and_the_mean_over_what_is_possible() -> None:
    made, at = head(), features()
    logp_PV, scored = made(at, MEMORY), made.score(at, MEMORY, targets())
    torch.testing.assert_close(scored.logp_P, logp_PV.gather(1, targets()[:, None])[:, 0])
    torch.testing.assert_close(scored.mean_logp_P, logp_PV[:, REAL].mean(1))
    torch.testing.assert_close(made.logp_of(at, MEMORY, targets()), scored.logp_P)


def test_chunks_change_neither_scores_nor_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    made, at = head(), features()
    leaves = [at.hidden_PD, *made.parameters()]

    def run() -> tuple[Tensor, tuple[Tensor, ...]]:
        scored = made.score(at, MEMORY, targets())
        return scored.logp_P, torch.autograd.grad((scored.logp_P.sin() + scored.mean_logp_P).sum(), leaves)

    whole, whole_gradients = run()
    assert all(gradient.isfinite().all() for gradient in whole_gradients)
    monkeypatch.setattr(generator, "_CHUNK", 5 * 3 * VOCABULARY.size)
    parts, part_gradients = run()
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(part_gradients, whole_gradients)


def test_gradients_of_the_scores() -> None:
    """Written by hand, they are those of all that the head says: of the targets, of the mean, and of both."""
    made, at = head(), features()
    leaves = [at.hidden_PD, *made.parameters()]
    logp_PV, scored = made(at, MEMORY), made.score(at, MEMORY, targets())
    wanted = (logp_PV.gather(1, targets()[:, None])[:, 0], logp_PV[:, REAL].mean(1))
    slopes = torch.randn(2, NUM_POSITIONS, dtype=torch.float64)
    for looked_at in ([0], [1], [0, 1]):
        totals = (
            sum((values[one] * slopes[one]).sum() for one in looked_at)
            for values in ((scored.logp_P, scored.mean_logp_P), wanted)
        )
        found, right = (torch.autograd.grad(total, leaves, retain_graph=True) for total in totals)
        torch.testing.assert_close(found, right)


def test_what_no_softmax_says_keeps_a_gradient() -> None:
    """A target with a probability below all numbers of its type has a logarithm and a way back to others."""
    made, at = head().float(), features()
    at = Features(hidden_PD=at.hidden_PD.detach().float(), row_P=at.row_P)
    assert made.generator.bias is not None
    with torch.no_grad():
        made.generator.bias[5] = -1000.0
    scored = made.score(at, MEMORY, torch.full((NUM_POSITIONS,), 5))
    assert (scored.logp_P < -900).all()
    assert scored.mean_logp_P.isfinite().all()
    (slope_V,) = torch.autograd.grad((scored.logp_P + scored.mean_logp_P).sum(), [made.generator.bias])
    assert slope_V.isfinite().all()
    assert slope_V[5] >= NUM_POSITIONS * 0.99


def test_shortlist_is_what_the_whole_vocabulary_says_of_it() -> None:
    made, at = head(), features()
    columns_V = torch.tensor([3, 0, 17, 8])
    found_PV, logp_PV = made(at, MEMORY, columns_V=columns_V), made(at, MEMORY)[:, columns_V]
    torch.testing.assert_close(found_PV, logp_PV - logp_PV.logsumexp(-1, keepdim=True))
    assert (found_PV[:, 1] == -torch.inf).all()


def test_gradients() -> None:
    made, at = head(), features()
    weights = [parameter.detach().clone().requires_grad_() for parameter in made.parameters()]
    names = [name for name, _ in made.named_parameters()]

    def run(hidden_PD: Tensor, *rest: Tensor) -> Tensor:
        found = torch.func.functional_call(
            made, dict(zip(names, rest, strict=True)), (Features(hidden_PD=hidden_PD, row_P=at.row_P), MEMORY)
        )
        return found[:, REAL]

    assert torch.autograd.gradcheck(run, [at.hidden_PD, *weights], fast_mode=True)


def test_it_says_what_one_softmax_of_the_same_width_cannot() -> None:
    """Each of 40 contexts is followed by three words of its own: a table of high rank, said through vectors of width 3.

    A context is given as itself, so that only the width in front of the softmax is narrow.
    """
    vocabulary, width, contexts = Specials(size=24), 3, 40
    dice = torch.Generator().manual_seed(1)
    p_PV = torch.zeros(contexts, vocabulary.size, dtype=torch.float64)
    for row_V in p_PV:
        row_V[4 + torch.randperm(vocabulary.size - 4, generator=dice)[:3]] = torch.tensor([0.5, 0.3, 0.2]).double()
    entropy = float(-torch.special.xlogy(p_PV, p_PV).sum(1).mean())
    at = Features(hidden_PD=torch.eye(contexts, dtype=torch.float64), row_P=torch.zeros(contexts, dtype=torch.long))

    def excess(settings: MixtureHeadSettings | GeneratorSettings) -> float:
        """Cross-entropy above the entropy after learning, in nats a word."""
        torch.manual_seed(1)
        embedding = EmbeddingSettings(width=width).build(vocabulary)
        made = settings.build(decoder=DecoderShape(hidden=contexts), embedding=embedding, tie=True).double()
        optimizer = torch.optim.Adam(made.parameters(), lr=0.05)
        for _ in range(300):
            logp_PV = made(at, MEMORY).index_fill(1, torch.tensor(vocabulary.pad), 0.0)
            loss = -(p_PV * logp_PV).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss.detach()) - entropy

    one, several = excess(GeneratorSettings()), excess(MixtureHeadSettings(components=4))
    assert one > 0.15, "one softmax is not enough"
    assert several < 0.05
