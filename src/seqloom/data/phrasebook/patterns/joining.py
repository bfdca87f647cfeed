"""Two clauses in one sentence: and, but, because, if, when, that."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Subject, TenseName, tell
from seqloom.data.phrasebook.english import BE
from seqloom.data.phrasebook.french.verbs import french_verb
from seqloom.data.phrasebook.lexicon.adjectives import adjectives
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.patterns.choices import DELIBERATE, HE, SHE, THEY, WE, I, acting, does, some_noun
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["JOINING"]

_SIMPLE = (I, HE, SHE, WE, THEY)
_NEEDS = (
    ("hungry/faim", "eat/manger, buy/acheter, prepare/préparer", "dish fruit food"),
    ("thirsty/soif", "drink/boire, buy/acheter", "water milk beer tea coffee"),
    ("cold/froid", "wear/porter, look for/chercher, buy/acheter", "coat jacket glove hat"),
    ("sleepy/sommeil", "drink/boire, prepare/préparer", "coffee tea"),
    ("hot/chaud", "drink/boire, buy/acheter", "water beer milk"),
)
_ERRANDS = (
    ("market, shop", "buy/acheter, choose/choisir, sell/vendre", "fruit food"),
    ("restaurant, hotel", "eat/manger, prepare/préparer", "dish"),
    (
        "library, school",
        "read/lire, look for/chercher, finish/finir",
        "book newspaper novel story",
    ),
    ("cinema", "watch/regarder, choose/choisir", "film"),
    (
        "station",
        "wait for/attendre, look for/chercher",
        "train plane bus taxi suitcase brother sister friend doctor",
    ),
    ("museum", "see/voir, look for/chercher", "picture flower"),
)
"""Where one goes, and what for."""


def _acts(dice: Random, subject: Subject, tense: TenseName) -> Words:
    if dice.random() < 0.35:
        return tell(subject, tense, acting(dice, tense))
    return tell(subject, tense, does(dice, subject, tense, verbs=DELIBERATE))


def _joined(one: Words, link: tuple[str, str], other: Words) -> Sentence:
    return finish(
        Words(
            english=f"{one.english} {link[0]} {other.english}",
            french=f"{one.french} {link[1]} {other.french}",
            contents=one.contents | other.contents,
        )
    )


def _and(dice: Random) -> Sentence:
    tense: TenseName = dice.choice(("progressive", "past", "will", "was"))
    link = dice.choice((("and", "et"), ("but", "mais")))
    one, other = dice.sample(_SIMPLE, 2)
    first = tell(one, tense, acting(dice, tense))
    return _joined(first, link, _acts(dice, other, tense))


def _feels(subject: Subject, need: str, *, past: bool) -> Words:
    english, french = need.split("/")
    be = ("was" if subject.person in (0, 2) else "were") if past else BE[subject.person]
    have = french_verb("avoir").form("imperfect" if past else "present", subject.person)
    return Words(
        english=f"{subject.english} {be} {english}",
        french=f"{subject.french} {have} {french}",
        contents=frozenset({english}),
    )


def _because(dice: Random) -> Sentence:
    """I am buying bread because I am hungry."""
    subject, past = dice.choice(_SIMPLE), dice.random() < 0.4
    tense: TenseName = "past" if past else "progressive"
    if dice.random() < 0.6:
        need, done, objects = dice.choice(_NEEDS)
        wanted = verb(*dice.choice(done.split(", ")).split("/"), objects=tuple(objects.split()))
        first = tell(subject, tense, does(dice, subject, tense, verbs=(wanted,)))
        return _joined(first, ("because", "parce que"), _feels(subject, need, past=past))
    first = tell(subject, tense, acting(dice, tense), negation="not")
    reasons = ("ill", "busy", "sad", "tired") if subject.gender else ("ill", "sad")
    adjective = dice.choice([each for each in adjectives("person", "epicene") if each.english in reasons])
    be = ("was" if subject.person in (0, 2) else "were") if past else BE[subject.person]
    form = french_verb("être").form("imperfect" if past else "present", subject.person)
    reason = Words(
        english=f"{subject.english} {be} {adjective.english}",
        french=f"{subject.french} {form} {adjective.agreed(subject.gender or 'm', subject.plural)}",
        contents=frozenset({adjective.name}),
    )
    return _joined(first, ("because", "parce que"), reason)


_CONDITIONS = (
    ("have time", "avoir", "le temps", "had time"),
    ("have money", "avoir", "de l'argent", "had money"),
    ("can", "pouvoir", "", "could"),
    ("want", "vouloir", "", "wanted"),
    ("work a lot", "travailler", "beaucoup", "worked a lot"),
)


def _if(dice: Random) -> Sentence:
    """If I have time, I will …; if I had time, I would …"""
    subject = dice.choice(_SIMPLE)
    present, infinitive, tail, past = dice.choice(_CONDITIONS)
    unreal = dice.random() < 0.5
    third = subject.person == 2 and present != "can"
    head, _, rest = present.partition(" ")
    shown = past if unreal else f"{verb(head, infinitive).in_english.third} {rest}".strip() if third else present
    form = french_verb(infinitive).form("imperfect" if unreal else "present", subject.person)
    tense: TenseName = "would" if unreal else "will"
    consequence = tell(subject, tense, does(dice, subject, tense, verbs=DELIBERATE))
    return finish(
        Words(
            english=f"if {subject.english} {shown}, {consequence.english}",
            french=f"si {subject.french} {form} {tail}".strip() + f", {consequence.french}",
            contents=consequence.contents,
        )
    )


def _when_young(dice: Random) -> Sentence:
    """When I was young, I used to read novels."""
    subject = dice.choice(_SIMPLE)
    be, form = ("was" if subject.person in (0, 2) else "were"), french_verb("être").form("imperfect", subject.person)
    used = tell(subject, "used to", does(dice, subject, "used to", verbs=DELIBERATE))
    young = "jeunes" if subject.plural else "jeune"
    return finish(
        Words(
            english=f"when {subject.english} {be} young, {used.english}",
            french=f"quand {subject.french} {form} {young}, {used.french}",
            contents=used.contents | {"young/jeune"},
        )
    )


def _when_arriving(dice: Random) -> Sentence:
    """When she arrived, we were eating."""
    one = dice.choice((HE, SHE, THEY, WE))
    other = dice.choice([each for each in _SIMPLE if each is not one])
    came = tell(
        one,
        "past",
        Action(verb=verb(*dice.choice(("arrive/arriver", "come back/revenir", "leave/partir")).split("/"))),
    )
    was = _acts(dice, other, "was")
    return finish(
        Words(
            english=f"when {came.english}, {was.english}",
            french=f"quand {came.french}, {was.french}",
            contents=came.contents | was.contents,
        )
    )


_SAYING = ("think/penser", "know/savoir", "say/dire", "believe/croire")


def _that(dice: Random) -> Sentence:
    """I think that he is ill."""
    one, other = dice.sample(_SIMPLE, 2)
    pair = dice.choice(_SAYING)
    tense: TenseName = dice.choice(("progressive", "will", "will", "past"))
    clause = _acts(dice, other, tense)
    said = Action(
        verb=verb(*pair.split("/"), state=True),
        english=f"that {clause.english}",
        french=f"que {clause.french}",
        contents=clause.contents,
    )
    return finish(tell(one, "present", said))


def _in_order_to(dice: Random) -> Sentence:
    """I am going to the market to buy bread."""
    subject = dice.choice((HE, SHE, WE, THEY))
    places, done, objects = dice.choice(_ERRANDS)
    place = noun_phrase(some_noun(dice, *places.split(", ")), "the")
    wanted = verb(*dice.choice(done.split(", ")).split("/"), objects=tuple(objects.split()))
    aim = does(dice, subject, "present", verbs=(wanted,))
    going = Action(
        verb=verb("go", "aller"),
        english=f"to {place.english} to {aim.verb.english} {aim.english}",
        french=f"{place.after('à')} pour {aim.verb.infinitive} {aim.french}",
        contents=place.contents | aim.all_contents,
    )
    return finish(tell(subject, dice.choice(("progressive", "past", "will", "want")), going))


def _it_is_easy(dice: Random) -> Sentence:
    """It is easy to repair a car."""
    done = does(dice, HE, "present", verbs=DELIBERATE)
    while "his" in done.english.split():  # nobody is there whose it could be
        done = does(dice, HE, "present", verbs=DELIBERATE)
    judged = dice.choice(("easy/facile", "difficult/difficile", "important/important", "possible/possible"))
    english, french = judged.split("/")
    negation = dice.random() < 0.3
    return finish(
        Words(
            english=f"it is {'not ' if negation else ''}{english} to {done.verb.english} {done.english}",
            french=f"{'ce ne est pas' if negation else 'ce est'} {french} de {done.verb.infinitive} {done.french}",
            contents=done.all_contents | {judged},
        )
    )


JOINING = (
    (_and, 160),
    (_because, 180),
    (_if, 220),
    (_when_young, 150),
    (_when_arriving, 150),
    (_that, 170),
    (_in_order_to, 340),
    (_it_is_easy, 180),
)
"""Patterns, and how many sentences are drawn of each."""
