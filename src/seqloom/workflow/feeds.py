"""Where questions come from: all there, or coming one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from queue import Empty, Queue
from threading import Thread
from typing import Any, Protocol, TypeAlias

from seqloom.core.errors import DataError, SeqloomError
from seqloom.data.cleaning import Cleaner
from seqloom.data.objects import UnreadableError, as_series
from seqloom.data.rows import BadLine, Row
from seqloom.data.sentences import Piece
from seqloom.decoding.request import Source

__all__ = ["AHEAD", "Asks", "Feed", "Pipe", "Question", "Ready", "cleaned", "question_of"]

AHEAD = 1024
"""Questions read before the first of them is answered: enough for texts of one length to meet."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A source to be answered."""

    text: str
    extras: Mapping[str, Any] = field(default_factory=dict)
    """Further columns: factors, other sources; and what holds for this answer alone: constraints, lengths."""
    wrong: str = ""
    """Why it cannot be answered, if that is known already."""
    drawn: Source | None = None
    """What stands for a source that nobody wrote."""

    @property
    def row(self) -> Row:
        return Row(source=self.text, extras=self.extras)


Asks: TypeAlias = str | Mapping[str, Any] | Iterable[Any]
"""One source or several, as Python gives them."""


def question_of(source: object, *, numbers: bool = False) -> Question:
    """A text, or a mapping like a row of JSONL; of ``numbers``, a list of them or an array."""
    if numbers:
        source = _with_text(source)
    if isinstance(source, str):
        return Question(text=source)
    if isinstance(source, Mapping) and isinstance(source.get("source"), str):
        return Question(text=source["source"], extras={key: each for key, each in source.items() if key != "source"})
    what = "a mapping without one" if isinstance(source, Mapping) else type(source).__name__
    raise DataError(f'a source must be a string, or a mapping with a "source", but one is {what}: {source!r:.60}.')


def _with_text(source: object) -> object:
    """A series as the text that it travels as, by itself or in its mapping."""
    try:
        if isinstance(source, Mapping):
            return {**source, "source": as_series(source["source"], "source")} if "source" in source else source
        return as_series(source, "source")
    except UnreadableError as error:
        raise DataError(f"{error}.") from None


class Feed(Protocol):
    """Where questions come from."""

    def take(self, most: int, *, wait: bool) -> list[Question] | None:
        """Up to so many that are there; with ``wait``, at least one; None at the end."""
        ...


class Ready:
    """Questions that are all there, or are made when they are asked for."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._questions = iter(questions)
        self._error: SeqloomError | None = None

    def take(self, most: int, *, wait: bool) -> list[Question] | None:
        if self._error is not None:
            raise self._error
        found: list[Question] = []
        try:
            for question in islice(self._questions, most):
                found.append(question)
        except SeqloomError as error:  # what was read before it is answered first
            if not found:
                raise
            self._error = error
        return found or None


class Pipe:
    """Questions that come when they come: read beside, so that what is there is answered while more is awaited."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._queue: Queue[Question | BaseException | None] = Queue(maxsize=2 * AHEAD)
        self._error: BaseException | None = None
        self._over = False
        Thread(target=self._read, args=(questions,), daemon=True).start()

    def _read(self, questions: Iterable[Question]) -> None:
        try:
            for question in questions:
                self._queue.put(question)
            self._queue.put(None)
        except BaseException as error:  # the reader of the queue raises it, after what came before it
            self._queue.put(error)

    def take(self, most: int, *, wait: bool) -> list[Question] | None:
        if self._error is not None:
            raise self._error
        found: list[Question] = []
        while not self._over and len(found) < most:
            try:
                item = self._queue.get(block=wait and not found)
            except Empty:
                break
            if isinstance(item, BaseException):
                self._error, self._over = item, True
                if not found:
                    raise item
            elif item is None:
                self._over = True
            else:
                found.append(item)
        return None if self._over and not found and self._error is None else found


def cleaned(question: Question, cleaner: Cleaner, cut: Callable[[Row], Sequence[Piece]]) -> Question:
    """A question whose text is cleaned as those were that the model learnt from. What a task ``cut`` out of it for
    layout is not text."""
    annotations = cleaner.annotations
    if not annotations:
        return replace(question, text=_text(question, cleaner, cut))
    row = annotations.row(Row(source=question.text, extras=question.extras))
    row = cleaner.row(row) if isinstance(row, Row) else row
    if isinstance(row, BadLine):
        return replace(question, wrong=row.what)
    return replace(question, text=row.source, extras=row.extras)


def _text(question: Question, cleaner: Cleaner, cut: Callable[[Row], Sequence[Piece]]) -> str:
    pieces = cut(question.row)
    if len(pieces) == 1 and not pieces[0].before:
        return cleaner.source(question.text)
    # A sentence that goes on in its line stands behind a space: that much is in every layout.
    return "".join(f"{' ' if each.before is None else each.before}{cleaner.source(each.text)}" for each in pieces)
