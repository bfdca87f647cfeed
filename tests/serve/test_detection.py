"""Which language a text is in."""

from __future__ import annotations

import pytest

from seqloom.serve.detection import Detected, detect

SERVED = ["de", "en", "fr", "es", "it", "zh", "ja", "ru", "ko"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *[(text, "de") for text in ("Hund", "Hallo", "Danke!", "Guten Morgen", "Der Hund sieht die Katze.", "12 Uhr")],
        *[
            (text, "en")
            for text in ("hello", "Hello world", "The cat", "thank you", "The red cat sees 猫", "February 3")
        ],
        *[(text, "fr") for text in ("Bonjour", "merci", "un chien rouge", "Je ne sais pas.")],
        *[(text, "es") for text in ("hola amigo", "¿Dónde está la biblioteca?")],
        *[(text, "it") for text in ("Ciao", "Non lo so, grazie")],
        *[(text, "zh") for text in ("你好", "猫", "我用Linux系统", "二〇二四年二月三日")],
        *[(text, "ja") for text in ("カタカナ", "東京へ行きます", "今日は")],
        ("Привет", "ru"),
        ("안녕하세요", "ko"),
    ],
)
def test_short_texts_are_told_right(text: str, language: str) -> None:
    found = detect(text, SERVED)
    assert found[0].language == language
    assert 0 < found[0].confidence <= 100
    assert [each.confidence for each in found] == sorted((each.confidence for each in found), reverse=True)


def test_only_languages_that_are_served_are_told() -> None:
    assert {each.language for each in detect("Bonjour tout le monde", ["en", "de"])} <= {"de", "en"}
    assert detect("Guten Tag, wie geht es Ihnen?", ["de"]) == [Detected("de", 100.0)]
    assert detect("Guten Tag", []) == []


def test_of_a_script_that_nobody_here_writes_nothing_is_known() -> None:
    assert detect("Привет", ["de", "en"]) == [Detected("de", 0.0)]
    assert detect("", ["de", "en"]) == detect("3.14 %", ["de", "en"]) == [Detected("de", 0.0)]


def test_the_two_ways_of_writing_chinese() -> None:
    both = ["zh-Hans", "zh-Hant", "en"]
    assert detect("这个国家", both)[0].language == "zh-Hans"
    assert detect("這個國家", both)[0].language == "zh-Hant"
    assert detect("這個國家", ["en", "zh"])[0] == Detected("zh", 100.0)


def test_languages_are_called_as_they_are_served() -> None:
    assert detect("Não sei onde fica a biblioteca.", ["en", "pt-BR"])[0].language == "pt-BR"
    assert {each.language for each in detect("mi toki", ["xx", "yy"])} == {"xx", "yy"}


def test_a_long_text_takes_no_longer_than_its_beginning() -> None:
    text = "Der Hund sieht die Katze. " * 200
    assert detect(text + "The cat sees the dog. " * 10_000, SERVED) == detect(text[:4000], SERVED)
