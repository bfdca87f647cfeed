"""Questions, requests and orders about what is done; what one loves to do."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, Subject, TenseName, ask, command, subject_of, tag, tell
from seqloom.data.phrasebook.lexicon.adjectives import adjectives
from seqloom.data.phrasebook.lexicon.nouns import Noun, nouns
from seqloom.data.phrasebook.lexicon.verbs import verb, verbs
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.patterns.choices import (
    ADDRESSES,
    DELIBERATE,
    DONE,
    FREQUENT,
    HABITS,
    HE,
    POLITE,
    SKILLS,
    WE,
    YOU,
    I,
    Who,
    does,
    perhaps,
    some_noun,
    told_in,
    when,
    where,
    who,
    whom,
    with_object,
)
from seqloom.data.phrasebook.patterns.telling import ANYTHING, told
from seqloom.data.phrasebook.sentence import Address, Sentence, Words, finish

__all__ = ["ASKING", "asked", "not_first", "pleased", "which_words"]

_TENSES: tuple[TenseName, ...] = ("progressive", "past", "will", "going to")
_WHICH = {("m", False): "quel", ("f", False): "quelle", ("m", True): "quels", ("f", True): "quelles"}


def asked(someone: Who, tense: TenseName, action: Action) -> Sentence:
    """A question with yes or no for an answer: mangez-vous to sir and madam, est-ce que to everybody else."""
    words = ask(someone.subject, tense, action, inverted=someone.address in POLITE)
    return finish(words, "?", someone.address)


def not_first(dice: Random, *, pronoun: bool = False) -> Who:
    """Not I, with whose verb inversion is rare."""
    while True:
        someone = whom(dice)
        if someone.subject is not I and (someone.subject.is_pronoun or not pronoun):
            return someone


def which_words(noun: Noun, plural: bool) -> Words:
    """Quelle robe."""
    phrase = noun_phrase(noun, "none", plural=plural)
    french = f"{_WHICH[noun.gender, plural]} {phrase.french}"
    return Words(english=f"which {phrase.english}", french=french, contents=phrase.contents)


def pleased(words: Words, address: Address | None) -> Words:
    """Please, to whom it may concern."""
    please = "s'il te plaît" if address and address.person == 1 else "s'il vous plaît"
    return Words(english=f"{words.english}, please", french=f"{words.french}, {please}", contents=words.contents)


def _yes_or_no(dice: Random) -> Sentence:
    someone = whom(dice)
    tense: TenseName = dice.choice((*_TENSES, "perfect"))
    return asked(
        someone, tense, does(dice, someone.subject, tense, verbs=DELIBERATE, asked=True, known=tense == "perfect")
    )


def _yes_or_no_habit(dice: Random) -> Sentence:
    someone = whom(dice)
    action = does(dice, someone.subject, "present", verbs=HABITS, asked=True)
    return asked(someone, "present", perhaps(dice, action, when(dice, "present"), 0.4))


def _yes_or_no_modal(dice: Random) -> Sentence:
    someone = whom(dice)
    tense: TenseName = dice.choice(("want", "can", "could", "must", "know how", "would like"))
    action = does(dice, someone.subject, tense, verbs=SKILLS if tense == "know how" else DELIBERATE, asked=True)
    return asked(someone, tense, action)


def _what(dice: Random) -> Sentence:
    someone = not_first(dice, pronoun=True)
    tense: TenseName = dice.choice((*_TENSES, "want"))
    action = Action(verb=dice.choice(told_in(tense, ANYTHING[:-2] if tense == "progressive" else ANYTHING))).then(
        where(dice)
    )
    words = ask(someone.subject, tense, action, inverted=True, question=Words(english="what", french="que"))
    return finish(words, "?", someone.address)


def _question_word(dice: Random) -> Sentence:
    """Où, quand, pourquoi, comment. After them a noun subject keeps its place, and a pronoun follows the verb, too."""
    someone = not_first(dice)
    tense: TenseName = dice.choice(_TENSES)
    english, french = dice.choice(("where/où", "when/quand", "why/pourquoi", "how/comment")).split("/")
    action = does(dice, someone.subject, tense, verbs=DONE if tense == "past" else DELIBERATE, known=True)
    question = Words(english=english, french=french)
    return finish(ask(someone.subject, tense, action, inverted=True, question=question), "?", someone.address)


def _why_not(dice: Random) -> Sentence:
    someone = not_first(dice)
    action = does(dice, someone.subject, "present", verbs=HABITS, denied=True)
    question = Words(english="why", french="pourquoi")
    words = ask(someone.subject, "present", action, inverted=True, question=question, negation="not")
    return finish(words, "?", someone.address)


def _which(dice: Random) -> Sentence:
    """Quelle robe a-t-elle choisie: the participle agrees with what is asked for."""
    someone = not_first(dice)
    chosen = dice.choice(
        [each for each in DELIBERATE if "relative" not in each.objects and each.infinitive in FREQUENT]
    )
    noun = some_noun(dice, *chosen.objects)
    plural = noun.countable and noun.kind != "transport" and dice.random() < 0.3
    action = Action(verb=chosen, agrees=(noun.gender, plural))
    question = which_words(noun, plural)
    tense: TenseName = dice.choice(("progressive", "past", "past", "will", "want"))
    return finish(ask(someone.subject, tense, action, inverted=True, question=question), "?", someone.address)


def _how_many(dice: Random) -> Sentence:
    """Combien de robes a-t-elle achetées."""
    someone = not_first(dice)
    chosen = dice.choice([each for each in DELIBERATE if not each.definite and each.infinitive in FREQUENT])
    countable = [each for each in nouns(*chosen.objects) if each.countable and each.kind != "relative"]
    if not countable:
        return _which(dice)
    noun = dice.choice(countable)
    phrase = noun_phrase(noun, "none", plural=True)
    question = Words(
        english=f"how many {phrase.english}", french=f"combien {phrase.after('de')}", contents=phrase.contents
    )
    action = Action(verb=chosen, agrees=(noun.gender, True))
    tense: TenseName = dice.choice(("past", "past", "will", "want"))
    return finish(ask(someone.subject, tense, action, inverted=True, question=question), "?", someone.address)


def _who_does(dice: Random) -> Sentence:
    someone = Subject(english="who", french="qui", person=2, gender="m", plural=False)
    tense: TenseName = dice.choice(("progressive", "past", "will", "want", "can"))
    verbs = DONE if tense == "past" else DELIBERATE
    return finish(tell(someone, tense, does(dice, HE, tense, verbs=verbs, known=True)), "?")


def _tagged(dice: Random) -> Sentence:
    someone = not_first(dice, pronoun=True)
    while someone.address:
        someone = not_first(dice, pronoun=True)
    tense: TenseName = dice.choice(("progressive", "past", "will"))
    return finish(tag(someone.subject, tense, does(dice, someone.subject, tense, verbs=DELIBERATE, known=True)), "?")


def _order(dice: Random) -> Sentence:
    """An imperative, with please or a word for whom one speaks to, or both, or neither."""
    address = dice.choice(ADDRESSES) if dice.random() < 0.6 else None
    action = does(dice, subject_of(address) if address else YOU, "present", verbs=DELIBERATE, known=True)
    words = command(action, address.person if address else 4, negation=dice.random() < 0.3)
    return finish(pleased(words, address) if dice.random() < 0.4 else words, address=address)


def _let_us(dice: Random) -> Sentence:
    action = does(dice, WE, "present", verbs=DELIBERATE, known=True)
    return finish(command(perhaps(dice, action, when(dice, "can"), 0.25), 3))


def _loved_thing(dice: Random) -> Sentence:
    """Of a thing in general: the article in French, none in English."""
    someone = who(dice)
    noun = some_noun(
        dice,
        "fruit",
        "dish",
        "food",
        "drink",
        "pet",
        "wild",
        "plant",
        "subject",
        "subject",
        "subject",
        "pairwear",
        "clothing",
    )
    adjective = dice.choice(adjectives("colour")) if noun.kind in ("plant", "pairwear", "clothing") else None
    phrase = noun_phrase(noun, "generic", plural=noun.countable, adjective=adjective)
    english, french = dice.choice(("love/aimer", "like/aimer", "hate/détester", "prefer/préférer")).split("/")
    negation: Negation | None = "not" if english in ("love", "like") and dice.random() < 0.4 else None
    # `aimer bien` is to like; what one does not like, one does not love either.
    much = ("", "bien") if english == "like" and not negation else None
    action = with_object(verb(english, french, state=True), phrase)
    return told(_present(someone, action, negation, much), someone)


def _loved_action(dice: Random) -> Sentence:
    """I love coding: j'aime coder."""
    someone = who(dice)
    english, french = dice.choice(("love/aimer", "like/aimer", "hate/détester", "prefer/préférer")).split("/")
    negation: Negation | None = "not" if english in ("love", "like") and dice.random() < 0.3 else None
    much = ("", "bien") if english == "like" and not negation else None
    if dice.random() < 0.35:
        done = Action(verb=dice.choice(verbs("hobby"))).then(where(dice))
    elif dice.random() < 0.15:
        done = Action(verb=dice.choice(verbs("hobby")))
    else:
        done = does(dice, someone.subject, "present", verbs=DELIBERATE)
    action = Action(
        verb=verb(english, french, state=True),
        english=f"{done.verb.in_english.ing} {done.english}".strip(),
        french=f"{done.verb.infinitive} {done.french}".strip(),
        contents=done.all_contents,
    )
    return told(_present(someone, action, negation, much), someone)


def _present(someone: Who, action: Action, negation: Negation | None, adverb: tuple[str, str] | None) -> Words:
    return tell(someone.subject, "present", action, negation=negation, adverb=adverb)


def _wanted_thing(dice: Random) -> Sentence:
    """Vouloir, avoir, avoir besoin de."""
    someone = who(dice)
    negation: Negation | None = dice.choice((None, None, None, "not", "no longer"))
    english, french = dice.choice(("want/vouloir", "have/avoir")).split("/")
    kinds = ("fruit", "dish", "food", "drink", "clothing", "small", "device", "vehicle", "pet")
    wanted = verb(english, french, objects=kinds)
    action = does(dice, someone.subject, "present", verbs=(wanted,), denied=bool(negation))
    return told(tell(someone.subject, "present", action, negation=negation), someone)


def _wanted_thing_asked(dice: Random) -> Sentence:
    someone = whom(dice)
    english, french = dice.choice(("want/vouloir", "have/avoir")).split("/")
    wanted = verb(english, french, objects=("fruit", "dish", "food", "drink", "clothing", "small", "device", "pet"))
    return asked(someone, "present", does(dice, someone.subject, "present", verbs=(wanted,), asked=True))


def _needed_thing(dice: Random) -> Sentence:
    """Avoir besoin de: no partitive after de."""
    someone = who(dice)
    noun = some_noun(dice, "food", "drink", "spice", "small", "device", "clothing", "vehicle", "person", "money")
    if noun.countable:
        phrase = noun_phrase(noun, dice.choice(("a", "a", "the", "this")))
    else:
        phrase = noun_phrase(noun, dice.choice(("some", "bare")))
    action = Action(
        verb=verb("need", "avoir", state=True),
        english=phrase.english,
        french=phrase.after("besoin de"),
        contents=phrase.contents,
    )
    if dice.random() < 0.25 and noun.countable:
        return asked(someone, "present", action)
    return told(tell(someone.subject, "present", action), someone)


ASKING = (
    (_yes_or_no, 420),
    (_yes_or_no_habit, 240),
    (_yes_or_no_modal, 240),
    (_what, 180),
    (_question_word, 280),
    (_why_not, 140),
    (_which, 260),
    (_how_many, 150),
    (_who_does, 160),
    (_tagged, 150),
    (_order, 420),
    (_let_us, 150),
    (_loved_thing, 230),
    (_loved_action, 320),
    (_wanted_thing, 230),
    (_wanted_thing_asked, 160),
    (_needed_thing, 170),
)
"""Patterns, and how many sentences are drawn of each."""
