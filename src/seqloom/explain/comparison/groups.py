"""Models that differ by their seed alone are one way of making a model, tried several times."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.core import toml
from seqloom.explain.comparison.answered import Answered
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.counts import Counts
from seqloom.workflow.manifest import read_manifest, read_metrics

__all__ = ["Group", "groups_of"]

_FREE = ("about", "logging")
"""What of a recipe moves neither a weight nor an answer."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One model, or several of several seeds."""

    name: str
    members: tuple[Answered, ...]
    seeds: tuple[int, ...]
    """None known of what was exported."""

    def __str__(self) -> str:
        several = len(self.members) > 1
        return f"{self.name} ({len(self.members)} seeds: {', '.join(map(str, self.seeds))})" if several else self.name

    def counts(self, metric: int) -> list[Counts]:
        return [each.counts[metric] for each in self.members]

    @property
    def alone(self) -> Floats:
        """How good each answer is by itself, the mean of the seeds."""
        mean: Floats = np.mean([each.alone for each in self.members], axis=0)
        return mean

    def said(self, place: int) -> str:
        """Its answer to a sentence; of several seeds that which is as good as they are on average, or nearest."""
        mean = float(np.mean([each.alone[place] for each in self.members]))
        return min(self.members, key=lambda each: abs(each.alone[place] - mean)).answers[place].text

    @property
    def measured(self) -> str:
        """What ``alone`` is."""
        return self.members[0].measured


def groups_of(answered: Sequence[Answered]) -> list[Group]:
    """In the order of their first models."""
    found: dict[str, list[tuple[Answered, int | None]]] = {}
    for each in answered:
        made, seed = _made(each.entrant.folder)
        key = "" if seed is None else made
        taken = [other for _, other in found.get(key, [])]
        if seed is None or seed in taken:  # a seed that was there already is no second try
            key = f"{key} {each.name}"
        found.setdefault(key, []).append((each, seed))
    groups = [
        Group(
            name=_name([each.name for each, _ in members]),
            members=tuple(each for each, _ in members),
            seeds=tuple(seed for _, seed in members if seed is not None),
        )
        for members in found.values()
    ]
    names = [each.name for each in groups]
    return [
        each
        if names.count(each.name) == 1
        else Group(name=each.members[0].name, members=each.members, seeds=each.seeds)
        for each in groups
    ]


def _made(folder: Path) -> tuple[str, int | None]:
    """All that made a model but its seed, and that; None for an exported one, which does not say."""
    manifest, recipe = read_manifest(folder), toml.read(folder / "recipe.toml")
    training = recipe.get("training", {})
    if "engine" in manifest or "seed" not in training:
        return "", None
    seed = training.pop("seed")
    metrics = read_metrics(folder)
    made: list[Any] = [
        {key: value for key, value in recipe.items() if key not in _FREE},
        [(each.get("role"), each.get("sha256")) for each in manifest.get("data", {}).get("files", [])],
        manifest.get("budget"),
        # What was broken off has not been trained alike.
        metrics.get("steps") if metrics.get("stopped") == "interrupted" else None,
    ]
    return json.dumps(made, sort_keys=True, default=str), int(seed)


def _name(names: Sequence[str]) -> str:
    """What they have in common: `runs/gru-1` and `runs/gru-2` are `runs/gru`."""
    if len(names) == 1:
        return names[0]
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same).rstrip("-_./ ") or names[0]
