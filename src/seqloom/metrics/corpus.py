"""Answers beside their references, found fit to be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.wording import must_be, one_of, show
from seqloom.metrics.names import BleuTokenizer
from seqloom.metrics.words import Writing, plain, tokens, writing

__all__ = ["Corpus", "name_of"]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A test set's texts. A row may have more references than another; the nearest counts."""

    answers: Sequence[str]
    references: Sequence[Sequence[str]]
    tokenize: Callable[[str], Sequence[str]] | None = None
    """For the metrics that count tokens; None: words where there are spaces, characters where there are none."""
    bleu_tokenizer: str | None = None
    sources: Sequence[str] | None = None
    """For the metrics of series, which compare with what was there before; None: they do without, where they can."""

    def __post_init__(self) -> None:
        answers, references = self.answers, self.references
        if isinstance(answers, str):
            raise DataError(f"answers must be a list of texts, but is the text {show(answers)}. Put it into a list.")
        if len(answers) != len(references):
            raise DataError(
                f"each answer needs its references, but there are {len(answers)} answers and references for "
                f"{len(references)}. Pair them."
            )
        if not answers:
            raise DataError("there must be at least one answer to measure, but there is none. Add rows.")
        for row, (answer, texts) in enumerate(zip(answers, references, strict=True), start=1):
            if not isinstance(answer, str):
                raise DataError(f"row {row}: the answer must be a text, but is {show(answer)}. Make it one.")
            if isinstance(texts, str):
                raise DataError(f"row {row}: references must be a list, but is {show(texts)}. Put it into a list.")
            if not texts:
                raise DataError(f"row {row}: there must be at least one reference, but there is none. Drop the row.")
            for text in texts:
                if not isinstance(text, str):
                    raise DataError(f"row {row}: a reference must be a text, but is {show(text)}. Make it one.")
        names = get_args(BleuTokenizer)
        if self.bleu_tokenizer is not None and self.bleu_tokenizer not in names:
            raise RecipeError(must_be("bleu_tokenizer", one_of(names), self.bleu_tokenizer, names=names))

    @property
    def nrefs(self) -> str:
        """How many references a row has, as signatures say it."""
        numbers = {len(texts) for texts in self.references}
        return str(numbers.pop()) if len(numbers) == 1 else "var"

    @property
    def several(self) -> str:
        """How signatures say which of several references counts; nothing where each row has one."""
        return "" if self.nrefs == "1" else "|ref:nearest"

    @cached_property
    def writing(self) -> Writing:
        return writing(text for texts in self.references for text in texts)

    def split(self, text: str) -> Sequence[str]:
        """The tokens of a text, its spelling made plain."""
        return (self.tokenize or tokens)(plain(text))

    @property
    def split_name(self) -> str:
        return name_of(self.tokenize or tokens)

    def only_references(self, metric: str) -> list[str]:
        """The references where a row can have no more than one: labels, tags."""
        for row, texts in enumerate(self.references, start=1):
            if len(texts) > 1:
                raise DataError(f"row {row}: `{metric}` needs one reference, but there are {len(texts)}. Keep one.")
        return [texts[0] for texts in self.references]


def name_of(tokenize: Callable[[str], Sequence[str]]) -> str:
    """What a signature calls a tokenizer."""
    return getattr(tokenize, "__qualname__", type(tokenize).__qualname__)
