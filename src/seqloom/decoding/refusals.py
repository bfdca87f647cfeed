"""What is wrong with a request, whoever is to answer it. No torch here."""

from __future__ import annotations

import math

from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.request import Request

__all__ = ["fault", "longest_answer"]


def longest_answer(request: Request, longest: int | None) -> int:
    """How many tokens its answer may have, by its own limit and by the steps the model can take (the end is one)."""
    return request.max_length if longest is None else min(request.max_length, longest - 1)


def fault(request: Request, *, longest: int | None = None, order: int | None = None, size: int) -> str | None:
    """The first thing that makes the request impossible, as one line; None: it can be answered.

    ``longest`` and ``order`` are what the stepper says of itself, ``size`` its vocabulary's.
    """
    return (
        _source(request)
        or _numbers(request)
        or request.search.fault(request, order=order, size=size)
        or _lengths(request, longest)
        or _penalties(request, longest)
    )


def _source(request: Request) -> str | None:
    if not request.source.parts:
        return "`source` must have at least one part, but has none. Give it something to read."
    for name, values in request.source.parts.items():
        if len(values) == 0:
            return f"`source` must have at least one position, but its `{name}` is empty. Leave the request out."
    return None


def _numbers(request: Request) -> str | None:
    if request.beams < 1:
        return f"`beams` must be at least 1, but is {request.beams}. Use 1 for greedy search."
    if request.nbest < 1:
        return f"`nbest` must be at least 1, but is {request.nbest}. Use 1 for the best answer alone."
    return None


def _lengths(request: Request, longest: int | None) -> str | None:
    if request.max_length < 0:
        return f"`max_length` must be at least 0, but is {request.max_length}. Use 0 for the empty answer alone."
    if request.min_length < 0:
        return f"`min_length` must be at least 0, but is {request.min_length}. Leave it out."
    limit = longest_answer(request, longest)
    limit_name = "`max_length`" if limit == request.max_length else "the longest answer of this model"
    if request.min_length > limit:
        return f"`min_length` must be at most {limit_name}, {limit}, but is {request.min_length}. Lower it."
    needed = (constraints := Every(request.constraints)).missing(constraints.start())
    if needed > limit:
        return f"`constraints` must fit into {limit_name}, {limit} tokens, but need {needed}. Shorten them."
    return None


def _penalties(request: Request, longest: int | None) -> str | None:
    if not 0 <= request.coverage_penalty < math.inf:
        return f"`coverage_penalty` must be at least 0 and finite, but is {request.coverage_penalty}. Use 0 for none."
    penalty = request.length_penalty
    try:
        usable = all(0 < penalty(length) < math.inf for length in (1, longest_answer(request, longest) + 1))
    except (OverflowError, ZeroDivisionError):
        usable = False
    if not usable:
        return f"`length_penalty.alpha` must leave lengths comparable, but is {penalty.alpha}. Try 0.6 or 1."
    return None
