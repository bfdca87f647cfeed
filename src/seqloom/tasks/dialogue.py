"""An answer to what was said last, and to what was said before it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.settings import Count, Positive
from seqloom.core.wording import show
from seqloom.data.rows import BadLine, Row
from seqloom.metrics.bigrams import Bigrams
from seqloom.metrics.likelihood import perplexity
from seqloom.metrics.score import Score
from seqloom.metrics.variety import distinct, repeating
from seqloom.metrics.words import plain, tokens, words, writing
from seqloom.retrieval.bm25 import Bm25
from seqloom.tasks.contract import Answered, Baseline, Known, Task, TaskBase

__all__ = ["Dialogue", "DialogueSettings", "likelihood"]

HISTORY = "history"
"""The key of an object's turns before its source."""
_COUNTED = 200_000


@dataclass(frozen=True, kw_only=True)
class DialogueSettings(TaskBase):
    """The task of dialogue.

    A row of a file is a whole dialogue, its turns parted by TABs (of an object a list, `turns`), or a question with its
    answer. Each turn but the first is an answer to those before it.
    """

    kind: Literal["dialogue"] = "dialogue"
    turns: Positive = 4
    """Turns that an answer may look back at; older ones fall away."""
    longest: Count = 120
    """Words that these have together, or characters of a writing without spaces; 0: any number. Older turns fall away,
    and of a last turn that is longer alone its beginning."""
    marks: tuple[str, str] = ("<you>", "<me>")
    """What stands before a turn: of whoever is answered, and of whoever answers. `data.special_tokens` has both."""
    learnt: Literal["both", "second"] = "both"
    """Whose turns are answers to learn: everybody's, or only the second speaker's, as of a help desk."""
    labels: Count = 0
    """Columns at the end of a dialogue's line that are no turns: DailyDialog has one, of what its turns do."""
    searched: Count = 5000
    """Training questions among which the nearest is sought, whose answer is a baseline."""

    def __post_init__(self) -> None:
        if not all(mark.strip() for mark in self.marks) or self.marks[0] == self.marks[1]:
            raise RecipeError(f"marks must be two different texts, but are {show(list(self.marks))}.")

    @property
    def listed(self) -> str:
        return "turns"

    def pairs(self, row: Row) -> Iterator[Row | BadLine]:
        """A question a turn, with the turns before it, parted by TABs."""
        if not row.source.strip():
            yield row
            return
        try:
            before = history_of(row)
        except DataError as error:
            yield BadLine(file=row.file, line=row.line, what=str(error).rstrip("."), text=row.source)
            return
        if row.targets:
            asked = (*before, *row.source.split("\t"))
            yield replace(row, source=self.joined(asked), extras=_without(row.extras))
            return
        turns = [*before, *row.source.split("\t")]
        turns = turns[: len(turns) - self.labels]
        while turns and not turns[-1].strip():
            turns.pop()
        empty = next((place for place, turn in enumerate(turns, start=1) if not turn.strip()), None)
        if empty is not None or len(turns) < 2:
            what = f"turn {empty} is empty" if empty else f"a dialogue must have two turns, but has {len(turns)}"
            yield BadLine(file=row.file, line=row.line, what=what, text=row.source)
            return
        for place in range(1, len(turns), 1 if self.learnt == "both" else 2):
            yield replace(row, source=self.joined(turns[:place]), targets=(turns[place],), extras=_without(row.extras))

    def joined(self, turns: Sequence[str]) -> str:
        """The last of them, as many as are looked back at."""
        return "\t".join(turn for turn in turns[-self.turns :] if turn.strip())

    def learn(self, rows: Iterable[Row]) -> Known:
        dice = random.Random(1)
        said: Counter[str] = Counter()
        kept: list[tuple[str, str]] = []

        def answers() -> Iterator[str]:
            nonlocal said
            for number, row in enumerate(rows):
                answer = row.targets[0]
                said[answer] += 1
                if len(said) > _COUNTED:
                    said = Counter(dict(said.most_common(_COUNTED // 2)))
                # A fair draw from however many there are (Vitter 1985, algorithm R).
                place = number if number < self.searched else dice.randrange(number + 1)
                if place < self.searched:
                    kept[place : place + 1] = [(row.source.split("\t")[-1], answer)]
                yield answer

        bigrams = Bigrams.learn(answers()).to_data()  # what it reads is counted on the way
        return {"commonest": said.most_common(1)[0][0] if said else "", "pairs": kept, "bigrams": bigrams}

    def build(self, known: Known) -> Dialogue:
        return Dialogue(self, known)


class Dialogue(Task):
    """The turns stand in the source, each behind the mark of who said it."""

    likelihoods = True

    def __init__(self, settings: DialogueSettings, known: Known) -> None:
        self.settings = settings
        self.turns = settings.turns
        self._commonest: str = known.get("commonest", "")
        self._bigrams: Known = known.get("bigrams", {})
        self._pairs: Sequence[Sequence[str]] = known.get("pairs", ())

    def read(self, row: Row) -> Row:
        turns = self._turns(row)
        room = self.settings.longest
        if room:
            fitting: list[str] = []
            for turn in reversed(turns):
                size = len(tokens(turn))
                if size > room:
                    if not fitting:
                        fitting.append(_end(turn, room))
                    break
                fitting.append(turn)
                room -= size
            turns = fitting[::-1]
        marked = [f"{self.settings.marks[place % 2]} {turn}" for place, turn in enumerate(reversed(turns))]
        return replace(row, source=" ".join(reversed(marked)))

    def shorter(self, row: Row) -> Row | None:
        """Without the oldest turn."""
        turns = self._turns(row)
        return replace(row, source="\t".join(turns[1:]), extras=_without(row.extras)) if len(turns) > 1 else None

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        said = [one.texts[0] if one.texts else "" for one in answered]
        found = [distinct(said, n=n, samples=samples) for n in (1, 2)]
        found.append(repeating(said).score(samples=samples, seed=12345))
        bigrams = Bigrams.from_data(self._bigrams) if self._bigrams else None
        return [*found, *likelihood(answered, samples=samples, bigrams=bigrams)]

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {"the commonest answer": lambda row: [self._commonest]}
        if self._pairs:
            found["the nearest question's"] = lambda row: [self._of_nearest(row)]
        return found

    def _turns(self, row: Row) -> list[str]:
        turns = [*history_of(row), *row.source.split("\t")]
        for mark in self.settings.marks:  # said, it is no mark
            turns = [turn.replace(mark, " ") for turn in turns]
        return [turn for turn in (" ".join(turn.split()) for turn in turns) if turn][-self.turns :]

    def _of_nearest(self, row: Row) -> str:
        nearest = self._index.nearest(_terms(row.source.split("\t")[-1]), most=1)
        return self._pairs[nearest[0]][1] if nearest else self._commonest

    @cached_property
    def _index(self) -> Bm25:
        return Bm25([_terms(question) for question, _ in self._pairs])


def history_of(row: Row) -> list[str]:
    """What an object says was said before."""
    found: Any = row.extras.get(HISTORY, ())
    if isinstance(found, str):
        found = found.split("\t")
    if not isinstance(found, Sequence) or not all(isinstance(turn, str) for turn in found):
        raise DataError(f"`{HISTORY}` must be a list of turns, but is {show(found)}.")
    return [turn for turn in found if turn.strip()]


def likelihood(answered: Sequence[Answered], *, samples: int, bigrams: Bigrams | None) -> list[Score]:
    """The perplexity of a word of the right answers with their ends, whatever the model's tokens are, beside that of
    ``bigrams``; nothing where nobody weighed them."""
    every = [(right, logp) for one in answered for right, logp in zip(one.row.targets, one.logps, strict=False)]
    if not every:
        return []
    unit = "word" if writing(right for right, _ in every) in ("spaced", "korean") else "character"
    counts = [1 + len(tokens(plain(right))) for right, _ in every]
    found = perplexity([logp for _, logp in every], counts, unit=unit, samples=samples)
    if bigrams is not None:
        simple = perplexity([bigrams.logp(right) for right, _ in every], counts, unit=unit, samples=0)
        found = replace(found, against={"a bigram model": simple.value})
    return [replace(found, name=f"perplexity a {unit}")]


def _without(extras: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in extras.items() if name != HISTORY}


def _end(turn: str, room: int) -> str:
    """Its last words."""
    kept = tokens(turn)[-room:]
    start = len(turn)
    for word in reversed(kept):
        start = turn.rindex(word, 0, start)
    return turn[start:]


def _terms(text: str) -> list[str]:
    """Words and neighbours: of Chinese, characters and pairs of them."""
    found = words(text)
    return [*found, *(f"{first} {then}" for first, then in pairwise(found))]
