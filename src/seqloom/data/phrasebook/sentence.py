"""A sentence in both languages, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqloom.data.phrasebook.french.agreement import Gender
from seqloom.data.phrasebook.french.sound import sounded

__all__ = ["Address", "Contents", "Sentence", "Words", "finish", "together"]

Contents = frozenset[str]
"""The content words: nouns, verbs, adjectives, numbers. Not names, pronouns, adverbs and what else is in every text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A part of a sentence; its French still has every word whole (`le ami`)."""

    english: str
    french: str
    contents: Contents = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A whole one, or several that are said together."""

    english: str
    french: str
    contents: Contents


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Whom one speaks to. English shows it by a word at the end, so that there is one right French `you`."""

    english: str
    french: str
    person: Literal[1, 4]
    gender: Gender
    plural: bool


def finish(words: Words, end: Literal[".", "?", "!"] = ".", address: Address | None = None) -> Sentence:
    """Casing, punctuation with the French space, elision, and the word for whom one speaks to."""
    english, french = words.english, words.french
    if address:
        english, french = f"{english}, {address.english}", f"{french}, {address.french}"
    return Sentence(
        english=_capitalised(english) + end,
        french=_capitalised(sounded(french)) + (end if end == "." else f" {end}"),
        contents=words.contents,
    )


def together(*sentences: Sentence) -> Sentence:
    """One after the other."""
    return Sentence(
        english=" ".join(each.english for each in sentences),
        french=" ".join(each.french for each in sentences),
        contents=frozenset().union(*(each.contents for each in sentences)),
    )


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
