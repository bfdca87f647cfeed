"""At the table and in the shop; sports and instruments; who belongs to the family."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, TenseName, tell
from seqloom.data.phrasebook.lexicon.adjectives import adjectives
from seqloom.data.phrasebook.lexicon.nouns import nouns
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.numbers import english_number, french_number, number_contents
from seqloom.data.phrasebook.patterns.asking import pleased
from seqloom.data.phrasebook.patterns.choices import ADDRESSES, some_noun, when, where, who
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["TABLE"]

_AMOUNTS = (
    ("a glass of", "un verre de", "water milk wine beer"),
    ("a bottle of", "une bouteille de", "water milk wine beer oil"),
    ("a cup of", "une tasse de", "tea coffee"),
    ("a kilo of", "un kilo de", "fruit meat cheese rice sugar fish"),
    ("a little", "un peu de", "food drink spice"),
    ("a lot of", "beaucoup de", "fruit food drink spice"),
    ("enough", "assez de", "fruit food drink spice"),
)  # fmt: skip


_SPORTS = (
    "football/football",
    "tennis/tennis",
    "basketball/basket",
    "chess/échecs",
    "cards/cartes",
)


_SEVERAL = ("brother", "sister", "son", "daughter", "uncle", "aunt")


_INSTRUMENTS = (
    "piano/le piano",
    "guitar/la guitare",
    "violin/le violon",
)


_REQUESTS = (
    ("I would like", "je voudrais", "want/vouloir"),
    ("we would like", "nous voudrions", "want/vouloir"),
    ("can I have", "est-ce que je peux avoir", "have/avoir"),
    ("could we have", "est-ce que nous pourrions avoir", "have/avoir"),
    ("could you bring me", "pourriez-vous m'apporter", "bring/apporter"),
    ("could you bring us", "pourriez-vous nous apporter", "bring/apporter"),
)


def _ordering(dice: Random) -> Sentence:
    """I would like a glass of water, please."""
    start = dice.choice(_REQUESTS)
    choice = dice.random()
    if choice < 0.4:
        english, french, contents = _amount(dice)
    else:
        kinds = ("fruit", "dish", "food", "drink", "dishes")
        noun = some_noun(dice, *kinds)
        number = dice.randint(2, 6)
        if noun.countable and choice < 0.7:
            english, french = (
                f"{english_number(number)} {noun.in_english(True)}",
                f"{french_number(number)} {noun.in_french(True)}",
            )
            contents = number_contents(number) | {noun.name}
        else:
            phrase = noun_phrase(noun, "a" if noun.countable else "some")
            english, french, contents = phrase.english, phrase.french, phrase.contents
    words = Words(english=f"{start[0]} {english}", french=f"{start[1]} {french}", contents=contents | {start[2]})
    if dice.random() < 0.75:
        words = pleased(words, None)
    return finish(words, "." if start[2] == "want/vouloir" else "?")


def _amount(dice: Random) -> tuple[str, str, frozenset[str]]:
    english, french, kinds = dice.choice(_AMOUNTS)
    noun = some_noun(dice, *kinds.split())
    phrase = noun_phrase(noun, "none", plural=noun.countable)
    return f"{english} {phrase.english}", phrase.after(french), phrase.contents | {french}


def _amounts(dice: Random) -> Sentence:
    """She drinks a lot of coffee; we bought a kilo of apples."""
    someone = who(dice)
    english, french, contents = _amount(dice)
    tense: TenseName = dice.choice(("past", "will", "want", "must", "would like"))
    action = Action(verb=verb("buy", "acheter"), english=english, french=french, contents=contents)
    return told(tell(someone.subject, tense, action), someone)


def _with_or_without(dice: Random) -> Sentence:
    """Chicken with rice; a coffee without sugar."""
    someone = who(dice)
    main = noun_phrase(some_noun(dice, "meat", "fish", "salad", "soup", "tea", "coffee", "rice"), "bare")
    side = noun_phrase(some_noun(dice, "rice", "cheese", "sugar", "milk", "salt", "oil", "bread"), "bare")
    while side.contents == main.contents:
        side = noun_phrase(some_noun(dice, "cheese", "salt", "sugar"), "bare")
    joined = ("with", f"avec {side.french}") if dice.random() < 0.5 else ("without", f"sans {side.core}")
    pair, tense = dice.choice(
        (("want/vouloir", "present"), ("buy/acheter", "past"), ("prepare/préparer", "progressive"))
    )
    action = Action(
        verb=verb(*pair.split("/")),
        english=f"{main.english} {joined[0]} {side.english}",
        french=f"{main.french} {joined[1]}",
        contents=main.contents | side.contents,
    )
    chosen: TenseName = "present" if tense == "present" else "past" if tense == "past" else "progressive"
    return told(tell(someone.subject, chosen, action), someone)


def _shopping(dice: Random) -> Sentence:
    """Do you have this shirt in blue?"""
    noun = some_noun(dice, "clothing", "pairwear", "small", "vehicle", "device")
    plural = noun.kind == "pairwear"
    this = noun_phrase(noun, "this", plural=plural)
    colour = dice.choice(adjectives("colour"))
    phrase = noun_phrase(noun, "a", plural=plural, adjective=dice.choice(adjectives("colour", "thing")))
    less = ("a less expensive", "moins") if dice.random() < 0.5 else ("a more expensive", "plus")
    cheap = noun_phrase(noun, "a", plural=plural)
    dear = (
        "chers" if plural and noun.gender == "m" else "chères" if plural else "cher" if noun.gender == "m" else "chère"
    )
    lower = f"{less[0].removeprefix('a ') if plural else less[0]} {noun.in_english(plural)}"
    english, french, contents, end = dice.choice(
        (
            (f"do you have {this.english} in {colour.english}", f"avez-vous {this.french} en {colour.french}",
            this.contents | {colour.name}, "?"),
            (f"I am looking for {phrase.english}", f"je cherche {phrase.french}", phrase.contents, "."),
            (f"I will take {_the(phrase.english, plural)}", f"je prendrai {_les(phrase.french)}", phrase.contents, "."),
            (f"do you sell {lower}", f"vendez-vous {cheap.french} {less[1]} {dear}", cheap.contents | {less[1]}, "?"),
        )
    )  # fmt: skip
    address = dice.choice(ADDRESSES[:2]) if end == "?" else None
    return finish(Words(english=english, french=french, contents=contents), "?" if end == "?" else ".", address)


def _the(english: str, plural: bool) -> str:
    return "the " + (english if plural else english.split(" ", 1)[1])


def _les(french: str) -> str:
    article, rest = french.split(" ", 1)
    return {"un": "le", "une": "la"}.get(article, "les") + " " + rest


def _playing(dice: Random) -> Sentence:
    """Jouer au tennis, jouer du piano."""
    someone = who(dice)
    if dice.random() < 0.5:
        english, french = dice.choice(_SPORTS).split("/")
        plural = english in ("chess", "cards")
        tail = f"{'aux' if plural else 'au'} {french}"
        shown = english
    else:
        english, french = dice.choice(_INSTRUMENTS).split("/")
        article, name = french.split(" ")
        tail, shown = f"{'du' if article == 'le' else 'de la'} {name}", f"the {english}"
    action = Action(verb=verb("play", "jouer"), english=shown, french=tail, contents=frozenset({english}))
    tense: TenseName = dice.choice(("present", "progressive", "past", "want", "know how", "would like", "can"))
    if tense != "know how" and dice.random() < 0.6:
        action = action.then(where(dice) if tense != "present" else when(dice, "present"))
    negation: Negation | None = (
        "not" if tense in ("present", "progressive", "past", "know how") and dice.random() < 0.25 else None
    )
    return told(tell(someone.subject, tense, action, negation=negation), someone)


def _family(dice: Random) -> Sentence:
    """This is my brother; I have two sisters; my uncle's name is Paul."""
    relatives = [each for each in nouns("relative") if each.english in _SEVERAL]
    noun, number = dice.choice(relatives), dice.randint(2, 6)
    someone = who(dice, pronoun=True)
    english, french = (
        f"{english_number(number)} {noun.in_english(True)}",
        f"{french_number(number)} {noun.in_french(True)}",
    )
    contents = number_contents(number) | {noun.name}
    if dice.random() < 0.4:
        name = dice.choice(("Paul", "Thomas") if noun.gender == "m" else ("Marie", "Julie"))
        holder = noun_phrase(noun, dice.choice(("my", "his", "her", "our", "your", "their")))
        return finish(
            Words(
                english=f"{holder.english}'s name is {name}",
                french=f"{holder.french} se appelle {name}",
                contents=holder.contents | {"name"},
            )
        )
    action = Action(verb=verb("have", "avoir"), english=english, french=french, contents=contents)
    return told(tell(someone.subject, "present", action), someone)


TABLE = (
    (_ordering, 180),
    (_amounts, 160),
    (_with_or_without, 140),
    (_shopping, 150),
    (_playing, 170),
    (_family, 190),
)
"""Patterns, and how many sentences are drawn of each."""
