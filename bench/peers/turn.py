"""A turn of a contestant in translating: the same sentences for all, its answers, and the time it took.

Only what Python brings with it is imported, since this runs in every peer's environment.
"""

import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from machine import family, machine_seconds, memory_of, own_seconds

__all__ = ["ALONE", "BEAM", "GREEDY", "WAYS", "Question", "Translator", "take"]

BEAM, GREEDY, ALONE = "beam", "greedy", "alone"
WAYS = (BEAM, GREEDY, ALONE)
"""All sentences by beam search, all greedily, and some one after the other by beam search."""
WARM = 8
"""Sentences that are translated before anything is timed."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every contestant."""

    model: str
    """Seqloom's folder."""
    texts: Sequence[str]
    sources: Sequence[Sequence[int]]
    """The same as ids."""
    targets: Sequence[Sequence[int]]
    """Given ones for the first few, to be scored."""
    longest: Sequence[int]
    """The most tokens of each answer."""
    bos: int
    eos: int
    beam: int
    alpha: float
    """Scores are divided by length to the power of this."""
    alone: int
    """So many of the first are translated one after the other."""
    batch: int
    """Sentences of a batch, for whoever wants to be told."""

    NAME = "question.json"

    def write(self, folder: Path) -> None:
        (folder / self.NAME).write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Question":
        return cls(**json.loads((folder / cls.NAME).read_text("utf-8")))


class Translator(Protocol):
    """A contestant with its model read."""

    def translate(self, places: Sequence[int], *, beam: int) -> list[Any]:
        """The answers to the sources at these places: texts, or lists of ids."""
        ...

    def score(self, places: Sequence[int]) -> list[list[float]]:
        """The log-probabilities of the given targets' tokens and ends; none where they are the measure themselves."""
        ...


def take(translator: Translator, question: Question, out: Path) -> None:
    """Translate and write what came of it, the memory of this process and of those that it started included."""
    everyone, some = range(len(question.sources)), range(min(question.alone, len(question.sources)))
    for beam in (question.beam, 1):
        translator.translate(everyone[:WARM], beam=beam)
    used = machine_seconds() - own_seconds()
    begun = time.perf_counter()
    together, seconds = {}, {}
    for way, beam in ((BEAM, question.beam), (GREEDY, 1)):
        together[way], seconds[way] = timed(translator, everyone, beam=beam)
    alone = [timed(translator, [place], beam=question.beam) for place in some]
    lasted = time.perf_counter() - begun
    told = {
        "answers": {**together, ALONE: [answer for answers, _ in alone for answer in answers]},
        "seconds": {**seconds, ALONE: statistics.median(seconds for _, seconds in alone)},
        "others_processors": max(0.0, (machine_seconds() - own_seconds() - used) / lasted),
        "memory": sum(memory_of(each) for each in family(os.getpid())),
        "logps": translator.score(range(len(question.targets))),
    }
    out.write_text(json.dumps(told), "utf-8")


def timed(translator: Translator, places: Sequence[int], *, beam: int) -> tuple[list[Any], float]:
    begun = time.perf_counter()
    answers = translator.translate(places, beam=beam)
    return answers, time.perf_counter() - begun
