"""Sentences, so far as cutting long texts needs them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.sentences import cut_sentences, join_answers


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("你好。我很好！“是吗？”他说。", ["你好。", "我很好！", "“是吗？”", "他说。"]),
        ("Dr. Smith paid 3.50 to J. Doe. Fine.", ["Dr. Smith paid 3.50 to J. Doe. ", "Fine."]),
        ("first line\nsecond line", ["first line\n", "second line"]),
        ('He left ... slowly. "Yes." No', ["He left ... slowly. ", '"Yes." ', "No"]),
        ("", []),
        ("no end", ["no end"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert cut_sentences(text) == sentences


@given(st.text(alphabet='aB .!?。\n"”Dr1', max_size=30))
def test_together_they_are_the_text(text: str) -> None:
    assert "".join(cut_sentences(text)) == text
    assert all(cut_sentences(text))


def test_answers_are_joined_as_their_script_has_it() -> None:
    assert join_answers(["你好。", "再见。"], ["Hello.", "Bye."]) == "Hello. Bye."
    assert join_answers(["Hello. ", "Bye."], ["你好。", "再见。"]) == "你好。再见。"
    assert join_answers(["Hello.\n\n", "Bye."], ["你好。", "再见。"]) == "你好。\n\n再见。"
    assert join_answers(["a. ", "b."], ["", "b."]) == "b."
