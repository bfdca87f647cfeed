"""What a person gets back: text, how sure the model is of it, and where it looked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from seqloom.core.series import read_series
from seqloom.data.rows import Row
from seqloom.tasks import Shown, Task
from seqloom.workflow.calibration import AS_SAID, Calibration

__all__ = ["Answer", "Attention", "PairScore", "listed", "shown"]

Attention = tuple[tuple[float, ...], ...]
"""A row a token of the answer, its end included; a column a token of the source."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, and the others that were nearly given."""

    text: str
    score: float
    """What answers are ranked by: the log-probability after the penalties of the search."""
    logp: float
    tokens: tuple[str, ...]
    token_logps: tuple[float, ...]
    """One more than there are tokens: the last is the end's."""
    source: str
    source_tokens: tuple[str, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What else the task says of it: spans, fields that were found, probabilities."""
    block: str = field(default="", repr=False)
    """The same as lines, where the task has such a form."""
    series: list[list[float]] | None = None
    """The frames of an answer that is a series of numbers, which ``text`` says too."""
    quantiles: Mapping[str, str] = field(default_factory=dict)
    """Series that so many percent of what may come stay below, as texts, by the percent: "10", "50", "90"."""
    alternatives: tuple[Answer, ...] = ()
    """The rest of the n best, best first."""
    error: str | None = None
    """Why there is no answer: the text is empty then."""
    calibration: Calibration = field(default=AS_SAID, repr=False, compare=False)
    """What makes confidences of log-probabilities."""
    look: Callable[[], Attention | None] | None = field(default=None, repr=False, compare=False)
    """Makes ``attention`` when it is asked for."""

    @classmethod
    def failed(cls, source: str, error: str) -> Answer:
        """No answer, and why."""
        return cls(
            text="",
            score=-math.inf,
            logp=-math.inf,
            tokens=(),
            token_logps=(-math.inf,),
            source=source,
            source_tokens=(),
            error=error,
        )

    @cached_property
    def confidence(self) -> float:
        """From 0 to 1: the chance that the answer is right, or the quality to be expected of it.

        So of a model that was calibrated, as training does on its validation pairs; of another it is the geometric mean
        of the tokens' probabilities, the end's included. See ``Calibration``.
        """
        return self.calibration.of_answer(self.token_logps)

    @cached_property
    def token_confidences(self) -> tuple[float, ...]:
        """The chance of each token to be right if those before it are; the last is the end's."""
        return tuple(map(self.calibration.of_token, self.token_logps))

    @cached_property
    def attention(self) -> Attention | None:
        """Where the model looked for each token; None where it attends to nothing, or answered in parts."""
        return None if self.look is None else self.look()

    def to_data(self) -> dict[str, Any]:
        """For JSON; attention is left out, for it is large."""
        if self.error is not None:
            return {"source": self.source, "error": self.error}
        if self.series is not None:  # of which nothing but its density is known: there is no confidence to tell of
            quantiles = {share: json.loads(text) for share, text in self.quantiles.items()}
            told = {"quantiles": quantiles} if quantiles else {}
            return {"source": self.source, "series": json.loads(self.text), **told, **self.fields, "logp": self.logp}
        data = {
            "source": self.source,
            "text": self.text,
            **self.fields,
            "score": self.score,
            "logp": self.logp,
            "confidence": self.confidence,
            "tokens": list(self.tokens),
            "token_confidences": list(self.token_confidences),
        }
        if self.alternatives:
            data["alternatives"] = [
                {key: value for key, value in each.to_data().items() if key != "source"} for each in self.alternatives
            ]
        return data


def shown(answer: Answer, row: Row, task: Task, *, nbest: int = 1) -> Answer:
    """The answer, and those beside it, as a task shows what was said to this question; no more than ``nbest``."""
    if answer.error is not None:
        return answer
    every = [answer, *answer.alternatives]
    made = [task.show(row, each.text) for each in every]
    together = task.weigh(row, [(one.text, each.confidence) for one, each in zip(made, every, strict=True)])
    first, *others = (
        replace(
            each,
            text=one.text,
            series=None if each.series is None else read_series(one.text),
            quantiles={share: task.show(row, text).text for share, text in each.quantiles.items()},
            fields=one.fields,
            block=one.block,
        )
        for one, each in zip(made[:nbest], every, strict=False)
    )
    return replace(first, fields={**first.fields, **together}, alternatives=tuple(others))


def listed(answer: Answer, task: Task) -> Answer:
    """The answer and those beside it as the one that a task makes of them."""
    if answer.error is not None:
        return answer
    every = (answer, *answer.alternatives)
    made = task.listing([(Shown(text=each.text, fields=each.fields), each.score) for each in every])
    return replace(answer, text=made.text, fields=made.fields, alternatives=())


@dataclass(frozen=True, kw_only=True)
class PairScore:
    """How likely a given target is."""

    source: str
    target: str
    logp: float
    tokens: tuple[str, ...]
    token_logps: tuple[float, ...]
    calibration: Calibration = field(default=AS_SAID, repr=False, compare=False)

    @cached_property
    def confidence(self) -> float:
        """What the model's confidence would be, were this its answer."""
        return self.calibration.of_answer(self.token_logps)

    def to_data(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "logp": self.logp,
            "confidence": self.confidence,
            "tokens": list(self.tokens),
            "token_logps": list(self.token_logps),
        }
