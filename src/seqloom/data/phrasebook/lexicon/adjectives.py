"""Adjectives by what they are said of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from seqloom.data.phrasebook.french.agreement import Gender, agreed
from seqloom.data.phrasebook.french.sound import starts_with_vowel

__all__ = ["Adjective", "adjective", "adjectives", "fitting"]

_BEFORE = frozenset({"beau", "grand", "petit", "nouveau", "vieux", "bon", "mauvais", "jeune", "long"})
"""Those that stand before their noun."""
_BEFORE_VOWEL = {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}

_MADE_OF = {"ouvert": "open/ouvrir", "fermé": "close/fermer"}
"""Participles, and their verbs."""

_TABLE = """
colour: red/rouge, blue/bleu, green/vert, black/noir, white/blanc, grey/gris, brown/marron
thing: big/grand, small/petit, beautiful/beau, new/nouveau, old/vieux, expensive/cher
solid: heavy/lourd, light/léger, clean/propre, dirty/sale
device: fast/rapide, slow/lent, modern/moderne
taste: good/bon, delicious/délicieux, hot/chaud, cold/froid, bad/mauvais
fruit: good/bon, bad/mauvais, small/petit, delicious/délicieux, red/rouge, green/vert
dish: good/bon, delicious/délicieux, hot/chaud, cold/froid, small/petit
pantry: expensive/cher, good/bon
secret: long/long, short/court, important/important, difficult/difficile
file: important/important, new/nouveau, old/vieux, long/long
plant: beautiful/beau, big/grand, small/petit, white/blanc, old/vieux
reading: interesting/intéressant, long/long, important/important, difficult/difficile, easy/facile, funny/drôle,
    sad/triste, short/court
place: big/grand, small/petit, modern/moderne, old/vieux, beautiful/beau, famous/célèbre, clean/propre
hours: open/ouvert, closed/fermé
person: tall/grand, happy/heureux, tired/fatigué, kind/gentil, intelligent/intelligent, serious/sérieux, busy/occupé,
    proud/fier, worried/inquiet, active/actif, ready/prêt, sad/triste
character: kind/gentil, intelligent/intelligent, serious/sérieux, active/actif, young/jeune, old/vieux, funny/drôle
epicene: ill/malade, rich/riche, young/jeune, funny/drôle, calm/calme, famous/célèbre
animal: big/grand, small/petit, young/jeune, old/vieux, dangerous/dangereux, fast/rapide, black/noir, white/blanc
"""

_SAID_OF = {
    "fruit": "fruit",
    "dish": "dish",
    "food": "taste",
    "spice": "pantry",
    "secret": "secret",
    "drink": "taste",
    "clothing": "colour thing solid",
    "pairwear": "colour thing solid",
    "printed": "reading",
    "writing": "reading",
    "furniture": "thing solid colour",
    "opening": "thing colour hours",
    "dishes": "solid thing",
    "small": "thing colour solid",
    "plant": "plant",
    "picture": "reading thing",
    "hearing": "reading",
    "device": "thing device",
    "file": "file",
    "vehicle": "colour thing device",
    "transport": "device",
    "at": "place",
    "inside": "place",
    "built": "place",
    "relative": "character",
    "person": "character",
    "pet": "animal",
    "wild": "animal",
    "study": "reading",
}
"""Kind of noun: the kinds of adjective that fit it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjective:
    english: str
    french: str
    """The masculine singular."""

    @property
    def name(self) -> str:
        """What a sentence counts as one of its contents; closed is the same as to close."""
        return _MADE_OF.get(self.french) or f"{self.english}/{self.french}"

    @property
    def before(self) -> bool:
        return self.french in _BEFORE

    def agreed(self, gender: Gender, plural: bool) -> str:
        return agreed(self.french, gender, plural)

    def ahead_of(self, noun: str, gender: Gender, plural: bool) -> str:
        """Before its noun: un bel arbre, un nouvel ami, un vieil homme."""
        if gender == "m" and not plural and starts_with_vowel(noun):
            return _BEFORE_VOWEL.get(self.french, self.french)
        return self.agreed(gender, plural)


@cache
def adjectives(*kinds: str) -> tuple[Adjective, ...]:
    """All adjectives of these kinds, in the order of the table, each once."""
    return tuple(dict.fromkeys(each for kind in kinds for each in _table()[kind]))


@cache
def fitting(kind: str) -> tuple[Adjective, ...]:
    """What can be said of nouns of a kind."""
    return adjectives(*_SAID_OF[kind].split())


@cache
def adjective(english: str) -> Adjective:
    """The one adjective of this English word."""
    (found,) = dict.fromkeys(each for group in _table().values() for each in group if each.english == english)
    return found


@cache
def _table() -> dict[str, tuple[Adjective, ...]]:
    table: dict[str, tuple[Adjective, ...]] = {}
    for row in _TABLE.replace("\n    ", " ").strip().splitlines():
        kind, words = row.split(": ")
        pairs = (entry.split("/") for entry in words.split(", "))
        table[kind] = tuple(Adjective(english=english, french=french) for english, french in pairs)
    return table
