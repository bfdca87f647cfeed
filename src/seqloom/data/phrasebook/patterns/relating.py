"""Who, which, of which and where, in a longer sentence."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Subject, TenseName, tell
from seqloom.data.phrasebook.english import BE
from seqloom.data.phrasebook.lexicon.adjectives import adjectives, fitting
from seqloom.data.phrasebook.lexicon.nouns import Noun, nouns
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.patterns.choices import (
    HE,
    SHE,
    THEY,
    WE,
    I,
    some_noun,
    where,
    who,
)
from seqloom.data.phrasebook.patterns.pointing import INANIMATE
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["RELATING"]


def _relative_subject(dice: Random) -> Sentence:
    """The man who sells fruit is tall. L'homme qui vend des fruits est grand."""
    person = noun_phrase(dice.choice(nouns("person")), "the")
    chosen = dice.choice([each for each in INANIMATE if not each.looks_past])
    thing = noun_phrase(some_noun(dice, *chosen.objects), "the")
    done = Action(verb=chosen, english=thing.english, french=thing.french, contents=thing.contents)
    agent = Subject(english="who", french="qui", person=2, gender=person.gender, plural=False)
    clause = tell(agent, dice.choice(("progressive", "past", "want")), done)
    adjective = dice.choice(adjectives("person", "epicene"))
    return finish(
        Words(
            english=f"{person.english} {clause.english} is {adjective.english}",
            french=f"{person.french} {clause.french} est {adjective.agreed(person.gender, False)}",
            contents=person.contents | clause.contents | {adjective.name},
        )
    )


def _relative_object(dice: Random) -> Sentence:
    """The letter that she wrote is long. La lettre qu'elle a écrite est longue."""
    agent = dice.choice((I, HE, SHE, WE, THEY))
    chosen = dice.choice([each for each in INANIMATE if each.english != "finish"])
    noun = some_noun(dice, *chosen.objects)
    plural = noun.countable and dice.random() < 0.3
    phrase = noun_phrase(noun, "the", plural=plural)
    action = Action(verb=chosen, agrees=(noun.gender, plural))
    clause = tell(agent, dice.choice(("past", "past", "progressive", "want")), action)
    adjective = dice.choice(fitting(noun.kind))
    be = ("are", "sont") if plural else ("is", "est")
    return finish(
        Words(
            english=f"{phrase.english} that {clause.english} {be[0]} {adjective.english}",
            french=f"{phrase.french} que {clause.french} {be[1]} {adjective.agreed(noun.gender, plural)}",
            contents=phrase.contents | clause.contents | {adjective.name},
        )
    )


def _of_which(dice: Random) -> Sentence:
    """Here is the book that I need. Voici le livre dont j'ai besoin."""
    agent = dice.choice((I, HE, SHE, WE, THEY))
    phrase = noun_phrase(some_noun(dice, "small", "printed", "letter", "device", "clothing", "file", "dishes"), "the")
    third = agent.person == 2
    english, french, feeling = dice.choice(
        (
            (f"that {agent.english} need{'s' if third else ''}", "besoin", "need/avoir"),
            (f"that {agent.english} {BE[agent.person]} afraid of", "peur", "afraid"),
        )
    )
    if feeling == "afraid":
        phrase = noun_phrase(some_noun(dice, "pet", "wild"), "the")
    shown = dice.choice((("here is", "voici"), ("where is", "où est"), ("this is", "")))
    have = verb("have", "avoir").in_french.form("present", agent.person)
    presented = f"{shown[1]} {phrase.french}" if shown[1] else f"ce est {phrase.french}"
    return finish(
        Words(
            english=f"{shown[0]} {phrase.english} {english}",
            french=f"{presented} dont {agent.french} {have} {french}",
            contents=phrase.contents | {feeling},
        ),
        "?" if shown[0] == "where is" else ".",
    )


def _where_one_lives(dice: Random) -> Sentence:
    """The city where I live is beautiful. La ville où je travaille …"""
    agent = dice.choice((I, HE, SHE, WE, THEY))
    noun: Noun = some_noun(dice, "at", "built", "shop", "garden")
    phrase = noun_phrase(noun, "the")
    chosen = verb(
        *dice.choice(("work/travailler", "wait/attendre", "eat/manger", "live/habiter", "sleep/dormir")).split("/")
    )
    tense: TenseName = dice.choice(("progressive", "used to", "past")) if chosen.english != "live" else "used to"
    clause = tell(agent, tense, Action(verb=chosen))
    adjective = dice.choice(fitting(noun.kind))
    return finish(
        Words(
            english=f"{phrase.english} where {clause.english} is {adjective.english}",
            french=f"{phrase.french} où {clause.french} est {adjective.agreed(noun.gender, False)}",
            contents=phrase.contents | clause.contents | {adjective.name},
        )
    )


def _who_is_seen(dice: Random) -> Sentence:
    """I know the woman who works at the bank."""
    someone = who(dice)
    grown = [each for each in nouns("person") if each.english not in ("child", "boy")]
    person = noun_phrase(dice.choice(grown), "the")
    agent = Subject(english="who", french="qui", person=2, gender=person.gender, plural=False)
    place = where(dice)
    clause = tell(agent, dice.choice(("present", "progressive")), Action(verb=verb("work", "travailler")).then(place))
    seen = verb(*dice.choice(("know/connaître", "look for/chercher", "see/voir", "help/aider")).split("/"))
    action = Action(
        verb=seen,
        english=f"{person.english} {clause.english}",
        french=f"{person.french} {clause.french}",
        contents=person.contents | clause.contents,
    )
    tense: TenseName = "present" if seen.english in ("know", "see") else "progressive"
    return told(tell(someone.subject, tense, action), someone)


RELATING = (
    (_relative_subject, 200),
    (_relative_object, 200),
    (_of_which, 150),
    (_where_one_lives, 170),
    (_who_is_seen, 190),
)
"""Patterns, and how many sentences are drawn of each."""
