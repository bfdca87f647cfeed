"""Clock times, days and dates."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Action, TenseName, tell
from seqloom.data.phrasebook.lexicon.adjectives import adjectives
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.numbers import (
    DAYS,
    MONTHS,
    clock,
    clock_contents,
    day_of_month,
)
from seqloom.data.phrasebook.patterns.choices import some_noun, who
from seqloom.data.phrasebook.patterns.telling import told
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["DATES"]


def _time(dice: Random) -> tuple[Words, int]:
    """A time, and its hour."""
    hour = dice.randint(0, 12)
    # Twenty to twelve is told of midi or of minuit, and English does not say which.
    latest = {0: 0, 11: 30, 12: 0}.get(hour, 55)
    minute = dice.randrange(0, latest + 1, 5)
    english, french = clock(hour, minute)
    return Words(english=english, french=french, contents=clock_contents(hour, minute)), hour


def _part_of_day(dice: Random, time: Words, hour: int) -> Words:
    if not 1 <= hour < 12 or dice.random() < 0.6:
        return time
    parts = [("in the morning", "du matin")]
    parts += [("in the afternoon", "de l'après-midi")] if hour < 6 else []
    parts += [("in the evening", "du soir")] if hour > 5 else []
    english, french = dice.choice(parts)
    return Words(english=f"{time.english} {english}", french=f"{time.french} {french}", contents=time.contents)


def _clock(dice: Random) -> Sentence:
    """It is a quarter to four."""
    time = _part_of_day(dice, *_time(dice))
    past = dice.random() < 0.3
    start = ("it was", "il était") if past else ("it is", "il est")
    return finish(
        Words(english=f"{start[0]} {time.english}", french=f"{start[1]} {time.french}", contents=time.contents)
    )


def _happens_at(dice: Random) -> Sentence:
    """The train leaves at twenty to nine."""
    time, hour = _time(dice)
    time = _part_of_day(dice, time, hour)
    noun = some_noun(
        dice,
        "train",
        "plane",
        "bus",
        "film",
        "lesson",
        "exam",
        "shop",
        "bank",
        "museum",
        "library",
        "market",
    )
    if noun.kind in ("transport", "vehicle"):
        pair = dice.choice(("leave/partir", "arrive/arriver"))
    elif noun.english in ("film", "lesson", "exam"):
        pair = dice.choice(("start/commencer", "end/finir"))
    else:
        pair = dice.choice(("open/ouvrir", "close/fermer"))
    phrase = noun_phrase(noun, dice.choice(("the", "the", "this")))
    chosen = verb(*pair.split("/"))
    tense = dice.choice(("present", "future"))
    english = chosen.in_english.third if tense == "present" else f"will {chosen.english}"
    french = chosen.in_french.form("present" if tense == "present" else "future", 2)
    return finish(
        Words(
            english=f"{phrase.english} {english} at {time.english}",
            french=f"{phrase.french} {french} à {time.french}",
            contents=phrase.contents | time.contents | {chosen.name},
        )
    )


def _done_at(dice: Random) -> Sentence:
    """We will eat at half past eight."""
    someone, (time, _) = who(dice, gendered=True), _time(dice)
    pair = dice.choice(
        (
            "eat/manger",
            "start/commencer",
            "finish/finir",
            "leave/partir",
            "arrive/arriver",
            "go out/sortir",
        )
    )
    tense: TenseName = dice.choice(("past", "going to", "must", "want"))
    at = Words(english=f"at {time.english}", french=f"à {time.french}", contents=time.contents)
    return told(tell(someone.subject, tense, Action(verb=verb(*pair.split("/"))).then(at)), someone)


def _today(dice: Random) -> Sentence:
    """Today is Monday the third of May."""
    (day, jour), (month, mois), number = dice.choice(DAYS), dice.choice(MONTHS), dice.randint(1, 31)
    english, french = day_of_month(number)
    contents = frozenset({day, month, f"day {number}"})
    start = dice.choice((("today is", "aujourd'hui, ce est"), ("tomorrow is", "demain, ce est")))
    words = Words(
        english=f"{start[0]} {day}, {english} of {month}",
        french=f"{start[1]} le {jour} {french.removeprefix('le ')} {mois}",
        contents=contents,
    )
    return finish(words)


def _on_a_date(dice: Random) -> Sentence:
    """The exam is on the first of June."""
    (month, mois), number = dice.choice(MONTHS), dice.randint(1, 31)
    english, french = day_of_month(number)
    contents = frozenset({month, f"day {number}"})
    if dice.random() < 0.5:
        phrase = noun_phrase(some_noun(dice, "exam", "lesson"), dice.choice(("the", "my", "our", "his", "her", "your")))
        start = phrase.english, phrase.french
        contents |= phrase.contents
    else:
        start = dice.choice(
            (("my birthday", "mon anniversaire"), ("his birthday", "son anniversaire"), ("your birthday",
            "votre anniversaire"),
             ("the party", "la fête"), ("our meeting", "notre rendez-vous"))
        )  # fmt: skip
        contents |= {start[0].split()[1]}
    return finish(
        Words(
            english=f"{start[0]} is on {english} of {month}",
            french=f"{start[1]} est {french} {mois}",
            contents=contents,
        )
    )


def _closed_on(dice: Random) -> Sentence:
    """The museum is closed on Sundays; from Monday to Friday."""
    phrase = noun_phrase(some_noun(dice, "at", "at", "shop", "school", "church"), "the")
    (day, jour), (last, dernier) = dice.choice(DAYS), dice.choice(DAYS)
    hours = dice.choice(adjectives("hours")[:2])
    time = f"on {day}s", f"le {jour}"
    contents = phrase.contents | {hours.name, day}
    if dice.random() < 0.4 and day != last:
        time, contents = (f"from {day} to {last}", f"du {jour} au {dernier}"), contents | {last}
    return finish(
        Words(
            english=f"{phrase.english} is {hours.english} {time[0]}",
            french=f"{phrase.french} est {hours.agreed(phrase.gender, False)} {time[1]}",
            contents=contents,
        )
    )


DATES = (
    (_clock, 150),
    (_happens_at, 180),
    (_done_at, 180),
    (_today, 200),
    (_on_a_date, 210),
    (_closed_on, 150),
)
"""Patterns, and how many sentences are drawn of each."""
