"""A training from beginning to end: pairs → numbers → a trained model in a folder that stands alone."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from seqloom.core import settings, toml
from seqloom.core.devices import DeviceName, pick_device
from seqloom.core.errors import RecipeError
from seqloom.core.seeding import seed_everything
from seqloom.data.numbering import Numbering
from seqloom.data.opening import flows
from seqloom.training.budget import make_plan, tokens_per_second
from seqloom.training.events import Event, Stopped, Validated
from seqloom.training.lock import locked
from seqloom.training.plan import Plan
from seqloom.training.run import resume as resume_run
from seqloom.training.run import run
from seqloom.training.trainer import Trainer
from seqloom.workflow.asking import Asking
from seqloom.workflow.budgeting import check_rungs, keys_of, outlook, within
from seqloom.workflow.card import write_card
from seqloom.workflow.evaluating import Report, gather
from seqloom.workflow.folder import LEXICON, begin_folder, open_numbering, put_weights
from seqloom.workflow.lexicons import learn_lexicon
from seqloom.workflow.manifest import put_metrics, read_manifest
from seqloom.workflow.model import Model, load_model
from seqloom.workflow.plan import Planned, planned
from seqloom.workflow.preparing import Prepared, open_data, prepare_data
from seqloom.workflow.recipe import Recipe, load_recipe
from seqloom.workflow.reporting import alone, write_run
from seqloom.workflow.rows import Pairs, rows_of
from seqloom.workflow.runs import agreed_recipe, free_folder, make_folder
from seqloom.workflow.sharing import take_data
from seqloom.workflow.trainers import trainer_for
from seqloom.workflow.validating import Validating

__all__ = ["Ended", "Told", "Training", "drain", "parse_budget", "several", "train"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The run is over, and this is what it made."""

    folder: Path
    model: Model
    reports: dict[str, Report]
    """By file: validation first, then each test."""
    stopped: Stopped
    seconds: float
    resumed: bool = False
    """The same command goes on with it, as it is."""
    outlook: str = ""
    """What a longer budget would likely bring, where there was one."""
    drawing: float | None = None
    """Seconds that its page took; None where there is none."""


Told = Planned | Event | Ended


@dataclass(kw_only=True)
class Training:
    """Everything that a person says about a run; iterate over ``run()`` to make it happen."""

    recipe: Recipe
    name: str
    """For the folder, where none is given."""
    train: Sequence[Pairs] = ()
    valid: Sequence[Pairs] = ()
    test: Sequence[Pairs] = ()
    out: Path | None = None
    budget: float | None = None
    """Seconds in all."""
    fixed: Sequence[str] = ()
    """Keys of the recipe that a budget leaves as they are."""
    resume: bool = False
    device: DeviceName = "auto"
    origin: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest says beside, such as whose student the model is."""
    plan: Plan | None = None
    """Of a run that this one repeats; None: one is made."""
    shared: Path | None = None
    """Where `share_data` put numbered pairs for several runs, in place of files to read."""

    def run(self) -> Iterator[Told]:
        """The plan, then every event of the training, then what came of it."""
        begun = time.perf_counter()
        if self.budget is not None:
            check_rungs(self.recipe, fixed=self.fixed)
        folder = self._folder()
        if not (folder / "manifest.json").is_file():
            self._look_at_files()
        make_folder(folder)
        with locked(folder):
            recipe = agreed_recipe(self.recipe, folder, resume=self.resume)
            seed_everything(recipe.training.seed)
            device = pick_device(self.device)
            data, numbering = self._data(folder, recipe)
            chosen = ""
            if self.budget is not None and recipe.budget and not (folder / "manifest.json").is_file():
                recipe, chosen = within(
                    recipe,
                    self.budget - (time.perf_counter() - begun),
                    fixed=self.fixed,
                    epoch=data.target_tokens,
                    speed_of=lambda other: tokens_per_second(trainer_for(other, data, numbering, device)),
                )
                seed_everything(recipe.training.seed)  # as if nothing had been timed
            trainer = trainer_for(recipe, data, numbering, device)
            validate = Validating(recipe, numbering, data) if data.valid_rows else None
            resumed = resume_run(trainer, folder)
            if not resumed:
                left = None if self.budget is None else self.budget - (time.perf_counter() - begun)
                rehearse = None if validate is None else validate.rehearse
                trainer.plan = self.plan or make_plan(trainer, seconds=left, validate=rehearse, folder=folder)
            if not (folder / "manifest.json").is_file():
                about = {
                    "budget": self.budget,
                    "device": str(device),
                    "threads": recipe.training.threads or torch.get_num_threads(),
                    **self.origin,
                    "plan": {name: getattr(trainer.plan, name) for name in ("steps", "validate_every", "epochs")},
                }
                begin_folder(
                    folder, recipe, numbering, longest_source=data.longest_source, seen=data.report, trained=about
                )
            teacher = read_manifest(folder).get("teacher")
            yield planned(
                trainer, recipe, numbering, data, folder=folder, resumed=resumed, chosen=chosen, teacher=teacher
            )
            stopped = None
            for event in run(trainer, folder, validate=validate, logging=recipe.logging):
                yield event
                if isinstance(event, Validated) and event.best:
                    with trainer.answering():
                        put_weights(folder, trainer.model)
                if isinstance(event, Stopped):
                    stopped = event
            assert stopped is not None
            yield self._end(folder, recipe, numbering, data, trainer, stopped, begun)

    def _look_at_files(self) -> None:
        """What is wrong with the beginning of a file is said before anything is done, a test's too."""
        data = self.recipe.data
        files = [*(self.train or data.train), *(self.valid or data.valid), *(self.test or data.test)]
        looked_at = [(pairs, self.recipe) for pairs in files]
        for name, task in data.tasks.items():
            looked_at += [(pairs, self.recipe.of_task(name)) for pairs in (*task.train, *task.valid, *task.test)]
        for pairs, recipe in looked_at:
            if isinstance(pairs, str | Path) and not flows(str(pairs)):
                next(rows_of(pairs, recipe), None)

    # ---- beginning ---------------------------------------------------------------------------------------------------

    def _folder(self) -> Path:
        """Where the run lives. Without `--out`, the first free name under `runs`, or the last one that can go on."""
        return self.out or free_folder(self.name, last=self.resume)

    def _data(self, folder: Path, recipe: Recipe) -> tuple[Prepared, Numbering]:
        if (folder / "manifest.json").is_file():
            return open_data(folder / "data"), open_numbering(folder, recipe)
        if self.shared is not None:
            return take_data(self.shared, folder, recipe)
        return prepare_data(
            folder / "data", recipe, train=self.train or recipe.data.train, valid=self.valid or recipe.data.valid
        )

    # ---- end ---------------------------------------------------------------------------------------------------------

    def _end(
        self,
        folder: Path,
        recipe: Recipe,
        numbering: Numbering,
        data: Prepared,
        trainer: Trainer,
        stopped: Stopped,
        begun: float,
    ) -> Ended:
        """Keep the weights, and measure them: the validation pairs as a finished model answers them, then each test."""
        lexicon = learn_lexicon(data.corpora, numbering)
        if lexicon is not None:
            lexicon.save(folder / LEXICON)
        model = Model(recipe, numbering, trainer.model, longest_source=data.longest_source, lexicon=lexicon)
        reports: dict[str, Report] = {}
        if stopped.reason != "interrupted":
            put_weights(folder, trainer.model)
            reports |= _measured(model, data, self.test or recipe.data.test)
            for name in data.tasks:
                task = model.task(name)
                found = _measured(task, data.tasks[name], task.recipe.data.test)
                reports |= {f"{name}, {where}": report for where, report in found.items()}
        elif not (folder / "weights.safetensors").is_file():
            put_weights(folder, trainer.model)
        metrics = {
            "steps": trainer.step,
            "seconds": round(trainer.seconds, 1),
            "stopped": stopped.reason,
            "history": trainer.history,
            "scores": {name: report.to_data() for name, report in reports.items()},
            **model.every_metric,
        }
        put_metrics(folder, metrics)
        teacher = read_manifest(folder).get("teacher")
        write_card(folder, recipe, trainer.model, reports, metrics, data.report, teacher=teacher)
        ask = alone(model, Asking(answers=model.recipe.answers))
        drawing = write_run(folder, recipe, reports, metrics, data.report, ask=ask)
        return Ended(
            folder=folder,
            model=load_model(folder, device=self.device, trust=None),
            reports=reports,
            stopped=stopped,
            seconds=time.perf_counter() - begun,
            resumed=self.resume,
            outlook=self._outlook(trainer, reports),
            drawing=drawing,
        )

    def _outlook(self, trainer: Trainer, reports: Mapping[str, Report]) -> str:
        if self.budget is None or "validation" not in reports:
            return ""
        first = reports["validation"].scores[0]
        return outlook(trainer.history, name=first.name, higher_is_better=first.higher_is_better)


def _measured(model: Model, data: Prepared, tests: Sequence[Pairs]) -> dict[str, Report]:
    """What it reaches on its validation pairs, by which its confidences are fitted, and on each test."""
    reports: dict[str, Report] = {}
    if data.valid_rows:
        tested = gather(data.valid_rows, model.recipe)
        report = model.report(tested, Asking(answers=model.recipe.answers))
        reports["validation"] = model.calibrate_by(report, data.valid_rows, fitted="validation")
    for pairs in tests:
        reports[str(pairs) if isinstance(pairs, str | Path) else "test"] = model.evaluate(pairs)
    return reports


def train(
    recipe: str | Path | Recipe,
    *,
    train: Pairs | Sequence[Pairs] = (),
    valid: Pairs | Sequence[Pairs] = (),
    test: Pairs | Sequence[Pairs] = (),
    out: str | Path | None = None,
    set: Sequence[str] | dict[str, Any] = (),
    budget: str | float | None = None,
    resume: bool = False,
    device: DeviceName = "auto",
    verbose: bool = True,
) -> Model:
    """Train by a recipe, and give back the model, which is in the folder ``out`` too.

    ``train``, ``valid`` and ``test`` are files, or anything that gives a source and a target at a time. ``set`` puts
    single settings in place of the recipe's: ``{"model.encoder.layers": 4}``. ``budget`` is a time: "20m".
    """
    from seqloom.workflow.display import show

    overrides = [f"{key}={toml.inline(value)}" for key, value in set.items()] if isinstance(set, dict) else [*set]
    if isinstance(recipe, Recipe):
        name, chosen = "model", settings.parse(Recipe, settings.override(settings.to_data(recipe), overrides))
    else:
        name, chosen = Path(recipe).stem, load_recipe(recipe, overrides=overrides)
    training = Training(
        recipe=chosen,
        name=name,
        train=several(train),
        valid=several(valid),
        test=several(test),
        out=None if out is None else Path(out),
        budget=None if budget is None else parse_budget(budget),
        fixed=keys_of(overrides),
        resume=resume,
        device=device,
    )
    ended = show(training.run()) if verbose else drain(training.run())
    return ended.model


_NUMBER = r"(\d+(?:\.\d+)?)\s*"


def parse_budget(text: str | float) -> float:
    """Seconds of "20m", "1h30m", "90s" or a plain number of seconds."""
    if isinstance(text, int | float):
        seconds = float(text)
    else:
        found = re.fullmatch(rf"\s*(?:{_NUMBER}h)?\s*(?:{_NUMBER}m(?:in)?)?\s*(?:{_NUMBER}s?)?\s*", text)
        parts = found.groups() if found else ()
        seconds = sum(float(part) * unit for part, unit in zip(parts, (3600, 60, 1), strict=False) if part)
    if not seconds > 0:
        raise RecipeError(f"`--budget` must be a time such as 20m, 1h30m or 90s, but is {text}.")
    return seconds


def several(given: Pairs | Sequence[Pairs]) -> tuple[Pairs, ...]:
    """One file, several, or pairs in hand: a list of paths is several files, any other list is pairs."""
    if isinstance(given, list | tuple) and all(isinstance(each, str | Path) for each in given):
        return tuple(given)
    return (given,)


def drain(events: Iterator[Told]) -> Ended:
    """Run, and tell nobody."""
    [last] = deque(events, maxlen=1)
    assert isinstance(last, Ended)
    return last
