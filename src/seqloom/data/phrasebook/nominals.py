"""Noun phrases: a determiner, a noun and perhaps an adjective, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from seqloom.data.phrasebook.english import with_article
from seqloom.data.phrasebook.french.agreement import Gender
from seqloom.data.phrasebook.french.sound import starts_with_vowel
from seqloom.data.phrasebook.lexicon.adjectives import Adjective
from seqloom.data.phrasebook.lexicon.nouns import Noun
from seqloom.data.phrasebook.sentence import Contents

__all__ = ["OWNERS", "Determiner", "NounPhrase", "noun_phrase"]

Determiner = Literal[
    "the", "a", "some", "bare", "any", "no", "generic", "this", "that", "none",
    "my", "your", "your familiar", "his", "her", "our", "their",
]  # fmt: skip
"""`some`, `bare` and `any` are what French calls partitive; `no` is `any` after a negation; `generic` is all there is
of it (I like bread); `none` has no article in French either."""

OWNERS: tuple[Determiner, ...] = ("my", "your familiar", "his", "our", "your", "their")
"""What the six persons call their own."""

_FRENCH: dict[Determiner, tuple[str, str, str]] = {  # masculine, feminine, plural
    "the": ("le", "la", "les"),
    "generic": ("le", "la", "les"),
    "a": ("un", "une", "des"),
    "some": ("du", "de la", "des"),
    "bare": ("du", "de la", "des"),
    "any": ("du", "de la", "des"),
    "no": ("de", "de", "de"),
    "none": ("", "", ""),
    "this": ("ce", "cette", "ces"),
    "that": ("ce", "cette", "ces"),
    "my": ("mon", "ma", "mes"),
    "your": ("votre", "votre", "vos"),
    "your familiar": ("ton", "ta", "tes"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
}
_CONTRACTED = {"le": "u", "les": "es"}


@dataclass(frozen=True, kw_only=True, slots=True)
class NounPhrase:
    english: str
    determiner: str
    """In French; empty where there is none."""
    core: str
    """What follows the determiner in French."""
    gender: Gender
    plural: bool
    contents: Contents

    @property
    def french(self) -> str:
        return f"{self.determiner} {self.core}".strip()

    def after(self, preposition: str) -> str:
        """In French: de + le is du, à + les is aux, and de swallows a partitive article."""
        start, space, last = preposition.rpartition(" ")
        elided = self.determiner in ("le", "la") and starts_with_vowel(self.core)
        if last == "de" and self.determiner in ("du", "de la", "de", "des"):
            return f"{preposition} {self.core}"
        if last in ("de", "à") and self.determiner in _CONTRACTED and not elided:
            joined = {"de": {"le": "du", "les": "des"}, "à": {"le": "au", "les": "aux"}}[last][self.determiner]
            return f"{start}{space}{joined} {self.core}"
        return f"{preposition} {self.french}"


@cache
def noun_phrase(
    noun: Noun, determiner: Determiner, *, plural: bool = False, adjective: Adjective | None = None
) -> NounPhrase:
    english, french = noun.in_english(plural), noun.in_french(plural)
    contents = {noun.name}
    if adjective:
        contents.add(adjective.name)
        english = f"{adjective.english} {english}"
        if adjective.before:
            french = f"{adjective.ahead_of(french, noun.gender, plural)} {french}"
        else:
            french = f"{french} {adjective.agreed(noun.gender, plural)}"
    chosen = _french_determiner(determiner, french, noun.gender, plural)
    if plural and chosen == "des" and adjective and adjective.before:
        chosen = "de"
    if determiner == "that":
        french += "-là"
    return NounPhrase(
        english=_determined(english, determiner, plural),
        determiner=chosen,
        core=french,
        gender=noun.gender,
        plural=plural,
        contents=frozenset(contents),
    )


def _french_determiner(determiner: Determiner, following: str, gender: Gender, plural: bool) -> str:
    masculine, feminine, several = _FRENCH[determiner]
    if plural:
        return several
    if masculine == "du" and starts_with_vowel(following):
        return "de la"  # becomes de l' before the vowel, for either gender
    return masculine if gender == "m" else feminine


def _determined(english: str, determiner: Determiner, plural: bool) -> str:
    match determiner:
        case "bare" | "generic" | "none":
            return english
        case "a":
            return english if plural else with_article(english)
        case "no":
            return f"any {english}"
        case "this":
            return f"{'these' if plural else 'this'} {english}"
        case "that":
            return f"{'those' if plural else 'that'} {english}"
        case "your familiar":
            return f"your {english}"
        case _:
            return f"{determiner} {english}"
