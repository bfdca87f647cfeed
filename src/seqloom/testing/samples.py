"""Small random data for the laws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.testing import assert_close

from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Engine, Pair, Source
from seqloom.decoding.rollout import Rollout
from seqloom.decoding.search import Search
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.frame_stepper import ModelFrameStepper
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch, DecoderOutput
from seqloom.nn.memory import Memory, SourceBatch
from seqloom.testing.combinations import CHANNELS, Combination, parts_of

__all__ = ["FIRST_WORD", "Sample", "close", "sample", "walk"]

close = partial(assert_close, rtol=1e-8, atol=1e-9)
"""Double precision leaves no room for "about"."""

FIRST_WORD = 4
"""The first id behind pad, bos, eos and unknown."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A model in double precision, so that a law can be strict, and pairs of several lengths."""

    combination: Combination
    model: EncoderDecoder
    pairs: tuple[Pair, ...]
    vocabulary: Specials
    seed: int

    @property
    def vectors(self) -> bool:
        """Whether answers are real-valued frames."""
        return bool(self.vocabulary.channels)

    def engine(self) -> Engine:
        """What answers with this model."""
        if self.vectors:
            return Rollout(ModelFrameStepper(self.model))
        return Search(ModelStepper(self.model))

    @property
    def batch(self) -> Batch:
        return make_batch(self.pairs, vocabulary=self.vocabulary)

    @property
    def source(self) -> SourceBatch:
        return self.batch.source

    def pick(self, *rows: int) -> SourceBatch:
        """The source batch of some of the pairs."""
        return make_batch([self.pairs[row] for row in rows], vocabulary=self.vocabulary).source

    def tokens(self, rows: int, steps: int) -> Tensor:
        """Tokens to read, bos first, or frames; reproducible."""
        generator = torch.Generator().manual_seed(self.seed)
        if self.vectors:
            channels = self.vocabulary.channels + 1
            frames_NTC = torch.randn(rows, steps, channels, generator=generator, dtype=torch.float64)
            frames_NTC[:, :, -1] = 0
            frames_NTC[:, 0] = torch.eye(channels, dtype=torch.float64)[-1]
            return frames_NTC
        tokens_NT = torch.randint(FIRST_WORD, self.vocabulary.size, (rows, steps), generator=generator)
        tokens_NT[:, 0] = self.vocabulary.bos
        return tokens_NT

    def steps(self, wanted: int) -> int:
        """As many steps as wanted, or as the decoder can take."""
        longest = self.model.decoder.longest
        return wanted if longest is None else min(wanted, longest)

    def logp(self, output: DecoderOutput, memory: Memory) -> Tensor:
        """The head's ``logp_NTV`` of a decoder's output."""
        logp_PV = self.model.head(output.pick(), memory)
        return logp_PV.view(*output.hidden_NTD.shape[:2], -1)


def sample(
    combination: Combination,
    *,
    lengths: Sequence[tuple[int, int]] = ((4, 2), (2, 3), (3, 1)),
    size: int = 8,
    seed: int = 1,
) -> Sample:
    """One model and pairs with these source and target lengths."""
    dice = random.Random(seed)
    torch.manual_seed(seed)
    vocabulary = Specials(size=size)
    model = combination.build(vocabulary).double().eval()
    vocabulary = model.vocabulary
    pairs = tuple(_pair(dice, vocabulary, num_source, num_target, combination) for num_source, num_target in lengths)
    return Sample(combination=combination, model=model, pairs=pairs, vocabulary=vocabulary, seed=seed)


def walk(sample: Sample, source: SourceBatch, tokens_NT: Tensor, *, beams: int = 1) -> DecoderOutput:
    """Read the tokens one at a time; the last step's output."""
    model = sample.model
    state = model.decoder.start(model.encode(source), beams=beams, attention=model.head.attention)
    for step in range(tokens_NT.shape[1]):
        output = model.decoder(tokens_NT[:, step : step + 1], state)
        state = output.state
    return output


def _pair(
    dice: random.Random, vocabulary: Specials, num_source: int, num_target: int, combination: Combination
) -> Pair:
    words = range(FIRST_WORD, vocabulary.size)
    text = dice.choices(words, k=num_source)
    # For heads that copy: every third word is unknown to the vocabulary, one of the row's own.
    own = {word: vocabulary.size + place for place, word in enumerate(dict.fromkeys(text)) if place % 3 == 2}
    units = sorted(dice.sample(range(num_source), k=(num_source + 1) // 2)) if combination.units else None
    parts = {"text": text}
    for part in parts_of(combination.settings):  # a factor has as many positions as the text, another source its own
        parts[part] = dice.choices(words, k=num_source if "." in part else dice.randint(1, 4))
    source = Source(parts=parts, copy=[own.get(word, word) for word in text], units=units)
    if getattr(combination.settings.source, "kind", "") == "vectors":
        source = Source(parts={"vectors": _frames(dice, num_source)}, units=units)
    if vocabulary.channels:
        return Pair(source=source, target=_frames(dice, num_target))
    return Pair(source=source, target=dice.choices(words, k=num_target))


def _frames(dice: random.Random, number: int) -> Any:
    return np.array([dice.gauss() for _ in range(number * CHANNELS)]).reshape(number, CHANNELS)
