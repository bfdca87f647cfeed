"""Who translates with one model's weights, in which settings, and what each is given."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from pegasus import why_not, write_pegasus
from turn import Question

import seqloom
from seqloom.core.errors import SeqloomError
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.rows import Row
from seqloom.decoding.request import LengthPenalty
from seqloom.export.folder import export_folder
from seqloom.workflow.model import Model

__all__ = ["SCORED", "Contestant", "Job", "contestants", "prepare"]

HERE = Path(__file__).parent
SCORED = 20
"""Pairs whose log-probabilities show that a peer has the same model."""
BATCH = 64
OURS = "translate_seqloom.py"
EXPORTS = ("seqloom-int8", "seqloom-int8-shortlist")


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A program in one of its settings."""

    name: str
    script: str
    precision: str = "fp32"
    workers: int = 1
    """Batches side by side …"""
    threads: int = 1
    """… and how many threads work at each."""
    files: str = ""
    """What it reads in the job's folder; empty: Seqloom's own model."""
    form: str = ""
    """Which of its forms, where it has several."""
    asked: tuple[str, ...] = ()
    """What it is told besides."""
    environment: str = ""
    """The peer's, made by setup.sh; empty: Seqloom's own."""
    package: str = ""
    """What it needs there."""

    @property
    def ours(self) -> bool:
        return self.script == OURS

    @property
    def setting(self) -> str:
        form = f", {self.form}" if self.form else ""
        return f"{self.precision}{form}, {self.workers} × {self.threads}"

    @property
    def key(self) -> str:
        """What `--only` looks for."""
        form = f"-{self.form.replace(' ', '-')}" if self.form else ""
        return f"{self.name.lower().replace(' ', '-')}-{self.precision}{form}-{self.workers}x{self.threads}"

    def python(self, peers: Path | None) -> Path | None:
        """What runs it; None: it has not been installed."""
        if self.environment:
            python = peers / f"venv-{self.environment}/bin/python" if peers else None
            return python if python and python.is_file() else None
        return Path(sys.executable) if not self.package or find_spec(self.package) else None

    def command(self, python: Path, folder: Path, out: Path) -> list[str]:
        given = [self.files] if self.files else []
        if self.package:  # it is told of threads by arguments; the others are by the environment
            given += [{"fp32": "float32"}.get(self.precision, self.precision), str(self.workers), str(self.threads)]
        given += self.asked
        return [str(python), str(HERE / self.script), str(folder), str(out), *given]

    def surroundings(self) -> dict[str, str]:
        """Its environment variables; ours is the Seqloom that measures, wherever it lies."""
        path = str(Path(seqloom.__file__).parents[1]) if self.ours else ""
        more = {"OMP_NUM_THREADS": str(self.threads), "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
        return {**os.environ, "TOKENIZERS_PARALLELISM": "false", **more}


def seqloom_with(threads: int, *, precision: str = "fp32", listed: bool = False) -> Contestant:
    asked = [f"answers.precision={precision}"] * (precision != "fp32") + ["answers.shortlist.translations=50"] * listed
    form = "shortlist" if listed else ""
    return Contestant(
        name="Seqloom", script=OURS, precision=precision, threads=threads, form=form, asked=("own", *asked)
    )


def seqloom_through(export: str, threads: int) -> Contestant:
    """What `seqloom export` made, from text to text."""
    form = "exported, shortlist" if export.endswith("shortlist") else "exported"
    return Contestant(name="Seqloom", script=OURS, precision="int8", threads=threads, form=form, files=export)


def ctranslate2_with(precision: str, workers: int, *, in_order: bool = False) -> Contestant:
    return Contestant(
        name="CTranslate2",
        script="translate_ctranslate2.py",
        precision=precision,
        workers=workers,
        files=f"ctranslate2-{precision}",
        package="ctranslate2",
        form="file order" if in_order else "",
        asked=("in-order",) if in_order else (),
    )


def hugging_face_with(threads: int) -> Contestant:
    return Contestant(
        name="Hugging Face",
        script="translate_hugging_face.py",
        threads=threads,
        files="hugging-face",
        environment="hf",
    )


def contestants(processors: int, *, peers: bool) -> list[Contestant]:
    """With all processors and with one. CTranslate2 is much slower with two threads a batch than with two workers."""
    numbers = sorted({processors, 1}, reverse=True)
    chosen = [seqloom_with(number) for number in numbers]
    if peers:
        chosen += [
            seqloom_with(processors, precision=precision, listed=listed)
            for precision, listed in (("int16", False), ("fp32", True), ("int16", True))
        ]
        chosen += [seqloom_through(export, processors) for export in EXPORTS]
        chosen += [ctranslate2_with("int8", processors, in_order=True)]
        chosen += [ctranslate2_with(precision, number) for precision in ("fp32", "int8") for number in numbers]
        chosen += [hugging_face_with(number) for number in numbers]
    return chosen


# ---- what they are given ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Job:
    """A model, and the folder in which everything lies that its contestants read."""

    name: str
    folder: Path
    model: Model
    question: Question
    references: Sequence[str]
    logps: Sequence[Sequence[float]]
    """Of the first pairs' targets, as the model itself has them."""
    missing: Mapping[str, str]
    """Of files that could not be written, why."""

    def text(self, answer: str | Sequence[int]) -> str:
        return answer if isinstance(answer, str) else self.model.numbering.text(answer)


def prepare(model: Path, folder: Path, pairs: Sequence[tuple[str, str]], *, beam: int, alone: int, peers: bool) -> Job:
    """Number the sources once, and write the model as each of the peers reads it."""
    read = seqloom.load(model)
    if not isinstance(read, Model):
        raise SeqloomError(
            f"{model} must be a model that was trained here, but is an export. Name what it was made of."
        )
    cleaner = Cleaner(read.recipe.data.cleaning, Ledger(), read.recipe.data.annotations)
    rows = [cleaner.row(Row(source=source, targets=(target,))) for source, target in pairs]
    numbered = [read.pair(row)[0] for row in rows if isinstance(row, Row)]
    sources = [[*map(int, pair.source.parts["text"])] for pair in numbered]
    answers, vocabulary = read.recipe.answers, read.network.vocabulary
    question = Question(
        model=str(model.resolve()),
        texts=[source for source, _ in pairs],
        sources=sources,
        targets=[[*map(int, pair.target)] for pair in islice(numbered, SCORED)],
        longest=[answers.longest(len(source)) for source in sources],
        bos=vocabulary.bos,
        eos=vocabulary.eos,
        beam=beam,
        alpha=answers.alpha if answers.length_penalty == "average" else 0.0,
        alone=alone,
        batch=BATCH,
    )
    folder.mkdir()
    question.write(folder)
    return Job(
        name=model.resolve().name,
        folder=folder,
        model=read,
        question=question,
        references=[target for _, target in pairs],
        logps=[each.token_logps for each in read.score(pairs[:SCORED])],
        missing={**exported(read, folder, answers.penalty), **ours_exported(model, folder)} if peers else {},
    )


def exported(model: Model, folder: Path, penalty: LengthPenalty) -> dict[str, str]:
    """Write the peers' files; why not, by the name of each folder that is not there."""
    files = {"fp32": "ctranslate2-fp32", "int8": "ctranslate2-int8"}
    if penalty.kind == "wu":
        return dict.fromkeys((*files.values(), "hugging-face"), 'it knows no `answers.length_penalty` "wu"')
    missing = {}
    for precision, name in files.items():
        try:
            write_ctranslate2(model, folder / name, precision)
        except (ImportError, SeqloomError) as error:
            missing[name] = str(error)
    settings = model.recipe.model
    if line := why_not(settings):
        missing["hugging-face"] = line
    else:
        write_pegasus(model.network, folder / "hugging-face", settings=settings, vocabulary=model.network.vocabulary)
    return missing


def ours_exported(model: Path, folder: Path) -> dict[str, str]:
    """Export the model as a person would."""
    missing = {}
    for name in EXPORTS:
        try:
            export_folder(model, folder / name, to="ctranslate2", quantize="int8", shortlist=name.endswith("shortlist"))
        except (ImportError, SeqloomError) as error:
            missing[name] = str(error)
    return missing


def write_ctranslate2(model: Model, folder: Path, precision: str) -> None:
    from seqloom.export.ctranslate2 import write_ctranslate2 as write

    sources, targets = model.numbering.sources, model.numbering.targets
    write(
        model.network,
        folder,
        settings=model.recipe.model,
        source_tokens=sources.show(range(sources.specials.size)),
        target_tokens=targets.show(range(targets.specials.size)),
        quantize="int8" if precision == "int8" else None,
    )
