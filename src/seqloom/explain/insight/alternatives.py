"""What else might have been said at a place, and how it would have gone on from there."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqloom.core.errors import DecodingError
from seqloom.decoding.constraints.prefix import Next, Prefix
from seqloom.decoding.request import Answer, Engine, Request, answer
from seqloom.explain.insight.case import END, Case
from seqloom.explain.insight.matrices import finite

__all__ = ["Alternative", "alternatives_at", "refusal"]


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A token, how likely it was there, and the whole answer that the search makes of it."""

    token: str
    probability: float
    continuation: str
    logp: float
    """Of the whole answer."""
    chosen: bool
    """Whether it is the one that was said."""

    def to_data(self) -> dict[str, Any]:
        return {
            "token": self.token,
            "probability": finite(self.probability),
            "continuation": self.continuation,
            "logp": finite(self.logp),
            "chosen": self.chosen,
        }


def refusal(engine: Engine, case: Case) -> str | None:
    """Why the engine cannot be made to begin an answer with given tokens; None if it can."""
    return engine.refuses(_forced(case, case.target, id="whole", most=None))


def alternatives_at(engine: Engine, case: Case, position: int, *, number: int) -> tuple[Alternative, ...]:
    """The likeliest tokens behind what was said before the place, the likeliest first.

    An answer that must end one token later is the token itself: so any engine that keeps to a prefix tells them, and a
    beam of so many finds them all. Each is then forced, and the search goes on, all at once.
    """
    before = case.target[:position]
    found = _next(engine, case, before, number=number)
    forced = [
        _forced(case, (*before, *each), id=place, most=None if each else len(before))
        for place, each in enumerate(found)
    ]
    said = case.target[position : position + 1]
    return tuple(
        Alternative(
            token=case.tokens(each)[0] if each else END,
            probability=math.exp(logp),
            continuation=case.text(goes_on.tokens),
            logp=goes_on.logp,
            chosen=each == said,
        )
        for (each, logp), goes_on in zip(found.items(), _answers(engine, forced), strict=True)
        if goes_on is not None
    )


def _answers(engine: Engine, requests: Sequence[Request]) -> list[Answer | None]:
    """None where constraints leave no answer that begins so."""
    try:
        return [*answer(engine, requests)]
    except DecodingError:
        return [next(iter(_answers(engine, [each])), None) for each in requests] if len(requests) > 1 else [None]


def _next(engine: Engine, case: Case, before: tuple[int, ...], *, number: int) -> dict[tuple[int, ...], float]:
    """What may follow, as no token or one, with its log-probability; no token is the end."""
    place = len(before)
    # What the constraints need behind the token is no matter here: of it alone is to be known.
    request = replace(
        _forced(case, before, id="next", most=place + 1),
        constraints=(Prefix(before), *(Next(before, each) for each in case.request.constraints)),
        beams=number,
        nbest=number,
        min_length=0,
    )
    [best] = answer(engine, [request])
    found: dict[tuple[int, ...], float] = {}
    for each in sorted((best, *best.alternatives), key=lambda each: -each.token_logps[place]):
        found.setdefault(each.tokens[place : place + 1], each.token_logps[place])
    return found


def _forced(case: Case, tokens: tuple[int, ...], *, id: Hashable, most: int | None) -> Request:
    """The same question, of which the beginning is answered; ``most``: tokens in all, where that is not as asked."""
    longest = max(case.request.max_length, len(tokens)) if most is None else most
    return replace(
        case.request,
        id=id,
        constraints=(*case.request.constraints, Prefix(tokens)),
        min_length=min(case.request.min_length, longest),
        max_length=longest,
    )
