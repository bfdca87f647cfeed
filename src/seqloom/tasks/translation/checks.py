"""What of a source must be in its translation as it is, and is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from seqloom.decoding.constraints.glossary import capital, found_terms
from seqloom.decoding.constraints.placeholders import BRACES, NUMBER, PRINTF, TAG

__all__ = ["checks_of"]

_PLACEHOLDER = re.compile("|".join(f"(?:{each})" for each in (PRINTF, BRACES, TAG)))
_NUMBER = re.compile(NUMBER)


def checks_of(source: str, text: str, terms: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each number, placeholder and term that differs. Languages write 1,234.5 and 1.234,5: that is alike."""
    return [
        *_differ("", _placeholders(source), _placeholders(text)),
        *_differ("number ", _numbers(source), _numbers(text)),
        *_terms(source, text, terms),
    ]


def _placeholders(text: str) -> Counter[str]:
    return Counter(found[0] for found in _PLACEHOLDER.finditer(text))


def _numbers(text: str) -> Counter[str]:
    return Counter(re.sub(r"[.,]", "", found[0]) for found in _NUMBER.finditer(_PLACEHOLDER.sub(" ", text)))


def _differ(what: str, wanted: Counter[str], found: Counter[str]) -> Iterator[str]:
    yield from (f"{what}{each} is missing" for each in wanted - found)
    yield from (f"{what}{each} is not in the source" for each in found - wanted)


def _terms(source: str, text: str, terms: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for term in dict.fromkeys(found_terms([*terms], source)):
        ways = terms[term] or (term,)
        if not any(way in text or capital(way) in text for way in ways):
            yield f"term {term} is not said as {' or '.join(ways)}"
