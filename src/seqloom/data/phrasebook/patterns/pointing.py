"""What was named before is a pronoun: le, la, les, lui, leur, y, en."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, TenseName, command, tell
from seqloom.data.phrasebook.lexicon.nouns import nouns
from seqloom.data.phrasebook.lexicon.verbs import Verb, verb
from seqloom.data.phrasebook.nominals import Determiner, NounPhrase, noun_phrase
from seqloom.data.phrasebook.numbers import english_number, french_number, number_contents
from seqloom.data.phrasebook.patterns.asking import pleased
from seqloom.data.phrasebook.patterns.choices import (
    DELIBERATE,
    FREQUENT,
    I,
    some_noun,
    when,
    where,
    who,
)
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words, finish, together

__all__ = ["INANIMATE", "POINTING"]

INANIMATE = tuple(
    each
    for each in DELIBERATE
    if not {"person", "relative", "pet", "at"} & set(each.objects)
    and each.english != "drive"
    and each.infinitive in FREQUENT
)
_TENSES: tuple[TenseName, ...] = ("progressive", "past", "past", "past", "will", "going to", "want")
_TO_PEOPLE = (
    Verb(english="give", infinitive="donner", objects=("small", "fruit", "dish", "plant")),
    Verb(english="show", infinitive="montrer", objects=("picture", "printed", "writing", "small", "built")),
    Verb(english="send", infinitive="envoyer", objects=("letter", "message", "email", "photo", "document", "present")),
    Verb(english="lend", infinitive="prêter", objects=("car", "bike", "book", "umbrella", "pen")),
    Verb(english="sell", infinitive="vendre", objects=("vehicle", "furniture", "house", "flat")),
    Verb(english="bring", infinitive="apporter", objects=("fruit", "dish", "dishes", "plant")),
)
_RECEIVERS = (
    ("me", "me", "moi"), ("us", "nous", "nous"), ("him", "lui", "lui"), ("her", "lui", "lui"), ("them", "leur", "leur"),
)  # fmt: skip
_SEEN = (("me", "me"), ("us", "nous"), ("him", "le"), ("her", "la"), ("them", "les"))


def _there_it_is(phrase: NounPhrase) -> tuple[str, str]:
    """The pronoun for a thing, as an object."""
    if phrase.plural:
        return "them", "les"
    return "it", "le" if phrase.gender == "m" else "la"


def _named(dice: Random, *kinds: str) -> NounPhrase:
    noun = some_noun(dice, *kinds)
    return noun_phrase(noun, dice.choice(("the", "the", "this")), plural=noun.countable and dice.random() < 0.3)


def _done_to_it(verb: Verb, phrase: NounPhrase) -> Action:
    english, french = _there_it_is(phrase)
    return Action(
        verb=verb,
        english=english,
        pronouns=(french,),
        agrees=(phrase.gender, phrase.plural),
        contents=phrase.contents,
    )


def _the_thing(dice: Random) -> Sentence:
    """The keys? I have lost them. Les clés ? Je les ai perdues."""
    someone, chosen = who(dice), dice.choice(INANIMATE)
    phrase = _named(dice, *chosen.objects)
    question = finish(Words(english=phrase.english, french=phrase.french, contents=phrase.contents), "?")
    tense: TenseName = dice.choice(_TENSES)
    negation: Negation | None = "not" if dice.random() < 0.2 else None
    answer = told(tell(someone.subject, tense, _done_to_it(chosen, phrase), negation=negation), someone)
    return together(question, answer)


def _here_it_is(dice: Random) -> Sentence:
    """Here is the bread. Eat it."""
    chosen = dice.choice(INANIMATE)
    phrase = _named(dice, *chosen.objects)
    verb_form = "are" if phrase.plural else "is"
    shown = Words(
        english=f"here {verb_form} {phrase.english}", french=f"voici {phrase.french}", contents=phrase.contents
    )
    words = command(_done_to_it(chosen, phrase), negation=dice.random() < 0.3)
    return together(finish(shown), finish(pleased(words, None) if dice.random() < 0.4 else words))


def _them(dice: Random) -> Sentence:
    """I see him. Je le vois."""
    someone = who(dice)
    english, french = dice.choice(_SEEN)
    subject = someone.subject
    if (english, subject.person) in (("me", 0), ("us", 3)) or (english == "us" and subject is I):
        english, french = "them", "les"
    chosen = verb(*dice.choice(_PEOPLE).split("/"))
    tense: TenseName = dice.choice(("progressive", "going to", "want", "can", "must"))
    negation: Negation | None = dice.choice((None, None, "not")) if tense != "must" else None
    action = Action(verb=chosen, english=english, pronouns=(french,))
    place = where(dice) if dice.random() < 0.8 else when(dice, tense)
    return told(tell(subject, tense, action.then(place), negation=negation), someone)


_PEOPLE = (
    "see/voir", "help/aider", "wait for/attendre", "call/appeler", "invite/inviter", "look for/chercher",
    "listen to/écouter",
)  # fmt: skip


def _given(dice: Random) -> Sentence:
    """I give my brother a book. Je donne un livre à mon frère."""
    someone, chosen = who(dice), dice.choice(_TO_PEOPLE)
    thing = noun_phrase(some_noun(dice, *chosen.objects), dice.choice(("a", "the", "this")))
    receiver = noun_phrase(dice.choice(nouns("relative")), "my")
    action = Action(
        verb=chosen,
        english=f"{thing.english} to {receiver.english}",
        french=f"{thing.french} {receiver.after('à')}",
        contents=thing.contents | receiver.contents,
    )
    return told(tell(someone.subject, dice.choice(("past", "going to", "want", "would like")), action), someone)


def _given_to_them(dice: Random) -> Sentence:
    """He gives her a flower. Il lui donne une fleur."""
    someone, chosen = who(dice), dice.choice(_TO_PEOPLE)
    thing = noun_phrase(some_noun(dice, *chosen.objects), dice.choice(("a", "the", "this")))
    english, french, _ = dice.choice(_RECEIVERS)
    if someone.subject.person in (0, 3) and english in ("me", "us"):
        english, french = "them", "leur"
    action = Action(
        verb=chosen,
        english=f"{english} {thing.english}",
        french=thing.french,
        pronouns=(french,),
        contents=thing.contents,
    )
    return told(tell(someone.subject, dice.choice(("past", "going to", "want", "can")), action), someone)


def _give_them(dice: Random) -> Sentence:
    """Show me the map, please."""
    chosen = dice.choice(_TO_PEOPLE)
    negation = dice.random() < 0.2
    determiner: Determiner = "the" if negation else dice.choice(("the", "the", "this", "a"))
    thing = noun_phrase(some_noun(dice, *chosen.objects), determiner)
    english, french, stressed = dice.choice(_RECEIVERS)
    action = Action(
        verb=chosen,
        english=f"{english} {thing.english}",
        french=thing.french,
        pronouns=(french if negation else stressed,),
        contents=thing.contents,
    )
    words = command(action, negation=negation)
    return finish(pleased(words, None) if dice.random() < 0.5 else words)


def _of_them(dice: Random) -> Sentence:
    """The apples? I have bought three. Les pommes ? J'en ai acheté trois."""
    someone = who(dice)
    chosen = verb(*dice.choice(("buy/acheter", "eat/manger", "choose/choisir")).split("/"))
    noun, number = some_noun(dice, "fruit", "dish"), dice.randint(2, 12)
    phrase = noun_phrase(noun, "the", plural=True)
    question = finish(Words(english=phrase.english, french=phrase.french, contents=phrase.contents), "?")
    action = Action(
        verb=chosen,
        english=english_number(number),
        french=french_number(number),
        pronouns=("en",),
        contents=phrase.contents | number_contents(number),
    )
    tense: TenseName = dice.choice(("past", "going to", "want"))
    return together(question, told(tell(someone.subject, tense, action), someone))


def _there(dice: Random) -> Sentence:
    """The station? I am going there tomorrow. La gare ? J'y vais demain."""
    someone = who(dice)
    place = noun_phrase(some_noun(dice, "at", "park", "church"), "the")
    question = finish(Words(english=place.english, french=place.french, contents=place.contents), "?")
    action = Action(verb=verb("work", "travailler"), english="there", pronouns=("y",), contents=place.contents)
    if dice.random() < 0.6:
        action = Action(verb=verb("go", "aller"), english="there", pronouns=("y",), contents=place.contents)
    tense: TenseName = dice.choice(("progressive", "want", "can", "must", "would like"))
    return together(question, told(tell(someone.subject, tense, action.then(when(dice, tense))), someone))


POINTING = (
    (_the_thing, 420),
    (_here_it_is, 170),
    (_them, 220),
    (_given, 180),
    (_given_to_them, 200),
    (_give_them, 180),
    (_of_them, 180),
    (_there, 140),
)
"""Patterns, and how many sentences are drawn of each."""
