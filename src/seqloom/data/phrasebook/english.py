"""English words as grammar bends them: plurals, verb forms, comparatives, articles, contractions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = [
    "BE",
    "EnglishVerb",
    "comparative",
    "contracted",
    "english_plural",
    "english_verb",
    "superlative",
    "with_article",
]

_PLURALS = {
    "child": "children",
    "foot": "feet",
    "knife": "knives",
    "man": "men",
    "mouse": "mice",
    "tooth": "teeth",
    "wife": "wives",
    "woman": "women",
}
_IRREGULAR = """
be was been; become became become; break broke broken; bring brought brought; build built built; buy bought bought
choose chose chosen; come came come; cut cut cut; do did done; draw drew drawn; drink drank drunk; drive drove driven
eat ate eaten; fall fell fallen; feel felt felt; find found found; forget forgot forgotten; get got got
give gave given; go went gone; have had had; hear heard heard; keep kept kept; know knew known; learn learnt learnt
leave left left; lend lent lent; lose lost lost; make made made; meet met met; pay paid paid; put put put
read read read; run ran run; say said said; see saw seen; sell sold sold; send sent sent; show showed shown
sing sang sung; sleep slept slept; speak spoke spoken; swim swam swum; take took taken; teach taught taught
tell told told; think thought thought; understand understood understood; wake woke woken; wear wore worn
write wrote written
"""
_DOUBLED = frozenset({"cut", "forget", "get", "put", "run", "swim", "travel"})
"""Verbs whose last letter is written twice before -ing and -ed."""
_AN = re.compile(r"(?!uni|use|eu|one\b)[aeiou]|hour|honest", re.IGNORECASE)
BE = ("am", "are", "is", "are", "are", "are")
"""The forms of the six persons: I, you, he, we, you, they."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnglishVerb:
    """The forms of one verb; what follows its first word (`look for`) follows in each."""

    base: str
    third: str
    past: str
    participle: str
    ing: str


@cache
def english_verb(words: str) -> EnglishVerb:
    base, _, rest = words.partition(" ")
    tail = f" {rest}" if rest else ""
    sibilant = base.endswith(("s", "sh", "ch", "x", "o"))
    consonant_y = base.endswith("y") and base[-2] not in "aeou"
    doubled = base + base[-1] if base in _DOUBLED else base
    regular = base[:-1] + "ied" if consonant_y else base + "d" if base.endswith("e") else doubled + "ed"
    past, participle = _irregular().get(base, (regular, regular))
    third = {"be": "is", "have": "has"}.get(
        base, base[:-1] + "ies" if consonant_y else base + ("es" if sibilant else "s")
    )
    mute_e = base.endswith("e") and not base.endswith(("ee", "be"))
    ing = base[:-1] + "ing" if mute_e else doubled + "ing"
    return EnglishVerb(
        base=base + tail, third=third + tail, past=past + tail, participle=participle + tail, ing=ing + tail
    )


@cache
def _irregular() -> dict[str, tuple[str, str]]:
    rows = (row.split() for row in _IRREGULAR.strip().replace("\n", ";").split(";"))
    return {base: (past, participle) for base, past, participle in rows}


@cache
def english_plural(noun: str) -> str:
    start, space, last = noun.rpartition(" ")
    if last in _PLURALS:
        plural = _PLURALS[last]
    elif last.endswith(("s", "sh", "ch", "x")) or last in ("tomato", "potato"):
        plural = last + "es"
    elif last.endswith("y") and last[-2] not in "aeou":
        plural = last[:-1] + "ies"
    else:
        plural = last + "s"
    return start + space + plural


def with_article(words: str) -> str:
    """`a` or `an`, by the sound that follows."""
    return f"{'an' if _AN.match(words) else 'a'} {words}"


@cache
def comparative(adjective: str) -> str:
    return _compared(adjective, ending="er", word="more", irregular={"good": "better", "bad": "worse"})


@cache
def superlative(adjective: str) -> str:
    return _compared(adjective, ending="est", word="most", irregular={"good": "best", "bad": "worst"})


def _compared(adjective: str, *, ending: str, word: str, irregular: dict[str, str]) -> str:
    if adjective in irregular:
        return irregular[adjective]
    syllables = len(re.findall(r"[aeiouy]+", adjective.removesuffix("e")))
    if adjective.endswith("y") and syllables <= 2:
        return adjective[:-1] + "i" + ending
    if syllables > 1:
        return f"{word} {adjective}"
    if re.search(r"[^aeiou][aeiou][^aeiouwy]$", adjective):
        return adjective + adjective[-1] + ending
    return adjective.removesuffix("e") + ending


_SHORT = {"am": "'m", "are": "'re", "is": "'s", "will": "'ll", "would": "'d"}
_CONTRACTED = re.compile(
    r"\b(?P<who>I|[Ww]e|[Tt]hey|[Yy]ou|[Hh]e|[Ss]he|[Ii]t) (?P<verb>am|(?:are|is|will|would)(?! not))\b"
    r"|\b(?P<denied>[Dd]o|[Dd]oes|[Dd]id|[Ii]s|[Aa]re|[Hh]as|[Hh]ave|[Ww]as|[Ww]ere|[Ww]ould|[Ss]hould|[Cc]ould) not\b"
    r"|\b(?P<can>[Cc]an)not\b|\b(?P<will>[Ww])ill not\b|\b(?P<let>[Ll]et) us\b(?! not)"
)


def contracted(sentence: str) -> str:
    """As it is said: I'm, don't, can't, let's."""
    return _CONTRACTED.sub(_contraction, sentence)


def _contraction(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "verb":
            return match["who"] + _SHORT[match["verb"]]
        case "denied":
            return match["denied"] + "n't"
        case "can":
            return match["can"] + "'t"
        case "will":
            return match["will"] + "on't"
        case _:
            return match["let"] + "'s"
