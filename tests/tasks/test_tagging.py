"""Tags for words: what is read of a file, what is refused, what is said, and what people get."""

from __future__ import annotations

from typing import Any

import pytest

from seqloom.core.errors import DataError
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.constraints.labels import SpansSettings
from seqloom.decoding.constraints.lengths import SameLengthSettings
from seqloom.tasks import Task
from seqloom.tasks.tagging import TaggingSettings

ROWS = [
    Row(source="Ada Lovelace met Rome", targets=("B-PER I-PER O B-LOC",)),
    Row(source="we met Ada", targets=("O O B-PER",)),
    Row(source="Rome met us", targets=("B-LOC O O",)),
]


def row(source: str, *tags: str, **extras: Any) -> Row:
    return Row(source=source, targets=tags, extras=extras, file="a.conll", line=7)


def one(settings: TaggingSettings, asked: Row) -> Row | BadLine:
    [found] = settings.pairs(asked)
    return found


def task(rows: list[Row] = ROWS, **how: Any) -> Task:
    settings = TaggingSettings(**how)
    return settings.build(settings.learn(rows))


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_bio_and_plain_tags_are_read_as_they_are() -> None:
    for tags in ("B-PER I-PER O B-LOC", "B-PER B-PER O O", "NOUN VERB ADP PROPN", "O O O O"):
        assert one(TaggingSettings(), row("a b  c d", tags)) == row("a b c d", tags)


def test_the_end_of_spans_is_read_too() -> None:
    assert one(TaggingSettings(), row("a b c d e", "B-X I-X E-X S-X O")) == row("a b c d e", "B-X I-X I-X B-X O")


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ("O I-PER O", 'I-PER at word 2, "b", continues no PER'),
        ("B-LOC I-PER O", 'I-PER at word 2, "b", continues no PER'),
        ("B-X O S-X", 'O at word 2, "b", comes before the end of X'),
        ("S-X S-X B-X", "the last word leaves X without an end"),
        ("S-X I-X E-X", 'I-X at word 2, "b", continues no X'),
        ("B-PER PER O", '"PER" at word 2, "b", is no tag of a span, such as B-PER or O'),
        ("B-PER O", "expected a tag for each of 3 words, found 2"),
        ("B-PER O O O", "expected a tag for each of 3 words, found 4"),
    ],
)
def test_a_row_that_is_broken_is_named(tags: str, what: str) -> None:
    bad = one(TaggingSettings(), row("a b c", tags))
    assert isinstance(bad, BadLine)
    assert str(bad) == f"a.conll:7: {what}"


def test_broken_tags_are_mended_if_asked() -> None:
    settings = TaggingSettings(mend=True)
    assert one(settings, row("a b c d", "I-PER I-PER O I-LOC")) == row("a b c d", "B-PER I-PER O B-LOC")
    assert one(settings, row("a b c d", "I-PER I-LOC B-LOC I-LOC")) == row("a b c d", "B-PER B-LOC B-LOC I-LOC")


def test_what_looks_like_spans_may_stand_alone() -> None:
    settings = TaggingSettings(tags="plain")
    assert one(settings, row("a b", "I-X PER")) == row("a b", "I-X PER")
    assert settings.build(settings.learn([row("a b", "I-X PER")])).constraints(row("a b")) == (
        SameLengthSettings(unit="word"),
    )


def test_as_many_tags_as_characters_cut_a_script_without_spaces() -> None:
    assert one(TaggingSettings(), row("我在罗马", "O O B-LOC I-LOC")) == row("我 在 罗 马", "O O B-LOC I-LOC")
    assert one(TaggingSettings(), row("在 Rome 1 天", "O B-LOC O O")) == row("在 Rome 1 天", "O B-LOC O O")
    assert one(TaggingSettings(), row("在Rome天", "O B-LOC O")) == row("在 Rome 天", "O B-LOC O")
    assert isinstance(one(TaggingSettings(), row("我在罗马", "O O O")), BadLine)


def test_a_question_is_cut_as_what_was_learnt() -> None:
    chinese = [row("我 在 罗 马", "O O B-LOC I-LOC"), row("他 在", "O O")]
    asked = row("我在 Rome 12")
    assert task(chinese).read(asked).source == "我 在 R o m e 1 2"
    assert task([*chinese, row("在 Rome", "O B-LOC")]).read(asked).source == "我 在 Rome 12"
    assert task([*chinese, row("罗马", "B-LOC")]).read(asked).source == "我在 Rome 12"
    assert task([*chinese, row("罗马", "B-LOC")]).read(row("我在Rome")).source == "我 在 Rome"
    assert task().read(row("  met   Ada ")).source == "met Ada"
    # A row with tags was cut by whoever tagged it.
    assert task(chinese).read(row("罗马 在", "B-LOC O")).source == "罗马 在"


def test_words_that_cleaning_took_are_told_of() -> None:
    with pytest.raises(DataError, match=r"a\.conll:7: a row must have a tag for each of its 1 words .* but has 2"):
        task().read(row("a", "O O"))


def test_tags_must_be_of_one_sort() -> None:
    settings = TaggingSettings()
    with pytest.raises(DataError, match=r'must all be of spans, .* but one is "PER"\. Correct it, or set'):
        settings.learn([row("a b", "B-PER O"), row("a", "PER")])
    with pytest.raises(DataError, match="all are O"):
        TaggingSettings(tags="spans").learn([row("a b", "O O")])


# ---- what is said ----------------------------------------------------------------------------------------------------


def test_the_model_may_mark_ends_that_people_do_not_see() -> None:
    ends = task(scheme="bioes")
    read = ends.read(row("a b c d", "B-PER I-PER B-PER O", "O B-X I-X I-X"))
    assert read.targets == ("B-PER E-PER S-PER O", "O B-X I-X E-X")
    assert [ends.show(row("a b c d"), said).text for said in read.targets] == ["B-PER I-PER B-PER O", "O B-X I-X I-X"]


def test_an_answer_keeps_to_its_words_and_to_whole_spans() -> None:
    assert task().constraints(row("a b")) == (SpansSettings(scheme="bio", each_word=True),)
    assert task(scheme="bioes").constraints(row("a b")) == (SpansSettings(scheme="bioes", each_word=True),)
    assert task([row("a b", "DET NOUN")]).constraints(row("a b")) == (SameLengthSettings(unit="word"),)


def test_people_get_spans_with_their_places() -> None:
    shown = task().show(row("met  Ada Lovelace"), "O B-PER I-PER")
    assert shown.text == "O B-PER I-PER"
    assert shown.fields == {
        "words": ["met", "Ada", "Lovelace"],
        "tags": ["O", "B-PER", "I-PER"],
        "spans": [{"type": "PER", "words": [1, 3], "characters": [5, 17], "text": "Ada Lovelace"}],
    }
    assert shown.block == "met\tO\nAda\tB-PER\nLovelace\tI-PER"


def test_spans_of_a_script_without_spaces_are_its_characters() -> None:
    [span] = task([row("我 在 罗 马", "O O B-LOC I-LOC")]).show(row("他在罗马"), "O O B-LOC I-LOC").fields["spans"]
    assert span == {"type": "LOC", "words": [2, 4], "characters": [2, 4], "text": "罗马"}


def test_plain_tags_have_no_spans() -> None:
    shown = task([row("a b", "DET NOUN")]).show(row("a b"), "DET NOUN")
    assert shown.fields == {"words": ["a", "b"], "tags": ["DET", "NOUN"]}


# ---- the simplest answers --------------------------------------------------------------------------------------------


def test_dictionaries_answer() -> None:
    baselines = task().baselines
    commonest, longest = baselines["each word's commonest tag"], baselines["the longest spans of the training data"]
    # "Ada" is twice a person; "Lovelace" goes on where something began.
    assert commonest(row("Lovelace met Ada Lovelace")) == ["B-PER O B-PER I-PER"]
    assert longest(row("Lovelace met ada lovelace in Rome")) == ["O O B-PER I-PER O B-LOC"]
    plain = task([row("the dog the", "DET NOUN DET"), row("dog the", "VERB X"), row("dog", "NOUN")]).baselines
    assert {name: say(row("the dog cat")) for name, say in plain.items()} == {
        "each word's commonest tag": ["DET NOUN DET"]
    }
