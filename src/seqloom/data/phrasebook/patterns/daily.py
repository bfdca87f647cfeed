"""The day: getting up, going out, the weather."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, TenseName, ask, command, subject_of, tell
from seqloom.data.phrasebook.lexicon.verbs import verbs
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.numbers import clock, clock_contents
from seqloom.data.phrasebook.patterns.asking import asked, not_first, pleased
from seqloom.data.phrasebook.patterns.choices import ADDRESSES, perhaps, some_noun, told_in, when, where, who
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.patterns.travelling import CITIES, COUNTRIES, country
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["DAILY"]

_TENSES: tuple[TenseName, ...] = (
    "present",
    "progressive",
    "past",
    "past",
    "going to",
    "going to",
    "want",
    "must",
    "would like",
)
_MANNERS = ("early/tôt", "late/tard")
_OUTSIDE = ("rest", "go for a walk")
_PLEASANT = ("park", "garden", "street", "church", "market", "museum")
_WEATHER = (  # the verb to be or another one, in three tenses of each language
    ("it is {} cold", "il fait {} froid", "it was {} cold", "il faisait {} froid", "it will be {} cold",
    "il fera {} froid"),
    ("it is {} hot", "il fait {} chaud", "it was {} hot", "il faisait {} chaud", "it will be {} hot",
    "il fera {} chaud"),
    ("the weather is {} nice", "il fait {} beau", "the weather was {} nice", "il faisait {} beau",
     "the weather will be {} nice", "il fera {} beau"),
    ("the weather is {} bad", "il fait {} mauvais", "the weather was {} bad", "il faisait {} mauvais",
     "the weather will be {} bad", "il fera {} mauvais"),
    ("it is {} raining", "il pleut {}", "it was {} raining", "il pleuvait {}", "it will rain {}", "il pleuvra {}"),
    ("it is {} snowing", "il neige {}", "it was {} snowing", "il neigeait {}", "it will snow {}", "il neigera {}"),
    ("it is {} windy", "il y a du vent {}", "it was {} windy", "il y avait du vent {}", "it will be {} windy",
    "il y aura du vent {}"),
    ("it is {} sunny", "il y a du soleil {}", "it was {} sunny", "il y avait du soleil {}", "it will be {} sunny",
    "il y aura du soleil {}"),
)  # fmt: skip


def _daily(dice: Random) -> Sentence:
    """She got up early: elle s'est levée tôt."""
    tense: TenseName = dice.choice(_TENSES)
    someone = who(dice, gendered=tense == "past")
    action = Action(verb=dice.choice(verbs("daily")))
    choice = dice.random()
    if action.verb.english in _OUTSIDE:
        words = where(dice, *_PLEASANT) if choice < 0.75 else when(dice, tense)
    elif choice < 0.5:
        hour, minute = dice.randint(1, 10), dice.choice((0, 0, 15, 30, 10, 45))
        english, french = clock(hour, minute)
        words = Words(english=f"at {english}", french=f"à {french}", contents=clock_contents(hour, minute))
    elif choice < 0.75 and action.verb.english != "hurry":
        english, french = dice.choice(_MANNERS).split("/")
        words = Words(english=english, french=french)
    else:
        words = when(dice, tense)
    negation: Negation | None = "not" if tense != "must" and dice.random() < 0.2 else None
    return told(tell(someone.subject, tense, action.then(words), negation=negation), someone)


def _daily_asked(dice: Random) -> Sentence:
    someone = not_first(dice)
    tense: TenseName = dice.choice(("present", "past", "going to", "want"))
    if someone.subject.gender is None:
        tense = "present" if tense == "past" else tense
    action = Action(verb=dice.choice(verbs("daily")))
    if dice.random() < 0.6:
        return asked(
            someone,
            tense,
            action.then(where(dice, *_PLEASANT) if action.verb.english in _OUTSIDE else when(dice, tense)),
        )
    question = dice.choice(
        (("at what time", "à quelle heure"), ("why", "pourquoi"), ("when", "quand"), ("where", "où"))
    )
    words = ask(someone.subject, tense, action, inverted=True, question=Words(english=question[0], french=question[1]))
    return finish(words, "?", someone.address)


def _daily_order(dice: Random) -> Sentence:
    address = dice.choice(ADDRESSES) if dice.random() < 0.7 else None
    action = Action(verb=dice.choice(verbs("daily")))
    manner = dice.choice(("", "now/maintenant", "tomorrow/demain", "this evening/ce soir"))
    if manner:
        english, french = manner.split("/")
        action = action.then(Words(english=english, french=french))
    person = subject_of(address).person if address else 3 if dice.random() < 0.4 else 4
    negation = person != 3 and dice.random() < 0.3
    words = command(action, 1 if person == 1 else 3 if person == 3 else 4, negation=negation)
    polite = person != 3 and dice.random() < 0.3
    return finish(pleased(words, address) if polite else words, address=address)


def _moving(dice: Random) -> Sentence:
    """Verbs of motion, whose participle agrees with who moves."""
    tense: TenseName = dice.choice(("past", "past", "perfect", "will", "will", "will", "going to", "can", "must"))
    someone = who(dice, gendered=tense in ("past", "perfect"))
    action = Action(verb=dice.choice(told_in(tense, verbs("leaving"))))
    if action.verb.english == "stay":
        action = action.then(where(dice))
    adverb = ("already", "déjà") if tense == "perfect" else None
    negation: Negation | None = "not" if not adverb and tense in ("past", "will") and dice.random() < 0.3 else None
    if tense in ("past", "will", "going to", "must"):
        action = perhaps(dice, action, when(dice, tense), 0.8)
    if dice.random() < 0.25 and tense == "past":
        company = some_noun(dice, "relative")
        phrase = noun_phrase(company, dice.choice(("my", "his")))
        action = action.then(
            Words(english=f"with {phrase.english}", french=f"avec {phrase.french}", contents=phrase.contents)
        )
    return told(tell(someone.subject, tense, action, negation=negation, adverb=adverb), someone)


def _moving_asked(dice: Random) -> Sentence:
    someone = not_first(dice)
    tense: TenseName = "past" if someone.subject.gender and dice.random() < 0.6 else "will"
    action = Action(verb=dice.choice(told_in(tense, verbs("leaving")[:-1])))
    if dice.random() < 0.5:
        return asked(someone, tense, action.then(when(dice, tense)))
    question = dice.choice((("when", "quand"), ("why", "pourquoi"), ("with whom", "avec qui"), ("how", "comment")))
    words = ask(someone.subject, tense, action, inverted=True, question=Words(english=question[0], french=question[1]))
    return finish(words, "?", someone.address)


def _weather(dice: Random) -> Sentence:
    """It is cold in Paris; it was raining yesterday."""
    row = dice.choice(_WEATHER)
    index = dice.choice((0, 0, 1, 2))
    english, french = row[2 * index], row[2 * index + 1]
    much = (
        dice.choice((("", ""), ("very", "très"), ("too", "trop")))
        if row[0].endswith(("cold", "hot", "nice", "bad"))
        else ("", "")
    )
    entry = dice.choice((*COUNTRIES, *CITIES))
    name, translated = entry.split("/")
    place = dice.choice((f" in {name}/ {country(entry, 'in') if entry in COUNTRIES else f'à {translated}'}", "/"))
    tense: TenseName = "progressive" if index == 0 else "past" if index == 1 else "will"
    time = when(dice, tense) if dice.random() < 0.6 and index else Words(english="today", french="aujourd'hui")
    time = time if index or dice.random() < 0.4 else Words(english="", french="")
    words = Words(
        english=" ".join(f"{english.format(much[0])}{place.split('/')[0]} {time.english}".split()),
        french=" ".join(f"{french.format(much[1])}{place.split('/')[1]} {time.french}".split()),
        contents=frozenset({row[0]} | ({name} if place != "/" else set())),
    )
    return finish(words)


DAILY = (
    (_daily, 320),
    (_daily_asked, 180),
    (_daily_order, 140),
    (_moving, 280),
    (_moving_asked, 140),
    (_weather, 190),
)
"""Patterns, and how many sentences are drawn of each."""
