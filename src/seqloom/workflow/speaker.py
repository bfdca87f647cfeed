"""Whoever answers: a model that was trained here, or what was exported of one. No torch here.

What measures is imported by who measures, for it takes longer to import than a question takes to answer.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, Unpack

from seqloom.core.errors import DataError, DecodingError
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.numbering import Numbering
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.request import Engine, Pair, Source
from seqloom.tasks import Task
from seqloom.workflow import conducting
from seqloom.workflow.answering import Answerer
from seqloom.workflow.answers import Answer, Attention, PairScore
from seqloom.workflow.asking import AnswerSettings, Asked, Asking, asking_of
from seqloom.workflow.calibration import AS_SAID, Calibration
from seqloom.workflow.feeds import Asks, Feed, Question, Ready, question_of
from seqloom.workflow.opened import Opened
from seqloom.workflow.rows import Pairs, measurable, rows_of
from seqloom.workflow.use import Use

if TYPE_CHECKING:
    from seqloom.workflow.evaluating import Report, Tested

__all__ = ["SCORED", "Speaker"]

_NONE: Mapping[str, Any] = MappingProxyType({})
SCORED = 256
"""Pairs that are scored in one go."""


class Speaker(ABC):
    """Text in, text out, and what it is worth: everything that needs an engine, whichever that is."""

    recipe: Use
    numbering: Numbering
    longest_source: int
    """Tokens; a longer source is answered in parts. 0: any length is answered whole."""
    metrics: Mapping[str, Any]

    @property
    def takes(self) -> tuple[str, ...]:
        """What an answer may be asked with, where not every engine can."""
        return ("constraints", "sampling")

    @abstractmethod
    def task(self, name: str) -> Self:
        """Of one of the further tasks that it was trained for: it answers and is measured like any other."""

    @abstractmethod
    def engine(self, asking: Asking) -> Engine:
        """What finds the answers."""

    @abstractmethod
    def company(self, answers: AnswerSettings) -> Hashable:
        """Who has a say in such answers: askings of which this is the same may share an engine. What nobody here can
        answer is refused."""

    @abstractmethod
    def scorer(self) -> Engine:
        """What scores pairs."""

    @property
    @abstractmethod
    def engines(self) -> str:
        """Who answers, and by which files: others would answer otherwise."""

    def _look(self, source: Source, tokens: Sequence[Any]) -> Attention | None:
        """Where it looks when it says these tokens; None where that cannot be seen."""
        return None

    def _draw_prior(self, count: int, *, seed: int) -> list[Source]:
        """Sources that nobody wrote."""
        raise DecodingError(
            "a source must be given: what was exported has no prior to draw from. Ask the model that it was made of."
        )

    # ---- answering ---------------------------------------------------------------------------------------------------

    def predict(self, sources: Asks, *, task: str | None = None, **how: Unpack[Asked]) -> list[Answer]:
        """The answers, in the order of the sources. ``how`` is any field of ``Asked``: beam, nbest, search, set …

        A source is a text, or a mapping like a row of JSONL: its "source", with further columns that the model reads
        and what holds for this answer alone (`constraints`, `min_length`, `max_length`). One that cannot be answered
        has an ``error`` instead, and the others are answered. ``task`` is one of the further tasks; None: the main one.
        """
        if task is not None:
            return self.task(task).predict(sources, **how)
        several = [sources] if isinstance(sources, str | Mapping) else [*sources]
        numbers = "source" in self.numbering.channels
        if numbers and several and isinstance(several[0], int | float):
            several = [several]
        questions = [question_of(source, numbers=numbers) for source in several]
        return [*self.answers(Ready(questions), asking_of(self.recipe.answers, **how))]

    def imagine(self, count: int, **how: Unpack[Asked]) -> list[Answer]:
        """Answers to sources that nobody wrote: draws from the prior of a model with a latent encoder."""
        return [*self.imagined(count, asking_of(self.recipe.answers, **how), seed=how.get("seed", 1))]

    def imagined(self, count: int, asking: Asking, *, seed: int) -> Iterator[Answer]:
        """The same, one after the other. They may be as long as the answer to the longest source."""
        longest = asking.max_length or self.recipe.answers.longest(self.longest_source)
        drawn = (Question(text="", drawn=source) for source in self._draw_prior(count, seed=seed))
        return self.answers(Ready(drawn), replace(asking, max_length=longest))

    def answers(self, feed: Feed, asking: Asking | None = None, *, first: int = 0) -> Iterator[Answer]:
        """The same for sources that come one after the other; each answer as soon as those before it are there.

        ``first`` is the place of the first of them, where others were answered before: draws depend on it.
        """
        asking = asking or Asking(answers=self.recipe.answers)
        answerer = self.answerer(asking)
        return conducting.answers(self.engine(answerer.asking), answerer, feed, first=first)

    def stream(self, source: Any, *, place: int = 0, **how: Unpack[Asked]) -> Iterator[str]:
        """One answer's text, piece by piece as it settles: what was given is never taken back.

        At another ``place`` of a conversation another answer is drawn.
        """
        answerer = self.answerer(asking_of(self.recipe.answers, **how))
        return conducting.stream(self.engine(answerer.asking), answerer, question_of(source), place=place)

    def opened(self, source: Any, asking: Asking) -> Opened:
        """A source as an engine is asked it: cleaned, cut into parts, numbered; or what is wrong with it."""
        return self.answerer(asking).open(question_of(source), key=0, place=0)

    def answerer(self, asking: Asking) -> Answerer:
        """What stands between questions and an engine that was made for its ``asking``."""
        return Answerer(
            self.numbering,
            asking,
            longest_source=self.longest_source,
            looks=self._look,
            task=self.doing,
            cleaner=self._cleaner,
            calibration=self.calibration,
        )

    # ---- measuring ---------------------------------------------------------------------------------------------------

    def evaluate(self, pairs: Pairs, *, task: str | None = None, **how: Unpack[Asked]) -> Report:
        """Scores on a file or on pairs, answered as ``how`` or the recipe's `answers` say."""
        from seqloom.workflow.evaluating import gather

        if task is not None:
            return self.task(task).evaluate(pairs, **how)
        tested = gather(self.rows(pairs), self.recipe)
        return self.report(tested, asking_of(self.recipe.answers, **how))

    def report(self, tested: Sequence[Tested], asking: Asking, *, samples: int = 1000) -> Report:
        from seqloom.workflow.evaluating import report_on

        begun = time.perf_counter()
        if samples:
            asking = replace(asking, nbest=max(asking.nbest, self.doing.nbest))
        answers = [*self.answers(Ready(each.question for each in tested), asking)]
        seconds = time.perf_counter() - begun
        logps = self._logps(tested) if samples and self.doing.likelihoods else ()
        return report_on(
            tested,
            answers,
            self.recipe.evaluation,
            task=self.doing,
            searched=str(asking),
            seconds=seconds,
            samples=samples,
            logps=logps,
        )

    def _logps(self, tested: Sequence[Tested]) -> list[tuple[float, ...]]:
        """How likely each right answer is, by question; nothing where nothing is asked."""
        asked = [bool(self._cleaner.source(each.source).strip()) for each in tested]
        every = [
            Row(source=each.source, targets=(right,), extras=each.extras)
            for each, there in zip(tested, asked, strict=True)
            for right in each.references
            if there
        ]
        found = (scored.logp for scored in self.scores(every))
        return [
            tuple(islice(found, len(each.references))) if there else ()
            for each, there in zip(tested, asked, strict=True)
        ]

    def score(self, pairs: Pairs) -> list[PairScore]:
        """The log-probability and confidence of given pairs, the first target of each."""
        return [*self.scores(self.rows(pairs))]

    def scores(self, rows: Iterable[Row]) -> Iterator[PairScore]:
        engine = self.scorer()
        waiting: list[Row] = []
        for row in rows:
            if not row.targets:
                raise DataError(f"{row.file}:{row.line}: expected a source and a target, found a source alone.")
            waiting.append(row)
            if len(waiting) == SCORED:
                yield from self._scored(engine, waiting)
                waiting = []
        yield from self._scored(engine, waiting)

    def _scored(self, engine: Engine, rows: Sequence[Row]) -> Iterator[PairScore]:
        if not rows:
            return
        cleaned = [self.cleaned(row) for row in rows]
        for row in cleaned:
            if not row.source.strip():
                raise DataError(f"{row.file}:{row.line}: the source is empty. Give one, or delete the line.")
        numbered = [self.pair(row) for row in cleaned]
        scores = engine.score([pair for pair, _ in numbered])
        for row, (pair, own_words), scored in zip(rows, numbered, scores, strict=True):
            yield PairScore(
                source=row.source,
                target=row.targets[0],
                logp=scored.logp,
                tokens=tuple(self.numbering.show(pair.target, own_words)),
                token_logps=scored.token_logps,
                calibration=self.calibration,
            )

    def pair(self, row: Row) -> tuple[Pair, tuple[str, ...]]:
        row = self.numbering.read(row)
        source, own_words = self.numbering.source(row.source, row.extras)
        return Pair(source=source, target=self.numbering.target(row.targets[0], own_words)), own_words

    def rows(self, pairs: Pairs, *, given: Mapping[str, Any] = _NONE) -> Iterator[Row]:
        """The rows of a file or of pairs, read as the recipe reads its data; ``given`` are columns of all of them."""
        found = rows_of(pairs, self.recipe, channels=self.numbering.channels, given=given)
        return Ledger(on_bad_line=self.recipe.data.on_bad_line).rows(measurable(found, self.doing))

    def cleaned(self, row: Row) -> Row:
        """A row with its first target, as those were that the model learnt from."""
        cleaned = self._cleaner.row(replace(row, targets=row.targets[:1]))
        if isinstance(cleaned, BadLine):
            raise DataError(f"{cleaned}. Fix the line.")
        return cleaned

    # ---- the rest ----------------------------------------------------------------------------------------------------

    @cached_property
    def doing(self) -> Task:
        """What is done with a row."""
        return self.recipe.task.build(self.numbering.known)

    @property
    def calibration(self) -> Calibration:
        """How log-probabilities are read as confidences."""
        kept = self.metrics.get("calibration")
        return AS_SAID if kept is None else Calibration.from_data(kept)

    @cached_property
    def _cleaner(self) -> Cleaner:
        return Cleaner(self.recipe.data.cleaning, Ledger(), self.recipe.data.annotations)
