"""Numbers, prices, ages and floors."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.english import BE
from seqloom.data.phrasebook.french.verbs import french_verb
from seqloom.data.phrasebook.lexicon.nouns import Noun
from seqloom.data.phrasebook.nominals import Determiner, noun_phrase
from seqloom.data.phrasebook.numbers import (
    english_number,
    english_ordinal,
    french_number,
    french_ordinal,
    number_contents,
)
from seqloom.data.phrasebook.patterns.choices import some_noun, who
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["COUNTING"]


def _counted(noun: Noun, number: int) -> tuple[str, str]:
    plural = number > 1
    of = "de " if number >= 1_000_000 and number % 1_000_000 == 0 else ""
    return (
        f"{english_number(number)} {noun.in_english(plural)}",
        f"{french_number(number, noun.gender)} {of}{noun.in_french(plural)}",
    )


def _some_number(dice: Random) -> int:
    """Small ones more often."""
    choice = dice.random()
    if choice < 0.5:
        return dice.randint(0, 100)
    if choice < 0.9:
        return dice.randint(1, 9) * 100 + dice.choice((0, dice.randint(1, 99)))
    return dice.randint(1, 20) * dice.choice((1000, 1000, 100_000))


def _plain(dice: Random) -> Sentence:
    """Two hundred and forty-one."""
    number = _some_number(dice)
    return finish(Words(english=english_number(number), french=french_number(number), contents=number_contents(number)))


def _how_many_there_are(dice: Random) -> Sentence:
    """There are twenty-one apples on the table."""
    noun, number = (
        some_noun(dice, "fruit", "dish", "printed", "letter", "dishes", "small", "pairwear"),
        dice.randint(2, 60),
    )
    english, french = _counted(noun, number)
    place = noun_phrase(some_noun(dice, "table", "box", "kitchen", "bag", "desk"), "the")
    on = place.contents & {"table/table", "desk/bureau"}
    return finish(
        Words(
            english=f"there are {english} {'on' if on else 'in'} {place.english}",
            french=f"il y a {french} {'sur' if on else 'dans'} {place.french}",
            contents=number_contents(number) | {noun.name} | place.contents,
        )
    )


def _costs(dice: Random) -> Sentence:
    """This shirt costs thirty euros fifty."""
    noun = some_noun(
        dice, "clothing", "small", "device", "vehicle", "furniture", "printed", "letter", "pairwear", "dish", "picture"
    )
    plural = noun.kind == "pairwear" or dice.random() < 0.2
    determiner: Determiner = dice.choice(("the", "this", "that"))
    phrase = noun_phrase(noun, determiner, plural=plural)
    number = dice.randint(2, 20 if noun.kind == "dish" else 99)
    if noun.kind in ("clothing", "small", "furniture", "device", "vehicle") and dice.random() < 0.6:
        number = dice.randint(1, 9) * 100 + dice.choice((0, 50))
    if noun.kind in ("device", "vehicle") and dice.random() < 0.6:
        number = dice.randint(1, 20) * 1000
    contents = phrase.contents | number_contents(number)
    price = f"{english_number(number)} euros", f"{french_number(number)} euros"
    if number < 100 and dice.random() < 0.3:
        cents = dice.choice((20, 50, 80, 95))
        price = f"{price[0]} {english_number(cents)}", f"{price[1]} {french_number(cents)}"
        contents |= {f"c{cents}"}
    cost = ("cost", "coûtent") if plural else ("costs", "coûte")
    words = Words(
        english=f"{phrase.english} {cost[0]} {price[0]}",
        french=f"{phrase.french} {cost[1]} {price[1]}",
        contents=contents,
    )
    return finish(words)


def _how_much(dice: Random) -> Sentence:
    """How much does this shirt cost?"""
    noun = some_noun(
        dice, "clothing", "small", "device", "vehicle", "furniture", "printed", "letter", "pairwear", "dish", "fruit"
    )
    plural = noun.kind == "pairwear" or dice.random() < 0.3
    phrase = noun_phrase(noun, dice.choice(("the", "this", "that")), plural=plural)
    lead, cost = ("do", "coûtent") if plural else ("does", "coûte")
    words = Words(
        english=f"how much {lead} {phrase.english} cost",
        french=f"combien {cost} {phrase.french}",
        contents=phrase.contents,
    )
    return finish(words, "?")


def _age(dice: Random) -> Sentence:
    """She is thirty-one years old: elle a trente et un ans."""
    someone, number = who(dice), dice.randint(2, 99)
    subject = someone.subject
    past = dice.random() < 0.2
    be = ("was" if subject.person in (0, 2) else "were") if past else BE[subject.person]
    have = french_verb("avoir").form("imperfect" if past else "present", subject.person)
    return told(
        Words(
            english=f"{subject.english} {be} {english_number(number)} years old",
            french=f"{subject.french} {have} {french_number(number)} ans",
            contents=subject.contents | number_contents(number) | {"age"},
        ),
        someone,
    )


def _floor(dice: Random) -> Sentence:
    """The restaurant is on the third floor."""
    floor = dice.randint(1, 10)
    noun = some_noun(dice, "clothing", "device", "furniture", "restaurant", "library", "printed", "bedroom")
    phrase = noun_phrase(noun, "the", plural=noun.kind not in ("at", "inside"))
    be = ("are", "sont") if phrase.plural else ("is", "est")
    return finish(
        Words(
            english=f"{phrase.english} {be[0]} on the {english_ordinal(floor)} floor",
            french=f"{phrase.french} {be[1]} au {french_ordinal(floor)} étage",
            contents=phrase.contents | {f"floor {floor}"},
        )
    )


def _inhabitants(dice: Random) -> Sentence:
    """This city has two hundred thousand inhabitants."""
    number = dice.randint(1, 20) * dice.choice((1000, 100_000, 1_000_000))
    noun = some_noun(dice, "city", "country")
    phrase = noun_phrase(noun, dice.choice(("the", "this")))
    of = "de " if number >= 1_000_000 else ""
    return finish(
        Words(
            english=f"{phrase.english} has {english_number(number)} inhabitants",
            french=f"{phrase.french} a {french_number(number)} {of}habitants",
            contents=phrase.contents | number_contents(number) | {"inhabitants"},
        )
    )


COUNTING = (
    (_plain, 260),
    (_how_many_there_are, 160),
    (_costs, 230),
    (_how_much, 140),
    (_age, 160),
    (_floor, 140),
    (_inhabitants, 150),
)
"""Patterns, and how many sentences are drawn of each."""
