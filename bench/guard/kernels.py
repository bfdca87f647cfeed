"""What the guard watches: a few kernels of the package, each beside the yardstick that it is measured by.

The models have one layer a side: the shorter a slice, the more of them average the noise away.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from guard import yardsticks
from guard.yardsticks import INNER, LENGTH, ROWS, WIDTH, WORDS, Work

from seqloom.core import settings
from seqloom.core.specials import Specials
from seqloom.data.batches import BatchStream, make_batch
from seqloom.data.corpus import Corpus
from seqloom.data.epoch import BatchSettings
from seqloom.data.numbered import TARGET, TEXT, Numbered
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch, DecoderOutput, Run
from seqloom.training.loop import Learner
from seqloom.training.objectives.cross_entropy import CrossEntropy
from seqloom.training.settings import TrainingSettings

VOCABULARY = Specials(size=WORDS)
TRAINING = TrainingSettings(steps=1000, smoothing=0.1, threads=1)
TRANSFORMER = {"kind": "transformer", "layers": 1, "width": WIDTH, "heads": 4, "feed_forward": INNER, "dropout": 0.3}
CONV = {"kind": "conv", "layers": 1, "width": WIDTH, "kernel": 3, "dropout": 0.3}
LSTM = {"kind": "recurrent", "cell": "lstm", "layers": 1, "dropout": 0.3}
MODELS: dict[str, dict[str, Any]] = {
    "transformer": {"tie": "all", "encoder": TRANSFORMER, "decoder": TRANSFORMER},
    "conv": {"tie": "output", "encoder": CONV, "decoder": CONV},
    "recurrent": {
        "encoder": {**LSTM, "width": WIDTH // 2, "bidirectional": True},
        "decoder": {**LSTM, "width": WIDTH, "attention": {"kind": "general"}, "input_feeding": True},
    },
}


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """What is guarded, and what it is measured by."""

    name: str
    work: Work
    yardstick: Work


def kernels() -> list[Kernel]:
    chance = np.random.default_rng(1)
    batch = make_batch(pairs(chance, ROWS), vocabulary=VOCABULARY)
    layer = yardsticks.layer()
    lines = texts()
    return [
        Kernel(name="transformer_step", work=step(built("transformer"), batch), yardstick=layer),
        Kernel(name="recurrent_step", work=step(built("recurrent"), batch), yardstick=yardsticks.cell()),
        Kernel(name="conv_step", work=step(built("conv"), batch), yardstick=layer),
        Kernel(name="loss", work=loss(built("transformer"), batch), yardstick=yardsticks.scores()),
        Kernel(name="optimiser", work=optimiser(built("transformer")), yardstick=yardsticks.moments()),
        Kernel(name="search", work=search(built("transformer"), chance), yardstick=yardsticks.choices()),
        Kernel(name="batching", work=batching(chance), yardstick=yardsticks.rows(chance)),
        Kernel(name="numbering", work=numbering(lines), yardstick=yardsticks.words(lines)),
    ]


def built(kind: str) -> EncoderDecoder:
    torch.manual_seed(1)
    sides = {"source": {"width": WIDTH}, "target": {"width": WIDTH}}
    return settings.parse(ModelSettings, {**sides, **MODELS[kind]}).build(source=VOCABULARY, target=VOCABULARY)


def pairs(chance: np.random.Generator, number: int) -> list[Pair]:
    """Captions, by their lengths."""

    def tokens() -> list[int]:
        return [*map(int, chance.integers(4, VOCABULARY.size, int(chance.integers(LENGTH - 3, LENGTH))))]

    return [Pair(source=Source(parts={TEXT: tokens()}), target=tokens()) for _ in range(number)]


def step(model: EncoderDecoder, batch: Batch) -> Work:
    """A step of training on one piece, the optimiser's part included."""
    learner = Learner(model, TRAINING)
    return lambda: learner.learn([batch], step=1, rate=1e-6)


def loss(model: EncoderDecoder, batch: Batch) -> Work:
    """Generator and smoothed cross-entropy, there and back."""
    with torch.no_grad():
        run = model(batch)
    objective = CrossEntropy(smoothing=0.1)

    def work() -> None:
        hidden_NTD = run.output.hidden_NTD.clone().requires_grad_()
        output = DecoderOutput(hidden_NTD=hidden_NTD, state=run.output.state)
        objective(Run(model=model, batch=batch, encoded=run.memory, decoded=output)).total.backward()

    return work


def optimiser(model: EncoderDecoder) -> Work:
    """A move of all parameters."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 1e-3)
    optimizers = TRAINING.optimizer.build(model)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = 1e-6
    return lambda: [optimizer.step() for optimizer in optimizers]


def search(model: EncoderDecoder, chance: np.random.Generator) -> Work:
    """Sixteen sentences with five beams each; what has learnt nothing goes on to the longest answer."""
    engine = Search(ModelStepper(model.eval()), max_rows=80)
    sources = [pair.source for pair in pairs(chance, 16)]
    requests = [Request(id=place, source=source, beams=5, max_length=6) for place, source in enumerate(sources)]
    return lambda: answer(engine, requests)


def batching(chance: np.random.Generator) -> Work:
    """An epoch of a small corpus, arranged and gathered."""
    rows = [Numbered(columns={**pair.source.parts, TARGET: pair.target}) for pair in pairs(chance, 1000)]
    stream = BatchStream([Corpus.of(rows)], BatchSettings(tokens=512), vocabulary=VOCABULARY, seed=1)
    return lambda: [next(stream) for _ in range(stream.batches_per_epoch)]


def numbering(lines: list[str]) -> Work:
    """Lines of text, most of whose words were seen before; a link is too long to be remembered."""
    tokenizer = BpeSettings(size=2000).fit(lines[:1000])
    return lambda: tokenizer.encode_all(lines)


def texts() -> list[str]:
    chance = random.Random(1)
    syllables = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(3000)]
    common = [1 / place for place in range(1, len(words) + 1)]
    lines = [" ".join(chance.choices(words, common, k=chance.randint(6, 16))) for _ in range(3000)]
    links = ["https://example.org/" + "/".join(chance.choices(words, k=6)) for _ in range(300)]
    return lines + links
