"""Minimum risk: the formula with given answers, and answers that become better."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch

from seqloom.data.batches import batches_of
from seqloom.decoding.request import Pair, Request, Sampling, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import PooledDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch, Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.objectives import CrossEntropySettings, ObjectiveSettings, Risk, RiskSettings, Targets
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, RECURRENT, TASK, batches, model

TARGETS = Targets(vocabulary=TASK.vocabulary)


def encoded(network: EncoderDecoder, batch: Batch) -> Run:
    return Run(model=network, batch=batch, encoded=network.encode(batch.source), step=1)


def logp(network: EncoderDecoder, batch: Batch, row: int, tokens: tuple[int, ...]) -> torch.Tensor:
    """Of one answer to one source, by itself."""
    vocabulary = network.vocabulary
    alone = Batch(
        source=batch.source.select(torch.tensor([row])),
        target_BT=torch.tensor([[vocabulary.bos, *tokens, vocabulary.eos]]),
        target_mask_BT=torch.ones(1, len(tokens) + 2, dtype=torch.bool),
    )
    return network.logp_P(alone).sum()


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_risk_is_its_formula(family: str, copies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With answers that are given, some twice and some the target; and so is its gradient."""
    network = model(family, copies=copies).double().eval()
    batch = next(batches(3))
    drawn = [[(5, 6), (5, 6), (7,)], [()], [(9, 8, 7, 6, 5)] * 3]
    monkeypatch.setattr(Risk, "_drawn", lambda *_: drawn)
    objective = RiskSettings(utility="token_accuracy", sharpness=0.3).build(TARGETS)
    loss = objective(encoded(network, batch))
    expected = torch.zeros((), dtype=torch.float64)
    for row, answers in enumerate(drawn):
        right = tuple(batch.target_BT[row][batch.target_mask_BT[row]].tolist()[1:-1])
        several = list({right, *answers})
        weight_K = (0.3 * torch.stack([logp(network, batch, row, tokens) for tokens in several])).softmax(0)
        for weight, tokens in zip(weight_K, several, strict=True):
            same = sum(one == other for one, other in zip(tokens, right, strict=False))
            expected = expected + weight * (1 - same / max(len(tokens), len(right)))
    torch.testing.assert_close(loss.total, expected, rtol=1e-6, atol=1e-9)
    assert loss.count == 3 == objective.count(batch)
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    found = torch.autograd.grad(loss.total, parameters, allow_unused=True)
    wanted = torch.autograd.grad(expected, parameters, allow_unused=True)
    for one, other in zip(found, wanted, strict=True):
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, rtol=0, atol=1e-8)


def test_answers_are_the_models_own_draws_and_a_steps_seed_fixes_them() -> None:
    network, batch = model("recurrent").train(), next(batches(4))
    objective = RiskSettings(samples=6).build(TARGETS)
    references = [tuple(row) for row in batch.target_BT.tolist()]

    def drawn(seed: int) -> list[list[tuple[int, ...]]]:
        torch.manual_seed(seed)
        return objective._drawn(network, batch, references)

    first = drawn(1)
    assert [len(row) for row in first] == [6] * 4
    assert first == drawn(1) != drawn(2)
    assert len({tokens for row in first for tokens in row}) > 6
    assert all(len(tokens) <= math.ceil(1.5 * len(references[0])) + 5 for row in first for tokens in row)
    assert network.training, "it learns on after it has answered"
    assert network.decoder.training


def test_what_is_frozen_in_evaluation_stays_so() -> None:
    network, batch = model("recurrent").train(), next(batches(2))
    network.encoder.eval()
    RiskSettings(samples=2).build(TARGETS)(encoded(network, batch))
    assert not network.encoder.training
    assert network.decoder.training


def test_a_model_that_says_no_numbers_has_a_loss_that_is_none() -> None:
    """So that the run goes back to where it was good."""
    network, batch = model("recurrent"), next(batches(2))
    with torch.no_grad():
        network.head.weight.fill_(math.nan)
    assert RiskSettings(samples=2).build(TARGETS)(encoded(network, batch)).total.isnan()


def test_the_words_of_texts_are_what_is_compared() -> None:
    """A text that hides the difference between two tokens makes them equally good."""
    network, batch = model("recurrent").double().eval(), next(batches(2))
    blind = replace(TARGETS, text=lambda ids: "same")
    assert RiskSettings(utility="exact_match", samples=3).build(blind)(encoded(network, batch)).total.item() == 0


def test_a_label_is_an_answer_too() -> None:
    torch.manual_seed(1)
    network = ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=RECURRENT[0],
        decoder=PooledDecoderSettings(),
    ).build(source=TASK.vocabulary, target=TASK.vocabulary)
    pairs = [replace(pair, target=pair.target[:1]) for pair in islice(TASK.pairs("training"), 64)]
    settings = TrainingSettings(
        steps=30, rate=1e-2, warmup=2, objectives=(RiskSettings(utility="exact_match", samples=8, sharpness=1.0),)
    )
    losses = [
        progress.loss
        for progress in train(network, (each for _ in range(30) for each in _rows(pairs)), settings, targets=TARGETS)
    ]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def _rows(pairs: list[Pair]) -> Iterator[Batch]:
    return batches_of(pairs, size=64, vocabulary=TASK.vocabulary)


# ---- what it is for --------------------------------------------------------------------------------------------------

VOCABULARY = TASK.vocabulary


def mistaken(number: int) -> list[Pair]:
    """Two symbols to copy; but two targets in five are anything."""
    dice = random.Random(1)
    pairs = []
    for _ in range(number):
        source, other = ([dice.randrange(4, 10) for _ in range(2)] for _ in range(2))
        pairs.append(Pair(source=Source(parts={"text": source}), target=source if dice.random() < 0.6 else other))
    return pairs


def drawn_rightly(network: EncoderDecoder) -> float:
    """The share of draws that are copies."""
    sources = [(first, second) for first in range(4, 10) for second in range(4, 10)]
    requests = [
        Request(id=row, source=Source(parts={"text": source}), beams=16, nbest=16, search=Sampling(seed=row))
        for row, source in enumerate(sources)
    ]
    answers = answer(Search(ModelStepper(network.eval()), max_rows=16 * len(sources)), requests)
    return sum(
        each.tokens == source
        for found, source in zip(answers, sources, strict=True)
        for each in (found, *found.alternatives)
    ) / (16 * len(sources))


def test_risk_makes_the_answers_that_are_drawn_better() -> None:
    """Cross-entropy learns the mistakes in their proportion; minimum risk says what is right most often."""
    torch.manual_seed(1)
    network = ModelSettings(
        source=TextSourceSettings(width=24),
        target=EmbeddingSettings(width=24),
        encoder=replace(RECURRENT[0], width=24, layers=1),
        decoder=replace(RECURRENT[1], width=24, layers=1),
    ).build(source=VOCABULARY, target=VOCABULARY)
    learnt = list(batches_of(mistaken(150 * 32), size=32, vocabulary=VOCABULARY))
    list(train(network, learnt[:100], TrainingSettings(steps=100, rate=1e-2, warmup=10)))
    begun = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def after(chosen: ObjectiveSettings) -> float:
        network.load_state_dict(begun)
        further = TrainingSettings(steps=50, rate=5e-3, warmup=0, objectives=(chosen,))
        list(train(network, learnt[100:], further, targets=TARGETS))
        return drawn_rightly(network)

    assert after(CrossEntropySettings()) < 0.6
    assert after(RiskSettings(utility="exact_match", samples=10, sharpness=1.0)) > 0.75
