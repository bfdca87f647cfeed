"""Sentences, so far as cutting long texts needs them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.sentences import cut_layout, cut_sentences, join_answers


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


@pytest.mark.parametrize(
    "text",
    [
        "One. Two!\n\n  * Three\r\n\t1. Four.  \n> said\n",
        "no end",
        "\n\n",
        "  indented\n",
        "a\n\n\n- b",
        "",
    ],
)
def test_layout_is_all_that_is_not_said(text: str) -> None:
    pieces = cut_layout(text)
    joined = "".join((" " if piece.before is None else piece.before) + piece.text for piece in pieces)
    assert joined == text
    assert not any("\n" in piece.text or piece.text != piece.text.strip() for piece in pieces)


def test_answers_stand_in_the_layout() -> None:
    pieces = cut_layout("- One. Two.\n\n- Three")
    answers = ["一。", "二。", "Drei"]
    befores = [piece.before for piece in pieces]
    assert join_answers([piece.text for piece in pieces], answers, befores) == "- 一。二。\n\n- Drei"
