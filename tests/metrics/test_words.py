"""Texts as tokens."""

import pytest
from rouge_score.tokenize import tokenize

from seqloom.metrics.words import plain, tokens, words, writing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's a dog, 3 days old.", ["It's", "a", "dog,", "3", "days", "old."]),
        ("我爱GPU，真的", ["我", "爱", "GPU", "，", "真", "的"]),
        ("日本のカー", ["日", "本", "の", "カ", "ー"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_tokens_of_spaced_writing_are_what_stands_between_spaces() -> None:
    text = "Ünïcode — “quoted” 1.5 नमस्ते दुनिया 🙂👍🏽  x\ty"
    assert tokens(text) == text.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café CRÈME, s'il-vous-plaît", ["café", "crème", "s", "il", "vous", "plaît"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("我爱GPU，真的！", ["我", "爱", "gpu", "真", "的"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_of_ascii_are_those_of_rouge_score() -> None:
    text = "".join(map(chr, range(32, 127))) + " don't stop_here: A1b2-c3 (x)"
    assert words(text) == tokenize(text, None)


def test_plain_has_one_spelling() -> None:
    assert plain(" cafe\u0301\u3000 bar\n") == "café bar"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Hello there"], "spaced"),
        ([], "spaced"),
        (["Привет, мир"], "spaced"),
        (["你好，世界"], "chinese"),
        (["これは日本語です"], "japanese"),
        (["カタカナ"], "japanese"),
        (["안녕하세요"], "korean"),
        (["ສະບາຍດີ"], "spaceless"),
        (["他在超市买了一瓶の茶饮料，然后很快地回家去了"], "chinese"),
    ],
)
def test_writing(texts: list[str], expected: str) -> None:
    assert writing(texts) == expected
