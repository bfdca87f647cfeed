"""Answers as lines: how each is written, and how lines that are there are told apart again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, groupby, takewhile
from pathlib import Path
from typing import TextIO

from seqloom.core.errors import RecipeError
from seqloom.data.opening import suffix_of
from seqloom.data.rows import Row
from seqloom.tasks import Task
from seqloom.workflow.answers import Answer

__all__ = ["Flow", "Form", "Tally", "Whole", "form_of"]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What of a file of answers is whole."""

    answered: int = 0
    """Sources that have all their lines."""
    unsure: int = 0
    end: int = 0
    """Bytes of those lines."""

    def then(self, *, unsure: int, end: int) -> Whole:
        """One source more."""
        return Whole(answered=self.answered + 1, unsure=self.unsure + unsure, end=end)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What stands in a line. A source has one, or with n best at most so many; or a block of lines and an empty one."""

    nbest: int = 1
    least: float | None = None
    """The confidence below which an answer is marked."""
    as_json: bool = False
    as_block: bool = False

    def lines(self, number: int, answer: Answer) -> Iterator[str]:
        """The lines of the source with this number, without their ends."""
        if self.as_json:
            review = {} if self.least is None else {"review": self.doubts(answer)}
            yield json.dumps({**answer.to_data(), **review}, ensure_ascii=False)
            return
        if self.as_block:
            yield from (*filter(None, answer.block.split("\n")), "")
            return
        for each in (answer, *answer.alternatives)[: self.nbest]:
            mark = "" if self.least is None else f"{'?' * self.doubts(each)}\t{each.confidence:.4f}\t"
            place = "" if self.nbest == 1 else f"{number}\t{each.score:.4f}\t"
            yield f"{mark}{place}{_one_line(each.text)}"

    def doubts(self, answer: Answer) -> bool:
        """Whether a person should see it."""
        return self.least is not None and answer.confidence < self.least

    def whole(self, lines: Iterable[bytes], *, most: int) -> Whole:
        """How far the lines of a file that ends somewhere are whole, up to so many sources.

        The last source of n best may yet lack some of its lines where it has fewer than that: it does not count.
        """
        if self.as_block:
            return _whole_blocks(lines, most=most)
        several = not self.as_json and self.nbest > 1
        places = count(1)
        complete = takewhile(lambda line: line.endswith(b"\n"), lines)
        whole, last, full = Whole(), Whole(), True
        for number, (first, *others) in groupby(complete, lambda line: self._number(line) if several else next(places)):
            whole = last  # another one begins, so the last one has all its lines
            if whole.answered == most or number != whole.answered + 1:
                return whole
            size = len(first) + sum(map(len, others))
            last = whole.then(unsure=self._doubted(first), end=whole.end + size)
            full = not several or 1 + len(others) == self.nbest
        return last if full else whole

    def _number(self, line: bytes) -> int:
        """Of the source that a line of n best answers; 0 where it is none."""
        number = line.split(b"\t", 3)[0 if self.least is None else 2 :][:1]
        return int(number[0]) if number and number[0].isdigit() else 0

    def _doubted(self, line: bytes) -> bool:
        return self.least is not None and (line.endswith(b'"review": true}\n') if self.as_json else line[:1] == b"?")


def form_of(out: Path | None, task: Task, *, nbest: int, least: float | None, as_json: bool) -> Form:
    """As the options say and the name of the file that is written, which the task may know."""
    as_block = not as_json and out is not None and suffix_of(str(out)) in task.blocks
    if as_block and (nbest > 1 or least is not None):
        option = "--nbest" if nbest > 1 else "--min-confidence"
        raise RecipeError(
            f"`{option}` must be left out for {out}, which has room for the answers alone. Take `--json`."
        )
    return Form(nbest=nbest, least=least, as_json=as_json, as_block=as_block)


def _whole_blocks(lines: Iterable[bytes], *, most: int) -> Whole:
    """Up to the last empty line."""
    whole, size = Whole(), 0
    for line in lines:
        size += len(line)
        if whole.answered < most and line == b"\n":
            whole = whole.then(unsure=0, end=size)
    return whole


@dataclass(kw_only=True)
class Tally:
    """What became of the sources so far."""

    answered: int = 0
    unsure: int = 0
    failed: int = 0
    """Of those answered: the ones that have an error instead."""

    def add(self, answer: Answer, form: Form) -> None:
        self.answered += 1
        self.unsure += form.doubts(answer)
        self.failed += answer.error is not None


class Flow:
    """Answers as they come, each at once: whoever reads them may be waiting."""

    def __init__(self, stream: TextIO, form: Form) -> None:
        self._stream = stream
        self._form = form
        self.tally = Tally()

    @property
    def saved(self) -> int:
        """Sources whose answers are gone from here."""
        return self.tally.answered

    def rest(self, read: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        """All of them."""
        return read()

    def put(self, answer: Answer) -> None:
        """The next answer."""
        self.tally.add(answer, self._form)
        for line in self._form.lines(self.tally.answered, answer):
            self._stream.write(f"{line}\n")
        self.save()

    def save(self) -> None:
        """Let go of all there is."""
        self._stream.flush()


def _one_line(text: str) -> str:
    """A line of output is an answer, whatever the model says."""
    return " ".join(text.splitlines()) if len(text.splitlines()) > 1 else text.strip("\r\n")
