"""The ways to search, as settings: what stands in a request, and in a recipe as `answers.search`. No torch here.

Each says of itself what an engine must know before it runs one: which requests are impossible (``fault``), how many
hypotheses it holds a source (``rows``), and what requests must have in common to share a batch (``alike``).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Fraction, Positive, Scale, Seed, Share

if TYPE_CHECKING:
    from seqloom.decoding.request import Request

__all__ = [
    "BeamSearch",
    "DiverseBeam",
    "ExactSearch",
    "MbrSearch",
    "Paths",
    "Sampling",
    "SearchKind",
    "StochasticBeam",
    "Viterbi",
]


@dataclass(frozen=True, kw_only=True)
class BeamSearch:
    """The beam search: the likeliest beginnings go on; with one beam, greedy search."""

    kind: Literal["beam"] = "beam"

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        return _too_many(request)

    def rows(self, request: Request, *, size: int) -> int:
        return request.beams

    def alike(self) -> Hashable:
        return self.kind


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The sampling: draws instead of a search. The request's beams are independent draws."""

    kind: Literal["sampling"] = "sampling"
    seed: Seed = 1
    temperature: Scale = 1.0
    top_k: Positive | None = None
    """Only the k likeliest tokens (Fan et al. 2018)."""
    top_p: Fraction | None = None
    """Only the likeliest tokens that together reach p (Holtzman et al. 2020)."""
    min_p: Fraction | None = None
    """Only tokens at least this share of the likeliest one's probability (Nguyen et al. 2024)."""

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        return _too_many(request) or _temperature(self.temperature) or _seed(self.seed) or self._cut()

    def _cut(self) -> str | None:
        if self.top_k is not None and self.top_k < 1:
            return f"`top_k` must be at least 1, but is {self.top_k}. Leave it out to keep every token."
        for name, share in (("top_p", self.top_p), ("min_p", self.min_p)):
            if share is not None and not 0 < share <= 1:
                return f"`{name}` must be above 0 and at most 1, but is {share}. Leave it out to keep every token."
        return None

    def rows(self, request: Request, *, size: int) -> int:
        return request.beams

    @property
    def cuts(self) -> bool:
        """Whether it leaves any token out, for which they have to be ranked."""
        return self.top_k is not None or self.min_p is not None or (self.top_p or 1) < 1

    def alike(self) -> Hashable:
        return self.kind, self.cuts


@dataclass(frozen=True, kw_only=True)
class DiverseBeam:
    """The diverse beam search (Vijayakumar et al. 2018): beams in groups, each of which avoids what those before say.

    The n best are the best of every group, then the second best of every group, and so on.
    """

    kind: Literal["diverse"] = "diverse"
    groups: Positive = 5
    """The beams are shared out over so many; 1 is beam search."""
    strength: Amount = 0.5
    """What a token loses in log-probability for each hypothesis of an earlier group that takes it in the same step."""

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        if self.groups < 1:
            return f"`search.groups` must be at least 1, but is {self.groups}. Use 1 for beam search."
        if not 0 <= self.strength < math.inf:
            return f"`search.strength` must be at least 0 and finite, but is {self.strength}. Try 0.5."
        if request.beams % self.groups:
            return (
                f"`beams` must be a multiple of `search.groups`, {self.groups}, but is {request.beams}. "
                "Give every group as many."
            )
        return _too_many(request)

    def rows(self, request: Request, *, size: int) -> int:
        return request.beams

    def alike(self) -> Hashable:
        return self.kind, self.groups


@dataclass(frozen=True, kw_only=True)
class StochasticBeam:
    """The stochastic beam search (Kool et al. 2019): as many draws as beams, in proportion to probability, none twice.

    Answers are ranked by their perturbed log-probability, so the best is an ordinary draw; length plays no part.
    """

    kind: Literal["stochastic"] = "stochastic"
    seed: Seed = 1
    temperature: Scale = 1.0

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        if request.coverage_penalty:
            return (
                f"`coverage_penalty` must be 0 where answers are drawn without replacement, "
                f"but is {request.coverage_penalty}. Leave it out."
            )
        return _too_many(request) or _temperature(self.temperature) or _seed(self.seed)

    def rows(self, request: Request, *, size: int) -> int:
        return request.beams

    def alike(self) -> Hashable:
        return self.kind


@dataclass(frozen=True, kw_only=True)
class Viterbi:
    """The Viterbi algorithm: the n best label sequences exactly, where a step depends on the last label alone.

    It holds n hypotheses for every token of the vocabulary; a wider beam gives constraints more room, which may tell
    apart what ends in one label.
    """

    kind: Literal["viterbi"] = "viterbi"
    most: Positive = 4096
    """The widest it may get, in hypotheses a source: a vocabulary of words would fill the memory."""

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        if order is None or order > 1:
            return (
                'a step must depend on the last token alone for `search` "viterbi", but this model\'s depends on more. '
                'Take the "aligned" decoder, or `search` "exact".'
            )
        if request.coverage_penalty:
            return (
                f'`coverage_penalty` must be 0 for `search` "viterbi", but is {request.coverage_penalty}. Leave it out.'
            )
        if self.rows(request, size=size) > self.most:
            return (
                f'`search` "viterbi" must hold at most `search.most`, {self.most}, hypotheses, but {request.nbest} for '
                f"each of {size} tokens are more. It is for labels; raise it, or take a beam."
            )
        return None

    def rows(self, request: Request, *, size: int) -> int:
        return max(size * request.nbest, request.beams)

    def alike(self) -> Hashable:
        return self.kind


@dataclass(frozen=True, kw_only=True)
class ExactSearch:
    """The exact search: depth first, with branches cut that cannot win any more (Stahlberg & Byrne 2019).

    Without a length penalty a beginning is worth at most its own log-probability; with one, at most that divided by
    the penalty of the longest answer allowed: a tight `max_length` makes it fast.
    """

    kind: Literal["exact"] = "exact"
    most: Positive = 10_000
    """The most beginnings that are read for one source. Then the best so far is the answer, and not proven."""
    width: Positive = 8
    """How many beginnings are read side by side."""

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        for name, number in (("most", self.most), ("width", self.width)):
            if number < 1:
                return f"`search.{name}` must be at least 1, but is {number}. Leave it out."
        return None

    def rows(self, request: Request, *, size: int) -> int:
        return self.width

    def alike(self) -> Hashable:
        return self.kind


@dataclass(frozen=True, kw_only=True)
class MbrSearch:
    """The minimum-risk search: of many draws, the one most like all the others (Eikema & Aziz 2022).

    Likeness is of texts, so it is found above the engine: draw, then choose by ``decoding.mbr``.
    """

    kind: Literal["mbr"] = "mbr"
    samples: Positive = 32
    """Draws that stand for all that the model would say, each weighing the same."""
    candidates: Positive | None = None
    """Answers to choose from: the n best of a beam this wide, as well as the draws; None: the draws alone."""
    utility: Literal["chrf", "exact_match"] = "chrf"
    """How like two answers are."""
    seed: Seed = 1
    temperature: Scale = 1.0
    top_p: Fraction | None = None
    """As of sampling: keeps out the tail of the distribution, where a model is at its worst."""

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        return (
            '`search` of a request must be what an engine can run, but is "mbr", which chooses among answers. '
            'Draw them by `search` "sampling", and choose by `seqloom.decoding.mbr`.'
        )

    def rows(self, request: Request, *, size: int) -> int:
        return self.samples

    def alike(self) -> Hashable:
        return self.kind

    @property
    def sampling(self) -> Sampling:
        """How the draws are made."""
        return Sampling(seed=self.seed, temperature=self.temperature, top_p=self.top_p)


@dataclass(frozen=True, kw_only=True)
class Paths:
    """The paths of a series (Salinas et al. 2020): many that might come, drawn frame by frame.

    The answer is their median at each frame; beside it are their quantiles, which say how sure it is.
    """

    kind: Literal["paths"] = "paths"
    paths: Positive = 100
    """How many are drawn. The more, the steadier the quantiles, and the longer it takes."""
    quantiles: tuple[Share, ...] = (0.1, 0.5, 0.9)
    """Shares of the paths that are below what is told: 0.1 and 0.9 hold four fifths of them between them."""
    seed: Seed = 1

    def __post_init__(self) -> None:
        if not self.quantiles or list(self.quantiles) != sorted(set(self.quantiles)):
            raise RecipeError(
                f"quantiles must be shares that rise, as [0.1, 0.5, 0.9] do, but are {[*self.quantiles]}. Order them."
            )

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        return (
            '`search` of a request must be one for tokens, but is "paths", which is for series of numbers. '
            'Take "sampling".'
        )

    def rows(self, request: Request, *, size: int) -> int:
        return self.paths

    def alike(self) -> Hashable:
        return self.kind, self.paths


SearchKind = BeamSearch | Sampling | DiverseBeam | StochasticBeam | Viterbi | ExactSearch | MbrSearch | Paths


def _too_many(request: Request) -> str | None:
    if request.nbest > request.beams:
        return f"`nbest` must be at most `beams`, {request.beams}, but is {request.nbest}. Raise `beams`."
    return None


def _temperature(temperature: float) -> str | None:
    if temperature == 0:
        return '`temperature` must be above 0, but is 0. Take `search` "beam": greedy search is its limit.'
    if not 0 < temperature < math.inf:
        return f"`temperature` must be above 0 and finite, but is {temperature}. Use 1 for the model's own."
    return None


def _seed(seed: int) -> str | None:
    if not -(2**63) <= seed < 2**63:
        return f"`seed` must fit into 64 bits, but is {seed}. Use a smaller number."
    return None
