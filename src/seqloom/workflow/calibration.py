"""From log-probabilities to confidences that mean what they say.

What right is differs. A token is right if it is the reference's, given the reference's tokens before it: so the model's
likeliest token of each place of the validation pairs is looked at. An answer is as good as the recipe's first metric
finds it alone (``seqloom.metrics.qualities``): right or wrong for a metric of those, from 0 to 1 for a text. Its
confidence is then the chance that it is right, or the quality to be expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from seqloom.core.errors import ModelFolderError
from seqloom.metrics.temperature import Temperature

__all__ = ["AS_SAID", "Calibration", "Over", "said"]

Over = Literal["mean", "total"]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How a model's log-probabilities are read. As it stands, nothing is changed: an answer's confidence is the
    geometric mean of its tokens' probabilities, the end's included.
    """

    tokens: Temperature = Temperature()
    answers: Temperature = Temperature()
    over: Over = "mean"
    """Whether an answer is as sure as its tokens are on average, or as all of them are together: a translation is
    mostly right with one word wrong, a date is not. The one with less log-loss on the pairs it was fitted to."""
    fitted: str = ""
    """On what, in a word; empty: on nothing."""
    pairs: int = 0

    def of_token(self, logp: float) -> float:
        return self.tokens(min(0.0, logp))

    def of_answer(self, token_logps: Sequence[float]) -> float:
        """1 where nothing was asked and nothing said."""
        return self.answers(said(token_logps, self.over)) if token_logps else 1.0

    def to_data(self) -> dict[str, Any]:
        return {
            "tokens": self.tokens.to_data(),
            "answers": {**self.answers.to_data(), "over": self.over},
            "fitted": self.fitted,
            "pairs": self.pairs,
        }

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Calibration:
        """What ``to_data`` made, as a model folder has it."""
        try:
            over = data["answers"]["over"]
            if over not in get_args(Over):
                raise ValueError(over)
            return Calibration(
                tokens=Temperature.from_data(data["tokens"]),
                answers=Temperature.from_data(data["answers"]),
                over=over,
                fitted=str(data["fitted"]),
                pairs=int(data["pairs"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFolderError(
                "metrics.json: `calibration` must be what `seqloom train` writes, but is not. Copy the folder again, "
                "or delete the key."
            ) from error


AS_SAID = Calibration()
"""Of a model that was never calibrated."""


def said(token_logps: Sequence[float], over: Over) -> float:
    """How sure an answer is: the log-probability of all its tokens, or of one on average."""
    total = min(0.0, math.fsum(token_logps))  # a density may be above 1
    return total if over == "total" else total / len(token_logps)
