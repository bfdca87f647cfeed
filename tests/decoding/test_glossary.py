"""Terms of the source that the answer must say as a glossary has them, against a look at every answer there is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_data
from seqloom.decoding.constraints import SourceText
from seqloom.decoding.constraints.glossary import GlossarySettings, PrefixSettings, found_terms

from .oracles import check, pieces


def about(text: str) -> SourceText:
    return SourceText(text=text, tokens=len(text.split()))


def has(word: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w)(?:{word})(?!\w)", text))


def test_a_term_of_the_source_is_said_in_one_of_its_ways() -> None:
    words = pieces(" a", " b", "a", "b", " B", " c")
    glossary = GlossarySettings(terms=(("Kabel", "b", "c"), ("Maus", "a")))
    constraint = glossary.build(words, about("Das Kabel und das Mausen"))
    check(constraint, words, lambda text: has("b|c|B|C", text) > 0, longest=4)


def test_as_often_as_it_is_there() -> None:
    words = pieces(" a", " b", "b")
    constraint = GlossarySettings(terms=(("b",),)).build(words, about("b a b"))
    check(constraint, words, lambda text: has("b", text) >= 2, longest=5)


def test_the_longest_term_counts_and_small_letters_begin_what_large_ones_do() -> None:
    terms = ["USB", "USB cable", "cable"]
    assert [*found_terms(terms, "Cable and USB cable, USB-C, usb")] == ["cable", "USB cable", "USB"]
    assert [*found_terms(["cat"], "concatenate a cats' cat")] == ["cat"]


def test_the_answer_begins_so() -> None:
    words = pieces("a", "b")
    constraint: Any = PrefixSettings(text="a").build(words, about(""))
    check(constraint, words, lambda text: text.startswith("a"), longest=4)


def test_settings_are_read_and_refused() -> None:
    glossary = GlossarySettings(terms=(("Kabel", "cable"),))
    assert to_data(glossary)["terms"] == [["Kabel", "cable"]]
    assert parse(GlossarySettings, {"terms": [["Kabel", "cable"]]}) == glossary
    with pytest.raises(RecipeError, match=r"terms\.0 must be a term and the ways to say it"):
        GlossarySettings(terms=((" Kabel",),))
