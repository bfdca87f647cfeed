"""Terms of a source, which the answer says as a glossary has them; and a beginning that every answer has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.wording import show
from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.constraints.phrases import Phrases
from seqloom.decoding.constraints.words import SourceText, Words

__all__ = ["GlossarySettings", "PrefixSettings", "found_terms"]


@dataclass(frozen=True, kw_only=True)
class GlossarySettings:
    """The terms: each that the source has is said in one of its ways, as often as it is there."""

    kind: Literal["glossary"] = "glossary"
    terms: tuple[tuple[str, ...], ...] = ()
    """Each is a term and the ways to say it: ["Kabel", "câble", "cordon"]. One without ways is said as it is."""

    def __post_init__(self) -> None:
        for number, term in enumerate(self.terms):
            if not term or not all(each and each.strip() == each for each in term):
                raise RecipeError(
                    f"terms.{number} must be a term and the ways to say it, without spaces at their ends, but is "
                    f"{show(list(term))}."
                )

    def build(self, words: Words, source: SourceText) -> Phrases:
        ways = {term[0]: term[1:] for term in self.terms}
        phrases = [
            (*ways[term], *map(capital, ways[term])) if ways[term] else (term,)
            for term in found_terms([*ways], source.text, in_word=words.in_word)
        ]
        return Phrases(phrases, words)


@dataclass(frozen=True, kw_only=True)
class PrefixSettings:
    """The beginning of the answer."""

    kind: Literal["prefix"] = "prefix"
    text: str
    """It is part of the answer."""

    def build(self, words: Words, source: SourceText) -> ForcedPrefix:
        return ForcedPrefix(words.encode(self.text))


def found_terms(terms: Sequence[str], text: str, *, in_word: Callable[[str], bool] = str.isalnum) -> Iterator[str]:
    """Those that stand in the text as whole words, from left to right, the longest where several begin.

    The first letter may be large or small, as at the beginning of a sentence.
    """
    by_first: dict[str, list[str]] = {}
    for term in sorted(terms, key=len, reverse=True):
        by_first.setdefault(term[0].lower(), []).append(term)
    place = 0
    while place < len(text):
        for term in by_first.get(text[place].lower(), ()):
            end = place + len(term)
            if text[place + 1 : end] == term[1:] and _whole(text, place, end, in_word):
                yield term
                place = end
                break
        else:
            place += 1


def _whole(text: str, start: int, end: int, in_word: Callable[[str], bool]) -> bool:
    begins = start == 0 or not (in_word(text[start - 1]) and in_word(text[start]))
    return begins and (end == len(text) or not (in_word(text[end - 1]) and in_word(text[end])))


def capital(text: str) -> str:
    """As at the beginning of a sentence."""
    return text[:1].upper() + text[1:]
