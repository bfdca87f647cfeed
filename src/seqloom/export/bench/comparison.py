"""Models' forms side by side: the same sentences for all, in rounds, each turn in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import seqloom
from seqloom.core.clock import clock
from seqloom.core.errors import DataError, RecipeError, SeqloomError
from seqloom.data.opening import flows
from seqloom.data.parallel import parts_of
from seqloom.export.bench.candidates import Candidate, Missing, candidates_of
from seqloom.export.bench.form import FORMS, Form
from seqloom.export.bench.points import Advice, Point, advice_on, front_of
from seqloom.export.bench.turn import Job, Told
from seqloom.metrics import measure
from seqloom.workflow.evaluating import Tested, gather
from seqloom.workflow.kept import kept_rows
from seqloom.workflow.loading import load
from seqloom.workflow.speaker import Speaker

__all__ = ["Comparison", "compare_forms", "in_its_own_process"]

ALONE = 50
"""Sentences that are answered one at a time."""
SENTENCES = 1000
"""The first so many are asked, unless more are asked for."""
_DISTURBED = 0.15
"""Processors that others used, from which that is said."""

Turn = Callable[[Job], Told]
"""Takes a turn; a SeqloomError says in one line why the form cannot."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What was measured."""

    on: str
    """The pairs, in words."""
    sentences: int
    rounds: int
    processors: int
    points: tuple[Point, ...]
    missing: tuple[Missing, ...] = ()

    @cached_property
    def front(self) -> list[Point]:
        return front_of(self.points)

    @cached_property
    def advice(self) -> Advice:
        return advice_on(self.points)

    @property
    def several(self) -> bool:
        """Whether there are several models to tell apart."""
        return len({each.model for each in self.points}) > 1

    @property
    def disturbed(self) -> float:
        """Processors that other programs used, the mean of all turns; 0 where that is next to nothing."""
        used = [told.others for each in self.points for told in each.rounds]
        mean = sum(used) / len(used)
        return mean if mean > _DISTURBED else 0.0

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": self.on,
            "sentences": self.sentences,
            "rounds": self.rounds,
            "processors": self.processors,
            "others_processors": self.disturbed,
            "points": [each.to_data(front=each in self.front) for each in self.points],
            "missing": [{"model": each.model, "forms": list(each.forms), "why": each.why} for each in self.missing],
            "advice": self.advice.to_data(),
        }


@dataclass(kw_only=True)
class _Entered:
    """A candidate with a width, and what it told so far."""

    candidate: Candidate
    beam: int
    told: list[Told] = field(default_factory=list)
    failed: str = ""

    @property
    def name(self) -> str:
        return f"{self.candidate.form} × {self.beam}"


@dataclass(frozen=True, kw_only=True)
class _Model:
    """A model that takes part, as far as the measuring process reads it."""

    folder: Path
    name: str
    speaker: Speaker
    tested: Sequence[Tested]


def compare_forms(
    folders: Sequence[Path],
    on: str | None = None,
    *,
    forms: Sequence[Form] = FORMS,
    beams: Sequence[int] = (),
    sentences: int = SENTENCES,
    rounds: int = 3,
    task: str | None = None,
    trust: frozenset[str] = frozenset(),
    tell: Callable[[str], None] = lambda _: None,
    turn: Turn | None = None,
) -> Comparison:
    """Measure every form of every model on the same pairs.

    ``on``: a file of pairs; None: what the first model was tested or validated on. ``beams``: widths of the search; none:
    greedily, and as the first model's recipe has it. ``sentences``: the first so many; 0: all. ``tell`` hears how far it
    is. ``turn`` takes a turn, in a process of its own unless another is given.
    """
    with tempfile.TemporaryDirectory(prefix="seqloom-bench-") as work:
        models, asked_on = _models(_named(folders), on, sentences, task=task, trust=trust)
        widths = tuple(dict.fromkeys(beams)) or tuple(dict.fromkeys((1, models[0].speaker.recipe.answers.beam)))
        entered: list[_Entered] = []
        missing: list[Missing] = []
        for number, model in enumerate(models):
            found, without = candidates_of(
                model.folder, model.name, forms, work=Path(work) / str(number), task=task, trust=trust, tell=tell
            )
            entered += [_Entered(candidate=each, beam=beam) for each in found for beam in widths]
            missing += without
        take = turn or in_its_own_process(Path(work))
        jobs = {model.name: _questions(model.tested) for model in models}
        _measure(
            entered, rounds, tell, lambda each: take(_job(each, jobs[each.candidate.model], task=task, trust=trust))
        )
    missing += _failures(entered)
    points = [
        _point(each, model) for each in entered if each.told for model in models if model.name == each.candidate.model
    ]
    if not points:
        raise RecipeError("there is no form to measure.", *map(str, missing))
    return Comparison(
        on=asked_on,
        sentences=len(models[0].tested),
        rounds=rounds,
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        points=tuple(points),
        missing=tuple(missing),
    )


# ---- who and what ----------------------------------------------------------------------------------------------------


def _named(folders: Iterable[Path]) -> dict[str, Path]:
    """Each folder by its name, or by as much of its path as tells it from the others."""
    distinct = list(dict.fromkeys(each.resolve() for each in folders))
    if not distinct:
        raise DataError("name at least one model folder.")
    depth = 1
    while len({each.parts[-depth:] for each in distinct}) < len(distinct):
        depth += 1
    return {"/".join(each.parts[-depth:]): each for each in distinct}


def _models(
    folders: Mapping[str, Path], on: str | None, sentences: int, *, task: str | None, trust: frozenset[str]
) -> tuple[list[_Model], str]:
    models: list[_Model] = []
    if on is not None and flows(on) and len(folders) > 1:
        raise DataError(f"`--on` must be a file where there are several models, but {on} can be read only once.")
    for name, folder in folders.items():
        speaker = load(folder, engine="own", trust=trust) if _trained(folder) else load(folder, trust=trust)
        speaker = speaker if task is None else speaker.task(task)
        if on is None and not models:
            on = _own_pairs(folder, speaker, task)
        assert on is not None
        tested = _tested(on, speaker)[: sentences or None]
        models.append(_Model(folder=folder, name=name, speaker=speaker, tested=tested))
        _check_alike(models[0], models[-1])
    assert on is not None
    return models, " and ".join(parts_of(on))


def _trained(folder: Path) -> bool:
    from seqloom.workflow.manifest import read_manifest

    return "engine" not in read_manifest(folder)


def _own_pairs(folder: Path, speaker: Speaker, task: str | None) -> str:
    """What the model was not trained on, where that is still there."""
    data = speaker.recipe.data
    held_out = folder / "data" / (f"tasks/{task}" if task else "") / _HELD_OUT
    for name in (*data.test, *data.valid):
        if all(Path(part).is_file() for part in parts_of(name)):
            return name
    if held_out.is_file() and held_out.stat().st_size:
        return str(held_out)
    raise DataError(f"{folder}: its recipe names no test pairs that are still there. Name some with `--on`.")


_HELD_OUT = "valid.jsonl"


def _tested(on: str, speaker: Speaker) -> list[Tested]:
    path = Path(on)
    kept = path.name == _HELD_OUT and (path.parent / "report.json").is_file()  # a run's own, in its own format
    return gather(kept_rows(path) if kept else speaker.rows(on), speaker.recipe)


def _check_alike(first: _Model, other: _Model) -> None:
    """Two models are set side by side only if the same was asked of them and is measured alike."""
    one, two = first.speaker.recipe.evaluation.metrics, other.speaker.recipe.evaluation.metrics
    if one != two:
        raise RecipeError(
            f"models must be measured alike to be compared, but {first.name} is by {', '.join(one)} and {other.name} "
            f"by {', '.join(two)}. Give each a command of its own."
        )
    if [(each.source, each.references) for each in first.tested] != [
        (each.source, each.references) for each in other.tested
    ]:
        raise DataError(
            f"models must read the same pairs to be compared, but {first.name} and {other.name} read other columns of "
            "them, or join other rows. Give each a command of its own."
        )


def _questions(tested: Sequence[Tested]) -> list[dict[str, Any]]:
    return [{"text": each.source, "extras": dict(each.extras)} for each in tested]


def _job(entered: _Entered, questions: Sequence[Mapping[str, Any]], *, task: str | None, trust: frozenset[str]) -> Job:
    candidate = entered.candidate
    own = candidate.form.engine == "own"
    return Job(
        folder=str(candidate.folder),
        own=own,
        shortlist=candidate.form.shortlist,
        beam=entered.beam,
        task=task if own else None,  # an export is of one task
        trust=sorted(trust),
        questions=questions,
        alone=ALONE,
    )


# ---- measuring -------------------------------------------------------------------------------------------------------


def _measure(
    entered: Sequence[_Entered], rounds: int, tell: Callable[[str], None], turn: Callable[[_Entered], Told]
) -> None:
    """All in turn, round by round: what a machine does besides falls on all alike."""
    begun, over = time.monotonic(), 0
    for number in range(rounds):
        for each in entered:
            if each.failed:
                continue
            try:
                told = turn(each)
            except SeqloomError as error:
                each.failed = str(error)
                tell(f"{each.candidate.model}, {each.name}: {error}")
                continue
            each.told.append(told)
            over += 1
            left = sum(not other.failed for other in entered) * rounds - over
            spent = (time.monotonic() - begun) / over
            tell(
                f"round {number + 1} of {rounds}: {each.candidate.model}, {each.candidate.form}, {told.searched}: "
                f"{len(told.answers) / told.seconds:,.1f} a second" + (f"  left {clock(left * spent)}" if left else "")
            )


def _failures(entered: Sequence[_Entered]) -> list[Missing]:
    """One that failed in a later round has been measured, but not as often as it should."""
    whys: dict[tuple[str, str], list[str]] = {}
    for each in entered:
        if each.failed:
            whys.setdefault((each.candidate.model, each.failed), []).append(each.name)
            each.told.clear()
    return [Missing(model=model, forms=tuple(names), why=why) for (model, why), names in whys.items()]


def _point(entered: _Entered, model: _Model) -> Point:
    evaluation = model.speaker.recipe.evaluation
    first = entered.told[0]
    scores = measure(
        evaluation.metrics,
        first.answers,
        [each.references for each in model.tested],
        bleu_tokenizer=evaluation.bleu_tokenizer,
        sources=[each.source for each in model.tested],
    )
    return Point(
        model=model.name,
        form=entered.candidate.form,
        beam=entered.beam,
        searched=first.searched,
        disk=entered.candidate.disk,
        scores=tuple(scores),
        rounds=tuple(entered.told),
    )


def in_its_own_process(work: Path) -> Turn:
    """Takes turns by the interpreter that runs, with the Seqloom that measures."""
    paths = [str(Path(seqloom.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

    def take(job: Job) -> Told:
        asked, out = work / "job.json", work / "told.json"
        job.write(asked)
        out.unlink(missing_ok=True)
        # -P: a file where the user stands never takes the place of a library.
        command = [sys.executable, "-P", "-m", "seqloom.export.bench.turn", str(asked), str(out), str(time.time())]
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
        )
        if not out.is_file():
            raise SeqloomError(f"its process {_end(done)}")
        try:
            told = Told.read(out)
        except json.JSONDecodeError:
            raise SeqloomError(f"its process {_end(done)}") from None
        if isinstance(told, str):
            raise SeqloomError(told)
        return told

    return take


def _end(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == -signal.SIGINT:
        raise KeyboardInterrupt
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"was ended by {name}" + (": there was likely not enough memory." if name == "SIGKILL" else ".")
    lines = done.stderr.strip().splitlines() or ["it said nothing"]
    return f"ended with status {done.returncode}: {lines[-1]}"
