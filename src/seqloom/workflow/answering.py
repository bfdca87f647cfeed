"""Texts in, answers out in the same order: as many at a time as an engine likes, none lost and none twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from queue import Empty, Queue
from threading import Thread
from typing import Literal, Protocol, TypedDict, Unpack

from seqloom.core import settings
from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.settings import Amount, Count, Fraction, Positive, Scale, Seed
from seqloom.data.numbering import Numbering
from seqloom.data.sentences import join_answers
from seqloom.decoding.request import Answer as Found
from seqloom.decoding.request import Engine, Failed, Finished, LengthPenalty, Request, Sampling, Source
from seqloom.workflow.answers import Answer, Attention, confidence_of
from seqloom.workflow.recipe import AnswerSettings

__all__ = ["Answerer", "Asking", "Feed", "Looks", "Pipe", "Ready", "asking_of"]

_AHEAD = 1024
"""Texts read before the first of them is answered: enough for texts of one length to meet."""


class Asked(TypedDict, total=False):
    """What may be said of a question, as keywords."""

    beam: int | None
    nbest: int
    sample: bool
    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    seed: int
    min_length: int
    max_length: int | None
    length_penalty: Literal["none", "average", "wu"] | None
    alpha: float | None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The question: how to search. What is None is as the recipe's `answers` says."""

    beam: Positive | None = None
    nbest: Positive = 1
    sample: bool = False
    """Draw instead of search; `nbest` draws."""
    temperature: Scale = 1.0
    top_k: Positive | None = None
    top_p: Fraction | None = None
    min_p: Fraction | None = None
    seed: Seed = 1
    min_length: Count = 0
    max_length: Positive | None = None
    length_penalty: Literal["none", "average", "wu"] | None = None
    alpha: Amount | None = None

    def __post_init__(self) -> None:
        if not self.sample and self.beam is not None and self.nbest > self.beam:
            raise RecipeError(f"nbest must be at most beam ({self.beam}), but is {self.nbest}. Widen the beam.")


def asking_of(**said: Unpack[Asked]) -> Asking:
    """The question, checked as a recipe is; what is None is not said."""
    return settings.parse(Asking, {key: value for key, value in said.items() if value is not None}, where="predict")


class Feed(Protocol):
    """Where texts come from."""

    def take(self, most: int, *, wait: bool) -> list[str] | None:
        """Up to so many that are there; with ``wait``, at least one; None at the end."""
        ...


class Ready:
    """Texts that are all there, or are made when they are asked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)

    def take(self, most: int, *, wait: bool) -> list[str] | None:
        return list(islice(self._texts, most)) or None


class Pipe:
    """Texts that come when they come: read beside, so that what is there is answered while more is awaited."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._queue: Queue[str | BaseException | None] = Queue(maxsize=2 * _AHEAD)
        self._error: BaseException | None = None
        self._over = False
        Thread(target=self._read, args=(texts,), daemon=True).start()

    def _read(self, texts: Iterable[str]) -> None:
        try:
            for text in texts:
                self._queue.put(text)
            self._queue.put(None)
        except BaseException as error:  # the reader of the queue raises it, after what came before it
            self._queue.put(error)

    def take(self, most: int, *, wait: bool) -> list[str] | None:
        if self._error is not None:
            raise self._error
        found: list[str] = []
        while not self._over and len(found) < most:
            try:
                item = self._queue.get(block=wait and not found)
            except Empty:
                break
            if isinstance(item, BaseException):
                self._error, self._over = item, True
                if not found:
                    raise item
            elif item is None:
                self._over = True
            else:
                found.append(item)
        return None if self._over and not found and self._error is None else found


@dataclass(kw_only=True)
class _Open:
    """A text that is being answered, in one part or several."""

    text: str
    parts: list[str]
    numbered: list[tuple[Source, tuple[str, ...]]]
    """Each part as a source, and its own words."""
    found: dict[int, Found] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.found) == len(self.parts)


class Answerer:
    """An engine with what turns text into its numbers and back."""

    def __init__(
        self, engine: Engine, numbering: Numbering, answers: AnswerSettings, *, longest_source: int, looks: Looks
    ) -> None:
        self.engine = engine
        self.numbering = numbering
        self.answers = answers
        self.longest_source = longest_source
        self.looks = looks

    def answer(self, feed: Feed, asking: Asking) -> Iterator[Answer]:
        """Each text's answer, in the order of the texts, as soon as it and all before it are there."""
        opened: dict[int, _Open] = {}
        order: deque[int] = deque()
        number, over = 0, False
        try:
            while not over or order:
                if not over and len(order) <= _AHEAD // 2:
                    texts = feed.take(_AHEAD - len(order), wait=not order)
                    over = texts is None
                    new = {number + place: self._open(text) for place, text in enumerate(texts or ())}
                    number += len(new)
                    opened |= new
                    order.extend(new)
                    self._admit(new, asking)
                if any(not each.complete for each in opened.values()):
                    for event in self.engine.step():
                        if isinstance(event, Failed):
                            place, _ = _place(event.id)
                            raise DecodingError(f"source {place + 1}: {event.error}")
                        if isinstance(event, Finished):
                            place, part = _place(event.id)
                            opened[place].found[part] = event.answer
                while order and opened[order[0]].complete:
                    yield self._close(opened.pop(order.popleft()))
        finally:
            self.engine.cancel([(place, part) for place, each in opened.items() for part in range(len(each.parts))])

    def _open(self, text: str) -> _Open:
        parts = [part for part in self.numbering.split_source(text, limit=self.longest_source) if part.strip()]
        return _Open(text=text, parts=parts, numbered=[self.numbering.source(part) for part in parts])

    def _admit(self, new: dict[int, _Open], asking: Asking) -> None:
        """The longest first: what fills the batch is known early, and short ones fill its gaps."""
        requests = [
            self._request((place, part), source, asking)
            for place, each in new.items()
            for part, (source, _) in enumerate(each.numbered)
        ]
        self.engine.admit(sorted(requests, key=lambda request: -len(request.source.parts["text"])))

    def _request(self, id: tuple[int, int], source: Source, asking: Asking) -> Request:
        length = len(source.parts["text"])
        beam = asking.nbest if asking.sample else max(asking.beam or self.answers.beam, asking.nbest)
        longest = asking.max_length or self.answers.longest(length)
        return Request(
            id=id,
            source=source,
            beams=beam,
            nbest=asking.nbest,
            sampling=self._sampling(id, asking) if asking.sample else None,
            length_penalty=self._penalty(asking),
            coverage_penalty=0.0 if asking.sample else self.answers.coverage_penalty,
            min_length=min(asking.min_length, longest),
            max_length=longest,
        )

    def _penalty(self, asking: Asking) -> LengthPenalty:
        if asking.sample:
            return LengthPenalty(kind="none")
        return LengthPenalty(
            kind=asking.length_penalty or self.answers.length_penalty,
            alpha=self.answers.alpha if asking.alpha is None else asking.alpha,
        )

    def _sampling(self, id: tuple[int, int], asking: Asking) -> Sampling:
        """A seed for each text, so that an answer does not depend on what else was asked with it."""
        return Sampling(
            seed=(asking.seed * 1_000_003 + id[0] * 1009 + id[1]) % 2**32,
            temperature=asking.temperature,
            top_k=asking.top_k,
            top_p=asking.top_p,
            min_p=asking.min_p,
        )

    def _close(self, each: _Open) -> Answer:
        parts = [self._answer(each, part, each.found[part]) for part in range(len(each.parts))]
        if len(parts) == 1:
            others = tuple(self._answer(each, 0, other) for other in each.found[0].alternatives)
            return replace(parts[0], source=each.text, alternatives=others)
        token_logps = tuple(logp for part in parts for logp in part.token_logps)
        return Answer(
            text=join_answers(each.parts, [part.text for part in parts]),
            score=sum(part.score for part in parts),
            logp=sum(part.logp for part in parts),
            confidence=confidence_of(token_logps),
            tokens=tuple(token for part in parts for token in part.tokens),
            token_logps=token_logps,
            source=each.text,
            source_tokens=tuple(token for part in parts for token in part.source_tokens),
        )

    def _answer(self, each: _Open, part: int, found: Found) -> Answer:
        source, own_words = each.numbered[part]
        return Answer(
            text=self.numbering.text(found.tokens, own_words),
            score=found.score,
            logp=found.logp,
            confidence=confidence_of(found.token_logps),
            tokens=tuple(self.numbering.show(found.tokens, own_words)),
            token_logps=found.token_logps,
            source=each.parts[part],
            source_tokens=tuple(self.numbering.sources.pieces(each.parts[part])),
            look=lambda: self.looks(source, found.tokens),
        )


class Looks(Protocol):
    """Where a model looks when it says these tokens of that source."""

    def __call__(self, source: Source, tokens: Sequence[int]) -> Attention | None: ...


def _place(id: object) -> tuple[int, int]:
    assert isinstance(id, tuple)
    return id
