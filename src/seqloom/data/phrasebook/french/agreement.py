"""Gender and number of French nouns, adjectives and participles."""

from __future__ import annotations

from functools import cache
from typing import Literal

__all__ = ["Gender", "agreed", "french_plural"]

Gender = Literal["m", "f"]

_PLURALS = {
    "œil": "yeux",
    "bijou": "bijoux",
    "genou": "genoux",
    "grand-père": "grands-pères",
    "grand-mère": "grands-mères",
}
_INVARIABLE = frozenset({"marron"})
_FEMININES = {
    "bas": "basse",
    "beau": "belle",
    "blanc": "blanche",
    "complet": "complète",
    "doux": "douce",
    "favori": "favorite",
    "frais": "fraîche",
    "gentil": "gentille",
    "grec": "grecque",
    "gros": "grosse",
    "inquiet": "inquiète",
    "jaloux": "jalouse",
    "long": "longue",
    "nouveau": "nouvelle",
    "quel": "quelle",
    "sec": "sèche",
    "travailleur": "travailleuse",
    "vieux": "vieille",
    "violet": "violette",
}
_FEMININE_ENDINGS = (("eux", "euse"), ("er", "ère"), ("f", "ve"), ("en", "enne"), ("on", "onne"), ("el", "elle"))


@cache
def french_plural(word: str) -> str:
    """Of a noun or of a masculine or feminine adjective; of a compound with `de`, the head's."""
    if " de " in word or " d'" in word:
        head, rest = word.split(" ", 1)
        return f"{french_plural(head)} {rest}"
    if word in _PLURALS:
        return _PLURALS[word]
    if word in _INVARIABLE or word[-1] in "sxz":
        return word
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + ("x" if word.endswith(("eau", "eu")) and word != "bleu" else "s")


@cache
def agreed(adjective: str, gender: Gender, plural: bool) -> str:
    """An adjective or participle, given as the masculine singular."""
    form = _feminine(adjective) if gender == "f" else adjective
    return french_plural(form) if plural else form


def _feminine(adjective: str) -> str:
    if adjective in _FEMININES:
        return _FEMININES[adjective]
    if adjective.endswith("e") or adjective in _INVARIABLE:
        return adjective
    for ending, feminine in _FEMININE_ENDINGS:
        if adjective.endswith(ending):
            return adjective.removesuffix(ending) + feminine
    return adjective.replace("û", "u") + "e"
