"""The models that are set side by side, and the pairs on which they are: the same for all, and measured alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seqloom.core.devices import DeviceName
from seqloom.core.errors import DataError, RecipeError
from seqloom.data.opening import flows
from seqloom.data.parallel import parts_of
from seqloom.metrics.counts import Counts
from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Comparison as Difference
from seqloom.metrics.score import Score
from seqloom.metrics.texts import compare, count, measure
from seqloom.workflow.evaluating import Tested, gather
from seqloom.workflow.kept import kept_rows
from seqloom.workflow.loading import load
from seqloom.workflow.manifest import read_manifest
from seqloom.workflow.speaker import Speaker
from seqloom.workflow.use import Use

__all__ = ["Entrant", "entrants_of"]

_NONE: Mapping[str, Any] = MappingProxyType({})
_HELD_OUT = "valid.jsonl"


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A model, as far as whoever measures needs it."""

    folder: Path
    name: str
    speaker: Speaker
    tested: Sequence[Tested]
    metrics: Sequence[MetricName]
    """Those of its recipe, unless others were asked for."""

    @property
    def questions(self) -> list[dict[str, Any]]:
        """As JSON can hold them."""
        return [{"text": each.source, "extras": dict(each.extras)} for each in self.tested]

    def scores(self, answers: Sequence[str]) -> tuple[Score, ...]:
        """By its metrics."""
        return tuple(measure(self.metrics, answers, self._references, **self._measured()))

    def difference(self, one: Sequence[str], other: Sequence[str]) -> Difference:
        """By the first of them."""
        return compare(self.metrics[:1], one, other, self._references, **self._measured())[0]

    def counts(self, answers: Sequence[str]) -> list[Counts]:
        """What its scores are made of."""
        return count(self.metrics, answers, self._references, **self._measured())

    @property
    def _references(self) -> list[tuple[str, ...]]:
        return [each.references for each in self.tested]

    def _measured(self) -> dict[str, Any]:
        return {
            "bleu_tokenizer": self.speaker.recipe.evaluation.bleu_tokenizer,
            "sources": [each.source for each in self.tested],
        }


def entrants_of(
    folders: Iterable[Path],
    on: str | None,
    sentences: int,
    *,
    task: str | None,
    trust: frozenset[str],
    metrics: Sequence[MetricName] = (),
    device: DeviceName = "cpu",
    given: Mapping[str, Any] = _NONE,
) -> tuple[list[Entrant], str]:
    """Them, and what they are asked, in words. ``on`` None: what the first one was tested or validated on.

    ``metrics`` in place of the recipes', which need not be the same then. ``given`` are columns of all pairs.
    """
    named = _named(folders)
    if on is not None and flows(on) and len(named) > 1:
        raise DataError("`--on` must be a file where there are several models, but is a pipe, which is read only once.")
    opened = {name: _opened(folder, task, trust, device) for name, folder in named.items()}
    _check_kinds(opened)
    _check_measures(opened, metrics)  # before the pairs, of which one task cannot read another's
    first, folder = next(iter(opened.values())), next(iter(named.values()))
    own = None if on is not None else _own_pairs(folder, first, task)
    found: list[Entrant] = []
    for name, speaker in opened.items():
        rows = kept_rows(own) if isinstance(own, Path) else speaker.rows(on or str(own), given=given)
        tested = gather(rows, speaker.recipe)[: sentences or None]
        found.append(
            Entrant(
                folder=named[name],
                name=name,
                speaker=speaker,
                tested=tested,
                metrics=metrics or speaker.recipe.evaluation.metrics,
            )
        )
        _check_pairs(found[0], found[-1])
    return found, " and ".join(parts_of(on or str(own)))


def _named(folders: Iterable[Path]) -> Mapping[str, Path]:
    """Each folder by its name, or by as much of its path as tells it from the others."""
    distinct = list({each.resolve(): each for each in folders}.items())
    depth = 1
    while len({path.parts[-depth:] for path, _ in distinct}) < len(distinct):
        depth += 1
    return {"/".join(path.parts[-depth:]): folder for path, folder in distinct}


def _opened(folder: Path, task: str | None, trust: frozenset[str], device: DeviceName) -> Speaker:
    speaker = load(folder, engine="auto" if "engine" in read_manifest(folder) else "own", device=device, trust=trust)
    return speaker if task is None else speaker.task(task)


def _own_pairs(folder: Path, speaker: Speaker, task: str | None) -> str | Path:
    """What the model was not trained on, where that is still there: a file, or what the run itself held out."""
    data = speaker.recipe.data
    for name in (*data.test, *data.valid):
        if all(Path(part).is_file() for part in parts_of(name)):
            return name
    held_out = folder / "data" / (f"tasks/{task}" if task else "") / _HELD_OUT
    if held_out.is_file() and held_out.stat().st_size:
        return held_out
    raise DataError(f"{folder}: there are no test or validation pairs of its recipe any more. Name some with `--on`.")


def _check_kinds(opened: Mapping[str, Speaker]) -> None:
    kinds = {name: "series of numbers" if speaker.numbering.channels else "text" for name, speaker in opened.items()}
    if len(set(kinds.values())) > 1:
        told = " and ".join(f"{name} is of {kind}" for name, kind in kinds.items())
        raise DataError(f"models must be of one task to be compared, but {told}. Give each a command of its own.")


def _check_measures(opened: Mapping[str, Speaker], metrics: Sequence[MetricName]) -> None:
    (first, one), *others = ((name, _measures(speaker.recipe, metrics)) for name, speaker in opened.items())
    for name, other in others:
        if other != one:
            raise RecipeError(
                f"models must be measured alike to be compared, but {first} is by {one} and {name} by {other}. "
                "Give each a command of its own."
            )


def _check_pairs(first: Entrant, other: Entrant) -> None:
    pairs = [[(each.source, each.references) for each in entrant.tested] for entrant in (first, other)]
    if pairs[0] != pairs[1]:
        raise DataError(
            f"models must read the same pairs to be compared, but {first.name} and {other.name} take other columns for "
            "them, or join rows otherwise. Give each a command of its own."
        )


def _measures(recipe: Use, metrics: Sequence[MetricName]) -> str:
    tokenizer = recipe.evaluation.bleu_tokenizer
    return ", ".join(
        [*(metrics or recipe.evaluation.metrics), *([f"BLEU's tokens by {tokenizer}"] if tokenizer else [])]
    )
