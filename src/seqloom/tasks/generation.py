"""A text from a title, from keywords, from its first sentence or from nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Literal
from zlib import crc32

from seqloom.core.settings import Count, Positive
from seqloom.data.rows import BadLine, Row
from seqloom.data.sentences import cut_sentences
from seqloom.metrics.bigrams import Bigrams
from seqloom.metrics.copied import Seen
from seqloom.metrics.score import Score
from seqloom.metrics.variety import distinct, repeating
from seqloom.tasks.contract import Answered, Baseline, Known, Task, TaskBase
from seqloom.tasks.dialogue import likelihood

__all__ = ["Generation", "GenerationSettings"]

_LEARNT = 500_000
"""Training texts that are looked at for all that is known of them, for they are held at the same time."""


@dataclass(frozen=True, kw_only=True)
class GenerationSettings(TaskBase):
    """The task of generation.

    Anything may be said, so what is measured is how various the texts are, how much of them is copied from the training
    texts, and how likely the model finds real ones.
    """

    kind: Literal["generation"] = "generation"
    begin: Literal["given", "sentence"] = "given"
    """given: a row has what a text is made from, its title or keywords, and the text; sentence: a row is a text, which
    goes on from its first sentence. From nothing: `data.rows = "texts"` with `data.source = "none"`."""
    copied: Positive = 8
    """Words in a row, or characters of a writing without spaces, that are copied where a training text has them."""
    known: Count = 100_000
    """Of these at most so many go with the model, as hashes of 8 bytes; of whole texts as many."""
    shown: Count = 200
    """Training texts that go with the model, of which one by chance is a baseline."""

    @property
    def listed(self) -> str:
        return "" if self.begin == "given" else "text"

    def pairs(self, row: Row) -> Iterator[Row | BadLine]:
        if self.begin == "given" or not row.source.strip():
            yield row
            return
        text = " ".join([row.source, *row.targets]).replace("\t", " ")
        first, *rest = [sentence.strip() for sentence in cut_sentences(text.strip())]
        if not rest:
            what = "there is one sentence alone, behind which nothing stands"
            yield BadLine(file=row.file, line=row.line, what=what, text=text, left_out=True)
            return
        glue = " " if text.strip()[len(first) : len(first) + 1].isspace() else ""
        yield replace(row, source=first, targets=(glue.join(rest),))

    def learn(self, rows: Iterable[Row]) -> Known:
        texts = [row.targets[0] for row in islice(rows, _LEARNT)]
        dice = random.Random(1)
        return {
            "grams": Seen.learn(texts, n=self.copied, most=self.known).to_data(),
            "whole": Seen.learn(texts, n=0, most=self.known).to_data(),
            "bigrams": Bigrams.learn(texts).to_data(),
            "texts": dice.sample(texts, min(self.shown, len(texts))),
        }

    def build(self, known: Known) -> Generation:
        return Generation(known)


class Generation(Task):
    """A source is read as it is, and anything may be said."""

    likelihoods = True

    def __init__(self, known: Known) -> None:
        self._known = known

    @cached_property
    def _bigrams(self) -> Bigrams:
        return Bigrams.from_data(self._known["bigrams"])

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        said = [one.texts[0] if one.texts else "" for one in answered]
        counted = [repeating(said), *(Seen.from_data(self._known[name]).counts(said) for name in ("grams", "whole"))]
        found = [distinct(said, n=n, samples=samples) for n in (1, 2)]
        found += [each.score(samples=samples, seed=12345) for each in counted]
        return [*found, *likelihood(answered, samples=samples, bigrams=self._bigrams)]

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        texts = self._known["texts"]
        return {
            "a bigram model": lambda row: [self._bigrams.say(_dice(row))],
            "a training text": lambda row: [_dice(row).choice(texts)] if texts else [],
        }


def _dice(row: Row) -> random.Random:
    """Another draw for another question, and always the same."""
    return random.Random(crc32("\n".join((row.source, *row.targets)).encode()))
