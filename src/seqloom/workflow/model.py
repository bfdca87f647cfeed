"""A trained model as its user meets it: it answers, is measured, scores pairs and is saved."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch

from seqloom.core.devices import DeviceName, pick_device
from seqloom.core.errors import DataError, RecipeError
from seqloom.data.batches import batches_of, make_batch
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.numbering import Numbering
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.request import Engine, Pair, Source
from seqloom.decoding.rollout import Rollout
from seqloom.decoding.search import Search
from seqloom.decoding.stepper import Stepper
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.frame_stepper import ModelFrameStepper
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.workflow.answering import Answerer
from seqloom.workflow.answers import Answer, Attention, PairScore
from seqloom.workflow.asking import AnswerSettings, Asked, Asking, asking_of
from seqloom.workflow.calibrating import AS_SAID, Calibration, fit_calibration
from seqloom.workflow.evaluating import Report, gather, read_anew, report_on
from seqloom.workflow.feeds import Asks, Cleaned, Feed, Question, Ready, question_of
from seqloom.workflow.folder import begin_folder, open_folder, put_metrics, put_weights
from seqloom.workflow.forcing import likeliest
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs, rows_of
from seqloom.workflow.steppers import stepper_of
from seqloom.workflow.summary import summary_of
from seqloom.workflow.vectors import check_answers

__all__ = ["Model", "load"]

_ROWS = 64
"""Sources that are searched side by side; each has its beam."""
_SCORED = 256


class Model:
    """What ``seqloom.train`` and ``seqloom.load`` give back."""

    def __init__(
        self,
        recipe: Recipe,
        numbering: Numbering,
        network: EncoderDecoder,
        *,
        longest_source: int = 0,
        metrics: Mapping[str, Any] | None = None,
        name: str | None = None,
        trust: frozenset[str] | None = frozenset(),
    ) -> None:
        """``name``: of the further task that this is the model of. ``trust``: as ``load`` has it, for its company."""
        self.recipe = recipe
        self.numbering = numbering
        self.network = network.eval()
        self.longest_source = longest_source
        """Tokens; a longer source is answered in parts. 0: any length is answered whole."""
        self.metrics: Mapping[str, Any] = metrics or {}
        self._steppers: dict[object, Stepper] = {}
        self._name = name
        self._trust = trust
        self._tasks: dict[str, Model] = {}

    def task(self, name: str) -> Model:
        """The model of one of the further tasks that it was trained for: it answers and is measured like any other."""
        if name not in self._tasks:
            self._tasks[name] = Model(
                self.recipe.task(name),
                self.numbering.tasks[name],
                self.network.task(name),
                longest_source=self.longest_source,
                metrics=self.metrics.get("tasks", {}).get(name),
                name=name,
                trust=self._trust,
            )
        return self._tasks[name]

    @property
    def every_metric(self) -> Mapping[str, Any]:
        """Its metrics, and those of the further tasks."""
        tasks = dict(self.metrics.get("tasks", {})) | {name: dict(each.metrics) for name, each in self._tasks.items()}
        return {**self.metrics, "tasks": tasks} if tasks else self.metrics

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
        drawn = (Question(text="", drawn=source) for source in self.network.draw_prior(count, seed=seed))
        return self.answers(Ready(drawn), replace(asking, max_length=longest))

    def answers(self, feed: Feed, asking: Asking | None = None) -> Iterator[Answer]:
        """The same for sources that come one after the other; each answer as soon as those before it are there."""
        asking = asking or Asking(answers=self.recipe.answers)
        cleaned = Cleaned(feed, self._cleaner)
        for answer in self._answerer(asking).answer(cleaned):
            yield replace(answer, source=cleaned.original())

    def stream(self, source: Any, **how: Unpack[Asked]) -> Iterator[str]:
        """One answer's text, piece by piece as it settles: what was given is never taken back."""
        questions = Cleaned(Ready([question_of(source)]), self._cleaner).take(1, wait=True)
        assert questions is not None
        yield from self._answerer(asking_of(self.recipe.answers, **how)).stream(questions[0])

    def _answerer(self, asking: Asking) -> Answerer:
        return Answerer(
            self._engine(asking),
            self.numbering,
            asking,
            longest_source=self.longest_source,
            looks=self._look,
            calibration=self.calibration,
        )

    def _engine(self, asking: Asking) -> Engine:
        """What finds the answers: there is nothing to search for among numbers."""
        if self.network.vocabulary.channels:
            check_answers(asking.answers)
            return Rollout(ModelFrameStepper(self.network), max_rows=_ROWS, device=self.device)
        rows = _ROWS * asking.rows(self.network.vocabulary.size)
        return Search(self._stepper(asking.answers), max_rows=rows, device=self.device)

    def _stepper(self, answers: AnswerSettings) -> Stepper:
        """Kept while the same ones have a say: others' folders are read once."""
        having = (answers.ensemble, answers.language_model, answers.neighbours)
        if having not in self._steppers:
            made = stepper_of(
                self.network, self.numbering, answers, device=self.device, trust=self._trust, task=self._name
            )
            self._steppers = {having: made}
        return self._steppers[having]

    @torch.inference_mode()
    def _look(self, source: Source, tokens: Sequence[Any]) -> Attention | None:
        """The tokens are said once more in one call, and the decoder shows where it looks."""
        said: Any = np.array(tokens, dtype=np.float32) if self.network.vocabulary.channels else tokens
        batch = make_batch([Pair(source=source, target=said)], vocabulary=self.network.vocabulary, device=self.device)
        state = self.network.decoder.start(self.network.encode(batch.source), attention="one")
        attention_NTS = self.network.decoder(batch.inputs_BT, state).attention_NTS
        return None if attention_NTS is None else tuple(map(tuple, attention_NTS[0].tolist()))

    # ---- measuring ---------------------------------------------------------------------------------------------------

    def evaluate(self, pairs: Pairs, *, task: str | None = None, **how: Unpack[Asked]) -> Report:
        """Scores on a file or on pairs, answered as ``how`` or the recipe's `answers` say."""
        if task is not None:
            return self.task(task).evaluate(pairs, **how)
        tested = gather(self.rows(pairs), self.recipe)
        return self.report(tested, asking_of(self.recipe.answers, **how))

    def report(self, tested: Sequence[Any], asking: Asking, *, samples: int = 1000) -> Report:
        begun = time.perf_counter()
        answers = [*self.answers(Ready(each.question for each in tested), asking)]
        seconds = time.perf_counter() - begun
        return report_on(
            tested, answers, self.recipe.evaluation, searched=str(asking), seconds=seconds, samples=samples
        )

    def score(self, pairs: Pairs) -> list[PairScore]:
        """The log-probability and confidence of given pairs, the first target of each."""
        return [*self.scores(self.rows(pairs))]

    def scores(self, rows: Iterable[Row]) -> Iterator[PairScore]:
        engine: Engine = Search(ModelStepper(self.network), max_rows=_SCORED, device=self.device)
        if self.network.vocabulary.channels:
            engine = Rollout(ModelFrameStepper(self.network), device=self.device)
        waiting: list[Row] = []
        for row in rows:
            if not row.targets:
                raise DataError(f"{row.file}:{row.line}: expected a source and a target, found a source alone.")
            waiting.append(row)
            if len(waiting) == _SCORED:
                yield from self._scored(engine, waiting)
                waiting = []
        yield from self._scored(engine, waiting)

    def _scored(self, engine: Engine, rows: Sequence[Row]) -> Iterator[PairScore]:
        if not rows:
            return
        cleaned = [self._clean(row) for row in rows]
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
        source, own_words = self.numbering.source(row.source, row.extras)
        return Pair(source=source, target=self.numbering.target(row.targets[0], own_words)), own_words

    def rows(self, pairs: Pairs) -> Iterator[Row]:
        """The rows of a file or of pairs, read as the recipe reads its data."""
        return Ledger(on_bad_line=self.recipe.data.on_bad_line).rows(
            rows_of(pairs, self.recipe, channels=self.numbering.channels)
        )

    def _clean(self, row: Row) -> Row:
        cleaned = self._cleaner.row(replace(row, targets=row.targets[:1]))
        if isinstance(cleaned, BadLine):
            raise DataError(f"{cleaned}. Fix the line.")
        return cleaned

    # ---- confidence --------------------------------------------------------------------------------------------------

    @property
    def calibration(self) -> Calibration:
        """How log-probabilities are read as confidences."""
        kept = self.metrics.get("calibration")
        return AS_SAID if kept is None else Calibration.from_data(kept)

    def calibrate(self, pairs: Pairs, **how: Unpack[Asked]) -> Report:
        """Fit the confidences to what the answers to these pairs are worth; the report has the new ones.

        The model must not have learnt from the pairs, on which it is surer than it may be elsewhere. Training does this
        on its validation pairs. ``save`` keeps it.
        """
        rows = [*self.rows(pairs)]
        report = self.report(gather(rows, self.recipe), asking_of(self.recipe.answers, **how))
        if not report.qualities:
            raise RecipeError(
                "`evaluation.metrics` must begin with a share, so that confidences can be fitted to it, "
                f'but begins with "{self.recipe.evaluation.metrics[0]}".'
            )
        return self.calibrate_by(report, rows, fitted="own pairs")

    def calibrate_by(self, report: Report, rows: Iterable[Row], *, fitted: str) -> Report:
        """The same from answers that are there already, and the rows that they answer; as it was where these have no
        quality."""
        if not report.qualities or self.network.vocabulary.channels:
            return report
        tokens_P, right_P = likeliest(self.network, self._forced(rows))
        said = [answer.token_logps for answer in report.answers]
        calibration = fit_calibration(said, np.array(report.qualities), tokens_P, right_P, fitted=fitted)
        self.metrics = {**self.metrics, "calibration": calibration.to_data()}
        return read_anew(report, calibration)

    def _forced(self, rows: Iterable[Row]) -> Iterator[Batch]:
        """The rows whose references can be forced: no empty ones, and none longer than the model reads or says."""
        pairs = (self.pair(self._clean(row))[0] for row in rows if row.targets and row.source.strip())
        longest = (self.longest_source or math.inf, self.network.decoder.longest or math.inf)
        fitting = (
            pair
            for pair in pairs
            if 0 < max(map(len, pair.source.parts.values())) <= longest[0] and len(pair.target) < longest[1]
        )
        return batches_of(fitting, size=_ROWS, vocabulary=self.network.vocabulary)

    # ---- the rest ----------------------------------------------------------------------------------------------------

    def summary(self) -> str:
        """The parts, and how many parameters each has."""
        return summary_of(self.network)

    def save(self, folder: str | Path) -> None:
        """Write a model folder that stands alone."""
        path = Path(folder)
        begin_folder(path, self.recipe, self.numbering, longest_source=self.longest_source, seen={}, trained={})
        put_weights(path, self.network)
        put_metrics(path, self.every_metric)

    def to(self, device: DeviceName) -> Model:
        self.network.to(pick_device(device))
        return self

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    @cached_property
    def _cleaner(self) -> Cleaner:
        return Cleaner(self.recipe.data.cleaning, Ledger(), self.recipe.data.annotations)


def load(folder: str | Path, *, device: DeviceName = "cpu", trust: Iterable[str] | None = ()) -> Model:
    """Read a model folder. ``trust`` names the packages whose parts a model from elsewhere may run; None trusts all."""
    trusted = None if trust is None else frozenset(trust)
    opened = open_folder(Path(folder), trust=trusted)
    model = Model(
        opened.recipe,
        opened.numbering,
        opened.model,
        longest_source=opened.manifest["longest_source"],
        metrics=opened.metrics,
        trust=trusted,
    )
    _ = model.calibration  # one that is damaged is refused now, not at the first answer
    return model.to(device)
