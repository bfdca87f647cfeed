"""What people are like, how they feel, where they hurt, what they do for a living, where they come from."""

from __future__ import annotations

from random import Random

from seqloom.data.phrasebook.clauses import Subject
from seqloom.data.phrasebook.english import BE, comparative, english_plural, with_article
from seqloom.data.phrasebook.french.agreement import agreed
from seqloom.data.phrasebook.french.verbs import french_verb
from seqloom.data.phrasebook.lexicon.adjectives import adjectives
from seqloom.data.phrasebook.nominals import noun_phrase
from seqloom.data.phrasebook.patterns.choices import (
    HE,
    POLITE,
    SHE,
    owner,
    some_noun,
    who,
    whom,
)
from seqloom.data.phrasebook.patterns.describing import DEGREES, being, described
from seqloom.data.phrasebook.sentence import Sentence, Words, finish

__all__ = ["PEOPLE"]

_PROFESSIONS = tuple(
    entry.split("/")
    for entry in (
        "actor/acteur/actrice", "lawyer/avocat/avocate", "nurse/infirmier/infirmière", "singer/chanteur/chanteuse",
        "student/étudiant/étudiante", "waiter/serveur/serveuse",
    )
)  # fmt: skip


_NATIONS = tuple(
    entry.split("/")
    for entry in (
        "French/français", "English/anglais", "German/allemand", "Italian/italien",
        "Chinese/chinois", "American/américain",
    )
)  # fmt: skip


_FEELINGS = (
    "hungry/faim",
    "thirsty/soif",
    "cold/froid",
    "hot/chaud",
    "afraid/peur",
    "sleepy/sommeil",
    "right/raison",
    "wrong/tort",
)


def _somebody_is(dice: Random) -> Sentence:
    """She is tired."""
    someone = who(dice, gendered=dice.random() < 0.85)
    subject = someone.subject
    kinds = ("person", "epicene") if subject.gender else ("epicene",)
    adjective = dice.choice(adjectives(*kinds))
    be = being(subject, past=dice.random() < 0.25)
    degree = dice.choice(DEGREES) if dice.random() < 0.35 else None
    negation = degree is None and dice.random() < 0.25
    return described(
        subject.english, subject.french, subject, be, adjective, degree, negation, subject.contents, someone
    )


def _is_somebody(dice: Random) -> Sentence:
    """Are you tired, sir?"""
    someone = whom(dice)
    subject = someone.subject
    adjective = dice.choice(adjectives("person", "epicene") if subject.gender else adjectives("epicene"))
    english, french = being(subject)
    told = adjective.agreed(subject.gender or "m", subject.plural)
    inverted = someone.address in POLITE
    return finish(
        Words(
            english=f"{english} {subject.english} {adjective.english}",
            french=f"{french}-{subject.french} {told}" if inverted else f"est-ce que {subject.french} {french} {told}",
            contents=subject.contents | {adjective.name},
        ),
        "?",
        someone.address,
    )


_CHARACTER = tuple(
    each for each in adjectives("character", "epicene") if each.english not in ("ill", "calm", "famous", "active")
)


def _people_compared(dice: Random) -> Sentence:
    """He is taller than his brother."""
    subject = dice.choice((HE, SHE))
    other = noun_phrase(some_noun(dice, "relative"), owner(subject))
    adjective = dice.choice((*_CHARACTER, *adjectives("person")[:1]))
    told = adjective.agreed(subject.gender or "m", False)
    english, french = dice.choice(
        (
            (f"{comparative(adjective.english)} than", f"plus {told}"),
            (f"as {adjective.english} as", f"aussi {told}"),
            (f"less {adjective.english} than", f"moins {told}"),
        )
    )
    return finish(
        Words(
            english=f"{subject.english} is {english} {other.english}",
            french=f"{subject.french} est {french} que {other.french}",
            contents=other.contents | {adjective.name},
        )
    )


def _feeling(dice: Random) -> Sentence:
    """I am hungry: j'ai faim."""
    someone = who(dice)
    subject = someone.subject
    english, french = dice.choice(_FEELINGS).split("/")
    tense, lead = dice.choice(
        (
            ("present", BE[subject.person]),
            ("imperfect", being(subject, past=True)[0]),
            ("future", "will be"),
            ("past not", ""),
        )
    )
    if tense == "past not":
        have = f"ne {french_verb('avoir').form('present', subject.person)} pas"
        words = f"{BE[subject.person]} not {english}"
    else:
        have = french_verb("avoir").form(
            "present" if tense == "present" else "imperfect" if tense == "imperfect" else "future", subject.person
        )
        words = f"{lead} {english}"
    return finish(
        Words(
            english=f"{subject.english} {words}",
            french=f"{subject.french} {have} {french}",
            contents=subject.contents | {english},
        ),
        address=someone.address,
    )


def _afraid_of(dice: Random) -> Sentence:
    someone = who(dice)
    subject = someone.subject
    noun = some_noun(dice, "pet", "wild")
    general = dice.random() < 0.4
    phrase = noun_phrase(noun, "generic" if general else dice.choice(("the", "this")), plural=general)
    have = french_verb("avoir").form("present", subject.person)
    negation = dice.random() < 0.3
    french = f"ne {have} pas" if negation else have
    # `des` is `de` and `les` here, and not a partitive.
    after = phrase.after("peur de")
    return finish(
        Words(
            english=f"{subject.english} {BE[subject.person]}{' not' if negation else ''} afraid of {phrase.english}",
            french=f"{subject.french} {french} {after}",
            contents=subject.contents | phrase.contents | {"afraid"},
        ),
        address=someone.address,
    )


def _hurts(dice: Random) -> Sentence:
    """My head hurts: j'ai mal à la tête."""
    noun = some_noun(dice, "body")
    plural = noun.english in ("tooth", "eye") or (
        noun.english in ("arm", "leg", "foot", "hand") and dice.random() < 0.4
    )
    someone = who(dice)
    subject = someone.subject
    phrase = noun_phrase(noun, "the", plural=plural)
    whose = (
        f"{subject.english}'s"
        if not subject.is_pronoun
        else {"your familiar": "your"}.get(owner(subject), owner(subject))
    )
    if whose.endswith("s's"):
        whose = whose[:-1]
    have = french_verb("avoir").form("present", subject.person)
    if dice.random() < 0.25 and subject.is_pronoun and subject.person != 0:
        inverted = someone.address in POLITE
        start = f"{have}-{subject.pronoun}" if inverted else f"est-ce que {subject.french} {have}"
        words = Words(
            english=f"{'do' if plural else 'does'} {whose} {noun.in_english(plural)} hurt",
            french=f"{start} {phrase.after('mal à')}",
            contents=subject.contents | phrase.contents,
        )
        return finish(words, "?", someone.address)
    english = f"{whose} {noun.in_english(plural)} hurt{'' if plural else 's'}"
    words = Words(
        english=english,
        french=f"{subject.french} {have} {phrase.after('mal à')}",
        contents=subject.contents | phrase.contents,
    )
    return finish(words, address=someone.address)


def _profession(dice: Random) -> Sentence:
    """She is a nurse, she wants to become an engineer: no article in French."""
    someone = who(dice, gendered=True)
    subject = someone.subject
    english, masculine, feminine = dice.choice(_PROFESSIONS)
    told = _named(masculine, feminine, subject)
    shown = english_plural(english) if subject.plural else with_article(english)
    be = being(subject)
    start, french = f"{subject.english} {be[0]}", f"{subject.french} {be[1]}"
    if dice.random() < 0.4:
        third = subject.person == 2
        start = f"{subject.english} {'wants' if third else 'want'} to become"
        french = f"{subject.french} {french_verb('vouloir').form('present', subject.person)} devenir"
    elif dice.random() < 0.3:
        start, french = f"{subject.english} {be[0]} not", f"{subject.french} ne {be[1]} pas"
    words = Words(
        english=f"{start} {shown}", french=f"{french} {told}", contents=subject.contents | {f"{english}/{masculine}"}
    )
    return finish(words, address=someone.address)


def _named(masculine: str, feminine: str, subject: Subject) -> str:
    form = feminine if subject.gender == "f" else masculine
    return form + "s" if subject.plural else form


def _nation(dice: Random) -> Sentence:
    """She is Italian: elle est italienne."""
    someone = who(dice, gendered=True)
    subject = someone.subject
    english, french = dice.choice(_NATIONS)
    told = agreed(french, subject.gender or "m", subject.plural)
    be = being(subject, past=dice.random() < 0.2)
    negation = dice.random() < 0.3
    words = Words(
        english=f"{subject.english} {be[0]}{' not' if negation else ''} {english}",
        french=f"{subject.french} {f'ne {be[1]} pas' if negation else be[1]} {told}",
        contents=subject.contents | {f"{english}/nation"},
    )
    return finish(words, address=someone.address)


PEOPLE = (
    (_somebody_is, 320),
    (_is_somebody, 160),
    (_people_compared, 140),
    (_feeling, 160),
    (_afraid_of, 150),
    (_hurts, 160),
    (_profession, 180),
    (_nation, 170),
)
"""Patterns, and how many sentences are drawn of each."""
