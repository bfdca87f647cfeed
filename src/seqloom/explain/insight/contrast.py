"""Why this token and not that one: what each token of the source was worth for the one more than for the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqloom.core.errors import DataError
from seqloom.explain.insight.attribution import attributed
from seqloom.explain.insight.case import Case
from seqloom.explain.insight.matrices import Vector, finite

__all__ = ["Contrast", "contrast_of"]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Yin & Neubig 2022, section 3: the attribution of log p(token) - log p(other), which share what is before them."""

    instead: str
    position: int
    """Where the two answers part, counted from 0."""
    token: str
    other: str
    logp: float
    other_logp: float
    """Of the two tokens there."""
    methods: Mapping[str, Vector]
    """By method, a figure a token of the source; below 0 it spoke for the other."""

    def to_data(self) -> dict[str, Any]:
        return {
            "instead": self.instead,
            "position": self.position,
            "token": self.token,
            "other": self.other,
            "logp": finite(self.logp),
            "other_logp": finite(self.other_logp),
            "attribution": {name: [*map(finite, row)] for name, row in self.methods.items()},
        }


def contrast_of(case: Case, instead: str, missing: dict[str, str]) -> Contrast:
    eos = case.speaker.numbering.target_vocabulary.eos
    others = case.said(instead, name="instead")
    both = [*zip((*case.target, eos), (*others, eos), strict=False)]
    place = next((place for place, (one, other) in enumerate(both) if one != other), None)
    if place is None:
        raise DataError("`instead` must be another answer, but is the one that is explained. Change it.")
    token, other = both[place]
    [scored, other_scored] = case.speaker.scorer().score([case.pair, replace(case.pair, target=others)])
    mine = attributed(case, case.target, [place], missing)
    theirs = attributed(case, others, [place], missing)
    return Contrast(
        instead=case.text(others),
        position=place,
        token=case.token(token),
        other=case.token(other),
        logp=scored.token_logps[place],
        other_logp=other_scored.token_logps[place],
        methods={name: tuple((np.array(mine[name][0]) - np.array(theirs[name][0])).tolist()) for name in mine},
    )
