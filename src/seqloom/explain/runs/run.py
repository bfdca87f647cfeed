"""A run as its folder tells of it, whatever became of it. Nothing of it is loaded, and no torch is needed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqloom.core import toml
from seqloom.core.errors import SeqloomError
from seqloom.core.locking import acquire
from seqloom.workflow.manifest import read_manifest, read_metrics
from seqloom.workflow.sizes import megabytes_of, parameters_of

__all__ = ["Curve", "Run", "State", "is_run", "read_run", "thinned", "was_begun"]

_POINTS = 200
"""Of a curve: more than can be seen make a page large."""

State = Literal["finished", "interrupted", "running", "exported", "damaged"]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Values over steps."""

    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    """Of training until then; empty where the folder has no log."""
    values: tuple[float, ...]

    def to_data(self) -> dict[str, Any]:
        """For JSON, with no more points than can be seen; what is no number, as of a loss that was lost, is null."""
        places = thinned(len(self.values))
        values = [self.values[place] for place in places]
        return {
            "steps": [self.steps[place] for place in places],
            "seconds": [round(self.seconds[place], 3) for place in places] if self.seconds else [],
            "values": [value if math.isfinite(value) else None for value in values],
        }


@dataclass(frozen=True, kw_only=True)
class Run:
    """What there is to know of a run."""

    folder: Path
    name: str
    """Its path from where runs were looked for."""
    when: datetime
    state: State
    why: str = ""
    """What is damaged."""
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)
    recipe: Mapping[str, Any] = field(default_factory=dict, repr=False)
    metrics: Mapping[str, Any] = field(default_factory=dict, repr=False)
    parameters: int | None = None
    megabytes: float | None = None

    @property
    def kinds(self) -> str:
        """What it is made of."""
        model = self.recipe.get("model")
        if not isinstance(model, dict):
            return str(self.manifest.get("engine", ""))
        return " → ".join(str(model.get(part, {}).get("kind", "?")) for part in ("encoder", "decoder"))

    @property
    def about(self) -> str:
        return str(self.recipe.get("about", ""))

    @property
    def metric(self) -> str:
        """The one that chose the weights."""
        evaluation = self.recipe.get("evaluation", {})
        if evaluation.get("choose") == "perplexity":
            return "perplexity"
        metrics = evaluation.get("metrics", [])
        return str(metrics[0]) if metrics else ""

    @property
    def steps(self) -> int | None:
        known = self.metrics.get("steps")
        logged = [line["step"] for line in self._lines if "step" in line]
        return int(known) if known is not None else max(logged, default=None)

    @property
    def planned(self) -> int | None:
        """Steps that it was to make; a run of before plans were kept does not know."""
        steps = self.manifest.get("plan", {}).get("steps")
        return None if steps is None else int(steps)

    @property
    def seconds(self) -> float | None:
        known = self.metrics.get("seconds")
        logged = [line["seconds"] for line in self._lines if line.get("event") == "step"]
        return float(known) if known is not None else max(logged, default=None)

    @property
    def best(self) -> float | None:
        """The validation's score of the weights that were chosen; in training, on a part of the pairs."""
        scores = [line["score"] for line in self._validations if line.get("best")]
        return float(scores[-1]) if scores else None

    @cached_property
    def validation(self) -> Curve:
        found = self._validations
        steps = tuple(int(each["step"]) for each in found)
        return Curve(steps=steps, seconds=self._at(steps), values=tuple(float(each["score"]) for each in found))

    @cached_property
    def loss(self) -> Curve:
        """Smoothed, as the log has it."""
        found = [line for line in self._lines if line.get("event") == "step" and "smoothed" in line]
        return Curve(
            steps=tuple(int(each["step"]) for each in found),
            seconds=tuple(float(each["seconds"]) for each in found),
            values=tuple(float(each["smoothed"]) for each in found),
        )

    @cached_property
    def _validations(self) -> list[dict[str, Any]]:
        logged = [line for line in self._lines if line.get("event") == "validation"]
        return logged or [*self.metrics.get("history", [])]

    @cached_property
    def _lines(self) -> list[dict[str, Any]]:
        return [*_log(self.folder / "log.jsonl")]

    def _at(self, steps: tuple[int, ...]) -> tuple[float, ...]:
        if not self.loss.steps:
            return ()
        return tuple(float(each) for each in np.interp(steps, self.loss.steps, self.loss.seconds))

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "when": self.when.isoformat(timespec="seconds"),
            "state": self.state,
            **({"why": self.why} if self.why else {}),
            "model": self.kinds,
            "about": self.about,
            "steps": self.steps,
            "planned_steps": self.planned,
            "metric": self.metric,
            "best": self.best,
            "seconds": self.seconds,
            "parameters": self.parameters,
            "megabytes": self.megabytes,
        }


def thinned(number: int) -> list[int]:
    """Places evenly over all points of a curve, the first and the last among them."""
    if number <= _POINTS:
        return [*range(number)]
    return [round(place * (number - 1) / (_POINTS - 1)) for place in range(_POINTS)]


def is_run(folder: Path) -> bool:
    """Whether a run lives there."""
    return (folder / "manifest.json").is_file()


def was_begun(folder: Path) -> bool:
    """Whether something was begun there, which may have ended before it had a model."""
    return (folder / ".lock").is_file()


def read_run(folder: Path, name: str) -> Run:
    """A folder that is damaged is one, too: it says in what."""
    when = datetime.fromtimestamp(folder.stat().st_mtime, tz=UTC)
    held = _held(folder)
    if not (folder / "manifest.json").is_file():
        why = "" if held else "ended before its first step"
        return Run(folder=folder, name=name, when=when, state="running" if held else "interrupted", why=why)
    try:
        manifest, metrics = read_manifest(folder), read_metrics(folder)
        recipe = toml.read(folder / "recipe.toml")
        when = datetime.fromisoformat(manifest["created"])
        parameters, megabytes = parameters_of(folder), megabytes_of(folder)
    except (SeqloomError, KeyError, TypeError, ValueError) as error:
        why = str(error) if isinstance(error, SeqloomError) else "its manifest or its weights cannot be read"
        return Run(folder=folder, name=name, when=when, state="damaged", why=why)
    state = _state(manifest, metrics, held=held)
    if state == "finished" and parameters is None:
        return Run(folder=folder, name=name, when=when, state="damaged", why="its weights are gone")
    return Run(
        folder=folder,
        name=name,
        when=when,
        state=state,
        manifest=manifest,
        recipe=recipe,
        metrics=metrics,
        parameters=parameters,
        megabytes=megabytes,
    )


def _state(manifest: Mapping[str, Any], metrics: Mapping[str, Any], *, held: bool) -> State:
    if held:
        return "running"
    if "engine" in manifest:
        return "exported"
    return "finished" if metrics.get("stopped", "interrupted") != "interrupted" else "interrupted"


def _held(folder: Path) -> bool:
    """Whether a process trains there. What an ended one left says nothing: a killed one leaves its number."""
    path = folder / ".lock"
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        with path.open("r+b") as opened:
            return not acquire(opened.fileno())
    except OSError:
        return False


def _log(path: Path) -> Iterator[dict[str, Any]]:
    """Its whole lines: the last one of a run that is under way may be half there."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as opened:
        for text in opened:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line
