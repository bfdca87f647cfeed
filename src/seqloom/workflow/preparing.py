"""From files to numbers on disk: read once, cleaned once, numbered once. What is there already is taken as it is.

data/cleaned.jsonl    the rows that are left after cleaning; gone when they are numbered
data/corpus-0/ …      each training file, numbered and memory-mapped
data/valid/           the validation pairs, numbered
data/valid.jsonl      the same as text, with all their references
data/tasks/pos/ …     the same of a further task
data/report.json      what was read, what was dropped and why, and how long it took
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from shutil import rmtree
from typing import Any
from zlib import crc32

from seqloom.core.errors import DataError
from seqloom.core.files import read_json, write_json
from seqloom.data.cleaning import Cleaner
from seqloom.data.corpus import Corpus
from seqloom.data.ledger import Ledger
from seqloom.data.numbering import Numbering
from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Known
from seqloom.workflow.kept import count_rows, keep_rows, kept_rows, part_rows
from seqloom.workflow.manifest import sha256
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs, measurable, rows_of
from seqloom.workflow.vocabularies import fit_numbering

__all__ = ["Prepared", "open_data", "prepare_data"]

_MOST_HELD_OUT = 2000
_SLACK = 1.25
_TASKS = "tasks"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Data that a run can begin with."""

    corpora: tuple[Corpus, ...]
    valid: Corpus | None
    valid_rows: tuple[Row, ...]
    report: Mapping[str, Any]
    """`lines` for people, `files` with their checksums, `seconds` of each stage; of all tasks together."""
    tasks: Mapping[str, Prepared] = field(default_factory=dict)
    """The further tasks' data."""

    @property
    def longest_source(self) -> int:
        """Tokens of the longest source that a model of this data is trusted with: a little more than it has seen."""
        return int(_SLACK * self._longest)

    @property
    def target_tokens(self) -> int:
        """Of an epoch, with the end of each target; those of all tasks."""
        here = sum(int(corpus.target_lengths.sum()) + len(corpus) for corpus in self.corpora)
        return max(1, here + sum(each.target_tokens for each in self.tasks.values()))

    @property
    def _longest(self) -> int:
        """All tasks' sources are read by the same encoder."""
        here = (int(corpus.source_lengths.max()) for corpus in self.corpora)
        return max(*here, *(each._longest for each in self.tasks.values()), 1)


def prepare_data(
    folder: Path, recipe: Recipe, *, train: Sequence[Pairs], valid: Sequence[Pairs]
) -> tuple[Prepared, Numbering]:
    """Read, clean and number everything into ``folder``, which is then complete or not there."""
    clock = _Clock()
    beside = folder.with_name(folder.name + ".part")
    rmtree(beside, ignore_errors=True)
    main = _Intake(beside, recipe, train, valid, side=folder.parent / "bad-lines")
    main.clean()
    tasks: dict[str, _Intake] = {}
    for name, data in recipe.data.tasks.items():
        given = _Intake(
            beside / _TASKS / name,
            recipe.of_task(name),
            data.train,
            data.valid,
            side=folder.parent / f"bad-lines-{name}",
            task=name,
            channels={side: number for side, number in main.channels.items() if side == "source"},
        )
        given.clean()
        tasks[name] = given
    clock.done("reading and cleaning")
    numbering = fit_numbering(recipe, main.cleaned, main.known, {name: each.cleaned for name, each in tasks.items()})
    clock.done("vocabulary")
    main.number(numbering)
    for name, each in tasks.items():
        each.number(numbering.tasks[name])
    lines = [*main.lines, *(line for each in tasks.values() for line in each.lines)]
    files = [*main.seen(), *(seen for each in tasks.values() for seen in each.seen())]
    clock.done("numbering")
    write_json(beside / "report.json", {"lines": lines, "files": files, "seconds": clock.seconds})
    rmtree(folder, ignore_errors=True)  # of a run that was killed before it had a model: its vocabulary is gone
    beside.replace(folder)
    return open_data(folder), numbering


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.perf_counter()

    def done(self, stage: str) -> None:
        self.seconds[stage] = round(time.perf_counter() - self._begun, 3)
        self._begun = time.perf_counter()


def open_data(folder: Path) -> Prepared:
    """What ``prepare_data`` left."""
    return _opened(folder, read_json(folder / "report.json"))


def _opened(folder: Path, report: Mapping[str, Any]) -> Prepared:
    number, corpora = 0, []
    while (folder / f"corpus-{number}").is_dir():
        corpora.append(Corpus.open(folder / f"corpus-{number}"))
        number += 1
    if not corpora:
        raise DataError(f"{folder}: the numbered data is gone. Start the run anew in another folder.")
    tasks = sorted((folder / _TASKS).iterdir()) if (folder / _TASKS).is_dir() else []
    return Prepared(
        corpora=tuple(corpora),
        valid=Corpus.open(folder / "valid") if (folder / "valid").is_dir() else None,
        valid_rows=tuple(kept_rows(folder / "valid.jsonl")),
        report=report,
        tasks={each.name: _opened(each, report) for each in tasks},
    )


class _Intake:
    """The pairs of one task on their way to disk."""

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        train: Sequence[Pairs],
        valid: Sequence[Pairs],
        *,
        side: Path,
        task: str = "",
        channels: dict[str, int] | None = None,
    ) -> None:
        """``side`` begins the names of files for bad lines; ``channels`` are those that series must have."""
        self.folder, self.recipe, self.train, self.valid, self.side = folder, recipe, train, valid, side
        self.task = task
        self.lines: list[str] = []
        self.channels = {} if channels is None else channels  # the first row says, and all others are held to it
        self.cleaned: list[Path] = []
        """One a file, or several where a task mixes what is in it."""
        self.names: list[str] = []
        """What messages call each of them."""
        self.known: Known = {}

    def clean(self) -> None:
        """Every file as rows that can be numbered, and the validation pairs apart."""
        if not self.train:
            where = (
                f"in `data.tasks.{self.task}.train`" if self.task else "with `--train`, or in the recipe's `data.train`"
            )
            raise DataError(f"there is nothing to learn from. Name files {where}.")
        self.folder.mkdir(parents=True)
        for number, pairs in enumerate(self.train):
            path = self._clean(pairs, number)
            if path.stat().st_size == 0:
                raise DataError(f"{_name(pairs)}: no pair is left to learn from. {'; '.join(self.lines)}.")
            parts = part_rows(path, self.recipe.task.mixed)
            self.cleaned += parts.values()
            self.names += [" ".join(filter(None, (_name(pairs), *values))) for values in parts]
        if not self.valid:
            self._hold_out()
        self.known = self.recipe.task.learn(row for path in self.cleaned for row in kept_rows(path))
        if self.valid:
            self._valid_rows()

    def number(self, numbering: Numbering) -> None:
        for number, (name, path) in enumerate(zip(self.names, self.cleaned, strict=True)):
            count = _Counted(self._say, f"{name}: ")
            numbered = _number(self.folder / f"corpus-{number}", kept_rows(path), numbering, count)
            count.tell()
            if not numbered:
                raise DataError(
                    f"{name}: no pair is left to learn from ({'; '.join(self.lines)}). "
                    "Raise `data.max_source` and `data.max_target`, or look at `data.cleaning`."
                )
            path.unlink()
        path = self.folder / "valid.jsonl"
        if path.stat().st_size:
            rows = _normalised(kept_rows(path), self.recipe) if self.valid else kept_rows(path)
            count = _Counted(self._say, "validation: ")
            _number(self.folder / "valid", rows, numbering, count)
            count.tell()

    def seen(self) -> list[dict[str, str]]:
        """Each file with its checksum, so that a model can be traced to its data."""
        found = []
        for role, given in (("train", self.train), ("valid", self.valid)):
            for pairs in given:
                if not isinstance(pairs, str | Path):
                    continue
                names = [str(pairs)] if Path(pairs).exists() else str(pairs).split(",")
                paths = [Path(name) for name in names]
                found += [
                    {
                        "role": f"{self.task} {role}".strip(),
                        "pairs": str(pairs),
                        "file": str(path),
                        "sha256": sha256(path),
                    }
                    for path in paths
                    if path.is_file()
                ]
        return found

    def _say(self, line: str) -> None:
        self.lines.append(f"{self.task}: {line}" if self.task else line)

    def _clean(self, pairs: Pairs, number: int) -> Path:
        recipe, path = self.recipe, self.folder / f"cleaned-{number}.jsonl"
        side = self.side.with_name(f"{self.side.name}-{number}.jsonl")
        ledger = Ledger(on_bad_line=recipe.data.on_bad_line, side_file=side)
        annotations = recipe.data.annotations
        cleaner = Cleaner(recipe.data.cleaning, ledger, annotations)
        rows = cleaner.rows(ledger.rows(rows_of(pairs, recipe, aligned=True, channels=self.channels)))
        keep_rows(path, rows, annotations, recipe.task.keeps)
        for line in ledger.lines():
            self._say(f"{_name(pairs)}: {line}")
        return path

    def _valid_rows(self) -> None:
        """The validation pairs as text, from their own files."""
        recipe, task = self.recipe, self.recipe.task.build(self.known)
        side = self.side.with_name(f"{self.side.name}-valid.jsonl")
        ledger = Ledger(on_bad_line=recipe.data.on_bad_line, side_file=side)
        read = (measurable(rows_of(pairs, recipe, channels=self.channels), task) for pairs in self.valid)
        found = chain.from_iterable(_followed(ledger.rows(rows), recipe, ledger) for rows in read)
        keep_rows(self.folder / "valid.jsonl", filter(_whole, found), recipe.data.annotations, recipe.task.keeps)
        for line in ledger.lines():
            self._say(f"validation: {line}")

    def _hold_out(self) -> None:
        """The validation pairs as text, held out of the training pairs, which then lack them."""
        path, recipe, annotations = self.folder / "valid.jsonl", self.recipe, self.recipe.data.annotations
        keeps = recipe.task.keeps
        total = sum(map(count_rows, self.cleaned))
        share = min(recipe.data.held_out, _MOST_HELD_OUT / total)
        together = recipe.task.together
        held_out = (row for each in self.cleaned for row in kept_rows(each) if _held_out(together(row), share))
        keep_rows(path, held_out, annotations, keeps)
        for each in self.cleaned:
            rest = each.with_suffix(".rest")
            left = (row for row in kept_rows(each) if not _held_out(together(row), share))
            if keep_rows(rest, left, annotations, keeps):
                rest.replace(each)
            else:  # so few pairs that one must serve for both
                rest.unlink()
        count = count_rows(path)
        self._say(f"validation: {count:,} pairs held out of training" if count else "validation: none, too few pairs")


def _normalised(rows: Iterable[Row], recipe: Recipe) -> Iterator[Row]:
    """As a model reads them; what answers are compared with stays as it was written."""
    cleaner = Cleaner(recipe.data.cleaning, Ledger(), recipe.data.annotations)
    return (row for row in map(cleaner.row, rows) if isinstance(row, Row))


def _followed(rows: Iterable[Row], recipe: Recipe, ledger: Ledger) -> Iterator[Row]:
    """The rows as they are, without those whose annotations will not follow what cleaning makes of their words."""
    cleaner = Cleaner(recipe.data.cleaning, ledger, recipe.data.annotations)
    for row in rows:
        cleaned = cleaner.row(row)
        if isinstance(cleaned, BadLine):
            ledger.refuse(cleaned)
        else:
            yield row


def _held_out(together: str, share: float) -> bool:
    """By a checksum, so that all rows of a source are on one side."""
    return crc32(together.encode()) / 2**32 < share


def _whole(row: Row) -> bool:
    return bool(row.source.strip() and row.targets and row.targets[0].strip())


# ---- numbering ---------------------------------------------------------------------------------------------------


def _number(folder: Path, rows: Iterable[Row], numbering: Numbering, count: _Counted) -> bool:
    """Whether any pair was left to be written."""
    pairs = numbering.pairs(rows, count=count)
    first = next(pairs, None)
    if first is not None:
        Corpus.write(folder, chain([first], pairs), stored=numbering.stored)
    return first is not None


class _Counted:
    """Counts that become lines for people."""

    def __init__(self, say: Callable[[str], None], before: str) -> None:
        self._say = say
        self._before = before
        self._counts: dict[str, int] = {}

    def __call__(self, what: str, number: int = 1) -> None:
        self._counts[what] = self._counts.get(what, 0) + number

    def tell(self) -> None:
        for what, number in self._counts.items():
            self._say(f"{self._before}{number:,} {what}")


def _name(pairs: Pairs) -> str:
    return str(pairs) if isinstance(pairs, str | Path) else "the pairs given"
