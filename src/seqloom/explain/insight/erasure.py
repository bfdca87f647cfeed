"""What is lost of an answer's log-probability when tokens of its source are blotted out.

Li, Monroe & Jurafsky 2016, section 3: the token's vector becomes zero, as padding's is, and its place stays. So nothing
else moves, and any engine that scores can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqloom.decoding.request import Engine, Source
from seqloom.explain.insight.case import Case
from seqloom.explain.insight.matrices import Matrix, Vector, finite

__all__ = ["Faithfulness", "blotted", "erasure_of", "faithfulness_of"]

_DRAWS = 20
_SHARE = 0.2
"""Of the source's tokens, that are taken away to see what hurts."""

_NEVER = -30.0
"""Stands for the log-probability of what can no longer be said: a word of the source that was to be copied."""


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """Whether what a method calls important is: the drop of the answer's log-probability without it."""

    top: float
    """Without the tokens that the method puts first."""
    random: float
    """Without as many others, on the mean of the draws."""
    tokens: int
    draws: int

    def to_data(self) -> dict[str, Any]:
        return {
            "top": finite(self.top),
            "random": finite(self.random),
            "tokens": self.tokens,
            "draws": self.draws,
        }


def blotted(case: Case, places: Iterable[int]) -> Source:
    """The source with nothing at these places, from which nothing can be copied either."""
    source, numbering, gone = case.request.source, case.speaker.numbering, frozenset(places)
    pads = {name: each.pad for name, each in numbering.part_vocabularies.items()}
    pads[numbering.part] = numbering.source_vocabulary.pad
    behind = len(source.parts[numbering.part])
    parts = {}
    for name, ids in source.parts.items():
        # Factors lie in the places of the text, further texts behind it.
        along = name == numbering.part or "." in name
        first, behind = (0, behind) if along else (behind, behind + len(ids))
        parts[name] = [pads[name] if first + place in gone else id for place, id in enumerate(ids)]
    copy = None if source.copy is None else [-1 if place in gone else id for place, id in enumerate(source.copy)]
    return replace(source, parts=parts, copy=copy)


def erasure_of(case: Case, target: Sequence[int], scorer: Engine) -> Matrix:
    """A row a token of the target: log p - log p without each token of the source."""
    kept, *without = _scored(case, target, scorer, [(), *((place,) for place in range(len(case.source_tokens)))])
    return tuple(zip(*(kept - each for each in without), strict=True))


def faithfulness_of(case: Case, relevance: dict[str, Vector], scorer: Engine, *, seed: int) -> dict[str, Faithfulness]:
    """Of each method by what it says of each source token for the answer as a whole."""
    size = len(case.source_tokens)
    number = max(1, round(_SHARE * size))
    dice = np.random.default_rng(seed)
    drawn = [tuple(dice.choice(size, number, replace=False).tolist()) for _ in range(_DRAWS)]
    tops = [tuple(np.argsort(-np.array(each), kind="stable")[:number].tolist()) for each in relevance.values()]
    scored = [each.sum() for each in _scored(case, case.target, scorer, [(), *drawn, *tops])]
    kept, random, top = scored[0], scored[1 : 1 + _DRAWS], scored[1 + _DRAWS :]
    return {
        method: Faithfulness(top=float(kept - each), random=float(kept - np.mean(random)), tokens=number, draws=_DRAWS)
        for method, each in zip(relevance, top, strict=True)
    }


def _scored(case: Case, target: Sequence[int], scorer: Engine, gone: Sequence[Sequence[int]]) -> list[Any]:
    """The log-probabilities of the target's tokens, the end's last, without these places of the source."""
    case.go_on()
    pairs = [replace(case.pair, source=blotted(case, places), target=target) for places in gone]
    return [np.maximum(each.token_logps, _NEVER) for each in scorer.score(pairs)]
