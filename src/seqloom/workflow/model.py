"""A trained model as its user meets it: it answers, is measured, scores pairs and is saved."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch

from seqloom.core.devices import DeviceName, pick_device
from seqloom.core.errors import RecipeError
from seqloom.data.batches import batches_of, make_batch
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.decoding.first_of import FirstOf
from seqloom.decoding.request import Engine, Pair, Paths, Source
from seqloom.decoding.rollout import Rollout
from seqloom.decoding.search import Search
from seqloom.decoding.stepper import Stepper
from seqloom.engines.native.stepper import takes
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.frame_stepper import ModelFrameStepper
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.workflow.answers import Attention
from seqloom.workflow.asking import AnswerSettings, Asked, Asking, asking_of
from seqloom.workflow.calibrating import fit_calibration
from seqloom.workflow.evaluating import Report, gather, read_anew
from seqloom.workflow.exported import Exported
from seqloom.workflow.folder import LEXICON, begin_folder, open_folder, put_weights
from seqloom.workflow.forcing import likeliest
from seqloom.workflow.manifest import put_metrics
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs
from seqloom.workflow.searching import ROWS, rows_side_by_side, search_on_cores
from seqloom.workflow.speaker import SCORED, Speaker
from seqloom.workflow.steppers import stepper_of
from seqloom.workflow.summary import summary_of
from seqloom.workflow.vectors import check_answers

__all__ = ["Model", "load_model"]

_STEPPERS = 2
"""Kept: with a shortlist, and for what is asked with constraints without."""


class Model(Speaker):
    """What ``seqloom.train`` and ``seqloom.load`` give back."""

    recipe: Recipe

    def __init__(
        self,
        recipe: Recipe,
        numbering: Numbering,
        network: EncoderDecoder,
        *,
        longest_source: int = 0,
        metrics: Mapping[str, Any] | None = None,
        name: str | None = None,
        lexicon: Lexicon | None = None,
        trust: frozenset[str] | None = frozenset(),
    ) -> None:
        """``name``: of the further task that this is the model of. ``trust``: as ``load`` has it, for its company."""
        self.lexicon = lexicon
        self.recipe = recipe
        self.numbering = numbering
        self.network = network.eval()
        self.longest_source = longest_source
        self.metrics = metrics or {}
        self.exports: Sequence[Exported] = ()
        """What was exported of it."""
        self._steppers: dict[object, Stepper] = {}
        self._name = name
        self._trust = trust
        self._tasks: dict[str, Model] = {}

    def task(self, name: str) -> Model:
        if name not in self._tasks:
            self._tasks[name] = Model(
                self.recipe.of_task(name),
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

    @property
    def engines(self) -> str:
        return ", ".join([*(each.engines for each in self._faster), "own"])

    @property
    def _faster(self) -> Sequence[Exported]:
        """The exports, where our own steps are torch's. Those of the kernels are as fast, and the model's own."""
        return () if self.device.type == "cpu" and takes(self.network) else self.exports

    # ---- answering ---------------------------------------------------------------------------------------------------

    def engine(self, asking: Asking) -> Engine:
        """What finds the answers: there is nothing to search for among numbers."""
        self.company(asking.answers)
        if self.network.vocabulary.channels:
            search = asking.answers.search
            rows = rows_side_by_side(search.paths if isinstance(search, Paths) else 1)
            return Rollout(ModelFrameStepper(self.network), max_rows=rows, device=self.device)
        own = search_on_cores(
            self.stepper(asking.answers),
            whole=self.stepper(replace(asking.answers, shortlist=None)),
            beams=asking.rows(self.network.vocabulary.size),
            device=self.device,
        )
        faster = [each.engine(asking) for each in self._faster if each.refuses(asking.answers) is None]
        return FirstOf([*faster, own]) if faster else own

    def company(self, answers: AnswerSettings) -> Hashable:
        if self.network.vocabulary.channels:
            check_answers(answers, self.recipe.model.head)
        return answers.ensemble, answers.language_model, answers.neighbours, answers.shortlist, answers.precision

    def scorer(self) -> Engine:
        if self.network.vocabulary.channels:
            return Rollout(ModelFrameStepper(self.network), device=self.device)
        return Search(ModelStepper(self.network), max_rows=SCORED, device=self.device)

    def stepper(self, answers: AnswerSettings) -> Stepper:
        """What its answers are searched with. Kept while the same ones have a say: others' folders are read once."""
        having = self.company(answers)
        if having not in self._steppers:
            made = stepper_of(
                self.network,
                self.numbering,
                answers,
                device=self.device,
                lexicon=self.lexicon,
                trust=self._trust,
                task=self._name,
            )
            if len(self._steppers) == _STEPPERS:
                self._steppers.clear()
            self._steppers[having] = made
        return self._steppers[having]

    def _draw_prior(self, count: int, *, seed: int) -> list[Source]:
        return self.network.draw_prior(count, seed=seed)

    @torch.inference_mode()
    def _look(self, source: Source, tokens: Sequence[Any]) -> Attention | None:
        """The tokens are said once more in one call, and the decoder shows where it looks."""
        said: Any = np.array(tokens, dtype=np.float32) if self.network.vocabulary.channels else tokens
        batch = make_batch([Pair(source=source, target=said)], vocabulary=self.network.vocabulary, device=self.device)
        state = self.network.decoder.start(self.network.encode(batch.source), attention="one")
        attention_NTS = self.network.decoder(batch.inputs_BT, state).attention_NTS
        return None if attention_NTS is None else tuple(map(tuple, attention_NTS[0].tolist()))

    # ---- confidence --------------------------------------------------------------------------------------------------

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
        pairs = (self.pair(self.cleaned(row))[0] for row in rows if row.targets and row.source.strip())
        longest = (self.longest_source or math.inf, self.network.decoder.longest or math.inf)
        fitting = (
            pair
            for pair in pairs
            if 0 < max(map(len, pair.source.parts.values())) <= longest[0] and len(pair.target) < longest[1]
        )
        return batches_of(fitting, size=ROWS, vocabulary=self.network.vocabulary)

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
        if self.lexicon is not None:
            self.lexicon.save(path / LEXICON)

    def to(self, device: DeviceName) -> Model:
        self.network.to(pick_device(device))
        return self

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device


def load_model(folder: Path, *, device: DeviceName = "cpu", trust: frozenset[str] | None = frozenset()) -> Model:
    """Read the folder of a trained model."""
    opened = open_folder(folder, trust=trust)
    model = Model(
        opened.recipe,
        opened.numbering,
        opened.model,
        longest_source=opened.manifest["longest_source"],
        metrics=opened.metrics,
        lexicon=Lexicon.load(folder / LEXICON) if (folder / LEXICON).is_file() else None,
        trust=trust,
    )
    _ = model.calibration  # one that is damaged is refused now, not at the first answer
    return model.to(device)
