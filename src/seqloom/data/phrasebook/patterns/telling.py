"""Somebody does something to something: told and denied, in every tense."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, TenseName, tell
from seqloom.data.phrasebook.lexicon.verbs import verb, verbs
from seqloom.data.phrasebook.patterns.choices import (
    DELIBERATE,
    DONE,
    HABITS,
    SKILLS,
    Who,
    acting,
    does,
    perhaps,
    told_in,
    when,
    where,
    who,
)
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["ANYTHING", "TELLING", "told"]

_ADVERBS = (("often", "souvent"), ("always", "toujours"), ("sometimes", "parfois"))
_MODALS: tuple[TenseName, ...] = ("want", "would like", "can", "must", "should", "could", "need")
_WISHES: tuple[TenseName, ...] = ("try", "decided", "started")
_TOLD: tuple[TenseName, ...] = ("progressive", "past", "will", "going to")
ANYTHING = tuple(
    verb(*pair.split("/"))
    for pair in (
        "eat/manger", "drink/boire", "buy/acheter", "do/faire", "say/dire", "read/lire", "write/écrire", "see/voir",
        "find/trouver",
    )
)  # fmt: skip
"""What one may do to anything, or to nothing; the last two are not done on purpose."""


def told(words: Words, someone: Who) -> Sentence:
    return finish(words, address=someone.address)


def _present(dice: Random) -> Sentence:
    someone = who(dice)
    action = does(dice, someone.subject, "present", verbs=HABITS)
    if dice.random() < 0.4:
        return told(tell(someone.subject, "present", action, adverb=dice.choice(_ADVERBS)), someone)
    return told(tell(someone.subject, "present", perhaps(dice, action, when(dice, "present"), 0.7)), someone)


def _progressive(dice: Random) -> Sentence:
    someone = who(dice)
    action = does(dice, someone.subject, "progressive", verbs=DELIBERATE)
    return told(tell(someone.subject, "progressive", perhaps(dice, action, when(dice, "progressive"), 0.3)), someone)


def _past(dice: Random) -> Sentence:
    someone = who(dice)
    action = perhaps(dice, does(dice, someone.subject, "past"), when(dice, "past"), 0.4)
    return told(tell(someone.subject, "past", action), someone)


def _already(dice: Random) -> Sentence:
    someone = who(dice)
    action = does(dice, someone.subject, "perfect", known=True)
    adverb = ("already", "déjà") if dice.random() < 0.6 else None
    return told(tell(someone.subject, "perfect", action, adverb=adverb), someone)


def _not_yet(dice: Random) -> Sentence:
    someone = who(dice)
    action = does(dice, someone.subject, "perfect", verbs=DELIBERATE, known=True).then(Words(english="yet", french=""))
    return told(tell(someone.subject, "perfect", action, negation="not", adverb=("", "encore")), someone)


def _near_future(dice: Random) -> Sentence:
    someone = who(dice)
    action = perhaps(dice, does(dice, someone.subject, "going to", verbs=DELIBERATE), when(dice, "going to"), 0.4)
    return told(tell(someone.subject, "going to", action), someone)


def _future(dice: Random) -> Sentence:
    someone = who(dice)
    action = perhaps(dice, does(dice, someone.subject, "will"), when(dice, "will"), 0.4)
    return told(tell(someone.subject, "will", action), someone)


def _conditional(dice: Random) -> Sentence:
    someone = who(dice)
    return told(tell(someone.subject, "would", does(dice, someone.subject, "would", verbs=DELIBERATE)), someone)


def _imperfect(dice: Random) -> Sentence:
    someone = who(dice)
    tense: TenseName = "was" if dice.random() < 0.5 else "used to"
    return told(tell(someone.subject, tense, does(dice, someone.subject, tense, verbs=DELIBERATE)), someone)


def _modal(dice: Random) -> Sentence:
    someone, tense = who(dice), dice.choice(_MODALS)
    action = perhaps(dice, does(dice, someone.subject, tense, verbs=DELIBERATE), when(dice, tense), 0.25)
    return told(tell(someone.subject, tense, action), someone)


def _skill(dice: Random) -> Sentence:
    someone = who(dice)
    negation: Negation | None = "not" if dice.random() < 0.35 else None
    if dice.random() < 0.4:
        action = Action(verb=dice.choice(verbs("hobby")))
    else:
        action = does(dice, someone.subject, "know how", verbs=SKILLS, known=True)
    return told(tell(someone.subject, "know how", action, negation=negation), someone)


def _wish(dice: Random) -> Sentence:
    someone, tense = who(dice), dice.choice(_WISHES)
    return told(tell(someone.subject, tense, does(dice, someone.subject, tense, verbs=DELIBERATE)), someone)


def _aspect(dice: Random) -> Sentence:
    someone = who(dice)
    if dice.random() < 0.5:
        return told(tell(someone.subject, "just", does(dice, someone.subject, "just", verbs=DONE)), someone)
    return told(tell(someone.subject, "middle", does(dice, someone.subject, "middle", verbs=DELIBERATE)), someone)


def _denied(dice: Random) -> Sentence:
    someone, tense = who(dice), dice.choice(_TOLD)
    action = does(dice, someone.subject, tense, verbs=DELIBERATE, denied=True)
    return told(tell(someone.subject, tense, perhaps(dice, action, when(dice, tense), 0.25), negation="not"), someone)


def _denied_habit(dice: Random) -> Sentence:
    someone = who(dice)
    negation: Negation = dice.choice(("not", "never", "no longer"))
    action = does(dice, someone.subject, "present", verbs=HABITS, denied=True)
    return told(tell(someone.subject, "present", action, negation=negation), someone)


def _denied_modal(dice: Random) -> Sentence:
    someone = who(dice)
    tense: TenseName = dice.choice(("want", "can", "should", "could", "need"))
    action = does(dice, someone.subject, tense, verbs=DELIBERATE, known=True)
    return told(tell(someone.subject, tense, action, negation="not"), someone)


def _never(dice: Random) -> Sentence:
    someone = who(dice)
    tense: TenseName = dice.choice(("past", "will"))
    return told(
        tell(someone.subject, tense, does(dice, someone.subject, tense, denied=True), negation="never"), someone
    )


def _nothing(dice: Random) -> Sentence:
    someone, tense = who(dice), dice.choice(_TOLD)
    action = Action(verb=dice.choice(told_in(tense, ANYTHING))).then(where(dice))
    return told(tell(someone.subject, tense, action, negation="nothing"), someone)


def _acting(dice: Random) -> Sentence:
    """Without an object, at a place."""
    someone = who(dice)
    tense: TenseName = dice.choice((*_TOLD, "will", "would like", "must", "can", "was"))
    action = acting(dice, tense).then(where(dice))
    return told(tell(someone.subject, tense, perhaps(dice, action, when(dice, tense), 0.3)), someone)


def _acting_habit(dice: Random) -> Sentence:
    someone = who(dice)
    hobbies = [each for each in verbs("hobby") if not each.looks_past]
    if dice.random() < 0.5:
        manner = Words(english="a lot", french="beaucoup") if dice.random() < 0.5 else when(dice, "present")
        return told(tell(someone.subject, "present", Action(verb=dice.choice(hobbies)).then(manner)), someone)
    action = Action(verb=dice.choice(hobbies)).then(where(dice))
    return told(tell(someone.subject, "present", action, adverb=dice.choice(_ADVERBS)), someone)


TELLING = (
    (_present, 540),
    (_progressive, 500),
    (_past, 620),
    (_already, 220),
    (_not_yet, 180),
    (_near_future, 350),
    (_future, 620),
    (_conditional, 280),
    (_imperfect, 380),
    (_modal, 560),
    (_skill, 150),
    (_wish, 230),
    (_aspect, 230),
    (_denied, 380),
    (_denied_habit, 330),
    (_denied_modal, 190),
    (_never, 180),
    (_nothing, 170),
    (_acting, 320),
    (_acting_habit, 280),
)
"""Patterns, and how many sentences are drawn of each."""
