"""What things are like: adjectives, comparisons, whose it is."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Subject
from seqloom.data.phrasebook.english import BE, comparative, superlative, with_article
from seqloom.data.phrasebook.french.agreement import agreed
from seqloom.data.phrasebook.french.verbs import french_verb
from seqloom.data.phrasebook.lexicon.adjectives import Adjective, adjectives, fitting
from seqloom.data.phrasebook.lexicon.nouns import Noun, nouns
from seqloom.data.phrasebook.nominals import Determiner, NounPhrase, noun_phrase
from seqloom.data.phrasebook.patterns.choices import (
    Who,
    as_subject,
    some_noun,
)
from seqloom.data.phrasebook.sentence import Contents, Sentence, Words, finish

__all__ = ["DEGREES", "DESCRIBING", "being", "described"]

_THINGS = (
    "fruit", "dish", "clothing", "pairwear", "printed", "writing", "furniture", "dishes", "small", "plant", "picture",
    "device",
    "vehicle", "at", "inside", "built", "pet", "wild", "study", "opening", "file",
)  # fmt: skip
DEGREES = (("very", "très"), ("too", "trop"), ("quite", "assez"), ("really", "vraiment"))


def being(subject: Subject, *, past: bool = False) -> tuple[str, str]:
    if past:
        return "was" if subject.person in (0, 2) else "were", french_verb("être").form("imperfect", subject.person)
    return BE[subject.person], french_verb("être").form("present", subject.person)


def _plural(dice: Random, noun: Noun) -> bool:
    """Places are spoken of one by one."""
    return noun.kind == "pairwear" or (noun.kind not in ("at", "inside") and dice.random() < 0.4)


def _some_phrase(dice: Random) -> NounPhrase:
    noun = some_noun(dice, *_THINGS)
    determiner: Determiner = dice.choice(("the", "the", "this", "that"))
    if noun.kind in ("clothing", "pairwear", "small", "device", "vehicle", "furniture", "file"):
        determiner = dice.choice(("the", "this", "my", "his", "her", "your", "our", "their"))
    return noun_phrase(noun, determiner, plural=_plural(dice, noun))


def _noun_of(phrase: NounPhrase) -> Noun:
    (found,) = (each for each in nouns(*_THINGS) if each.name in phrase.contents)
    return found


def _is(dice: Random) -> Sentence:
    """The car is red."""
    phrase = _some_phrase(dice)
    adjective = dice.choice(fitting(_noun_of(phrase).kind))
    subject = as_subject(phrase)
    be = being(subject, past=dice.random() < 0.25)
    degree = dice.choice(DEGREES) if adjective not in adjectives("colour", "hours") and dice.random() < 0.4 else None
    negation = degree is None and dice.random() < 0.25
    return described(phrase.english, phrase.french, subject, be, adjective, degree, negation, phrase.contents)


def described(
    english: str,
    french: str,
    subject: Subject,
    be: tuple[str, str],
    adjective: Adjective,
    degree: tuple[str, str] | None,
    negation: bool,
    contents: Contents,
    someone: Who | None = None,
) -> Sentence:
    much = degree or ("", "")
    told = adjective.agreed(subject.gender or "m", subject.plural)
    words = Words(
        english=" ".join(f"{english} {be[0]} {'not' if negation else ''} {much[0]} {adjective.english}".split()),
        french=" ".join(f"{french} {f'ne {be[1]} pas' if negation else be[1]} {much[1]} {told}".split()),
        contents=contents | {adjective.name},
    )
    return finish(words, address=someone.address if someone else None)


def _is_it(dice: Random) -> Sentence:
    """Is the car red?"""
    phrase = _some_phrase(dice)
    adjective = dice.choice(fitting(_noun_of(phrase).kind))
    english, french = being(as_subject(phrase))
    return finish(
        Words(
            english=f"{english} {phrase.english} {adjective.english}",
            french=f"est-ce que {phrase.french} {french} {adjective.agreed(phrase.gender, phrase.plural)}",
            contents=phrase.contents | {adjective.name},
        ),
        "?",
    )


def _it_is_a(dice: Random) -> Sentence:
    """It is a red car. These are red cars."""
    noun = some_noun(dice, *_THINGS)
    plural = _plural(dice, noun)
    adjective = dice.choice(fitting(noun.kind))
    phrase = noun_phrase(noun, "bare" if plural else "a", plural=plural, adjective=adjective)
    start = ("these are", "ce sont") if plural else dice.choice((("it is", "ce est"), ("this is", "ce est")))
    if not plural and dice.random() < 0.2:
        start = ("it is not", "ce ne est pas")
    english, french = f"{start[0]} {phrase.english}", f"{start[1]} {phrase.french}"
    return finish(Words(english=english, french=french, contents=phrase.contents))


def _what_a(dice: Random) -> Sentence:
    """What a beautiful house!"""
    noun = some_noun(dice, *_THINGS)
    praise = [each for each in fitting(noun.kind) if each not in adjectives("colour", "hours")]
    plural = _plural(dice, noun)
    phrase = noun_phrase(noun, "none", plural=plural, adjective=dice.choice(praise))
    which = agreed("quel", noun.gender, plural)
    english = f"what {phrase.english if plural else with_article(phrase.english)}"
    return finish(Words(english=english, french=f"{which} {phrase.french}", contents=phrase.contents), "!")


def _compared(dice: Random) -> Sentence:
    """The train is faster than the bus; as fast as; less fast than."""
    kind = dice.choice(
        (
            "fruit",
            "dish",
            "clothing",
            "printed",
            "writing",
            "furniture",
            "small",
            "device",
            "vehicle",
            "built",
            "at",
            "pet",
        )
    )
    first, second = dice.sample(nouns(kind), 2)
    determiner: Determiner = dice.choice(("the", "this", "my")) if kind in ("clothing", "small", "vehicle") else "the"
    one, other = noun_phrase(first, determiner), noun_phrase(second, "the" if determiner == "this" else determiner)
    adjective = dice.choice([each for each in fitting(kind) if each.english in _COMPARED])
    told = adjective.agreed(one.gender, False)
    # One says less expensive, and hardly less big.
    long = comparative(adjective.english).startswith("more")
    manner = dice.choice(("more", "more", "as", "less" if long else "as"))
    if manner == "more":
        english = f"{comparative(adjective.english)} than"
        better = {"bon": "meilleur", "mauvais": "pire"}.get(adjective.french)
        french = agreed(better, one.gender, False) if better else f"plus {told}"
    elif manner == "as":
        english, french = f"as {adjective.english} as", f"aussi {told}"
    else:
        english, french = f"less {adjective.english} than", f"moins {told}"
    return finish(
        Words(
            english=f"{one.english} is {english} {other.english}",
            french=f"{one.french} est {french} que {other.french}",
            contents=one.contents | other.contents | {adjective.name},
        )
    )


_COMPARED = frozenset(
    {
        "big", "small", "old", "expensive", "heavy", "fast", "good", "bad", "beautiful", "important", "interesting",
        "difficult", "easy", "dangerous",
    }
)  # fmt: skip


def _the_most(dice: Random) -> Sentence:
    """This is the biggest house; the most expensive car."""
    noun = some_noun(
        dice,
        "clothing",
        "printed",
        "writing",
        "furniture",
        "small",
        "device",
        "vehicle",
        "built",
        "at",
        "pet",
        "wild",
        "plant",
    )
    fit = [each for each in fitting(noun.kind) if each.english in _COMPARED - {"good", "bad"}]
    adjective = dice.choice(fit)
    told, article = adjective.agreed(noun.gender, False), "le" if noun.gender == "m" else "la"
    ahead = adjective.ahead_of(noun.french, noun.gender, False)
    french = (
        f"{article} plus {ahead} {noun.french}"
        if adjective.before
        else f"{article} {noun.french} {article} plus {told}"
    )
    place = dice.choice(
        (
            ("", ""),
            ("", ""),
            (" in the city", " de la ville"),
            (" in the country", " du pays"),
            (" in the world", " du monde"),
        )
    )
    return finish(
        Words(
            english=f"this is the {superlative(adjective.english)} {noun.english}{place[0]}",
            french=f"ce est {french}{place[1]}",
            contents=frozenset({noun.name, adjective.name}),
        )
    )


def _whose(dice: Random) -> Sentence:
    """My brother's car is red: la voiture de mon frère est rouge."""
    relatives = nouns("relative", "person")
    person = dice.choice(relatives)
    holder = noun_phrase(person, "my" if person.kind == "relative" else "the")
    noun = some_noun(dice, "clothing", "small", "device", "vehicle", "house", "garden", "dog", "cat")
    adjective = dice.choice(fitting(noun.kind))
    thing = noun_phrase(noun, "the")
    english, french = f"{holder.english}'s {noun.english}", f"{thing.french} {holder.after('de')}"
    contents = holder.contents | {noun.name}
    if dice.random() < 0.25:
        shown = dice.choice((("where is", "où est", "?"), ("here is", "voici", "."), ("this is", "ce est", ".")))
        words = Words(english=f"{shown[0]} {english}", french=f"{shown[1]} {french}", contents=contents)
        return finish(words, "?" if shown[2] == "?" else ".")
    return finish(
        Words(
            english=f"{english} is {adjective.english}",
            french=f"{french} est {adjective.agreed(noun.gender, False)}",
            contents=contents | {adjective.name},
        )
    )


DESCRIBING = (
    (_is, 420),
    (_is_it, 180),
    (_it_is_a, 280),
    (_what_a, 150),
    (_compared, 230),
    (_the_most, 180),
    (_whose, 200),
)
"""Patterns, and how many sentences are drawn of each."""
