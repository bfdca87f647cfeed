"""Words that no vocabulary has: a model with a copy head learns to say them, one without cannot."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

import pytest

from seqloom.core.seeding import seed_everything
from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.heads import CopyHeadSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings

VOCABULARY = Specials(size=14)


def pairs(seed: int) -> Iterator[Pair]:
    """Sequences to copy. About every third word is unknown: the source reads nothing of it, the target is it."""
    dice = random.Random(seed)
    while True:
        length = dice.randint(3, 8)
        copy: list[int] = []
        for _ in range(length):
            own = sum(word >= VOCABULARY.size for word in copy)
            copy.append(VOCABULARY.size + own if dice.random() < 0.35 else dice.randrange(4, VOCABULARY.size))
        text = [word if word < VOCABULARY.size else VOCABULARY.unk for word in copy]
        yield Pair(source=Source(parts={"text": text}, copy=copy), target=copy)


@pytest.mark.slow
def test_unknown_words_of_the_source_are_said() -> None:
    seed_everything(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=48),
        encoder=RecurrentEncoderSettings(width=64),
        target=EmbeddingSettings(width=48),
        decoder=RecurrentDecoderSettings(width=64),
        head=CopyHeadSettings(),
    )
    model = settings.build(source=VOCABULARY, target=VOCABULARY)
    training = TrainingSettings(steps=800, rate=4e-3, warmup=100)
    for _ in train(model, batches_of(pairs(1), size=64, vocabulary=VOCABULARY), training):
        pass
    tested = [pair for pair in islice(pairs(2), 200) if max(pair.target) >= VOCABULARY.size]
    requests = [Request(id=number, source=pair.source, max_length=12) for number, pair in enumerate(tested)]
    answers = answer(Search(ModelStepper(model.eval())), requests)
    own = [
        (said, word)
        for given, pair in zip(answers, tested, strict=True)
        for said, word in zip((*given.tokens, *[0] * 12), pair.target, strict=False)
        if word >= VOCABULARY.size
    ]
    right = sum(said == word for said, word in own) / len(own)
    assert len(own) > 150
    assert right >= 0.95, f"{right:.1%} of the words that the vocabulary does not have are said"
