"""Denoising: which pass it makes, over what; and what a model learns by it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from seqloom.core.errors import RecipeError
from seqloom.data.batches import batches_of, make_batch
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Part
from seqloom.training.loop import train
from seqloom.training.noise import Noise
from seqloom.training.objectives import Denoising, DenoisingSettings, Targets
from seqloom.training.settings import TrainingSettings

from .models import RECURRENT, TASK, batches, model

BOTH = Targets(vocabulary=TASK.vocabulary, joint=True)
BOS, EOS, PAD, UNK = TASK.vocabulary.bos, TASK.vocabulary.eos, TASK.vocabulary.pad, TASK.vocabulary.unk
PAIRS = [
    Pair(source=Source(parts={"text": [4, 5, 6]}), target=[7, 8]),
    Pair(source=Source(parts={"text": [9]}), target=[10, 11, 4, 5]),
]


def test_without_noise_a_target_is_its_own_source() -> None:
    batch = make_batch(PAIRS, vocabulary=TASK.vocabulary)
    own = DenoisingSettings().build(BOTH).damaged(batch)
    assert own.source.parts["text"].values[0, :2].tolist() == [7, 8]
    assert own.source.parts["text"].mask_BS.sum(1).tolist() == [2, 4]
    assert own.target_BT.equal(batch.target_BT)


def test_without_noise_a_source_is_its_own_target() -> None:
    batch = make_batch(PAIRS, vocabulary=TASK.vocabulary)
    own = DenoisingSettings(side="source").build(BOTH).damaged(batch)
    assert own.source.parts["text"].values.equal(batch.source.parts["text"].values)
    assert own.target_BT.tolist() == [[BOS, 4, 5, 6, EOS], [BOS, 9, EOS, PAD, PAD]]
    assert own.target_mask_BT.sum(1).tolist() == [5, 3]


@pytest.mark.parametrize("side", ["source", "target"])
def test_it_is_the_likelihood_of_the_whole_given_the_damaged(side: str) -> None:
    network = model().double().eval()
    batch = make_batch(PAIRS, vocabulary=TASK.vocabulary)
    objective = DenoisingSettings(side=side, mask=0.5).build(BOTH)  # type: ignore[arg-type]
    torch.manual_seed(3)
    loss = objective(Run(model=network, batch=batch))
    torch.manual_seed(3)
    own = objective.damaged(batch)
    torch.testing.assert_close(loss.total, -network.logp_P(own).sum())
    assert loss.count == own.keep_BT.sum() == objective.count(batch)


def test_own_words_are_unknown_here() -> None:
    """Whose they are is lost with the source that they were words of."""
    own_word = TASK.vocabulary.size + 1
    pair = Pair(source=Source(parts={"text": [4, 3]}, copy=[4, own_word]), target=[own_word, 5])
    network = model(copies=True)
    batch = make_batch([pair], vocabulary=TASK.vocabulary)
    own = DenoisingSettings().build(BOTH).damaged(batch)
    assert own.target_BT.tolist() == [[BOS, UNK, 5, EOS]]
    assert own.source.copy_BS is not None
    assert own.source.copy_BS.tolist() == [[UNK, 5]]
    assert network.logp_P(own).isfinite().all()


def test_only_its_own_pass_is_made_where_nothing_else_is_wanted() -> None:
    network = model()
    seen: list[int] = []
    network.encoder.register_forward_hook(lambda _m, args, _o: seen.append(args[0].mask_BS.shape[1]))
    settings = TrainingSettings(steps=2, warmup=0, objectives=(DenoisingSettings(side="source"),))
    list(train(network, islice(batches(), 2), settings, targets=BOTH))
    assert len(seen) == 2


def test_two_vocabularies_are_refused() -> None:
    with pytest.raises(RecipeError, match="needs one vocabulary for both sides, but there are two"):
        DenoisingSettings().build(Targets(vocabulary=TASK.vocabulary))


def test_sources_that_are_not_texts_are_refused() -> None:
    batch = next(batches())
    sound = Part(values=torch.randn(16, 5, 3), mask_BS=torch.ones(16, 5, dtype=torch.bool))
    batch = replace(batch, source=replace(batch.source, parts={"audio": sound}))
    with pytest.raises(RecipeError, match="reads texts, but the sources of this model are audio"):
        Denoising(vocabulary=TASK.vocabulary, noise=Noise()).damaged(batch)


def test_what_is_to_be_said_again_is_read_whole() -> None:
    with pytest.raises(RecipeError, match='word_dropout must be 0 with "denoising" of the source'):
        TrainingSettings(word_dropout=0.1, objectives=(DenoisingSettings(side="source"),))


# ---- what it is for --------------------------------------------------------------------------------------------------

CYCLE = SyntheticSettings(symbols=6, shortest=3, longest=6)


def runs(number: int) -> list[Pair]:
    """Symbols that follow on each other in a circle, so that what is missing can be known."""
    first, last = 4, CYCLE.vocabulary.size
    pairs = []
    for place in range(number):
        start, length = place % (last - first), 3 + place % 4
        symbols = [first + (start + step) % (last - first) for step in range(length)]
        pairs.append(Pair(source=Source(parts={"text": symbols}), target=symbols))
    return pairs


def made_again(objective: DenoisingSettings, damaged: list[list[int]]) -> list[tuple[int, ...]]:
    """What a model trained by the objective alone makes of these."""
    torch.manual_seed(1)
    network: EncoderDecoder = ModelSettings(
        source=TextSourceSettings(width=32),
        target=EmbeddingSettings(width=32),
        encoder=replace(RECURRENT[0], width=32, layers=1),
        decoder=replace(RECURRENT[1], width=32, layers=1),
    ).build(source=CYCLE.vocabulary, target=CYCLE.vocabulary)
    batch = next(batches_of(runs(48), size=48, vocabulary=CYCLE.vocabulary))
    settings = TrainingSettings(steps=120, rate=1e-2, warmup=10, objectives=(objective,))
    targets = Targets(vocabulary=CYCLE.vocabulary, joint=True)
    list(train(network, [batch] * 120, settings, targets=targets))
    requests = [Request(id=row, source=Source(parts={"text": text}), max_length=12) for row, text in enumerate(damaged)]
    return [each.tokens for each in answer(Search(ModelStepper(network.eval())), requests)]


def test_a_model_restores_what_was_damaged_and_a_plain_autoencoder_copies() -> None:
    whole = [[*pair.target] for pair in runs(24)]
    damaged = [[second, first, *rest] for first, second, *rest in whole]
    restored = made_again(DenoisingSettings(permute=2), damaged)
    share = sum(list(said) == right for said, right in zip(restored, whole, strict=True)) / len(whole)
    assert share > 0.9
    copied = made_again(DenoisingSettings(side="source"), whole)
    assert sum(list(said) == right for said, right in zip(copied, whole, strict=True)) / len(whole) > 0.9
    untaught = made_again(DenoisingSettings(), damaged)
    assert sum(list(said) == right for said, right in zip(untaught, whole, strict=True)) / len(whole) < share - 0.2
