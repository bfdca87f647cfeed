"""A paragraph's answer goes back into its stretches."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.serve.documents.paragraph import Paragraph, Stretch

SAID = {
    "Die rote Katze sieht den Hund.": "The red cat sees the dog.",
    "Die": "The.",
    "rote Katze": "Red cat.",
    "sieht den Hund.": "Sees the dog.",
}


def written(*stretches: str | Stretch, said: Mapping[str, str]) -> list[str]:
    paragraph = Paragraph([each if isinstance(each, Stretch) else Stretch(each) for each in stretches])
    return paragraph.written({text: said[text] for text in paragraph.texts})


def test_a_marked_part_is_where_its_own_translation_is() -> None:
    assert written("Die ", "rote Katze", " sieht den Hund.", said=SAID) == ["The ", "red cat", " sees the dog."]


def test_a_part_may_come_to_stand_first() -> None:
    said = {
        "Heute kauft Ada Brot.": "Ada buys bread today.",
        "Heute kauft": "Buys today",
        "Ada": "Ada",
        "Brot.": "Bread.",
    }
    assert written("Heute kauft ", "Ada", " Brot.", said=said) == ["", "Ada", " buys bread today."]


def test_what_is_not_found_gets_its_share_in_whole_words() -> None:
    said = {"eins zwei drei vier": "un deux trois quatre", "eins zwei": "A", "drei vier": "B"}
    assert written("eins zwei ", "drei vier", said=said) == ["un deux ", "trois quatre"]


def test_what_is_said_otherwise_by_itself_is_found_by_its_words() -> None:
    said = {
        "Ein Mann im roten Hemd steht vor einem alten Haus.": "A man in a red shirt stands by an old building.",
        "Ein Mann im": "A man is on a.",
        "roten Hemd": "A man in a red shirt and a shirts.",
        "steht vor einem": "Stand in front of the.",
        "alten Haus": "An old house.",
    }
    new = written("Ein Mann im ", "roten Hemd", " steht vor einem ", "alten Haus", ".", said=said)
    assert new == ["A man in a ", "red shirt", " stands by an ", "old building", "."]


def test_no_word_is_lost_or_doubled_however_little_is_found() -> None:
    parts = ["a b ", "c", " d, ", "e f", "g h. ", "I j", " k."]
    said = {text: text.upper()[::-1] for text in Paragraph([Stretch(part) for part in parts]).texts}
    new = written(*parts, said=said)
    assert "".join(new) == ".H GF E ,D C B A .K J I"


def test_code_stays_code() -> None:
    said = {"Nutze list() gern.": "Like to use list() now.", "Nutze": "Use", "gern.": "Gladly."}
    assert written("Nutze ", Stretch("list()", True), " gern.", said=said) == ["Like to use ", "list()", " now."]


def test_code_that_the_answer_lost_is_kept_by_translating_around_it() -> None:
    said = {"Nutze list() gern.": "Like lists.", "Nutze": "Use.", "gern.": "gladly."}
    assert written("Nutze ", Stretch("list()", True), " gern.", said=said) == ["Use ", "list()", " gladly."]


def test_sentences_are_asked_for_by_themselves_and_parted_as_their_script_is() -> None:
    said = {"今天好。": "Fine today.", "你来。": "You come."}
    assert written("今天好。你来。", said=said) == ["Fine today. You come."]
    back = {"Fine today.": "今天好。", "You come.": "你来。"}
    assert written("  Fine today. You come. ", said=back) == ["  今天好。你来。 "]


def test_formatting_that_goes_over_two_sentences_stays_on_both() -> None:
    said = {"A b.": "X y.", "C d.": "Z w.", "C": "Z", "d.": "W."}
    assert written("A b. C", " d.", said=said) == ["X y. Z", " w."]


def test_space_of_another_formatting_stays_what_it_is() -> None:
    said = {"rot blau": "red blue", "rot": "red", "blau": "blue"}
    assert written("rot", " ", "blau", said=said) == ["red", " ", "blue"]


def test_numbers_and_signs_are_asked_of_nobody() -> None:
    assert written("3.14", " – ", "42 %", said={}) == ["3.14", " – ", "42 %"]


@pytest.mark.parametrize("number", [2, 100])
def test_each_word_in_a_formatting_of_its_own(number: int) -> None:
    parts = [f"w{place} " for place in range(number)]
    said = {text: text.upper() for text in Paragraph([Stretch(part) for part in parts]).texts}
    assert written(*parts, said=said) == [f"W{place} " for place in range(number)]


WORDS = st.sampled_from(
    ["rot", "Der", "Hund", "Hund.", "A.", "x,", "猫", "好。", "3", "-", "é", "ß", "ist", "\n", " ", "", "  "]
)
TEXTS = st.lists(WORDS, max_size=6).map(" ".join) | st.lists(WORDS, max_size=4).map("".join)


@given(st.lists(st.builds(Stretch, TEXTS, st.booleans()), max_size=7))
def test_what_stays_the_same_in_the_other_language_stays_where_it_is(stretches: list[Stretch]) -> None:
    paragraph = Paragraph(stretches)
    new = paragraph.written({text: text for text in paragraph.texts})
    assert len(new) == len(stretches)
    assert _bare("".join(new)) == _bare("".join(each.text for each in stretches))
    assert all(_bare(text) == _bare(each.text) for each, text in zip(stretches, new, strict=True) if each.fixed)


@given(st.lists(st.builds(Stretch, TEXTS, st.booleans()), max_size=7), st.randoms(use_true_random=False))
def test_code_stays_whatever_is_answered(stretches: list[Stretch], dice: random.Random) -> None:
    paragraph = Paragraph(stretches)
    words = ["abc", "dé", "猫", "ist.", "Hund"]
    said = {text: " ".join(dice.choices(words, k=dice.randint(0, 4))) for text in paragraph.texts}
    new = paragraph.written(said)
    kept = [text for text, each in zip(new, stretches, strict=True) if each.fixed]
    assert [_bare(text) for text in kept] == [_bare(each.text) for each in stretches if each.fixed]


def _bare(text: str) -> str:
    return "".join(text.split())
