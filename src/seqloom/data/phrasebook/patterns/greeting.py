"""Hello, goodbye, thank you: to whom, where, when and what for."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.lexicon.nouns import nouns
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.numbers import DAYS, clock, clock_contents, english_number, french_number, number_contents
from seqloom.data.phrasebook.patterns.choices import some_noun
from seqloom.data.phrasebook.patterns.travelling import CITIES, COUNTRIES, country
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["GREETING"]

_GREETINGS = (
    "hello/bonjour", "good morning/bonjour", "good evening/bonsoir", "hi/salut", "goodbye/au revoir",
    "good night/bonne nuit",
    "thank you/merci", "excuse me/excusez-moi", "welcome/bienvenue", "happy birthday/joyeux anniversaire",
    "congratulations/félicitations", "good luck/bonne chance", "enjoy your meal/bon appétit",
    "merry Christmas/joyeux Noël",
    "happy New Year/bonne année", "have a good trip/bon voyage", "have a nice day/bonne journée",
    "have a nice evening/bonne soirée", "cheers/santé", "see you soon/à bientôt", "see you tomorrow/à demain",
    "see you later/à plus tard", "see you this evening/à ce soir", "see you next week/à la semaine prochaine",
)  # fmt: skip
_TO = (
    "sir/monsieur", "madam/madame", "my friend/mon ami", "my friends/mes amis", "Paul/Paul", "Marie/Marie",
    "Julie/Julie",
    "Thomas/Thomas", "doctor/docteur", "Mum/maman", "Dad/papa", "everybody/tout le monde",
)  # fmt: skip


def _greeting(dice: Random) -> Sentence:
    """Good evening, madam."""
    english, french = dice.choice(_GREETINGS).split("/")
    to, addressed = dice.choice(_TO).split("/")
    familiar = addressed not in ("monsieur", "madame", "docteur", "mes amis", "tout le monde")
    if english == "excuse me" and familiar:
        french = "excuse-moi"
    return finish(Words(english=f"{english}, {to}", french=f"{french}, {addressed}"), dice.choice((".", "!")))


def _welcome(dice: Random) -> Sentence:
    """Welcome to Italy! Hello Paris!"""
    entry = dice.choice((*COUNTRIES, *CITIES))
    name, french = entry.split("/")
    place = country(entry, "in") if entry in COUNTRIES else f"à {french}"
    if entry in CITIES and dice.random() < 0.4:
        english, told = dice.choice((("hello", "bonjour"), ("goodbye", "au revoir"), ("good evening", "bonsoir")))
        return finish(Words(english=f"{english} {name}", french=f"{told} {french}"), "!")
    return finish(Words(english=f"welcome to {name}", french=f"bienvenue {place}"), dice.choice((".", "!")))


def _thanks(dice: Random) -> Sentence:
    """Thank you for the flowers."""
    noun = some_noun(dice, "small", "printed", "letter", "plant", "picture", "fruit", "dish", "clothing", "pairwear")
    plural = noun.kind == "pairwear" or dice.random() < 0.4
    phrase = noun_phrase(noun, dice.choice(("the", "this", "your")), plural=plural)
    start = dice.choice((("thank you for", "merci pour"), ("thank you very much for", "merci beaucoup pour")))
    words = Words(
        english=f"{start[0]} {phrase.english}",
        french=f"{start[1]} {phrase.french}",
        contents=phrase.contents | {"thanks"},
    )
    return finish(words, dice.choice((".", "!")))


def _see_you(dice: Random) -> Sentence:
    """See you on Monday at three o'clock!"""
    choice = dice.random()
    if choice < 0.5:
        day, jour = dice.choice(DAYS)
        hour = dice.randint(1, 12)
        minute = dice.choice((0, 15, 30)) if hour < 12 else 0
        english, french = clock(hour, minute)
        words = Words(
            english=f"see you on {day} at {english}",
            french=f"à {jour} à {french}",
            contents=clock_contents(hour, minute) | {day},
        )
    else:
        noun, number = dice.choice(nouns("time")), dice.randint(2, 20)
        words = Words(
            english=f"see you in {english_number(number)} {noun.in_english(True)}",
            french=f"à dans {french_number(number)} {noun.in_french(True)}",
            contents=number_contents(number) | {noun.name, "goodbye"},
        )
    return finish(words, "!")


GREETING = (
    (_greeting, 230),
    (_welcome, 60),
    (_thanks, 140),
    (_see_you, 160),
)
"""Patterns, and how many sentences are drawn of each."""
