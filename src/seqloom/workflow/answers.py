"""What a person gets back: text, how sure the model is of it, and where it looked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["Answer", "Attention", "PairScore", "confidence_of"]

Attention = tuple[tuple[float, ...], ...]
"""A row a token of the answer, its end included; a column a token of the source."""


def confidence_of(token_logps: Sequence[float]) -> float:
    """The geometric mean of the tokens' probabilities, the end's included: 1 is certain."""
    return math.exp(sum(token_logps) / len(token_logps)) if token_logps else 1.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, and the others that were nearly given."""

    text: str
    score: float
    """What answers are ranked by: the log-probability after the penalties of the search."""
    logp: float
    confidence: float
    """See ``confidence_of``."""
    tokens: tuple[str, ...]
    token_logps: tuple[float, ...]
    """One more than there are tokens: the last is the end's."""
    source: str
    source_tokens: tuple[str, ...]
    alternatives: tuple[Answer, ...] = ()
    """The rest of the n best, best first."""
    look: Callable[[], Attention | None] | None = field(default=None, repr=False, compare=False)
    """Makes ``attention`` when it is asked for."""

    @cached_property
    def attention(self) -> Attention | None:
        """Where the model looked for each token; None where it attends to nothing, or answered in parts."""
        return None if self.look is None else self.look()

    def to_data(self) -> dict[str, Any]:
        """For JSON; attention is left out, for it is large."""
        data = {
            "source": self.source,
            "text": self.text,
            "score": self.score,
            "logp": self.logp,
            "confidence": self.confidence,
            "tokens": list(self.tokens),
        }
        if self.alternatives:
            data["alternatives"] = [
                {key: value for key, value in each.to_data().items() if key != "source"} for each in self.alternatives
            ]
        return data


@dataclass(frozen=True, kw_only=True)
class PairScore:
    """How likely a given target is."""

    source: str
    target: str
    logp: float
    confidence: float
    tokens: tuple[str, ...]
    token_logps: tuple[float, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "logp": self.logp,
            "confidence": self.confidence,
            "tokens": list(self.tokens),
            "token_logps": list(self.token_logps),
        }
