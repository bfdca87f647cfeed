"""A long text to a short one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from seqloom.core.settings import Count, Positive
from seqloom.data.rows import Row
from seqloom.data.sentences import cut_sentences
from seqloom.metrics.words import words
from seqloom.tasks.contract import Baseline, Known, Task, TaskBase

__all__ = ["SummarizationSettings"]


@dataclass(frozen=True, kw_only=True)
class SummarizationSettings(TaskBase):
    """The task of summarization."""

    kind: Literal["summarization"] = "summarization"
    words: Count = 400
    """A text is read as far as so many words go (See et al. 2017 read 400), to the end of a sentence where one ends
    before: what matters comes early, and the parts of a summary are no summary. A character of Chinese is a word.
    0: all of it."""
    leads: tuple[Positive, ...] = (1, 3)
    """The simplest summaries, which a model is measured beside: so many first sentences."""

    def build(self, known: Known) -> Summarization:
        return Summarization(self)


class Summarization(Task):
    """It reads the beginning of a text, and is measured beside the text's first sentences."""

    whole = True

    def __init__(self, settings: SummarizationSettings) -> None:
        self.settings = settings

    def read(self, row: Row) -> Row:
        begun = beginning(row.source, self.settings.words)
        return row if begun == row.source else replace(row, source=begun)

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        leads = {_name(number): _lead(number) for number in self.settings.leads}
        return {**leads, "the whole text": lambda row: [row.source]}


def beginning(text: str, most: int) -> str:
    """The first sentences with at most so many words together (0: any); of one that is too long itself its first."""
    if not most or len(text) <= most:  # a word has a character at least
        return text
    begun, left = "", most
    for sentence in cut_sentences(text):
        number = len(words(sentence))
        if number > left:
            return begun.rstrip() or _first_words(sentence, most)
        begun, left = begun + sentence, left - number
    return begun


def _first_words(sentence: str, most: int) -> str:
    """Found by halves: where words end is their tokenizer's affair."""
    low, high = 0, len(sentence)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(words(sentence[:middle])) <= most else (low, middle - 1)
    return sentence[:low].rstrip()


def _lead(number: int) -> Baseline:
    return lambda row: ["".join(cut_sentences(row.source)[:number]).strip()]


def _name(number: int) -> str:
    return "the first sentence" if number == 1 else f"the first {number} sentences"
