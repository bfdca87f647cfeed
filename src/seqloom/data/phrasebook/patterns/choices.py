"""What the patterns draw: who does something, to what, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from seqloom.data.phrasebook.clauses import Action, Subject, TenseName, subject_of
from seqloom.data.phrasebook.lexicon.adjectives import fitting
from seqloom.data.phrasebook.lexicon.nouns import Noun, nouns
from seqloom.data.phrasebook.lexicon.verbs import Verb, transitive_verbs
from seqloom.data.phrasebook.lexicon.verbs import verbs as verbs_of
from seqloom.data.phrasebook.nominals import OWNERS, Determiner, NounPhrase, noun_phrase
from seqloom.data.phrasebook.numbers import DAYS, english_number, french_number
from seqloom.data.phrasebook.sentence import Address, Words

__all__ = [
    "ADDRESSES",
    "DELIBERATE",
    "DONE",
    "FREQUENT",
    "HABITS",
    "HE",
    "POLITE",
    "SHE",
    "SKILLS",
    "THEY",
    "WE",
    "YOU",
    "I",
    "Who",
    "acting",
    "as_subject",
    "does",
    "owner",
    "perhaps",
    "some_noun",
    "thing",
    "told_in",
    "when",
    "where",
    "who",
    "whom",
    "with_object",
]  # fmt: skip

I = Subject(english="I", french="je", person=0, gender=None, plural=False)  # noqa: E741
YOU = Subject(english="you", french="vous", person=4, gender=None, plural=False)
"""To nobody in particular, one is polite."""
HE = Subject(english="he", french="il", person=2, gender="m", plural=False)
SHE = Subject(english="she", french="elle", person=2, gender="f", plural=False)
WE = Subject(english="we", french="nous", person=3, gender="m", plural=True)
THEY = Subject(english="they", french="ils", person=5, gender="m", plural=True)
"""Of a group that English does not describe, French speaks in the masculine."""
_PRONOUNS = (I, I, I, YOU, YOU, YOU, YOU, YOU, HE, HE, SHE, SHE, WE, WE, WE, THEY, THEY, THEY)
_MEN = tuple(Subject(english=name, french=name, person=2, gender="m", plural=False) for name in ("Paul", "Thomas"))
_WOMEN = tuple(Subject(english=name, french=name, person=2, gender="f", plural=False) for name in ("Marie", "Julie"))
_NAMES = (*_MEN, *_WOMEN, Subject(english="Paul and Marie", french="Paul et Marie", person=5, gender="m", plural=True))

POLITE = (
    Address(english="sir", french="monsieur", person=4, gender="m", plural=False),
    Address(english="madam", french="madame", person=4, gender="f", plural=False),
)
ADDRESSES = (
    *POLITE,
    Address(english="my friend", french="mon ami", person=1, gender="m", plural=False),
    Address(english="Paul", french="Paul", person=1, gender="m", plural=False),
    Address(english="Marie", french="Marie", person=1, gender="f", plural=False),
    Address(english="my friends", french="mes amis", person=4, gender="m", plural=True),
)

DONE = tuple(each for each in transitive_verbs() if not each.state)
DELIBERATE = tuple(each for each in DONE if each.deliberate)
SKILLS = tuple(
    each
    for each in DELIBERATE
    if each.english in ("prepare", "repair", "print", "drive", "write", "sell", "choose", "send")
)
FREQUENT = frozenset(
    {
        "manger", "boire", "acheter", "lire", "écrire", "finir", "choisir", "ouvrir", "envoyer", "regarder", "voir",
        "prendre", "attendre", "travailler", "dormir", "faire", "partir", "arriver", "revenir",
    }
)  # fmt: skip
"""Verbs of which the simple future is told, and the past of what was named before."""
_REMEMBERED = frozenset({"manger", "boire", "acheter", "lire", "regarder", "prendre", "travailler", "dormir"})
"""Verbs of which the imperfect and the conditional are told, too."""
HABITS = tuple(each for each in transitive_verbs() if each.deliberate and not each.looks_past)
"""What the simple present can tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """A subject, and for `you` perhaps the word at the end that tells who that is."""

    subject: Subject
    address: Address | None = None


def who(dice: Random, *, gendered: bool = False, pronoun: bool = False) -> Who:
    """Somebody. `gendered`: whose gender shows in both languages; `pronoun`: no name and no noun."""
    if not pronoun and dice.random() < 0.25:
        return Who(subject=dice.choice(_NAMES) if dice.random() < 0.4 else _relative(dice))
    subject = dice.choice([each for each in _PRONOUNS if each is not I] if gendered else _PRONOUNS)
    if subject is YOU and (gendered or dice.random() < 0.7):
        address = dice.choice(ADDRESSES)
        return Who(subject=subject_of(address), address=address)
    return Who(subject=subject)


def whom(dice: Random) -> Who:
    """Somebody who is asked: more often than not, you."""
    if dice.random() < 0.5:
        return who(dice)
    if dice.random() < 0.25:
        return Who(subject=YOU)
    address = dice.choice(ADDRESSES)
    return Who(subject=subject_of(address), address=address)


def _relative(dice: Random) -> Subject:
    noun, plural = dice.choice(nouns("relative", "person")), dice.random() < 0.25
    if noun.kind == "relative":
        plural = plural and noun.english not in ("mother", "father")
        phrase = noun_phrase(noun, dice.choice(("my", "my", "our", "his", "her")), plural=plural)
    else:
        phrase = noun_phrase(noun, "the", plural=plural)
    return as_subject(phrase)


def as_subject(phrase: NounPhrase) -> Subject:
    return Subject(
        english=phrase.english,
        french=phrase.french,
        person=5 if phrase.plural else 2,
        gender=phrase.gender,
        plural=phrase.plural,
        contents=phrase.contents,
    )


def owner(subject: Subject) -> Determiner:
    """What this person calls its own."""
    return "her" if subject.person == 2 and subject.gender == "f" else OWNERS[subject.person]


def some_noun(dice: Random, *kinds: str) -> Noun:
    return dice.choice(nouns(*kinds))


def thing(
    dice: Random, noun: Noun, subject: Subject, *, definite: bool = False, denied: bool = False, asked: bool = False
) -> NounPhrase:
    """The noun with a determiner, and at times an adjective, as the object of a verb."""
    adjective = dice.choice(fitting(noun.kind)) if _describable(noun) and dice.random() < 0.12 else None
    mine = owner(subject)
    known: tuple[Determiner, ...] = ("the", "the", mine, mine, "this", "that")
    if noun.kind == "relative":
        return noun_phrase(noun, dice.choice((mine, "my")))
    if adjective:
        known = known[:5]
    if noun.kind in ("fruit", "dish", "food", "spice", "drink", "at", "inside", "transport", "built", "person"):
        known = ("the", "the", "this", "that") if noun.countable and not adjective else ("the", "the", "this")
    if not noun.countable:
        part: Determiner = "no" if denied else "any" if asked else dice.choice(("some", "bare"))
        chosen = dice.choice(known) if definite else dice.choice((part, part, part, "the"))
        return noun_phrase(noun, chosen, adjective=adjective)
    plural = noun.kind == "pairwear" or dice.random() < 0.25
    if noun.kind in ("transport", "hearing", "at"):
        plural = False
    if definite or dice.random() < 0.45:
        return noun_phrase(noun, dice.choice(known), plural=plural, adjective=adjective)
    if denied:
        return noun_phrase(noun, "no", plural=True, adjective=adjective)
    if plural or (asked and dice.random() < 0.3):
        return noun_phrase(noun, "any" if asked else dice.choice(("some", "bare")), plural=True, adjective=adjective)
    return noun_phrase(noun, "a", adjective=adjective)


def _describable(noun: Noun) -> bool:
    return noun.kind not in ("spice", "subject", "money", "body", "relative", "transport", "secret")


def does(
    dice: Random,
    subject: Subject,
    tense: TenseName,
    *,
    verbs: tuple[Verb, ...] = DONE,
    known: bool = False,
    denied: bool = False,
    asked: bool = False,
) -> Action:
    """A verb with an object that suits it. `known`: an object both speak of (the, my, this)."""
    verb = dice.choice(told_in(tense, verbs))
    noun = some_noun(dice, *verb.objects)
    phrase = thing(dice, noun, subject, definite=known or verb.definite, denied=denied, asked=asked)
    return with_object(verb, phrase)


def acting(dice: Random, tense: TenseName) -> Action:
    """What one does without an object."""
    return Action(verb=dice.choice(told_in(tense, verbs_of("acting"))))


@cache
def told_in(tense: TenseName, some: tuple[Verb, ...]) -> tuple[Verb, ...]:
    """A phrasebook tells of the rarer forms with the frequent verbs alone."""
    if tense in ("would", "was", "used to"):
        return tuple(each for each in some if each.infinitive in _REMEMBERED)
    return tuple(each for each in some if each.infinitive in FREQUENT) if tense == "will" else some


def perhaps(dice: Random, action: Action, words: Words, chance: float) -> Action:
    """The action, with the words after it or without."""
    return action.then(words) if dice.random() < chance else action


def with_object(verb: Verb, phrase: NounPhrase) -> Action:
    return Action(verb=verb, english=phrase.english, french=phrase.french, contents=phrase.contents)


def where(dice: Random, *kinds: str) -> Words:
    """At the station, in the garden."""
    noun = some_noun(dice, *(kinds or ("at", "at", "inside")))
    phrase = noun_phrase(noun, "the")
    if noun.kind == "at":
        return Words(english=f"at {phrase.english}", french=phrase.after("à"), contents=phrase.contents)
    return Words(english=f"in {phrase.english}", french=f"dans {phrase.french}", contents=phrase.contents)


_ALWAYS = ("every day/tous les jours", "every morning/tous les matins", "every evening/tous les soirs")
_NOW = ("now/maintenant", "today/aujourd'hui", "at the moment/en ce moment")
_BEFORE = (
    "yesterday/hier", "yesterday evening/hier soir", "last week/la semaine dernière", "last year/l'année dernière",
)  # fmt: skip
_LATER = (
    "tomorrow/demain", "tomorrow morning/demain matin", "next week/la semaine prochaine", "this evening/ce soir",
    "soon/bientôt", "next year/l'année prochaine",
)  # fmt: skip
_ANY_TIME = ("today/aujourd'hui", "this evening/ce soir", "tomorrow/demain", "now/maintenant")


def when(dice: Random, tense: TenseName) -> Words:
    """A time that suits the tense."""
    past, future = tense in ("past", "started", "decided"), tense in ("will", "going to")
    if (past or future) and dice.random() < 0.35:
        return _dated(dice, past=past)
    if tense == "present":
        return _time(dice, _ALWAYS) if dice.random() < 0.75 else _weekly(dice)
    return _time(dice, _BEFORE if past else _LATER if future else _NOW if tense == "progressive" else _ANY_TIME)


def _time(dice: Random, times: tuple[str, ...]) -> Words:
    english, french = dice.choice(times).split("/")
    return Words(english=english, french=french)


def _weekly(dice: Random) -> Words:
    english, french = dice.choice(DAYS)
    return Words(english=f"on {english}s", french=f"le {french}")


def _dated(dice: Random, *, past: bool) -> Words:
    if dice.random() < 0.5:
        english, french = dice.choice(DAYS)
        return Words(english=f"on {english}", french=french)
    number = dice.randint(2, 10)
    noun = some_noun(dice, "time")
    english = f"{english_number(number)} {noun.in_english(True)}"
    french = f"{french_number(number)} {noun.in_french(True)}"
    return Words(
        english=f"{english} ago" if past else f"in {english}", french=f"il y a {french}" if past else f"dans {french}"
    )
