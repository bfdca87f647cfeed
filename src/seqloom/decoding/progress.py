"""What the host knows of one source that is being answered."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from seqloom.core.errors import DecodingError
from seqloom.core.specials import Specials
from seqloom.decoding.guard import Guard
from seqloom.decoding.refusals import longest_answer
from seqloom.decoding.request import Answer, Event, Failed, Finished, Piece, Request

__all__ = ["Path", "Progress"]

_NAN = "the model's log-probabilities must be numbers, but one for token {} is NaN. Look for NaN in its weights."
_NO_ANSWER = (
    "an answer must exist, but after {} tokens none is left. Loosen `constraints`, `min_length` or `max_length`."
)


class Path(NamedTuple):
    """A live hypothesis of a source that is followed on the host."""

    tokens: tuple[int, ...]
    state: Hashable


class Progress:
    """How far an answer is, what it may still become, and the answers found for it so far."""

    def __init__(
        self, request: Request, *, beams: int, longest: int | None, vocabulary: Specials, device: torch.device | None
    ) -> None:
        self.request = request
        self.limit = longest_answer(request, longest)
        self.length = 0
        """Of its live hypotheses, in tokens."""
        self.found: list[Answer] = []
        """At most ``nbest``, best first."""
        self.guard: Guard | None = None
        if request.constraints:
            self.guard = Guard(request, limit=self.limit, vocabulary=vocabulary, device=device)
        self.followed = request.stream or self.guard is not None
        self.paths: list[Path | None] = [None] * beams
        """One a beam, where they are followed; None: dead."""
        if self.followed:
            start = Path((), None if self.guard is None else self.guard.start())
            alive = 1 if request.sampling is None else request.beams
            self.paths[:alive] = [start] * alive
        self._sent = 0
        """How many tokens have been streamed."""
        self._chance = None if request.sampling is None else torch.Generator().manual_seed(request.sampling.seed)

    def uniform(self, number: int) -> list[float]:
        """Chance of its own, from the CPU: it depends on neither the batch nor the device."""
        return torch.rand(number, generator=self._chance).tolist()

    def score(self, logp: float) -> float:
        """Of a hypothesis that takes the end now, before the coverage penalty (which never adds)."""
        return logp / self.request.length_penalty(self.length + 1)

    def bound(self, logp: float) -> float:
        """What a live hypothesis can reach at best.

        Its log-probability never rises, and the penalty is monotone in the length, so the shortest and the longest
        answer that it may become are all there is to look at.
        """
        penalty = self.request.length_penalty
        shortest = max(self.length, self.request.min_length) + 1
        return max(logp / penalty(shortest), logp / penalty(self.limit + 1))

    def wants(self, score: float) -> bool:
        """Whether an answer with this score is among the best so far. The first of equals stays ahead."""
        return len(self.found) < self.request.nbest or score > self.found[-1].score

    def add(self, answer: Answer) -> None:
        if self.wants(answer.score):
            self.found = sorted([*self.found, answer], key=lambda each: -each.score)[: self.request.nbest]

    def _is_done(self, alive: Sequence[float]) -> bool:
        """Whether none of them can change the answer any more."""
        best_alive = max(alive)
        return best_alive == -math.inf or not self.wants(self.bound(best_alive))

    def news(self, parents: Sequence[int], tokens: Sequence[int], alive: Sequence[float]) -> list[Event]:
        """What to tell after a step, given its K hypotheses; ``alive``: their log-probabilities, -inf where dead."""
        if any(map(math.isnan, alive)):
            return [self.failed(_NAN.format(self.length))]
        if self.followed:
            self._follow(parents, tokens, alive)
        if not self._is_done(alive):
            return self._piece(self._settled(alive))
        if not self.found:
            return [self.failed(_NO_ANSWER.format(self.length))]
        first, *others = self.found
        return [
            *self._piece(first.tokens),
            Finished(id=self.request.id, answer=replace(first, alternatives=tuple(others))),
        ]

    def failed(self, line: str) -> Failed:
        return Failed(id=self.request.id, error=DecodingError(line))

    def leads_nowhere(self, parent: int, token: int) -> bool:
        """Whether the token leaves too few tokens for what the constraints still need."""
        path = self.paths[parent]
        assert path is not None, "a live hypothesis has a live parent"
        return self.guard is not None and not self.guard.fits(self.guard.advance(path.state, token), self.length + 1)

    def _follow(self, parents: Sequence[int], tokens: Sequence[int], alive: Sequence[float]) -> None:
        self.paths = [
            None if total == -math.inf else self._extended(self.paths[parent], token)
            for parent, token, total in zip(parents, tokens, alive, strict=True)
        ]

    def _extended(self, path: Path | None, token: int) -> Path:
        assert path is not None, "a live hypothesis has a live parent"
        return Path((*path.tokens, token), None if self.guard is None else self.guard.advance(path.state, token))

    def _settled(self, alive: Sequence[float]) -> tuple[int, ...]:
        """The tokens on which all agree that can still become the best answer."""
        if not self.request.stream:
            return ()
        best = self.found[0].score if self.found else -math.inf
        rivals = [
            path.tokens for path, total in zip(self.paths, alive, strict=True) if path and self.bound(total) > best
        ]
        return _common_prefix([*rivals, *(answer.tokens for answer in self.found[:1])])

    def _piece(self, tokens: tuple[int, ...]) -> list[Event]:
        """What of these has not been sent yet, if anyone wants it."""
        if not self.request.stream or len(tokens) == self._sent:
            return []
        piece = Piece(id=self.request.id, tokens=tokens[self._sent :])
        self._sent = len(tokens)
        return [piece]


def _common_prefix(rivals: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    first = rivals[0]
    for place in range(min(map(len, rivals))):
        if any(rival[place] != first[place] for rival in rivals):
            return first[:place]
    return min(rivals, key=len)
