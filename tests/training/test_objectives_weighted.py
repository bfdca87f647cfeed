"""Weights of tokens and focal loss: torch's own and the formula; and what they do for a class that is rare."""

from __future__ import annotations

import itertools
import math
import random

import pytest
import torch
from torch.nn import functional

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import PooledDecoderSettings
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Loss, Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.objectives import (
    CrossEntropy,
    CrossEntropySettings,
    Focal,
    FocalSettings,
    ObjectiveSettings,
    Targets,
    WeightedSettings,
)
from seqloom.training.settings import TrainingSettings

from .models import TASK, batches, model

SIZE = TASK.vocabulary.size


def named(counts: list[int] | None = None) -> Targets:
    """Tokens that are called t4, t5 …"""
    given = {"counts": lambda: counts} if counts is not None else {}
    ids = {f"t{number}": number for number in range(SIZE)}
    return Targets(vocabulary=TASK.vocabulary, id_of=ids.get, **given)  # type: ignore[arg-type]


def mean(loss: Loss) -> float:
    return (loss.total / loss.count).item()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("family", ["recurrent", "transformer"])
def test_weighted_cross_entropy_is_torchs(family: str, smoothing: float) -> None:
    run = model(family).double().eval()(next(batches()))
    weights = {"t5": 3.0, "t6": 0.0, "t2": 0.5}
    objective = WeightedSettings(weights=weights, smoothing=smoothing).build(named())
    weight_V = torch.ones(SIZE, dtype=torch.float64)
    for name, factor in weights.items():
        weight_V[int(name[1:])] = factor
    keep_BT = run.batch.keep_BT
    logp_PV, target_P = run.head(run.output.pick(keep_BT), run.memory), run.batch.outputs_BT[keep_BT]
    expected = functional.nll_loss(logp_PV, target_P, weight=weight_V)
    if smoothing:  # of the possible tokens: padding has no probability
        smooth_P = logp_PV[:, 1:].mean(-1)
        expected = (1 - smoothing) * expected - smoothing * (weight_V[target_P] * smooth_P).sum() / weight_V[
            target_P
        ].sum()
    assert mean(objective(run)) == pytest.approx(expected.item(), rel=1e-6)
    assert objective.count(run.batch) == objective(run).count


def test_weights_of_one_are_cross_entropy() -> None:
    run = model().double().eval()(next(batches()))
    plain, weighted = CrossEntropy()(run), WeightedSettings().build(named())(run)
    assert weighted.total.item() == pytest.approx(plain.total.item(), rel=1e-12)
    assert weighted.count == plain.count


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_balance_is_the_power_of_rareness_and_one_on_average(power: float) -> None:
    counts = [0, 0, 100, 0, 50, 0, 4, 1, *[7] * (SIZE - 8)]
    weights_V = WeightedSettings(balance=power).build(named(counts)).weights_V.tolist()
    assert weights_V[4] / weights_V[6] == pytest.approx((4 / 50) ** power, rel=1e-5)
    occurring = sum(count * weight for count, weight in zip(counts, weights_V, strict=True)) / sum(counts)
    assert occurring == pytest.approx(1.0, rel=1e-5)
    assert weights_V[5] == 1, "what never occurs"


def test_names_weigh_beside_the_balance() -> None:
    counts = [0, 0, *range(1, SIZE - 1)]
    alone = WeightedSettings(balance=1.0).build(named(counts)).weights_V
    both = WeightedSettings(balance=1.0, weights={"t4": 2.0}).build(named(counts)).weights_V
    assert both[4] == 2 * alone[4]
    assert both[5] == alone[5]


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_is_its_formula(gamma: float) -> None:
    run = model().double().eval()(next(batches()))
    keep_BT = run.batch.keep_BT
    logp_PV, target_P = run.head(run.output.pick(keep_BT), run.memory), run.batch.outputs_BT[keep_BT]
    expected = -sum(
        (1 - math.exp(logp)) ** gamma * logp for logp in logp_PV.gather(1, target_P[:, None])[:, 0].tolist()
    )
    loss = Focal(gamma=gamma)(run)
    assert loss.total.item() == pytest.approx(expected, rel=1e-9)
    assert loss.count == keep_BT.sum()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_has_a_gradient_where_all_is_sure(gamma: float) -> None:
    network = model().eval()
    with torch.no_grad():
        network.head.bias[5] = 200.0
    batch = next(batches())
    sure = Run(model=network, batch=batch, decoded=network(batch).output, encoded=network.encode(batch.source))
    Focal(gamma=gamma)(sure).total.backward()
    assert all(each.grad.isfinite().all() for each in network.parameters() if each.grad is not None)


def test_a_token_that_is_none_is_told() -> None:
    with pytest.raises(RecipeError, match='"weighted" must name tokens of the target, but "yes" is none'):
        WeightedSettings(weights={"yes": 2.0}).build(named())


def test_balance_needs_a_corpus() -> None:
    with pytest.raises(RecipeError, match="`balance` needs a corpus to count"):
        WeightedSettings(balance=1.0).build(Targets(vocabulary=TASK.vocabulary))


def test_some_token_must_count() -> None:
    nothing = {f"t{number}": 0.0 for number in range(SIZE)}
    with pytest.raises(RecipeError, match="must leave some token that counts"):
        WeightedSettings(weights=nothing).build(named())


def test_vectors_have_no_tokens() -> None:
    targets = Targets(vocabulary=Specials(size=0, channels=2))
    for chosen in (WeightedSettings(), FocalSettings()):
        with pytest.raises(RecipeError, match="needs targets of tokens, but these are vectors"):
            chosen.build(targets)


# ---- what they are for -----------------------------------------------------------------------------------------------

CLASSES = Specials(size=6)
COMMON, RARE = 4, 5


def skewed(number: int, *, rare: float, sign: float, false_sign: float = 0.0, seed: int) -> list[Pair]:
    """A class with this share. All that tells it from the other is a sign, which so many of both have."""
    dice = random.Random(seed)
    pairs = []
    for _ in range(number):
        is_rare = dice.random() < rare
        source = [dice.randrange(4, 10) for _ in range(4)]
        if dice.random() < (sign if is_rare else false_sign):
            source[dice.randrange(4)] = 10
        pairs.append(Pair(source=Source(parts={"text": source}), target=[RARE if is_rare else COMMON]))
    return pairs


def recall(chosen: ObjectiveSettings, learnt: list[Pair], tested: list[Pair], *, steps: int) -> float:
    """Of the rare class, on rows that were not learnt from."""
    torch.manual_seed(1)
    network = ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=RecurrentEncoderSettings(width=16),
        decoder=PooledDecoderSettings(),
    ).build(source=Specials(size=11), target=CLASSES)
    rows = [make_batch(learnt[first : first + 50], vocabulary=CLASSES) for first in range(0, len(learnt), 50)]
    common = sum(pair.target == [COMMON] for pair in learnt)
    targets = Targets(vocabulary=CLASSES, counts=lambda: [0, 0, len(learnt), 0, common, len(learnt) - common])
    settings = TrainingSettings(steps=steps, rate=5e-3, warmup=5, objectives=(chosen,))
    list(train(network, itertools.cycle(rows), settings, targets=targets))
    batch = make_batch([pair for pair in tested if pair.target == [RARE]], vocabulary=CLASSES)
    run = network.eval()(batch)
    said_P = run.head(run.output.pick(batch.keep_BT), run.memory).argmax(-1)
    return (said_P[batch.outputs_BT[batch.keep_BT] == RARE] == RARE).float().mean().item()


def test_weights_raise_the_recall_of_a_class_that_is_never_the_likelier() -> None:
    learnt, tested = (skewed(2000, rare=0.05, sign=0.7, false_sign=0.1, seed=seed) for seed in (1, 2))
    assert recall(CrossEntropySettings(), learnt, tested, steps=120) < 0.1
    assert recall(WeightedSettings(balance=1.0), learnt, tested, steps=120) > 0.5


def test_focal_loss_learns_a_rare_class_sooner() -> None:
    """The sign is sure, so all comes to know it; what is known already leaves the gradient to what is not."""
    learnt, tested = (skewed(2000, rare=rare, sign=1.0, seed=seed) for rare, seed in ((0.03, 1), (0.2, 2)))
    sooner = recall(FocalSettings(), learnt, tested, steps=100)
    assert sooner > recall(CrossEntropySettings(), learnt, tested, steps=100) + 0.15
