"""The corpus: sentences drawn from every pattern, and their three shares.

What is held out is a *pair of content words*: nouns, verbs, adjectives, numbers, hours and days that stand in one
sentence. By a checksum each pair belongs to training, validation or test, wherever it is met. A sentence is of

- test, where one of its pairs is of test;
- validation, where one of its pairs is of validation and none is of test;
- training, where all its pairs are of training, or where it has none.

So each test sentence has two content words which no sentence of training or validation has together, in whatever
tense, person, number, negation, question or punctuation; and each validation sentence has two which no training
sentence has. All that they are made of is taught: each of their words, in both languages, is met in training.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations
from random import Random
from typing import Literal
from zlib import crc32

from seqloom.data.phrasebook.english import contracted
from seqloom.data.phrasebook.patterns.asking import ASKING
from seqloom.data.phrasebook.patterns.counting import COUNTING
from seqloom.data.phrasebook.patterns.daily import DAILY
from seqloom.data.phrasebook.patterns.dates import DATES
from seqloom.data.phrasebook.patterns.describing import DESCRIBING
from seqloom.data.phrasebook.patterns.fixed import fixed_phrases
from seqloom.data.phrasebook.patterns.greeting import GREETING
from seqloom.data.phrasebook.patterns.joining import JOINING
from seqloom.data.phrasebook.patterns.people import PEOPLE
from seqloom.data.phrasebook.patterns.places import PLACES
from seqloom.data.phrasebook.patterns.pointing import POINTING
from seqloom.data.phrasebook.patterns.relating import RELATING
from seqloom.data.phrasebook.patterns.table import TABLE
from seqloom.data.phrasebook.patterns.telling import TELLING
from seqloom.data.phrasebook.patterns.travelling import TRAVELLING
from seqloom.data.phrasebook.sentence import Contents, Sentence

__all__ = ["HELD_OUT", "PATTERNS", "Split", "pairs_of", "sentences", "share_of", "words_of"]

Split = Literal["train", "valid", "test"]

PATTERNS: tuple[tuple[Callable[[Random], Sentence], int], ...] = (
    *TELLING,
    *ASKING,
    *POINTING,
    *DESCRIBING,
    *PLACES,
    *COUNTING,
    *DAILY,
    *JOINING,
    *GREETING,
    *PEOPLE,
    *TABLE,
    *DATES,
    *RELATING,
    *TRAVELLING,
)
"""And how many sentences are drawn of each, as far as it has so many."""

HELD_OUT = 1000
"""Sentences of validation, and of test."""
_PER_MILLE = 36
"""Of all pairs of content words, for validation and again for test."""
_TIMES_MET = 12
"""How often training must have met each word, of either language, that a test sentence has."""
_SIZE = 17
"""Sentences drawn for ten that a pattern asks for."""
_TRIES = 3
"""Draws for each sentence wanted, until a pattern counts as exhausted."""
_CONTRACTED = 0.4
"""The share of sentences in which English is contracted, where it can be."""
_SEED = 20240607


def sentences(split: Split) -> tuple[Sentence, ...]:
    """All of one share, always the same ones in the same order."""
    return _corpus()[split]


def pairs_of(contents: Contents) -> list[tuple[str, str]]:
    """All pairs of content words that stand together in a sentence."""
    return list(combinations(sorted(contents), 2))


def share_of(contents: Contents) -> Split:
    """By the pairs alone, so that what was held out is so in every sentence."""
    places = {crc32(f"{one} & {other}".encode()) % 1000 // _PER_MILLE for one, other in _free(contents)}
    return "test" if 0 in places else "valid" if 1 in places else "train"


def words_of(text: str) -> list[str]:
    """Without punctuation and casing."""
    return re.findall(r"\w+", text.lower())


def _in_both(sentence: Sentence) -> list[tuple[str, str]]:
    """Its words, each with its language: `table` is a word of either."""
    spoken = (("en", sentence.english), ("fr", sentence.french))
    return [(language, word) for language, text in spoken for word in words_of(text)]


def _free(contents: Contents) -> list[tuple[str, str]]:
    """The pairs that may be held out: all but those of the phrases that are always taught."""
    return [pair for pair in pairs_of(contents) if pair not in _pinned()]


@cache
def _pinned() -> frozenset[tuple[str, str]]:
    return frozenset(pair for phrase in fixed_phrases() for pair in pairs_of(phrase.contents))


@cache
def _corpus() -> dict[Split, tuple[Sentence, ...]]:
    dice = Random(_SEED)
    shares: dict[Split, list[list[Sentence]]] = {"train": [list(fixed_phrases())], "valid": [], "test": []}
    french: dict[str, str] = {contracted(each.english): each.french for each in fixed_phrases()}
    met = {each.english for each in fixed_phrases()}
    for pattern, wanted in PATTERNS:
        drawn = _drawn(pattern, wanted * _SIZE // 10, dice, french, met)
        for share, groups in shares.items():
            groups.append([each for each in drawn if share_of(each.contents) == share])
    train = [each for group in shares["train"] for each in group]
    dice.shuffle(train)
    taught = Counter(word for each in train for word in _in_both(each))
    return {
        "train": tuple(train),
        "valid": _chosen(shares["valid"], taught, dice),
        "test": _chosen(shares["test"], taught, dice),
    }


def _drawn(
    pattern: Callable[[Random], Sentence], wanted: int, dice: Random, french: dict[str, str], met: set[str]
) -> list[Sentence]:
    """New sentences of one pattern. What two patterns say alike they must translate alike."""
    found: list[Sentence] = []
    for _ in range(wanted * _TRIES):
        sentence = pattern(dice)
        short = contracted(sentence.english)
        english = short if dice.random() < _CONTRACTED else sentence.english
        # Both spellings are one sentence.
        known = french.setdefault(short, sentence.french)
        assert known == sentence.french, f"{english}: {known} / {sentence.french}"
        if english not in met:
            met.add(english)
            found.append(Sentence(english=english, french=sentence.french, contents=sentence.contents))
            if len(found) == wanted:
                break
    return found


def _chosen(groups: Iterable[list[Sentence]], taught: Counter[tuple[str, str]], dice: Random) -> tuple[Sentence, ...]:
    """As many of each pattern as its part of the whole, from those whose every word is taught."""
    known = [[each for each in group if all(taught[word] >= _TIMES_MET for word in _in_both(each))] for group in groups]
    total = sum(map(len, known))
    assert total >= HELD_OUT, f"{total} sentences are too few to choose {HELD_OUT} from"
    for group in known:
        dice.shuffle(group)
    # The largest parts give way where rounding takes too many.
    chosen = [each for group in known for each in group[: -(-len(group) * HELD_OUT // total)]]
    dice.shuffle(chosen)
    return tuple(chosen[:HELD_OUT])
