"""Constraints on what an answer says, against a look at every answer there is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.settings import by_kind, parse, to_data
from seqloom.decoding.constraints import ConstraintSettings, SourceText
from seqloom.decoding.constraints.banned import Banned, BannedSettings
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.constraints.labels import Spans, SpansSettings
from seqloom.decoding.constraints.lengths import SameLengthSettings
from seqloom.decoding.constraints.no_repeat import NoRepeat
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.decoding.constraints.phrases import Phrases, PhraseSettings
from seqloom.decoding.constraints.placeholders import PlaceholderSettings
from seqloom.decoding.constraints.regex import Regex, RegexSettings
from seqloom.decoding.constraints.words import Spelling

from .oracles import check, octets, pieces, said_by, whole_words

SOURCE = SourceText(text="", tokens=0)


def has(phrase: str, text: str, times: int = 1) -> bool:
    return len(re.findall(rf"(?<!\w){re.escape(phrase)}(?!\w)", text)) >= times


# ---- phrases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", ["ab", "a", "aab", "a b", "b-a", "ba"])
def test_a_phrase_is_met_however_it_is_cut(phrase: str) -> None:
    words = pieces(" a", " b", "a", "b", " ab", "-")
    check(Phrases([[phrase]], words), words, lambda text: has(phrase, text), longest=5)


def test_a_phrase_of_whole_words() -> None:
    words = whole_words("new", "york", "ne", "w", "-", ".")
    check(Phrases([["new york"]], words), words, lambda text: has("new york", text), longest=5)


def test_one_way_of_several_is_enough() -> None:
    words = pieces(" a", "b", "c", " abc")
    ways = Phrases([["ab", "abc"], ["a"]], words)
    check(ways, words, lambda text: (has("ab", text) or has("abc", text)) and has("a", text), longest=5, exact=False)


def test_phrases_may_share_words() -> None:
    words = pieces(" a", " b", " c")
    both = Phrases([["a b"], ["b c"], ["b"]], words)
    check(both, words, lambda text: has("a b", text) and has("b c", text), longest=5, exact=False)
    assert both.missing(both.start()) <= 3, "a b c says all of it"


def test_a_phrase_given_twice_must_appear_twice() -> None:
    words = pieces(" a", " b", "b")
    check(Phrases([["a"], ["a"], ["b"]], words), words, lambda text: has("a", text, 2) and has("b", text), longest=6)


def test_a_phrase_within_words() -> None:
    words = pieces(" a", "b", "a", "-")
    check(Phrases([["ab"]], words, whole_words=False), words, lambda text: "ab" in text, longest=5)


def test_a_phrase_out_of_bytes() -> None:
    accent, sign = "é".encode(), "中".encode()
    words = octets(accent[:1], accent[1:], sign[:2], sign[2:], b"a", b" ", accent)
    check(Phrases([["é"]], words, whole_words=False), words, lambda text: "é" in text, longest=4)
    parts = octets(accent[:1], accent[1:], sign[:2], sign[2:], b"a")
    check(Phrases([["中a"]], parts, whole_words=False), parts, lambda text: "中a" in text, longest=5)


def test_a_source_s_own_words_can_say_a_phrase() -> None:
    words = pieces(" a", "b").with_own([Spelling(b"zoo", b" zoo")])
    check(Phrases([["zoo"]], words), words, lambda text: has("zoo", text), longest=5)


@given(st.lists(st.text("ab ", min_size=1, max_size=4), min_size=1, max_size=2), st.booleans())
@settings(max_examples=20, deadline=None)
def test_any_phrases(phrases: list[str], whole: bool) -> None:
    phrases = list(dict.fromkeys(stripped for phrase in phrases if (stripped := phrase.strip()))) or ["a"]
    words = pieces(" a", " b", "a", "b", " ", " ab")
    found = Phrases([[phrase] for phrase in phrases], words, whole_words=whole)
    say = (lambda phrase, text: has(phrase, text)) if whole else (lambda phrase, text: phrase in text)
    if found.missing(found.start()) <= 3:
        check(Every([found]), words, lambda text: all(say(each, text) for each in phrases), longest=4, exact=False)


def test_the_usual_way_leads_to_the_phrase() -> None:
    words = pieces(" a", " b", "a", "b", "c", " ab", "bc")
    phrases = Phrases([["abc"], ["b"]], words)
    state, said = phrases.start(), []
    while phrases.remaining(state):
        tokens = phrases.towards(state)
        assert all(phrases.remaining(phrases.advance(state, token)) < phrases.remaining(state) for token in tokens)
        said.append(tokens[0])
        state = phrases.advance(state, said[-1])
    assert phrases.missing(state) == 0
    assert words.text(said) == "abc b"


def test_a_phrase_that_no_token_can_say_is_an_error() -> None:
    with pytest.raises(DecodingError, match=r'`phrases` must be spelled by .* but "zebra" is not'):
        PhraseSettings(phrases=(("zebra",),)).build(whole_words("horse"), SOURCE)
    with pytest.raises(RecipeError, match="must be ways to say something"):
        PhraseSettings(phrases=((" dog",),))


# ---- banned ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", ["ab", "a b", "b"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_banned_phrase_slips_through_no_other_cut(phrase: str, whole: bool) -> None:
    words = pieces(" a", " b", "a", "b", " ab", "-")
    banned = Banned([phrase], words, whole_words=whole)
    check(banned, words, lambda text: not (has(phrase, text) if whole else phrase in text), longest=5)


def test_banned_in_whole_words_and_bytes() -> None:
    words = whole_words("new", "york", "-", ".", "a")
    check(
        Banned(["new york", "a"], words),
        words,
        lambda text: not has("new york", text) and not has("a", text),
        longest=5,
    )
    accent = "é".encode()
    tokens = octets(accent[:1], accent[1:], b"a", b" ")
    for phrase in ("aé", "é"):
        check(Banned([phrase], tokens), tokens, lambda text, phrase=phrase: not has(phrase, text), longest=5)


def test_banned_with_capitals() -> None:
    words = pieces(" a", " A", "b", "B", "c")
    banned = BannedSettings(phrases=("ab",)).build(words, SOURCE)
    check(banned, words, lambda text: not any(has(form, text) for form in ("ab", "Ab", "AB")), longest=4)


# ---- the others ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_n_gram_comes_twice(n: int) -> None:
    words = pieces("a", "b", "c")

    def holds(text: str) -> bool:
        return max(Counter(text[place : place + n] for place in range(len(text) - n + 1)).values(), default=1) == 1

    check(NoRepeat(n), words, holds, longest=6)


@pytest.mark.parametrize("pattern", ["(ab)*", "a[^a]*a", "b?( a)+-?", "a{2,3}|b", "[^b]*é?"])
def test_a_regular_expression_over_tokens(pattern: str) -> None:
    words = pieces(" a", " b", "a", "b", "ab", "-", "é")
    expression = Regex(pattern, words)
    check(expression, words, lambda text: re.fullmatch(pattern, text) is not None, longest=5)


def test_a_regular_expression_over_words_and_bytes() -> None:
    words = whole_words("a", "b", "-", ".")
    check(Regex(r"a( b|-a)*\.", words), words, lambda text: re.fullmatch(r"a( b|-a)*\.", text) is not None, longest=5)
    accent, sign = "é".encode(), "中".encode()
    tokens = octets(accent[:1], accent[1:], sign[:2], sign[2:], b"a")

    def holds(pattern: str, text: str) -> bool:
        return "\ufffd" not in text and re.fullmatch(pattern, text) is not None

    for pattern in ("[^a]+", "(a|é)*", "[中é]a?"):
        check(Regex(pattern, tokens), tokens, lambda text, pattern=pattern: holds(pattern, text), longest=4)


def test_own_words_and_a_regular_expression() -> None:
    words = pieces(" a", "b").with_own([Spelling(b"zo", b" zo")])
    check(Regex("(zo|b)( zo)*b", words), words, lambda text: re.fullmatch("(zo|b)( zo)*b", text) is not None, longest=5)


@pytest.mark.parametrize("pattern", ["(", "a{3,2}", r"\bx", "(a)\\1"])
def test_what_is_no_expression_is_one_line(pattern: str) -> None:
    with pytest.raises(DecodingError, match="`pattern` must be a regular expression that a finite automaton") as caught:
        RegexSettings(pattern=pattern).build(pieces(" a"), SOURCE)
    assert "\n" not in str(caught.value)


def test_an_expression_that_the_vocabulary_cannot_say() -> None:
    with pytest.raises(DecodingError, match=r'must match something .* but "\[0-9\]\+" does not'):
        Regex("[0-9]+", pieces(" a", "b"))


@pytest.mark.parametrize(("unit", "size"), [("token", 3), ("word", 2), ("character", 3)])
def test_as_long_as_the_source(unit: str, size: int) -> None:
    words = pieces(" a", "b", " ab", " a b", " ")
    source = SourceText(text={"token": "x", "word": "zu zweit", "character": "d r ei"[:5]}[unit], tokens=3)
    size = {"token": 3, "word": 2, "character": len(source.text.replace(" ", ""))}[unit]
    constraint = SameLengthSettings(unit=unit).build(words, source)  # type: ignore[arg-type]
    if unit == "token":
        assert {len(answer) for answer in said_by(constraint, words, 5)} == {3}
        return
    count = (lambda text: len(text.split())) if unit == "word" else (lambda text: len("".join(text.split())))
    check(constraint, words, lambda text: count(text) == size, longest=4, exact=False)


def test_labels_make_spans() -> None:
    words = whole_words("O", "B-X", "I-X", "B-Y", "I-Y")

    def holds(text: str) -> bool:
        labels = ["O", *text.split()]
        return all(not label.startswith("I-") or before[2:] == label[2:] for before, label in pairwise(labels))

    check(SpansSettings().build(words, SOURCE), words, holds, longest=5)


def test_labels_make_closed_spans() -> None:
    words = whole_words("O", "B-X", "I-X", "E-X", "S-X")
    check(
        Spans(words, scheme="bioes"),
        words,
        lambda text: re.fullmatch(r"(O|S-X|B-X( I-X)* E-X)( (O|S-X|B-X( I-X)* E-X))*|", text) is not None,
        longest=5,
    )


@pytest.mark.parametrize("number", [1, 2, 4])
def test_spans_are_closed_by_the_last_word(number: int) -> None:
    words = whole_words("O", "B-X", "I-X", "E-X", "S-X")
    source = SourceText(text=" ".join("w" * number), tokens=9)
    check(
        SpansSettings(scheme="bioes", each_word=True).build(words, source),
        words,
        lambda text: (
            len(text.split()) == number
            and re.fullmatch(r"(O|S-X|B-X( I-X)* E-X)( (O|S-X|B-X( I-X)* E-X))*", text) is not None
        ),
        longest=5,
    )


def test_labels_of_another_scheme_are_one_line() -> None:
    with pytest.raises(DecodingError, match='must be B-X, I-X or O for `bio`, but the vocabulary has "L-X"'):
        Spans(whole_words("O", "B-X", "L-X"))


def test_placeholders_are_kept() -> None:
    words = pieces("%", "s", "%s", " {x", "}", "<b>")
    source = SourceText(text="%s und {x}", tokens=1)
    check(
        PlaceholderSettings(patterns=("%s", r"\{[a-z]*\}", "<[a-z]>")).build(words, source),
        words,
        lambda text: Counter(re.findall(r"%s|\{[a-z]*\}|<[a-z]>", text)) == Counter(["%s", "{x}"]),
        longest=5,
        exact=False,
    )


def test_numbers_are_kept_whole() -> None:
    words = pieces(" 1", "2", "3", " a", ".")
    constraint = PlaceholderSettings(patterns=(), numbers=True).build(words, SourceText(text="12 Hunde", tokens=1))
    check(
        constraint,
        words,
        lambda text: re.findall(r"[0-9]+(?:[.,][0-9]+)*", text) == ["12"],
        longest=5,
        exact=False,
    )


def test_constraints_compose() -> None:
    words = pieces(" a", " b", "a", "b")
    both = Every([Phrases([["ab"]], words), NoRepeat(2), Regex("[ab ]*b", words), Banned(["b"], words)])

    def holds(text: str) -> bool:
        return has("ab", text) and text.endswith("b") and not has("b", text)

    found = {words.text(answer) for answer in said_by(both, words, 5)}
    assert found
    assert all(map(holds, found))


def test_the_text_of_tokens() -> None:
    words = whole_words("a", "-", ".")
    assert words.text([4, 5, 4, 6, 4]) == "a-a. a"


# ---- a list ----------------------------------------------------------------------------------------------------------


def test_one_of_a_list_is_said_as_it_was_learnt() -> None:
    words = pieces(" a", "b", "c", " abc")
    said = said_by(OneOfSettings(texts=("ab", "a", "abc", "x")).build(words, SOURCE), words, longest=4)
    spelt = {tuple(words.encode(text)) for text in ("ab", "a", "abc")}
    assert {*said} == spelt, "and not abc in three tokens; what the vocabulary lacks is left out"


def test_several_of_a_list_are_said_once_and_in_its_order() -> None:
    for words in (pieces(" a", " b", "b", " c"), octets(b"a", b"b", b"c", b" "), whole_words("a", "b", "c", "ab")):
        said = said_by(OneOfSettings(texts=("c", "a", "ab"), several=True).build(words, SOURCE), words, longest=6)
        texts = sorted(words.text(tokens) for tokens in said)
        assert texts == sorted(["c", "a", "ab", "c a", "c ab", "a ab", "c a ab"])


def test_a_list_of_what_cannot_be_said() -> None:
    with pytest.raises(DecodingError, match='must have an answer that the vocabulary can say, but "x" is none'):
        OneOfSettings(texts=("x",)).build(pieces(" a"), SOURCE)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The constraints of a recipe."""

    constraints: tuple[Annotated[ConstraintSettings, by_kind], ...] = ()


def test_constraints_stand_in_a_recipe() -> None:
    written = {
        "constraints": [
            {"kind": "phrases", "phrases": [["colour", "color"], ["dog"]], "whole_words": False},
            {"kind": "banned", "phrases": ["damn"]},
            {"kind": "no_repeat", "n": 4},
            {"kind": "regex", "pattern": "[a-z ]+"},
            {"kind": "json_schema", "schema": {"type": "object", "properties": {"a": {"type": "null"}}}},
            {"kind": "same_length", "unit": "word"},
            {"kind": "bio", "scheme": "bioes"},
            {"kind": "placeholders", "numbers": True},
            {"kind": "one_of", "texts": ["yes", "no"], "several": True},
        ]
    }
    asked = parse(Asked, written)
    assert {each.kind for each in asked.constraints} == {each["kind"] for each in written["constraints"]}
    assert parse(Asked, to_data(asked)) == asked
    with pytest.raises(RecipeError, match=r"`constraints\.0\.n` must be at least 1, but is 0"):
        parse(Asked, {"constraints": [{"kind": "no_repeat", "n": 0}]})


# ---- one of a list ---------------------------------------------------------------------------------------------------


def test_one_of_a_list_and_none_that_was_had() -> None:
    words = pieces(" a", " b", "b", " ab")
    allowed = OneOfSettings(texts=("a", "ab", "b a", "a b", "ç"), without=("ab", "b", "ç"))
    said = [words.text(tokens) for tokens in said_by(allowed.build(words, SOURCE), words, 4)]
    assert sorted(said) == ["a", "a b", "b a"]
    with pytest.raises(DecodingError, match="bars every answer"):
        OneOfSettings(texts=("a",), without=("a",)).build(words, SOURCE)
    with pytest.raises(DecodingError, match="must have an answer that the vocabulary can say"):
        OneOfSettings(texts=("ç",)).build(words, SOURCE)
    with pytest.raises(DecodingError, match="must have at least one answer"):
        OneOfSettings().build(words, SOURCE)
    with pytest.raises(RecipeError, match="without must be empty"):
        OneOfSettings(texts=("a", "b"), several=True, without=("a",))


def test_a_long_list_is_compiled_once() -> None:
    words = pieces(" a", "b")
    texts = ("a", "ab")
    assert OneOfSettings(texts=texts).build(words, SOURCE) is OneOfSettings(texts=texts).build(words, SOURCE)
