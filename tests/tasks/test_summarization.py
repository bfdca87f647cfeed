"""The beginning of a text, and the sentences that a summary must beat."""

import pytest

from seqloom.data.rows import Row
from seqloom.metrics.words import words
from seqloom.tasks.summarization import SummarizationSettings, beginning

TEXT = "One two three. Four five. Six seven eight nine ten.\nEleven."


@pytest.mark.parametrize(
    ("most", "begun"),
    [
        (0, TEXT),
        (60, TEXT),
        (11, TEXT),
        (10, "One two three. Four five. Six seven eight nine ten."),
        (9, "One two three. Four five."),
        (3, "One two three."),
        (2, "One two"),
    ],
)
def test_a_text_is_read_to_the_end_of_a_sentence(most: int, begun: str) -> None:
    assert beginning(TEXT, most) == begun


@pytest.mark.parametrize("sentence", ["wort " * 50, "字" * 50, "ก" * 50])
def test_a_sentence_that_is_too_long_is_cut_where_a_word_ends(sentence: str) -> None:
    begun = beginning(sentence, 7)
    assert len(words(begun)) == 7
    assert sentence.startswith(begun)
    assert begun == begun.rstrip()


def test_chinese_is_counted_by_characters() -> None:
    text = "今天下雨。我不出去。你呢？"
    assert beginning(text, 8) == "今天下雨。我不出去。"


def test_only_what_is_read_changes() -> None:
    task = SummarizationSettings(words=3).build({})
    row = Row(source=TEXT, targets=("Numbers",), extras={"id": 1})
    assert task.read(row) == Row(source="One two three.", targets=("Numbers",), extras={"id": 1})
    assert task.read(Row(source="One.")) == Row(source="One.")


def test_its_baselines_are_first_sentences() -> None:
    baselines = SummarizationSettings(leads=(1, 2)).build({}).baselines
    row = Row(source=TEXT)
    assert {name: say(row) for name, say in baselines.items()} == {
        "the first sentence": ["One two three."],
        "the first 2 sentences": ["One two three. Four five."],
        "the whole text": [TEXT],
    }
