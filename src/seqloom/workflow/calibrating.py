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

import numpy as np

from seqloom.core.errors import ModelFolderError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.calibration import Temperature, fit_temperature, log_loss

__all__ = ["AS_SAID", "Calibration", "fit_calibration"]

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
        return self.answers(_said(token_logps, self.over)) if token_logps else 1.0

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


def fit_calibration(
    answers: Sequence[Sequence[float]], qualities: Floats, tokens_P: Floats, right_P: Floats, *, fitted: str
) -> Calibration:
    """``answers`` are their tokens' log-probabilities; ``tokens_P`` those of the likeliest tokens, and ``right_P``
    whether these are the reference's. Where there is nothing to learn from, nothing is changed.
    """
    there = [place for place, logps in enumerate(answers) if logps and math.isfinite(math.fsum(logps))]
    right_N = np.asarray(qualities, dtype=np.float64)[there]
    found: dict[Over, tuple[float, Temperature]] = {}
    for over in get_args(Over):
        logps_N = np.array([_said(answers[place], over) for place in there], dtype=np.float64)
        temperature = fit_temperature(logps_N, right_N)
        confidences_N = np.array([temperature(logp) for logp in logps_N.tolist()])
        found[over] = (log_loss(confidences_N, right_N) if len(right_N) else 0.0, temperature)
    over = min(found, key=lambda over: found[over][0])  # of equals the first, which is the mean
    return Calibration(
        tokens=fit_temperature(np.minimum(tokens_P, 0), right_P),
        answers=found[over][1],
        over=over,
        fitted=fitted,
        pairs=len(right_N),
    )


def _said(token_logps: Sequence[float], over: Over) -> float:
    total = min(0.0, math.fsum(token_logps))  # a density may be above 1
    return total if over == "total" else total / len(token_logps)
