"""What the host knows of one source that is being answered."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.core.errors import DecodingError
from seqloom.core.specials import Specials
from seqloom.decoding.columns import Columns
from seqloom.decoding.guard import Guard
from seqloom.decoding.refusals import longest_answer
from seqloom.decoding.request import Answer, Event, Failed, Finished, Piece, Request

__all__ = ["Path", "Progress", "common_prefix", "no_answer", "not_a_number"]


class Path(NamedTuple):
    """A live hypothesis of a source that is followed on the host."""

    tokens: tuple[int, ...]
    state: Hashable


class Progress:
    """How far an answer is, what it may still become, and the answers found for it so far."""

    def __init__(
        self,
        request: Request,
        *,
        beams: int,
        longest: int | None,
        vocabulary: Specials,
        device: torch.device | None,
        lanes: int = 1,
    ) -> None:
        self.request = request
        self.limit = longest_answer(request, longest)
        self.length = 0
        """Of its live hypotheses, in tokens."""
        self._lanes: list[list[Answer]] = [[] for _ in range(lanes)]
        """The answers of each stretch of beams: at most ``nbest`` of each, and as many as it has beams."""
        self._lane_width = beams // lanes
        self._most = request.nbest if lanes == 1 else min(request.nbest, max(1, request.beams // lanes))
        self.guard: Guard | None = None
        if request.constraints:
            self.guard = Guard(request, limit=self.limit, vocabulary=vocabulary, device=device)
        self.followed = request.stream or self.guard is not None
        self.paths: list[Path | None] = [None] * beams
        """One a beam, where they are followed; None: dead."""
        if self.followed:
            self.paths[0] = Path((), None if self.guard is None else self.guard.start())
        self.over = False
        """Whether all is said; its rows may still be in the batch, dead."""
        self.fault: str | None = None
        """Why it cannot go on, found while a token was chosen; said with the next news."""
        self._sent = 0
        """How many tokens have been streamed."""

    def retire(self) -> None:
        """Nobody asks any more, nor follows what its rows do."""
        self.over, self.guard, self.followed = True, None, False

    def begin(self, alive: Sequence[bool]) -> None:
        """Which beams start alive, where it is not the first alone."""
        if self.followed:
            self.paths = [self.paths[0] if each else None for each in alive]

    @property
    def found(self) -> list[Answer]:
        """At most ``nbest``, best first. Of several lanes: the best of each, then the second best of each, …"""
        if len(self._lanes) == 1:
            return self._lanes[0]
        ranks = zip_longest(*self._lanes)
        in_turn = [
            answer
            for rank in ranks
            for answer in sorted((each for each in rank if each is not None), key=lambda each: -each.score)
        ]
        distinct = {answer.tokens: answer for answer in reversed(in_turn)}  # the first of equals stays
        first = [answer for answer in in_turn if distinct[answer.tokens] is answer][: self.request.nbest]
        return sorted(first, key=lambda each: -each.score)

    def score(self, logp: float, mark: float | None = None) -> float:
        """Of a hypothesis that takes the end now, before the coverage penalty (which never adds)."""
        return logp / self.request.length_penalty(self.length + 1) if mark is None else mark

    def bound(self, logp: float, mark: float | None = None) -> float:
        """What a live hypothesis can reach at best.

        Its log-probability never rises, and the penalty is monotone in the length, so the shortest and the longest
        answer that it may become are all there is to look at. A mark that it is ranked by never rises either.
        """
        if mark is not None:
            return mark
        penalty = self.request.length_penalty
        shortest = max(self.length, self.request.min_length) + 1
        return max(logp / penalty(shortest), logp / penalty(self.limit + 1))

    def floor(self) -> float:
        """What a live hypothesis' log-probability must be above, if it may still be one of the n best."""
        if len(self._lanes[0]) < self._most:
            return -math.inf
        penalty = self.request.length_penalty
        shortest = max(self.length, self.request.min_length) + 1
        return self._lanes[0][-1].score * max(penalty(shortest), penalty(self.limit + 1))

    def wants(self, score: float, beam: int = 0) -> bool:
        """Whether an answer of this beam with this score is among the best so far. The first of equals stays ahead."""
        lane = self._lanes[beam // self._lane_width]
        return len(lane) < self._most or score > lane[-1].score

    def add(self, answer: Answer, beam: int = 0) -> None:
        if self.wants(answer.score, beam):
            place = beam // self._lane_width
            self._lanes[place] = sorted([*self._lanes[place], answer], key=lambda each: -each.score)[: self._most]

    def _is_done(self, alive: Sequence[float], marks: Sequence[float] | None) -> bool:
        """Whether none of them can change the answer any more. The best of a lane has its highest bound."""
        for first in range(0, len(alive), self._lane_width):
            beams = range(first, first + self._lane_width)
            beam = max(beams, key=(alive if marks is None else marks).__getitem__)
            if alive[beam] > -math.inf and self.wants(
                self.bound(alive[beam], None if marks is None else marks[beam]), beam
            ):
                return False
        return True

    def news(
        self,
        parents: Sequence[int],
        tokens: Sequence[int],
        alive: Sequence[float],
        marks: Sequence[float] | None = None,
    ) -> list[Event]:
        """What to tell after a step, given its K hypotheses.

        ``alive``: their log-probabilities, -inf where dead; ``marks``: what they are ranked by instead, dead alike.
        """
        if any(map(math.isnan, alive)):
            return [self.nan()]
        if self.fault is not None:
            return [self.failed(self.fault)]
        if self.followed:
            self._follow(parents, tokens, alive)
        if not self._is_done(alive, marks):
            return self.piece(self._settled(alive, marks))
        return self.verdict()

    def verdict(self, *, proven: bool | None = None) -> list[Event]:
        """What to tell at the end; ``proven``: whether it has been shown that no answer is better."""
        if not self.found:
            return [self.failed(no_answer(self.length))]
        first, *others = self.found
        answer = replace(first, alternatives=tuple(others), proven=proven)
        return [*self.piece(first.tokens), Finished(id=self.request.id, answer=answer)]

    def nan(self) -> Failed:
        return self.failed(not_a_number(self.length))

    def failed(self, line: str) -> Failed:
        return Failed(id=self.request.id, error=DecodingError(line))

    def after(self, beam: int, token: int) -> Hashable:
        """What the constraints remember once a live hypothesis has said the token; None where there are none."""
        path = self.paths[beam]
        return None if self.guard is None or path is None else self.guard.advance(path.state, token)

    def leads_nowhere(self, parent: int, token: int) -> bool:
        """Whether the token leaves too few tokens for what the constraints still need."""
        path = self.paths[parent]
        assert path is not None, "a live hypothesis has a live parent"
        return self.guard is not None and not self.guard.fits(self.guard.advance(path.state, token), self.length + 1)

    def bar_dead_ends(self, logp_V: Tensor, beam: int, columns: Columns) -> None:
        """Bar in place, after a live hypothesis, every token that leads nowhere."""
        path = self.paths[beam]
        if self.guard is not None and path is not None and self.length < self.limit:
            self.guard.bar_dead_ends(logp_V, path.state, length=self.length, columns=columns)

    def _follow(self, parents: Sequence[int], tokens: Sequence[int], alive: Sequence[float]) -> None:
        self.paths = [
            None if total == -math.inf else self._extended(self.paths[parent], token)
            for parent, token, total in zip(parents, tokens, alive, strict=True)
        ]

    def _extended(self, path: Path | None, token: int) -> Path:
        assert path is not None, "a live hypothesis has a live parent"
        return Path((*path.tokens, token), None if self.guard is None else self.guard.advance(path.state, token))

    def _settled(self, alive: Sequence[float], marks: Sequence[float] | None) -> tuple[int, ...]:
        """The tokens on which all agree that can still become the best answer."""
        if not self.request.stream:
            return ()
        best = self.found[0].score if self.found else -math.inf
        rivals = [
            path.tokens
            for beam, path in enumerate(self.paths)
            if path and self.bound(alive[beam], None if marks is None else marks[beam]) > best
        ]
        return common_prefix([*rivals, *(answer.tokens for answer in self.found[:1])])

    def piece(self, tokens: tuple[int, ...]) -> list[Event]:
        """What of these has not been sent yet, if anyone wants it."""
        if not self.request.stream or len(tokens) == self._sent:
            return []
        piece = Piece(id=self.request.id, tokens=tokens[self._sent :])
        self._sent = len(tokens)
        return [piece]


def common_prefix(rivals: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """What all of them begin with."""
    first = rivals[0]
    for place in range(min(map(len, rivals))):
        if any(rival[place] != first[place] for rival in rivals):
            return first[:place]
    return min(rivals, key=len)


def no_answer(length: int) -> str:
    """After so many tokens."""
    why = f"an answer must exist, but after {length} tokens none is left."
    return f"{why} Loosen `constraints`, `min_length` or `max_length`."


def not_a_number(length: int) -> str:
    why = f"the model's log-probabilities must be numbers, but one for token {length} is NaN."
    return f"{why} Look for NaN in its weights."
