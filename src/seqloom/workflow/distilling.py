"""Sequence-level distillation (Kim & Rush 2016): a small model learns what a large one says, and not what people said.

OUT/distilled/answers-….jsonl   the teacher's n best to each of its training sources, by what was asked of it
OUT/distilled/pairs.jsonl       the pairs that the student learns from
OUT/…                           the student, a model folder like any other
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seqloom.core import settings, toml
from seqloom.core.devices import DeviceName
from seqloom.core.engines import EngineName
from seqloom.core.errors import DataError, RecipeError, TrainingError
from seqloom.core.files import read_json
from seqloom.data.opening import flows
from seqloom.data.rows import Row
from seqloom.metrics.sentences import SentenceMetric
from seqloom.workflow.asking import asking_of
from seqloom.workflow.budgeting import keys_of, meets
from seqloom.workflow.distilled import Choice, Keep, answer_into, digest_of, rows_in, write_pairs
from seqloom.workflow.kept import kept_rows
from seqloom.workflow.loading import load
from seqloom.workflow.manifest import read_manifest, sha256
from seqloom.workflow.model import Model
from seqloom.workflow.recipe import Recipe, load_recipe
from seqloom.workflow.resuming import terms_of
from seqloom.workflow.rows import Pairs
from seqloom.workflow.runs import agreed_recipe, make_folder
from seqloom.workflow.speaker import Speaker
from seqloom.workflow.summary import summarize
from seqloom.workflow.training import Training, drain, parse_budget, several
from seqloom.workflow.use import Use
from seqloom.workflow.written import Form

__all__ = ["Distilling", "distill"]

_FOLDER = "distilled"
_VOCABULARY = ("data.tokenizer", "data.target_tokenizer", "data.joint", "data.special_tokens")


@dataclass(kw_only=True)
class Distilling:
    """Everything that a person says about a student; ``training`` makes what it learns from."""

    teacher: Path
    recipe: Recipe
    """The student's."""
    out: Path
    train: Sequence[Pairs] = ()
    """The teacher's training pairs, where its recipe does not name them or they are elsewhere now."""
    valid: Sequence[Pairs] = ()
    test: Sequence[Pairs] = ()
    beam: int | None = None
    """Of the teacher's search; None: its recipe's."""
    nbest: int | None = None
    """None: as many as the beam is wide, or the best alone where that is kept."""
    choice: Choice = field(default_factory=Choice)
    originals: bool = False
    """Learn from the original pairs too."""
    budget: float | None = None
    """Seconds of the training; the teacher's answers come on top."""
    fixed: Sequence[str] = ()
    engine: EngineName = "auto"
    device: DeviceName = "auto"
    trust: Sequence[str] = ()

    def training(self, *, verbose: bool = True) -> Training:
        """Have the teacher answer, as far as it has not yet; the training that is to be run then.

        Given again after a kill, both go on where they were.
        """
        teacher = load(self.teacher, engine=self.engine, device=self.device, trust=self.trust)
        _check_teacher(teacher)
        recipe = self._recipe(teacher.recipe)
        origin = {"folder": str(self.teacher), "id": read_manifest(self.teacher)["id"]}
        if (self.out / "manifest.json").is_file():
            self._check_run(recipe, origin["id"])
            return self._training(recipe, {})
        valid, held_out = self._valid(teacher)
        pairs = self.out / _FOLDER / "pairs.jsonl"
        about = self._pairs(teacher, pairs, held_out, verbose=verbose)
        origin |= {"pairs": about, "sha256": sha256(pairs)}
        return self._training(recipe, {"teacher": origin}, train=(rows_in(pairs),), valid=valid)

    def _training(
        self, recipe: Recipe, origin: Mapping[str, Any], *, train: Sequence[Pairs] = (), valid: Sequence[Pairs] = ()
    ) -> Training:
        return Training(
            recipe=recipe,
            name=self.out.name,
            test=self.test,
            out=self.out,
            budget=self.budget,
            fixed=self.fixed,
            resume=True,
            device=self.device,
            origin=origin,
            train=train,
            valid=valid,
        )

    def _check_run(self, recipe: Recipe, teacher: str) -> None:
        """Whether the run in the folder is this student's; said before anything is computed."""
        there = read_json(self.out / "manifest.json").get("teacher")
        if there is None or there.get("id") != teacher:
            whose = "no student's" if there is None else "another teacher's student"
            raise TrainingError(f"{self.out}: holds a run already, which is {whose}. Choose another `-o`.")
        agreed_recipe(recipe, self.out, resume=True)

    # ---- the student -------------------------------------------------------------------------------------------------

    def _recipe(self, teacher: Use) -> Recipe:
        """The student's recipe, which reads what the teacher reads and, unless it says otherwise, in its tokens."""
        mine, theirs = self.recipe.data, teacher.data
        if mine.source == "none":
            raise RecipeError('`data.source` of a student must be "given", but is "none": its teacher answers sources.')
        mine = replace(
            mine,
            train=(),
            valid=(),
            test=(),
            encoding=theirs.encoding,
            source_columns=theirs.source_columns,
            target_columns=theirs.target_columns,
            rows="pairs",
            factors=theirs.factors,
            factor_separator=theirs.factor_separator,
            sources=theirs.sources,
        )
        if mine.vocabulary_of:
            return _checked(replace(self.recipe, data=mine))
        if own := [key for key in self.fixed if meets(key, _VOCABULARY)]:
            raise RecipeError(
                f"`{own[0]}` must be left out: a student has its teacher's vocabulary. Name a model folder with "
                "another in `data.vocabulary_of`."
            )
        mine = replace(
            mine,
            vocabulary_of=str(self.teacher.resolve()),
            tokenizer=theirs.tokenizer,
            target_tokenizer=theirs.target_tokenizer,
            joint=theirs.joint,
            special_tokens=theirs.special_tokens,
        )
        return _checked(replace(self.recipe, data=mine))

    # ---- what it learns ----------------------------------------------------------------------------------------------

    def _pairs(self, teacher: Speaker, path: Path, held_out: frozenset[str], *, verbose: bool) -> str:
        """The pairs in their file, and in words what they are."""
        files = [_again(pairs) for pairs in self.train or self._named(teacher.recipe, "train")]

        def rows() -> Iterator[Row]:
            every = (row for pairs in files for row in teacher.rows(pairs))
            return (
                row
                for row in every
                if row.source.strip() and row.targets and row.targets[0].strip() and row.source not in held_out
            )

        nbest = self.nbest or (1 if self.choice.keep == "best" else self.beam or teacher.recipe.answers.beam)
        asking = asking_of(teacher.recipe.answers, beam=self.beam, nbest=nbest)
        terms = terms_of(self.teacher, asking, Form(nbest=nbest, as_json=True), engines=teacher.engines, task=None)
        number, name = digest_of(rows(), terms)
        if not number:
            raise DataError("there is nothing to learn from: no training pair of the teacher has two sides.")
        make_folder(path.parent)
        answers = path.with_name(f"answers-{name}.jsonl")
        if not answers.is_file():
            answer_into(answers, teacher, asking, rows, terms=terms, total=number, verbose=verbose)
        annotations = teacher.recipe.data.annotations
        told = write_pairs(path, rows(), answers, self.choice, annotations=annotations, originals=self.originals)
        how = "the best" if nbest == 1 else f"the {self.choice.keep} of the {nbest} best"
        by = f" by {self.choice.by}" if nbest > 1 and self.choice.keep == "nearest" else ""
        return f"{told}: {how}{by}, {asking}"

    def _valid(self, teacher: Speaker) -> tuple[Sequence[Pairs], frozenset[str]]:
        """The pairs that the teacher was chosen on, and the sources that no student may learn either."""
        if self.valid:
            return self.valid, frozenset()
        kept = self.teacher / "data" / "valid.jsonl"
        if kept.is_file():
            rows = [*kept_rows(kept)]
            return ([rows] if rows else ()), frozenset(row.source for row in rows)
        return self._named(teacher.recipe, "valid"), frozenset()

    def _named(self, recipe: Use, role: str) -> Sequence[str]:
        """The files that the teacher's recipe names, if they are still what they were."""
        files: Sequence[str] = getattr(recipe.data, role)
        if not files:
            raise DataError(
                f"{self.teacher}: its recipe names no `data.{role}`. Name the files that it had for that with "
                f"`--{role}`."
            )
        seen = read_manifest(self.teacher).get("data", {}).get("files", [])
        digests = {each["file"]: each["sha256"] for each in seen if each["role"] == role}
        for name in files:
            for part in [name] if Path(name).exists() else name.split(","):
                path = Path(part)
                if not path.is_file():
                    away = "is not there" if path.is_absolute() else f"is not in {Path.cwd()}"
                    raise DataError(
                        f"{self.teacher}: `{part}` of its recipe's `data.{role}` {away}. Name it with `--{role}`."
                    )
                if digests.get(part, "") not in ("", sha256(path)):
                    raise DataError(
                        f"{part}: is not the file that the teacher {self.teacher} was trained with. Name that one "
                        f"with `--{role}`."
                    )
        return files


def _again(pairs: Pairs) -> Pairs:
    """What can be read several times: to be told from others, to be answered, and to be compared."""
    if not isinstance(pairs, str | Path):
        return pairs if hasattr(pairs, "columns") else [*pairs]
    if flows(str(pairs)):
        raise DataError(f"{pairs}: must be a file that can be read again, for it is read thrice. Write it to one.")
    return pairs


def _check_teacher(teacher: Speaker) -> None:
    """Whether it has answers that another model can learn."""
    if "target" in teacher.numbering.channels:
        raise RecipeError("a teacher must answer with text, but this one's answers are series of numbers. Train anew.")
    if teacher.numbering.sourceless:
        raise RecipeError('a teacher must answer sources, but this one has `data.source = "none"`. Train anew.')


def _checked(recipe: Recipe) -> Recipe:
    """The recipe, once it is known that its model can be built: nobody wants to hear it after hours of answers."""
    summarize(recipe)
    return recipe


def distill(
    teacher: str | Path,
    student: str | Path | Recipe,
    *,
    out: str | Path,
    train: Pairs | Sequence[Pairs] = (),
    valid: Pairs | Sequence[Pairs] = (),
    test: Pairs | Sequence[Pairs] = (),
    set: Sequence[str] | dict[str, Any] = (),
    beam: int | None = None,
    nbest: int | None = None,
    keep: Keep = "nearest",
    by: SentenceMetric = "bleu",
    originals: bool = False,
    budget: str | float | None = None,
    engine: EngineName = "auto",
    device: DeviceName = "auto",
    trust: Sequence[str] = (),
    verbose: bool = True,
) -> Model:
    """Train a small model on what a trained one answers to its own training sources; the folder ``out`` has it too.

    ``student`` is a recipe as ``train`` takes it; it has the teacher's vocabulary unless `data.vocabulary_of` says
    otherwise. ``train`` and ``valid`` are the teacher's pairs, where its recipe does not name their files. Called
    again after it was killed, it goes on.
    """
    from seqloom.workflow.display import show

    overrides = [f"{key}={toml.inline(value)}" for key, value in set.items()] if isinstance(set, dict) else [*set]
    if isinstance(student, Recipe):
        recipe = settings.parse(Recipe, settings.override(settings.to_data(student), overrides))
    else:
        recipe = load_recipe(student, overrides=overrides)
    training = Distilling(
        teacher=Path(teacher),
        recipe=recipe,
        out=Path(out),
        train=several(train),
        valid=several(valid),
        test=several(test),
        beam=beam,
        nbest=nbest,
        choice=Choice(keep=keep, by=by),
        originals=originals,
        budget=None if budget is None else parse_budget(budget),
        fixed=keys_of(overrides),
        engine=engine,
        device=device,
        trust=trust,
    ).training(verbose=verbose)
    return (show(training.run()) if verbose else drain(training.run())).model
