"""The families trained one after the other: on the same numbers, from the same seed, each for as long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Any

from seqloom.core.clock import clock
from seqloom.core.devices import DeviceName
from seqloom.core.errors import DataError, ModelFolderError, RecipeError, TrainingError
from seqloom.core.files import read_json, write_json
from seqloom.core.wording import show
from seqloom.data.rows import BadLine
from seqloom.export.bench.machine import machine_seconds, own_seconds
from seqloom.families.family import Family
from seqloom.training.checkpoints import has_checkpoints
from seqloom.training.lock import locked
from seqloom.workflow.budgeting import keys_of
from seqloom.workflow.manifest import read_manifest, read_metrics
from seqloom.workflow.model import load_model
from seqloom.workflow.plan import Planned
from seqloom.workflow.preparing import Prepared, open_data
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import rows_of
from seqloom.workflow.runs import make_folder
from seqloom.workflow.sharing import share_data
from seqloom.workflow.training import Ended, Told, Training

__all__ = ["Plan", "Trained", "train_families"]

_TERMS = "terms.json"
_DISTURBED = "disturbed.json"
"""In a family's folder: what others did meanwhile."""
_FORMAT = 1
_TOO_FEW = 20
"""Steps that teach nothing."""
_LONGER = 4
"""Times a budget that is too short: most of it went into timing, which takes no longer then."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person says of the comparison."""

    families: Sequence[Family]
    out: Path
    train: Sequence[str]
    valid: Sequence[str] = ()
    test: str | None = None
    budget: float
    """Seconds for each family."""
    overrides: Sequence[str] = ()
    device: DeviceName = "auto"

    @cached_property
    def recipes(self) -> Mapping[Family, Recipe]:
        """What they are trained by."""
        return {family: family.build(self.overrides) for family in self.families}

    @property
    def steps(self) -> int:
        """Those that were set for all; 0: the budget is the end."""
        return next(iter(self.recipes.values())).training.steps

    @property
    def seconds(self) -> float | None:
        """For each; None where steps are the end."""
        return None if self.steps else self.budget

    @property
    def length(self) -> str:
        """Of each training, in words."""
        return f"{self.steps:,} steps" if self.steps else clock(self.budget)

    def in_all(self, number: int) -> str:
        return "" if self.steps else f": about {clock(number * self.budget)} in all"

    @property
    def terms(self) -> dict[str, Any]:
        """What must be the same when it goes on; the budget is in each model's manifest."""
        given = {"train": self.train, "valid": self.valid, "set": self.overrides}
        return {"format": _FORMAT, **{name: [*each] for name, each in given.items()}}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A family's model, and how it came to be."""

    family: Family
    folder: Path
    built: str
    """Its parts, in words, as its recipe has them."""
    parameters: int
    steps: int
    epochs: float
    tokens: float
    """Target tokens that it has learnt from, repetitions counted."""
    seconds: float
    """Of steps and validations."""
    stepping: float
    """Of steps alone."""
    others: float
    """Processors that other programs used meanwhile, as far as is known: with them, its time was worth less."""
    curve: Sequence[tuple[float, float]]
    """Seconds, and the score by which the best weights are chosen."""

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "built": self.built,
            "parameters": self.parameters,
            "steps": self.steps,
            "epochs": self.epochs,
            "target_tokens": round(self.tokens),
            "seconds": self.seconds,
            "seconds_of_steps": self.stepping,
            "others_processors": self.others,
            "curve": [{"seconds": seconds, "score": score} for seconds, score in self.curve],
        }


def train_families(
    plan: Plan,
    *,
    watch: Callable[[Iterator[Told]], Ended],
    tell: Callable[[str], None] = lambda _: None,
) -> list[Trained]:
    """Train those that are not trained yet; one that was interrupted goes on where it was.

    ``watch`` runs a training and tells of it.
    """
    recipes = plan.recipes  # a mistake in any is said first
    first = next(iter(recipes.values()))
    if plan.test is not None:
        _look_at(plan.test, first)
    make_folder(plan.out)
    with locked(plan.out):
        data = _data(plan, first)
        left = [family for family in recipes if not _is_over(plan.out / family.name)]
        for family in recipes:
            _check_budget(plan, family)
        if left:
            tell(f"{len(left)} to train, {plan.length} each" + plan.in_all(len(left)))
        for number, family in enumerate(left, start=1):
            tell(f"\n{number} of {len(left)}: {family.title} ({family.name})")
            begun, others = time.perf_counter(), _others()
            ended = watch(_run(plan, family, recipes[family]))
            used = max(0.0, (_others() - others) / (time.perf_counter() - begun))
            write_json(plan.out / family.name / _DISTURBED, {"others_processors": round(used, 2)})
            if ended.stopped.reason == "interrupted":
                raise KeyboardInterrupt
        return [_trained(family, plan.out / family.name, tokens=data.target_tokens) for family in recipes]


# ---- what they learn from --------------------------------------------------------------------------------------------


def _data(plan: Plan, recipe: Recipe) -> Prepared:
    """The numbered pairs, which are there already when it goes on."""
    path = plan.out / _TERMS
    if path.is_file():
        _check_terms(plan, read_json(path))
        data = open_data(plan.out / "data")
    else:
        if any((plan.out / family.name).exists() for family in plan.families):
            raise TrainingError(f"{plan.out}: holds folders of something else. Choose another `-o`.")
        data = share_data(plan.out, recipe, train=plan.train, valid=plan.valid)
        write_json(path, plan.terms)
    if plan.test is None and not data.valid_rows:
        raise DataError("there are too few pairs to hold some out for measuring. Name some with `--test`.")
    return data


def _look_at(test: str, recipe: Recipe) -> None:
    """What is wrong with the beginning of the file is said before an hour is spent."""
    row = next(iter(rows_of(test, recipe)), None)
    if row is None:
        raise DataError(f"{test}: is empty. `--test` must have pairs to measure on.")
    if isinstance(row, BadLine) and recipe.data.on_bad_line == "stop":
        raise DataError(f"{row}. Fix the line.")


def _check_terms(plan: Plan, before: Mapping[str, Any]) -> None:
    for name, now in plan.terms.items():
        if before.get(name) != now:
            raise TrainingError(
                f"{plan.out}: was begun with {_named(name)} {show(before.get(name))}, but it is {show(now)} now. Say "
                "the same to go on, or choose another `-o`."
            )


def _named(term: str) -> str:
    return "PAIRS" if term == "train" else f"`--{term}`"


# ---- a family --------------------------------------------------------------------------------------------------------


def _run(plan: Plan, family: Family, recipe: Recipe) -> Iterator[Told]:
    """The run of a family, refused where its time is too short to learn anything."""
    folder = plan.out / family.name
    training = Training(
        recipe=recipe,
        name=family.name,
        out=folder,
        budget=plan.seconds,
        fixed=keys_of(plan.overrides),
        resume=True,
        device=plan.device,
        shared=plan.out,
    )
    events = training.run()
    for event in events:
        if isinstance(event, Planned) and event.first == 0 and plan.seconds is not None and event.steps < _TOO_FEW:
            events.close()  # type: ignore[attr-defined]
            rmtree(folder)
            raise RecipeError(
                f"`--budget` must be longer than {clock(plan.budget)}, which is enough for {event.steps} steps of "
                f"{family.name}. Give it {clock(_LONGER * plan.budget)} or more."
            )
        yield event


def _is_over(folder: Path) -> bool:
    """Whether it was trained to its end."""
    if not (folder / "manifest.json").is_file() or not (folder / "metrics.json").is_file():
        return False
    return read_metrics(folder).get("stopped", "interrupted") != "interrupted"


def _check_budget(plan: Plan, family: Family) -> None:
    """A family that has begun was given as much time as the others will be."""
    folder = plan.out / family.name
    if not has_checkpoints(folder) and not _is_over(folder):
        if (folder / "manifest.json").is_file():
            rmtree(folder)  # it was killed while it was timed
        return
    before = read_manifest(folder).get("budget")
    if before != plan.seconds:
        was, now = ("none" if each is None else clock(each) for each in (before, plan.seconds))
        raise TrainingError(
            f"{plan.out}: was begun with a `--budget` of {was}, but it is {now} now. Say the same to go on, "
            " or choose another `-o`."
        )


def _trained(family: Family, folder: Path, *, tokens: int) -> Trained:
    metrics, model = read_metrics(folder), load_model(folder)
    curve, epochs, validating = _course(folder)
    return Trained(
        family=family,
        folder=folder,
        built=_built(model.recipe),
        parameters=sum(each.numel() for each in model.network.parameters()),
        steps=metrics["steps"],
        epochs=epochs,
        tokens=epochs * tokens,
        seconds=metrics["seconds"],
        stepping=metrics["seconds"] - validating,
        others=_disturbed(folder),
        curve=curve,
    )


def _others() -> float:
    """Seconds of processors that other programs have used."""
    return machine_seconds() - own_seconds()


def _disturbed(folder: Path) -> float:
    path = folder / _DISTURBED
    return float(read_json(path)["others_processors"]) if path.is_file() else 0.0


def _course(folder: Path) -> tuple[list[tuple[float, float]], float, float]:
    """Each validation by the clock of the training; how often it saw the data; and the seconds of all validations."""
    curve: list[tuple[float, float]] = []
    seconds = epochs = validating = 0.0
    for line in _log(folder):
        epochs = max(epochs, line.get("epoch", 0.0))
        if line.get("event") == "step":
            seconds = max(seconds, line["seconds"])
        elif line.get("event") == "validation":
            seconds += line["seconds"]
            validating += line["seconds"]
            curve.append((seconds, line["score"]))
    return curve, epochs, validating


def _log(folder: Path) -> Iterator[dict[str, Any]]:
    try:
        with (folder / "log.jsonl").open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise ModelFolderError(f"{folder}: `log.jsonl` is missing or damaged. Train it anew.") from error


def _built(recipe: Recipe) -> str:
    sides = [_part(part) for part in (recipe.model.encoder, recipe.model.decoder)]
    attention = getattr(getattr(recipe.model.decoder, "attention", None), "kind", "")
    return " → ".join(sides) + {"": "", "none": ", one vector"}.get(attention, f", {attention} attention")


def _part(part: object) -> str:
    kind = getattr(part, "cell", None) or getattr(part, "kind", "?")
    return f"{getattr(part, 'layers', 1)} {kind}"
