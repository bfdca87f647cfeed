"""A small task beside a larger related one: what the shared encoder learns from the one helps the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import torch

from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of
from seqloom.decoding.request import Pair, Source
from seqloom.models.branches import BranchSettings
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import RepeatedBatches
from seqloom.training.tasks import TaskStreams

FIRST, CLASSES, WORDS = 4, 6, 60
SOURCE, TARGET = Specials(size=FIRST + WORDS), Specials(size=FIRST + CLASSES)
FEW, MANY, BATCH, STEPS, SHARE = 40, 2000, 20, 300, 2


@dataclass(frozen=True)
class Task:
    """Each word has a class; the main task says the classes backwards, the related one forwards with other names."""

    backwards: bool

    def pair(self, dice: random.Random) -> Pair:
        words = [dice.randrange(WORDS) for _ in range(dice.randint(2, 4))]
        # Neighbours in number have nothing in common: only what was seen of a word tells its class.
        classes = [(word * 7) % 11 % CLASSES for word in words]
        said = classes[::-1] if self.backwards else [(each + 2) % CLASSES for each in classes]
        return Pair(
            source=Source(parts={"text": [FIRST + word for word in words]}), target=[FIRST + each for each in said]
        )

    def pairs(self, number: int, *, seed: int) -> list[Pair]:
        dice = random.Random(seed)
        return [self.pair(dice) for _ in range(number)]


MAIN, RELATED = Task(backwards=True), Task(backwards=False)


def repeated(pairs: Sequence[Pair]) -> RepeatedBatches:
    def epoch(number: int) -> Iterator[Batch]:
        shuffled = random.Random(number).sample(pairs, len(pairs))
        return batches_of(shuffled, size=BATCH, vocabulary=TARGET)

    return RepeatedBatches(epoch, batches_per_epoch=len(pairs) // BATCH)


def built(*, related: bool) -> EncoderDecoder:
    torch.manual_seed(1)
    decoder = RecurrentDecoderSettings(cell="gru", width=32, layers=1)
    settings = ModelSettings(
        source=TextSourceSettings(width=24),
        encoder=RecurrentEncoderSettings(cell="gru", width=32, layers=1),
        target=EmbeddingSettings(width=16),
        decoder=decoder,
        tasks={"related": BranchSettings(target=EmbeddingSettings(width=16), decoder=decoder)} if related else {},
    )
    return settings.build(source=SOURCE, target=TARGET, tasks={"related": TARGET} if related else {})


def held_out(*, related: bool) -> float:
    """The share of right classes in unseen pairs of the main task, after equally many of its batches."""
    model = built(related=related)
    main = repeated(MAIN.pairs(FEW, seed=1))
    stream = (
        TaskStreams(main, {"related": repeated(RELATED.pairs(MANY, seed=2))}, {"related": SHARE}) if related else main
    )
    settings = TrainingSettings(steps=STEPS * (1 + SHARE if related else 1), rate=5e-3, warmup=20)
    for _ in train(model, iter(lambda: next(stream), None), settings):
        pass
    [test] = batches_of(MAIN.pairs(400, seed=3), size=400, vocabulary=TARGET)
    with torch.inference_mode():
        run = model.eval()(test)
        keep_BT = test.keep_BT & (test.outputs_BT != TARGET.eos)
        said_P = model.head(run.output.pick(keep_BT), run.memory).argmax(-1)
    return float((said_P == test.outputs_BT[keep_BT]).float().mean())


@pytest.mark.slow
def test_a_related_task_helps_a_small_one() -> None:
    alone, together = held_out(related=False), held_out(related=True)
    assert together > alone + 0.2  # 0.39 and 0.73 when this was written
