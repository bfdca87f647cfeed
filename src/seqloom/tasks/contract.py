"""What a task is: how a row becomes a pair, what the decoder may say, how an answer is shown and scored.

A task is one file: its settings, which know how its files are read, above what is built of them. A task of one's own is
the same, in a file of one's own: `kind = "my_package.module:MySettings"` in a recipe's `[task]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from seqloom.data.rows import BadLine, Row
from seqloom.data.sentences import Piece
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.metrics.score import Score

__all__ = ["Answered", "Baseline", "Known", "Shown", "Task", "TaskBase"]

Known: TypeAlias = Mapping[str, Any]
"""What JSON can hold."""
Baseline: TypeAlias = Callable[[Row], Sequence[str]]
"""The simplest way to answer a question, which a model must beat: its answers, best first."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a person gets."""

    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What else is to be said of it, for JSON."""
    block: str = ""
    """The same as lines, for a file in which an answer is a block of them (``Task.blocks``)."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question, what was answered, and what is right."""

    row: Row
    """As it was asked; its targets are all that is right."""
    texts: tuple[str, ...]
    """As they are shown, best first; empty where there was no answer."""
    quantiles: Mapping[str, str] = field(default_factory=dict)
    """Of a series, where the model tells of more than one: what so many percent of what may come stay below."""
    logps: tuple[float, ...] = ()
    """How likely the model finds each of the row's targets, where the task looks at ``likelihoods``."""


@dataclass(frozen=True, kw_only=True)
class TaskBase:
    """The settings that every task begins with: a row is a pair.

    A task's own add a `kind: Literal["…"]` with its name, and say what differs.
    """

    keeps: ClassVar[tuple[str, ...]] = ()
    """Names in ``Row.extras`` that ``Task.read`` looks at."""
    mixed: ClassVar[tuple[str, ...]] = ()
    """Those of them whose values part a file into corpora, which `data.mixture` mixes as it mixes files."""

    @property
    def kind(self) -> str:
        """What a recipe calls a task of one's own; in others it is a field."""
        return f"{type(self).__module__}:{type(self).__qualname__}"

    @property
    def named(self) -> Sequence[str] | None:
        """None: a file has sources and targets. Otherwise each of its columns is by its name in ``Row.extras``, and
        ``pairs`` finds both among them; these are the names of columns where the file itself has none."""
        return None

    @property
    def listed(self) -> str:
        """Where a row of a file is a list of any length: the key that an object has it under (``Columns.listed``)."""
        return ""

    @property
    def columns(self) -> Mapping[str, int | str]:
        """Further columns of a table to read, by the name under which ``Row.extras`` shall have them."""
        return {}

    @property
    def asked(self) -> Mapping[str, int | str]:
        """Those of them that a file of questions must have too."""
        return self.columns

    def pairs(self, row: Row) -> Iterable[Row | BadLine]:
        """The questions that a row of a file holds, with their right answers, as a person writes both."""
        yield row

    def together(self, row: Row) -> str:
        """Pairs of which this is the same are never parted between training and validation."""
        return row.source

    def learn(self, rows: Iterable[Row]) -> Known:
        """What must be known of the training pairs wherever the model goes."""
        return {}

    def build(self, known: Known) -> Task:
        return Task()


class Task:
    """A question is read as it is, anything may be answered, and is shown as it is said."""

    nbest: int = 1
    """Answers to a question that its scores look at."""
    specials: tuple[str, ...] = ()
    """Tokens that ``read`` writes into a text: never split, never made of other text."""
    weighed: int = 1
    """Answers to a question that ``weigh`` looks at, however few are asked for."""
    whole: bool = False
    """Whether an answer is about all of its source: of one that is too long the beginning is read then, for answers to
    its parts would be no answer."""
    blocks: tuple[str, ...] = ()
    """Endings of files, such as ".conll", in which an answer is ``Shown.block`` and an empty line, and not one line."""
    likelihoods: bool = False
    """Whether its scores look at how likely the model finds the right answers."""
    turns: int = 1
    """Turns of a conversation that a question may have, parted by TABs; 1: what was said before is of no matter."""
    at_once: int = 1
    """Answers that `seqloom predict` shows as one, by ``listing``, where it is not told how many to show."""

    def cut(self, row: Row) -> Sequence[Piece]:
        """A question as pieces that are cleaned, read and answered apart."""
        return (Piece(text=row.source),)

    def read(self, row: Row) -> Row:
        """The pair as the model reads and says it, or a question, which has no targets; a DataError where it cannot."""
        return row

    def refuses(self, row: Row) -> str | None:
        """What is wrong with a pair to be measured on, without a full stop: its file and line are named before it."""
        return None

    def shorter(self, row: Row) -> Row | None:
        """What to ask in place of a question that is too long for the model; None: it is answered in parts."""
        return None

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        """What the answer to this question must keep to."""
        return ()

    def show(self, row: Row, text: str) -> Shown:
        """What a person gets of what the model said."""
        return Shown(text=text)

    def weigh(self, row: Row, answers: Sequence[tuple[str, float]]) -> Mapping[str, Any]:
        """Fields that a question's answers make together: each as it is shown, with its confidence, the best first."""
        return {}

    def listing(self, said: Sequence[tuple[Shown, float]]) -> Shown:
        """What a person gets of several answers and their scores, best first, where ``at_once`` are shown as one."""
        return said[0][0]

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """Beyond the metrics of the recipe; ``samples`` 0 leaves out the intervals."""
        return []

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """By name. They are scored beside the model, on the same questions."""
        return {}
