"""On the way; cities, countries and their languages."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, Negation, TenseName, tell
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.numbers import english_number, french_number, number_contents
from seqloom.data.phrasebook.patterns.asking import asked
from seqloom.data.phrasebook.patterns.choices import perhaps, some_noun, when, where, who, whom
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words

__all__ = ["CITIES", "COUNTRIES", "TRAVELLING", "country"]

COUNTRIES = (
    "France/la France", "Italy/la Italie", "Spain/la Espagne", "Germany/la Allemagne", "England/la Angleterre",
    "China/la Chine", "Japan/le Japon", "Canada/le Canada", "Portugal/le Portugal",
    "the United States/les États-Unis",
)  # fmt: skip


CITIES = (
    "Paris/Paris", "London/Londres", "Lyon/Lyon", "Rome/Rome", "Berlin/Berlin", "Madrid/Madrid", "Beijing/Pékin",
    "Geneva/Genève",
)  # fmt: skip


_LANGUAGES = (
    "French/français", "English/anglais", "Spanish/espagnol", "German/allemand", "Italian/italien", "Chinese/chinois",
)  # fmt: skip


def country(entry: str, preposition: str) -> str:
    """en France, au Japon, aux États-Unis; de France, du Japon, des États-Unis."""
    article, name = entry.split("/")[1].split(" ", 1)
    if preposition == "in":
        return f"{ {'la': 'en', 'le': 'au', 'les': 'aux'}[article] } {name}"
    return f"{ {'la': 'de', 'le': 'du', 'les': 'des'}[article] } {name}"


def _going(dice: Random) -> Sentence:
    """I am going to the station; she is coming back from the market."""
    someone = who(dice, gendered=True)
    place = noun_phrase(some_noun(dice, "at"), "the")
    if dice.random() < 0.6:
        pair, link, preposition = dice.choice(("go/aller", "go/aller", "come/venir")), "to", "à"
    else:
        pair, link, preposition = "come back/revenir", "from", "de"
    action = Action(
        verb=verb(*pair.split("/")),
        english=f"{link} {place.english}",
        french=place.after(preposition),
        contents=place.contents,
    )
    tense: TenseName = dice.choice(("progressive", "past", "past", "will", "want", "must", "would like"))
    action = perhaps(dice, action, when(dice, tense), 0.4)
    negation: Negation | None = "not" if dice.random() < 0.15 and tense != "must" else None
    return told(tell(someone.subject, tense, action, negation=negation), someone)


def _going_asked(dice: Random) -> Sentence:
    someone = whom(dice)
    place = noun_phrase(some_noun(dice, "at"), "the")
    action = Action(
        verb=verb("go", "aller"), english=f"to {place.english}", french=place.after("à"), contents=place.contents
    )
    tense: TenseName = dice.choice(("progressive", "will", "want", "must", "can"))
    return asked(someone, tense, perhaps(dice, action, when(dice, tense), 0.4))


def _living(dice: Random) -> Sentence:
    """I live in France; he works in Paris; we have been living here for three years."""
    someone = who(dice)
    entry = dice.choice((*COUNTRIES, *CITIES))
    name, french = entry.split("/")
    at = f"in {name}", country(entry, "in") if entry in COUNTRIES else f"à {french}"
    pair = dice.choice(("live/habiter", "live/habiter", "work/travailler"))
    place = Words(english=at[0], french=at[1], contents=frozenset({name}))
    action = Action(verb=verb(*pair.split("/"))).then(place)
    tense: TenseName = dice.choice(("present", "used to", "would like", "want"))
    negation: Negation | None = "not" if tense in ("present", "want") and dice.random() < 0.25 else None
    if tense == "present" and not negation and dice.random() < 0.35:
        number = dice.randint(2, 30)
        noun = some_noun(dice, "month", "year", "week")
        since = Words(
            english=f"for {english_number(number)} {noun.in_english(True)}",
            french=f"depuis {french_number(number)} {noun.in_french(True)}",
            contents=number_contents(number),
        )
        have = "has" if someone.subject.person == 2 else "have"
        english = f"{someone.subject.english} {have} been {action.verb.in_english.ing} {at[0]} {since.english}"
        spoken = tell(someone.subject, "present", action.then(since))
        return told(Words(english=english, french=spoken.french, contents=spoken.contents), someone)
    return told(tell(someone.subject, tense, action, negation=negation), someone)


def _origin(dice: Random) -> Sentence:
    """She comes from Italy; they are travelling to Japan."""
    someone = who(dice)
    entry = dice.choice((*COUNTRIES, *CITIES))
    name, french = entry.split("/")
    known = entry in COUNTRIES
    tense: TenseName = dice.choice(("present", "progressive", "want", "will"))
    if tense == "present":
        pair, link, place = "come/venir", "from", country(entry, "from") if known else f"de {french}"
    else:
        pair, link, place = "go/aller", "to", country(entry, "in") if known else f"à {french}"
    action = Action(verb=verb(*pair.split("/")), english=f"{link} {name}", french=place, contents=frozenset({name}))
    negation: Negation | None = "not" if dice.random() < 0.15 else None
    timed = action if tense == "present" else perhaps(dice, action, when(dice, "will"), 0.4)
    return told(tell(someone.subject, tense, timed, negation=negation), someone)


def _language(dice: Random) -> Sentence:
    """I speak French; she is learning Chinese at school."""
    someone = who(dice)
    english, french = dice.choice(_LANGUAGES).split("/")
    action = Action(
        english=english, french=french, verb=verb("speak", "parler"), contents=frozenset({f"{english}/language"})
    )
    tense: TenseName = dice.choice(("present", "can", "would like", "want"))
    if dice.random() < 0.5:
        pair = dice.choice(("learn/apprendre", "understand/comprendre"))
        action = Action(
            english=english,
            french=f"le {french}",
            verb=verb(*pair.split("/")),
            contents=frozenset({f"{english}/language"}),
        )
        tense = "present" if pair.startswith("understand") else dice.choice(("progressive", "want", "must", "going to"))
        if not pair.startswith("understand"):
            action = perhaps(dice, action, where(dice), 0.3)
    negation: Negation | None = "not" if tense in ("present", "progressive", "want") and dice.random() < 0.25 else None
    return told(tell(someone.subject, tense, action, negation=negation), someone)


TRAVELLING = (
    (_going, 230),
    (_going_asked, 150),
    (_living, 190),
    (_origin, 180),
    (_language, 160),
)
"""Patterns, and how many sentences are drawn of each."""
