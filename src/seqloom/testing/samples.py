"""Small random data for the laws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.testing import assert_close

from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch, DecoderOutput
from seqloom.nn.memory import Memory, SourceBatch
from seqloom.testing.combinations import Combination

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
    def batch(self) -> Batch:
        return make_batch(self.pairs, vocabulary=self.vocabulary)

    @property
    def source(self) -> SourceBatch:
        return self.batch.source

    def pick(self, *rows: int) -> SourceBatch:
        """The source batch of some of the pairs."""
        return make_batch([self.pairs[row] for row in rows], vocabulary=self.vocabulary).source

    def tokens(self, rows: int, steps: int) -> Tensor:
        """Tokens to read, bos first, reproducible."""
        generator = torch.Generator().manual_seed(self.seed)
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
    source = Source(parts={"text": text}, copy=[own.get(word, word) for word in text], units=units)
    return Pair(source=source, target=dice.choices(words, k=num_target))
