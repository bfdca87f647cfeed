"""The engine that answers with CTranslate2, whose beam search is its own. It needs no torch."""

from __future__ import annotations

import math
import os
import sys
from collections import deque
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from seqloom.core.errors import DecodingError
from seqloom.decoding.refusals import fault, longest_answer
from seqloom.decoding.request import Answer, Event, Failed, Finished, Pair, Piece, Request, Scored
from seqloom.engines.ctranslate2_model import CTranslate2Model, Hypothesis, Way
from seqloom.engines.ctranslate2_refusals import not_known, not_text
from seqloom.engines.sharing import shared_out

__all__ = ["CTranslate2Engine"]

_MOMENT = 0.05
"""Seconds that a step waits for news before it lets its caller admit more."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Asked:
    """A request under way. Its identity, not its id, says whose answer it is: an id may be used anew."""

    request: Request
    text: Sequence[int]
    limit: int
    way: Way

    @property
    def kind(self) -> tuple[Way, int | None]:
        """What requests must have in common to share a batch: what is streamed beyond a limit cannot be taken back."""
        return self.way, self.limit if self.streams else None

    @property
    def streams(self) -> bool:
        """Whether its tokens are sent one by one: a beam may change its mind until it has ended."""
        return self.request.stream and self.way.beams == 1

    @property
    def cost(self) -> int:
        return len(self.text) * self.way.beams


@dataclass(frozen=True, kw_only=True)
class _Over:
    """What has become of a batch."""

    batch: Sequence[_Asked]
    answers: Sequence[Answer]
    error: BaseException | None = None


@dataclass(frozen=True, kw_only=True)
class _Token:
    asked: _Asked
    token: int


class CTranslate2Engine:
    """Beam and greedy search by CTranslate2 over the files that `seqloom.export.ctranslate2` writes.

    Requests of one kind travel together, longest sources first, in as many batches as keep all workers busy. A beam
    is told no token's log-probability, so what it found is scored once more. A batch's answers are events as soon as
    it is over; a streamed answer of a beam is one piece, at its end.

    Answers mean what those of ``Search`` mean, and in greedy search they are the same. A beam is not pruned alike: ours
    gives the place of an ended hypothesis up, CTranslate2 fills it again and stops after so many ends.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        workers: int | None = None,
        threads: int = 1,
        compute_type: str = "default",
        device: str = "cpu",
        shortlist: bool = True,
        patience: float = 2.0,
        batch_tokens: int = 2048,
    ) -> None:
        """``workers`` batches are under way at a time, each on ``threads`` threads; None: as many as there are
        processors for. ``patience``: a beam's search is over when so many times its width have ended; at 1 it is a
        third faster and now and then misses the answer that ours finds. ``batch_tokens``: how many source tokens times
        beams a batch may have.
        """
        self.workers = workers or max(1, _processors() // threads)
        self.batch_tokens = batch_tokens
        self._model = CTranslate2Model(
            Path(folder),
            workers=self.workers,
            threads=threads,
            compute_type=compute_type,
            device=device,
            shortlist=shortlist,
            patience=patience,
        )
        self.files = self._model.files
        # One more than work, so that a worker finds its next batch waiting when it is done with one.
        self._pool = ThreadPoolExecutor(self.workers + 1, thread_name_prefix="ctranslate2")
        self._begin()

    def _begin(self) -> None:
        self._asked: dict[Hashable, _Asked] = {}
        self._waiting: list[_Asked] = []
        self._planned: deque[list[_Asked]] = deque()
        self._under_way = 0
        self._refused: list[Failed] = []
        self._news: SimpleQueue[_Over | _Token] = SimpleQueue()

    def beside(self) -> CTranslate2Engine:
        """Another engine over the same weights: what is asked of one is told by none but it, so that each may have a
        thread of its own."""
        other = copy(self)
        other._begin()
        return other

    # ---- what it cannot do -------------------------------------------------------------------------------------------

    def refuses(self, request: Request) -> str | None:
        """Why CTranslate2 cannot answer the request exactly; None if it can."""
        if request.id in self._asked:
            return f"`id` must be new, but {request.id!r} is being answered. Choose another."
        return (
            fault(request, longest=self.files.decoder_longest, order=None, size=self.files.target.size)
            or not_text(request.source)
            or not_known(request)
            or self._too_long(len(request.source.parts["text"]), longest_answer(request, self.files.decoder_longest))
        )

    def _too_long(self, source: int, target: int) -> str | None:
        for side, length, there in (
            ("source", source, self.files.longest_source),
            ("answer", target + 1, self.files.longest_target),
        ):
            if there is not None and length > there:
                return (
                    f"{side} must have at most {there} positions for this export to CTranslate2, but may have "
                    f"{length}. Shorten it, or export with more of them."
                )
        return None

    # ---- requests in, events out -------------------------------------------------------------------------------------

    def admit(self, requests: Sequence[Request]) -> None:
        """Put requests in the queue. One that is refused fails at the next step."""
        for request in requests:
            line = self.refuses(request)
            if line is not None:
                self._refused.append(Failed(id=request.id, error=DecodingError(line)))
                continue
            self._asked[request.id] = asked = _Asked(
                request=request,
                text=request.source.parts["text"],
                limit=longest_answer(request, self.files.decoder_longest),
                way=Way(
                    beams=request.beams,
                    min_length=request.min_length,
                    length_penalty=request.length_penalty,
                ),
            )
            self._waiting.append(asked)

    def step(self) -> list[Event]:
        """What there is to tell; if nothing yet, what comes within a moment."""
        events: list[Event] = [*self._refused]
        self._refused = []
        self._send()
        wait = not events and self._under_way > 0
        while True:
            try:
                news = self._news.get(timeout=_MOMENT) if wait else self._news.get_nowait()
            except Empty:
                break
            wait = False
            events += self._told(news) if isinstance(news, _Token) else self._over(news)
        self._send()
        return events

    def cancel(self, ids: Sequence[Hashable]) -> None:
        """Forget these requests. A batch that is under way runs to its end, and nobody hears of them."""
        dropped = set(ids)
        self._refused = [failed for failed in self._refused if failed.id not in dropped]
        for id in dropped:
            self._asked.pop(id, None)

    def score(self, pairs: Sequence[Pair]) -> list[Scored]:
        """The log-probabilities of given targets, in the order asked."""
        for number, pair in enumerate(pairs, start=1):
            self._check(number, pair)
        places = sorted(range(len(pairs)), key=lambda place: -_pair_cost(pairs[place]))
        costs = [_pair_cost(pairs[place]) for place in places]
        batches = [[places[each] for each in batch] for batch in shared_out(costs, self.batch_tokens, self.workers)]

        def scored(batch: Sequence[int]) -> list[Scored]:
            return self._model.score(
                [pairs[place].source.parts["text"] for place in batch], [pairs[place].target for place in batch]
            )

        found: dict[int, Scored] = {}
        for batch, some in zip(batches, self._pool.map(scored, batches), strict=True):
            found |= zip(batch, some, strict=True)
        return [found[place] for place in range(len(pairs))]

    def _check(self, number: int, pair: Pair) -> None:
        specials = self.files.target
        line = not_text(pair.source) or self._too_long(len(pair.source.parts["text"]), len(pair.target))
        if line is not None:
            raise DecodingError(f"pair {number}: {line}")
        for token in pair.target:
            if token < 0 or token in (specials.pad, specials.bos, specials.eos):
                raise DecodingError(
                    f"`target` of pair {number} must have tokens of an answer only, but has id {token}. Leave it out."
                )

    # ---- batches -----------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        """Hand out work, until there is a batch for each worker and one to come."""
        while self._under_way <= self.workers:
            if not self._planned:
                self._plan()
            if not self._planned:
                return
            batch = [asked for asked in self._planned.popleft() if self._is_wanted(asked)]
            if batch:
                self._under_way += 1
                self._pool.submit(self._work, batch)

    def _plan(self) -> None:
        """All that wait, in batches. Whoever comes later waits until these are handed out, so that nobody starves."""
        kinds: dict[tuple[Way, int | None], list[_Asked]] = {}
        for asked in self._waiting:
            if self._is_wanted(asked):
                kinds.setdefault(asked.kind, []).append(asked)
        self._waiting = []
        for alike in kinds.values():
            alike.sort(key=lambda asked: -asked.cost)
            costs = [asked.cost for asked in alike]
            for batch in shared_out(costs, self.batch_tokens, self.workers):
                self._planned.append([alike[place] for place in batch])

    def _is_wanted(self, asked: _Asked) -> bool:
        return self._asked.get(asked.request.id) is asked

    def _work(self, batch: Sequence[_Asked]) -> None:
        """In a thread of the pool, which must always say that it is done."""
        try:
            self._news.put(_Over(batch=batch, answers=self._answers(batch)))
        except BaseException as error:
            self._news.put(_Over(batch=batch, answers=(), error=error))

    def _answers(self, batch: Sequence[_Asked]) -> list[Answer]:
        def listener(place: int, token: int) -> bool:
            self._news.put(_Token(asked=batch[place], token=token))
            return not self._is_wanted(batch[place])

        found = self._model.search(
            [asked.text for asked in batch],
            batch[0].way,
            [asked.limit for asked in batch],
            listener=listener if batch[0].streams else None,
        )
        chosen = [self._best(asked, hypotheses) for asked, hypotheses in zip(batch, found, strict=True)]
        unknown = [
            (asked.text, each)
            for asked, some in zip(batch, chosen, strict=True)
            for each in some
            if each.token_logps is None
        ]
        scored = iter(self._model.score([text for text, _ in unknown], [each.tokens for _, each in unknown]))
        return [
            _answer(asked.request, [(each.tokens, _known(each) or next(scored)) for each in some])
            for asked, some in zip(batch, chosen, strict=True)
        ]

    def _best(self, asked: _Asked, found: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Those that are worth to be scored: the n best, or all of them where some lack the score of their end."""
        barred = {self.files.target.pad, self.files.target.bos}
        found = [each for each in found if barred.isdisjoint(each.tokens)]  # a beam wider than there are words
        if not all(each.ended for each in found):
            return found
        penalty = asked.request.length_penalty
        return sorted(found, key=lambda each: -each.logp / penalty(len(each.tokens) + 1))[: asked.request.nbest]

    # ---- news --------------------------------------------------------------------------------------------------------

    def _told(self, news: _Token) -> list[Event]:
        if not self._is_wanted(news.asked) or news.token == self.files.target.eos:
            return []
        return [Piece(id=news.asked.request.id, tokens=(news.token,))]

    def _over(self, over: _Over) -> list[Event]:
        self._under_way -= 1
        wanted = [asked for asked in over.batch if self._is_wanted(asked)]
        answers = dict(zip(over.batch, over.answers, strict=False))
        for asked in wanted:
            del self._asked[asked.request.id]
        if isinstance(over.error, DecodingError):
            return [Failed(id=asked.request.id, error=over.error) for asked in wanted]
        if over.error is not None:
            raise over.error
        events: list[Event] = []
        for asked in wanted:
            answer = answers[asked]
            if asked.request.stream and not asked.streams and answer.tokens:
                events.append(Piece(id=asked.request.id, tokens=answer.tokens))
            events.append(Finished(id=asked.request.id, answer=answer))
        return events


def _processors() -> int:
    """Those that this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _pair_cost(pair: Pair) -> int:
    return len(pair.source.parts["text"]) + len(pair.target) + 1


def _known(found: Hypothesis) -> Scored | None:
    logps = found.token_logps
    return None if logps is None else Scored(logp=math.fsum(logps), token_logps=logps)


def _answer(request: Request, found: Sequence[tuple[tuple[int, ...], Scored]]) -> Answer:
    """The best of them, the others of the n best within it."""
    answers = [
        Answer(
            tokens=tokens,
            score=scored.logp / request.length_penalty(len(tokens) + 1),
            logp=scored.logp,
            token_logps=scored.token_logps,
        )
        for tokens, scored in found
    ]
    if not answers:
        raise DecodingError("an answer must exist, but none is left. Raise `max_length`, or lower `beams`.")
    first, *others = sorted(answers, key=lambda answer: -answer.score)[: request.nbest]
    return replace(first, alternatives=tuple(others))
