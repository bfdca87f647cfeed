"""Kinds of mistakes that can be told from the texts alone: the source, the answer and what would have been right.

Nothing here looks into a model, so that every engine's answers are judged alike. Words are compared without case and
punctuation; where a writing has no spaces, a word is a character.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from seqloom.metrics.words import words, writing

__all__ = ["KINDS", "Judge", "Kind", "Mistake"]

Kind = Literal["missing", "added", "repeated", "copied", "untranslated", "numbers"]

KINDS: Mapping[Kind, str] = {
    "missing": "where answer and reference part, the reference has several words more, said nowhere in the answer",
    "added": "the same the other way round: words for which the reference has nothing",
    "repeated": "a stretch is said again, and no reference or source says it as often",
    "copied": "words of the source that no reference in the file has",
    "untranslated": "nearly the whole answer is the source's words, and the reference is not",
    "numbers": "a number that neither source nor reference has, or one lacks that both have",
}
"""What each is, in words."""

_SPACELESS = ("chinese", "japanese", "spaceless")
_COPYING = 0.3
"""The share of the references' words that stand in their own sources from which on to copy is the task."""
_UNTRANSLATED = 0.8
_NUMBER = re.compile(r"(?<![^\W\d_])\d+(?:[.,]\d+)*")
"""None that a letter stands before: those are names, as of phonemes."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One, and what shows it."""

    kind: Kind
    proof: str


class Judge:
    """Finds mistakes, knowing what the references of the whole file are like."""

    def __init__(self, sources: Sequence[str], references: Sequence[Sequence[str]]) -> None:
        spaceless = writing(text for texts in references for text in texts) in _SPACELESS
        self._glue = "" if spaceless else " "
        self._gap = 4 if spaceless else 3
        """Words by which one side must be longer: less is another wording, and two characters are often one word."""
        self._again = 6 if spaceless else 4
        """Words that are not said twice by chance."""
        self._once = 3 if spaceless else 2
        """How often in a row a single word is too often: 看看 is a word."""
        self._known = {word for texts in references for text in texts for word in words(text)}
        shared = whole = 0
        for source, texts in zip(sources, references, strict=True):
            theirs, said = set(words(source)), words(texts[0])
            shared, whole = shared + sum(word in theirs for word in said), whole + len(said)
        self.translates = shared < _COPYING * whole
        """Whether an answer should be other words than its source: else nothing is copied or untranslated."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Those that can be."""
        return tuple(kind for kind in KINDS if self.translates or kind not in ("copied", "untranslated"))

    def __call__(self, source: str, answer: str, references: Sequence[str]) -> list[Mistake]:
        """At most one of a kind; none where the answer is right."""
        said, asked = words(answer), words(source)
        rights = [words(text) for text in references]
        if said in rights:
            return self._all({"numbers": _numbers(source, answer, references)})
        nearest = max(rights, key=lambda right: SequenceMatcher(None, right, said, autojunk=False).ratio())
        missing, added = self._gaps(said, nearest)
        found: dict[Kind, Sequence[str]] = {"missing": missing, "added": added}
        found["repeated"] = self._repeated(said, [asked, *rights])
        if self.translates:
            untranslated = _share(said, asked) >= _UNTRANSLATED and _share(nearest, asked) < 0.5
            found["untranslated" if untranslated else "copied"] = said if untranslated else self._copied(said, asked)
        found["numbers"] = _numbers(source, answer, references)
        return self._all(found)

    def _all(self, found: Mapping[Kind, Sequence[str]]) -> list[Mistake]:
        return [
            Mistake(kind=kind, proof=", ".join(found[kind]) if kind == "numbers" else self._glue.join(found[kind]))
            for kind in KINDS
            if found.get(kind)
        ]

    def _gaps(self, said: Sequence[str], right: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """The longest stretch that is only in the reference, and the longest that is only in the answer.

        What was said elsewhere is no part of them: to say things in another order is no mistake of these kinds.
        """
        missing: Sequence[str] = ()
        added: Sequence[str] = ()
        only_right, only_said = Counter(right) - Counter(said), Counter(said) - Counter(right)
        for kind, first, end, begin, until in SequenceMatcher(None, right, said, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            theirs, ours = _taken(right[first:end], only_right), _taken(said[begin:until], only_said)
            if len(theirs) - len(ours) >= max(self._gap, len(missing) + 1):
                missing = theirs
            if len(ours) - len(theirs) >= max(self._gap, len(added) + 1):
                added = ours
        return missing, added

    def _repeated(self, said: Sequence[str], others: Sequence[Sequence[str]]) -> Sequence[str]:
        """The first stretch that follows itself, or a long one that comes again later."""
        for size in range(1, len(said) // 2 + 1):
            times = self._once if size == 1 else 2
            for start in range(len(said) - times * size + 1):
                stretch = said[start : start + size]
                run = list(stretch) * times
                if list(said[start : start + len(run)]) == run and not any(_has(other, run) for other in others):
                    return stretch
        counts = Counter(_stretches(said, self._again))
        for run_of_words, count in counts.items():
            if count > 1 and count > max(Counter(_stretches(other, self._again))[run_of_words] for other in others):
                return run_of_words
        return ()

    def _copied(self, said: Sequence[str], asked: Sequence[str]) -> Sequence[str]:
        theirs = set(asked) - self._known
        return [word for word in said if word in theirs and any(map(str.isalpha, word))]


def _taken(stretch: Sequence[str], only: Counter[str]) -> list[str]:
    """Those of its words that are left over, each as often as it is."""
    left = only.copy()
    found = []
    for word in stretch:
        if left[word] > 0:
            left[word] -= 1
            found.append(word)
    return found


def _stretches(said: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(said[start:] for start in range(size)), strict=False)


def _has(said: Sequence[str], run: Sequence[str]) -> bool:
    return any(list(said[start : start + len(run)]) == run for start in range(len(said) - len(run) + 1))


def _share(said: Sequence[str], asked: Sequence[str]) -> float:
    """Of the words said, those that the source has too."""
    theirs = set(asked)
    return sum(word in theirs for word in said) / len(said) if said else 0.0


def _numbers(source: str, answer: str, references: Sequence[str]) -> list[str]:
    asked, said, rights = _figures(source), _figures(answer), [_figures(text) for text in references]
    wrong = said - asked - set().union(*rights)
    lacking = asked.intersection(*rights) - said
    return [*sorted(wrong), *(f"{number} is missing" for number in sorted(lacking))]


def _figures(text: str) -> set[str]:
    """1,000 and 1000 are one number, and so are 3.5 and 3,5."""
    found = _NUMBER.findall(unicodedata.normalize("NFKC", text))
    return {re.sub(r"[.,](?=\d{3}(?!\d))", "", each).replace(",", ".") for each in found}
