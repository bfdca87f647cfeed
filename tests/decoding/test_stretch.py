"""Answers that stand in a text, against a look at every answer there is."""

from __future__ import annotations

import pytest

from seqloom.core.errors import DecodingError
from seqloom.decoding.constraints import SourceText
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.decoding.constraints.stretch import Stretch, StretchSettings
from seqloom.decoding.constraints.words import Spelling

from .oracles import allows, check, octets, pieces, whole_words


def stands(answer: str, text: str) -> bool:
    """Whether it is a stretch of what stands between spaces."""
    words, said = text.split(), answer.split()
    return answer == " ".join(said) != "" and any(
        words[place : place + len(said)] == said for place in range(len(words) - len(said) + 1)
    )


def test_an_answer_stands_in_the_text() -> None:
    words = whole_words("tom", "is", "in", "york")
    text = "tom is in york in tom"
    check(Stretch(text, words), words, lambda answer: stands(answer, text), longest=5)


def test_however_its_tokens_are_cut_it_begins_and_ends_with_words() -> None:
    words = pieces(" a", "b", " b", "a", " ab", "c")
    text = "ab aab bc"
    check(Stretch(text, words), words, lambda answer: stands(answer, text), longest=5)


def test_scripts_without_spaces_have_words_of_a_character() -> None:
    three = "汤姆在"
    words = octets(*(char.encode() for char in three), three[:2].encode(), three[2].encode()[:1], three[2].encode()[1:])
    words.spellings.in_word = str.isascii
    found = {three[first:last] for first in range(3) for last in range(first + 1, 4)}
    check(Stretch(three, words), words, lambda answer: answer in found, longest=4)


def test_something_else_may_be_said_instead() -> None:
    words = whole_words("tom", "is", "—", "x")
    both = Stretch("tom is", words, instead=("—", "x x"))
    check(both, words, lambda answer: answer in {"tom", "is", "tom is", "—", "x x"}, longest=4, exact=False)


def test_words_that_no_vocabulary_has_are_said_where_the_source_has_them() -> None:
    words = whole_words("is", "here").with_own([Spelling(b"Zyx", b" Zyx"), Spelling(b"Other", b" Other")])
    constraint = StretchSettings(text="Zyx is here").build(words, SourceText(text="", tokens=0))
    assert allows(constraint.allowed(constraint.start()), 6)
    assert not allows(constraint.allowed(constraint.start()), 7)
    said = constraint.advance(constraint.start(), 6)
    assert constraint.missing(said) == 0
    assert words.text([6, 4]) == "Zyx is"
    assert allows(constraint.allowed(said), 4)


def test_the_source_is_the_text_where_none_is_named() -> None:
    words = whole_words("tom", "is")
    constraint = StretchSettings().build(words, SourceText(text="is", tokens=1))
    assert constraint.allowed(constraint.start()) == Stretch("is", words).allowed(Stretch("is", words).start())


def test_a_text_that_cannot_be_said_is_refused() -> None:
    words = whole_words("tom")
    with pytest.raises(DecodingError, match='words that the model can say, but is "anna"'):
        Stretch("anna", words)


def test_one_of_a_list() -> None:
    words = whole_words("so", "am", "i")
    one = OneOfSettings(texts=("so am i", "so", "i am")).build(words, SourceText(text="", tokens=0))
    check(one, words, lambda answer: answer in {"so am i", "so", "i am"}, longest=4)
