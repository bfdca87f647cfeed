"""Where things are, and the way there."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.lexicon.adjectives import fitting
from seqloom.data.phrasebook.nominals import Determiner, NounPhrase, noun_phrase
from seqloom.data.phrasebook.patterns.choices import some_noun
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["PLACES"]

_NEAR = (
    ("near", "près de"), ("next to", "à côté de"), ("opposite", "en face de"), ("far from", "loin de"),
    ("in front of", "devant"), ("behind", "derrière"),
)  # fmt: skip
_ON = (
    ("on", "sur", "table chair bed desk"),
    ("under", "sous", "table chair bed desk tree"),
    ("in", "dans", "bag suitcase box car kitchen bedroom garden"),
    ("behind", "derrière", "door table lamp"),
    ("in front of", "devant", "door window desk television"),
    ("next to", "à côté de", "lamp bed computer phone clock"),
)
_LAID = (
    "fruit",
    "clothing",
    "pairwear",
    "printed",
    "letter",
    "small",
    "dishes",
    "dog",
    "cat",
    "mouse",
    "bird",
)


def _place(dice: Random) -> NounPhrase:
    return noun_phrase(some_noun(dice, "at", "at", "church", "park", "school", "shop"), "the")


def _where_is(dice: Random) -> Sentence:
    """Where is the station?"""
    if dice.random() < 0.4:
        phrase = _place(dice)
    else:
        noun = some_noun(
            dice,
            "clothing",
            "pairwear",
            "printed",
            "letter",
            "small",
            "dishes",
            "dog",
            "cat",
            "device",
            "vehicle",
            "relative",
        )
        plural = noun.kind == "pairwear" or (noun.kind != "relative" and dice.random() < 0.3)
        phrase = noun_phrase(noun, dice.choice(("the", "my", "your", "his", "our")), plural=plural)
    be = ("are", "sont") if phrase.plural else ("is", "est")
    words = Words(
        english=f"where {be[0]} {phrase.english}", french=f"où {be[1]} {phrase.french}", contents=phrase.contents
    )
    return finish(words, "?")


def _near(dice: Random) -> Sentence:
    """The station is near the museum."""
    one, other = _place(dice), _place(dice)
    while one.contents == other.contents:
        other = _place(dice)
    english, french = dice.choice(_NEAR)
    told = (f"is {english} {other.english}", f"{other.after(french)}")
    if dice.random() < 0.25:
        words = (f"is {one.english} {english} {other.english}", f"est-ce que {one.french} est {told[1]}")
        return finish(Words(english=words[0], french=words[1], contents=one.contents | other.contents), "?")
    negation = dice.random() < 0.2
    return finish(
        Words(
            english=f"{one.english} is {'not ' if negation else ''}{english} {other.english}",
            french=f"{one.french} {'ne est pas' if negation else 'est'} {told[1]}",
            contents=one.contents | other.contents,
        )
    )


def _laid(dice: Random, determiners: tuple[Determiner, ...], *, several: bool = True) -> tuple[NounPhrase, Words]:
    noun = some_noun(dice, *_LAID)
    plural = several and (noun.kind == "pairwear" or dice.random() < 0.3)
    adjective = dice.choice(fitting(noun.kind)) if dice.random() < 0.15 else None
    phrase = noun_phrase(noun, dice.choice(determiners), plural=plural, adjective=adjective)
    english, french, nouns = dice.choice(_ON)
    place = noun_phrase(some_noun(dice, *nouns.split()), "the")
    return phrase, Words(english=f"{english} {place.english}", french=place.after(french), contents=place.contents)


def _lies(dice: Random) -> Sentence:
    """The keys are on the table."""
    phrase, place = _laid(dice, ("the", "the", "my", "your", "his", "her"))
    form = dice.choice((("are", "sont"), ("were", "étaient")) if phrase.plural else (("is", "est"), ("was", "était")))
    negation = dice.random() < 0.2
    return finish(
        Words(
            english=f"{phrase.english} {form[0]} {'not ' if negation else ''}{place.english}",
            french=f"{phrase.french} {f'ne {form[1]} pas' if negation else form[1]} {place.french}",
            contents=phrase.contents | place.contents,
        )
    )


def _there_is(dice: Random) -> Sentence:
    """There is a cat under the table. There are no cats."""
    negation = dice.random() < 0.2
    phrase, place = _laid(dice, ("a",))
    asked = not negation and dice.random() < 0.25
    shown = _bare(phrase)
    be = "are" if phrase.plural else "is"
    if negation:
        english, french = f"there {be} no {shown}", f"il ne y a pas de {phrase.core}"
    elif asked:
        english, french = f"{be} there {phrase.english}", f"est-ce que il y a {phrase.french}"
    else:
        english, french = f"there {be} {phrase.english}", f"il y a {phrase.french}"
    words = Words(
        english=f"{english} {place.english}",
        french=f"{french} {place.french}",
        contents=phrase.contents | place.contents,
    )
    return finish(words, "?" if asked else ".")


def _bare(phrase: NounPhrase) -> str:
    """In English, without its article."""
    return phrase.english.removeprefix("an ").removeprefix("a ")


def _directions(dice: Random) -> Sentence:
    """Take the second street on the left after the church."""
    number = dice.choice(
        (("first", "première"), ("second", "deuxième"), ("third", "troisième"), ("fourth", "quatrième"))
    )
    side = dice.choice((("left", "gauche"), ("right", "droite")))
    place = _place(dice)
    after = dice.choice((("after", "après"), ("before", "avant"), ("opposite", "en face de")))
    choice = dice.random()
    if choice < 0.5:
        english = f"take the {number[0]} street on the {side[0]} {after[0]} {place.english}"
        french = f"prenez la {number[1]} rue à {side[1]} {place.after(after[1])}"
        told = {number[0]}  # not the verb: a street that is never the second one teaches nobody to count
    elif choice < 0.8:
        english, french = f"turn {side[0]} {after[0]} {place.english}", f"tournez à {side[1]} {place.after(after[1])}"
        told = {"turn/tourner"}
    else:
        english, french = f"go straight on to {place.english}", f"allez tout droit jusque {place.after('à')}"
        told = {"go/aller"}
    return finish(Words(english=english, french=french, contents=place.contents | told))


PLACES = (
    (_where_is, 150),
    (_near, 200),
    (_lies, 230),
    (_there_is, 230),
    (_directions, 230),
)
"""Patterns, and how many sentences are drawn of each."""
