"""The adaptive softmax: one distribution over the vocabulary, made of a few small ones, and cheaper than one large."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.heads import AdaptiveHead, AdaptiveHeadSettings, GeneratorSettings, generator
from seqloom.nn.contracts import DecoderShape, Features
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory
from seqloom.training.objectives import CrossEntropy

VOCABULARY = Specials(size=40)
WIDTH, NUM_POSITIONS = 8, 30
MEMORY = Memory(states_BSD=torch.zeros(1, 1, 1), mask_BS=torch.ones(1, 1, dtype=torch.bool))
REAL = [token for token in range(VOCABULARY.size) if token != VOCABULARY.pad]


def build(settings: AdaptiveHeadSettings, *, vocabulary: Specials = VOCABULARY, width: int = WIDTH) -> AdaptiveHead:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=4).build(vocabulary)
    return settings.build(decoder=DecoderShape(hidden=width), embedding=embedding, tie=False)


def head() -> AdaptiveHead:
    made = build(AdaptiveHeadSettings(cutoffs=(0.2, 20))).double()
    for parameter in made.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return made


def features(width: int = WIDTH, positions: int = NUM_POSITIONS) -> Features:
    torch.manual_seed(2)
    hidden_PD = torch.randn(positions, width, dtype=torch.float64, requires_grad=True)
    return Features(hidden_PD=hidden_PD, row_P=torch.zeros(positions, dtype=torch.long))


def targets() -> Tensor:
    torch.manual_seed(3)
    return torch.randint(1, VOCABULARY.size, (NUM_POSITIONS,))


def test_it_is_the_distribution_of_its_equations() -> None:
    """p(y) for the 8 frequent tokens, p(cluster) p(y | cluster) for [8, 20) and [20, 40); all of it sums to 1."""
    made, at = head(), features()
    found_PV = made(at, MEMORY).detach().exp().numpy()
    assert made.bounds == (8, 20, 40)
    np.testing.assert_allclose(found_PV.sum(1), 1, rtol=0, atol=1e-12)
    assert (found_PV[:, VOCABULARY.pad] == 0).all()
    F, f = made.frequent.weight.detach().numpy(), made.frequent.bias.detach().numpy()
    for position, s in enumerate(at.hidden_PD.detach().numpy()):
        logits = F @ s + f
        logits[VOCABULARY.pad] = -np.inf
        first = np.exp(logits) / np.exp(logits).sum()
        wanted = list(first[:8])
        for number, cluster in enumerate(made.rare):
            A, B, b = (x.detach().numpy() for x in (cluster.into.weight, cluster.out.weight, cluster.out.bias))
            within = np.exp(B @ (A @ s) + b)
            wanted += list(first[8 + number] * within / within.sum())
        np.testing.assert_allclose(found_PV[position], wanted, rtol=0, atol=1e-12)


def test_scores_are_those_of_the_whole_distribution() -> None:
    made, at = head(), features()
    logp_PV = made(at, MEMORY)
    wanted_P = logp_PV.gather(1, targets()[:, None])[:, 0]
    scored = made.score(at, MEMORY, targets())
    torch.testing.assert_close(scored.logp_P, wanted_P)
    torch.testing.assert_close(scored.mean_logp_P, logp_PV[:, REAL].mean(1))
    torch.testing.assert_close(made.logp_of(at, MEMORY, targets()), wanted_P)
    leaves, slopes = [at.hidden_PD, *made.parameters()], torch.randn(2, NUM_POSITIONS, dtype=torch.float64)
    found, wanted = (
        torch.autograd.grad((torch.stack(pair) * slopes).sum(), leaves)
        for pair in ((scored.logp_P, scored.mean_logp_P), (wanted_P, logp_PV[:, REAL].mean(1)))
    )
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("tokens", [[5] * 4, [9] * 4, [5, 8, 19, 20, 39]])
def test_targets_in_one_cluster_alone_or_at_its_edges(tokens: list[int]) -> None:
    made, at = head(), features(positions=len(tokens))
    target_P = torch.tensor(tokens)
    found_P = made.logp_of(at, MEMORY, target_P)
    torch.testing.assert_close(found_P, made(at, MEMORY).gather(1, target_P[:, None])[:, 0])
    found_P.sum().backward()
    assert all(parameter.grad is not None for parameter in made.parameters()), "as data-parallel training needs it"


def test_chunks_change_neither_scores_nor_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    made, at = head(), features()
    leaves = [at.hidden_PD, *made.parameters()]

    def run() -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        scored, alone_P = made.score(at, MEMORY, targets()), made.logp_of(at, MEMORY, targets())
        total = (scored.logp_P.sin() + scored.mean_logp_P).sum() + alone_P.cos().sum()
        return scored.mean_logp_P, alone_P, torch.autograd.grad(total, leaves)

    whole = run()
    monkeypatch.setattr(generator, "_CHUNK", 7 * VOCABULARY.size)
    torch.testing.assert_close(run(), whole)


def test_shortlist_is_what_the_whole_vocabulary_says_of_it() -> None:
    """The words of a cluster that are not on it take their share of the cluster with them."""
    made, at = head(), features()
    columns_V = torch.tensor([3, 0, 37, 8])
    found_PV, logp_PV = made(at, MEMORY, columns_V=columns_V), made(at, MEMORY)[:, columns_V]
    torch.testing.assert_close(found_PV, logp_PV - logp_PV.logsumexp(-1, keepdim=True))
    assert (found_PV[:, 1] == -torch.inf).all()


def test_it_costs_a_fraction_of_one_softmax() -> None:
    """Words drawn as Zipf has them, of 8,000: the scores with their mean, and the scores alone."""
    size, width, positions = 8000, 64, 400
    vocabulary = Specials(size=size)
    embedding = EmbeddingSettings(width=4).build(vocabulary)
    torch.manual_seed(1)
    target_P = 1 + torch.multinomial(1 / torch.arange(1, size), positions, replacement=True)
    hidden_PD = torch.randn(positions, width)
    at = Features(hidden_PD=hidden_PD, row_P=torch.zeros(positions, dtype=torch.long))
    whole = GeneratorSettings().build(decoder=DecoderShape(hidden=width), embedding=embedding, tie=False)
    made = build(AdaptiveHeadSettings(), vocabulary=vocabulary, width=width)

    def flops(call: str) -> int:
        with FlopCounterMode(display=False) as counter:
            getattr(whole if call == "whole" else made, "score" if call == "whole" else call)(at, MEMORY, target_P)
        return counter.get_total_flops()

    one, with_mean, alone = flops("whole"), flops("score"), flops("logp_of")
    assert one == 2 * positions * width * size
    assert with_mean < 0.25 * one
    assert alone < 0.15 * one
    assert alone < 0.7 * with_mean


def test_learning_without_smoothing_never_makes_the_mean() -> None:
    vocabulary = Specials(size=4000)
    settings = ModelSettings(
        encoder=RecurrentEncoderSettings(width=8),
        decoder=RecurrentDecoderSettings(width=32),
        head=AdaptiveHeadSettings(),
    )
    model = settings.build(source=vocabulary, target=vocabulary)
    text = [4, 5, 6, 7] * 10
    run = model(make_batch([Pair(source=Source(parts={"text": text}), target=text)], vocabulary=vocabulary))

    def cost(smoothing: float) -> tuple[int, float]:
        with FlopCounterMode(display=False) as counter:
            total = CrossEntropy(smoothing=smoothing)(run).total
        return counter.get_total_flops(), float(total.detach())

    (with_mean, smoothed), (alone, plain) = cost(1e-9), cost(0.0)
    assert alone < 0.7 * with_mean
    assert plain == pytest.approx(smoothed, rel=1e-5)


@pytest.mark.parametrize(
    ("cutoffs", "ids"), [((0.5, 0.2), "20, 8"), ((30, 40), "30, 40"), ((0.001,), "0"), ((8, 8), "8, 8")]
)
def test_cutoffs_that_make_no_clusters_are_refused(cutoffs: tuple[float, ...], ids: str) -> None:
    with pytest.raises(RecipeError, match=f"must rise from above 0 to below the vocabulary's 40 tokens, but are {ids}"):
        build(AdaptiveHeadSettings(cutoffs=cutoffs))


def test_no_cutoff_and_a_tied_embedding_are_refused() -> None:
    with pytest.raises(RecipeError, match="cutoffs must name at least one, but is empty"):
        AdaptiveHeadSettings(cutoffs=())
    with pytest.raises(RecipeError, match=r'tie must be "none" with `head.kind` "adaptive", but is "output"'):
        ModelSettings(head=AdaptiveHeadSettings(), tie="output")
