"""Ways from one language to another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from seqloom.serve.house import House
from seqloom.serve.problems import Refusal
from seqloom.serve.translator import Translator


def translator(*models: str) -> Translator:
    """Each model by its directions: "de-en en-de"."""
    pairs = [[tuple(pair.split("_")) for pair in model.split()] for model in models]
    served = {str(number): SimpleNamespace(languages=each) for number, each in enumerate(pairs)}
    return Translator(cast(House, SimpleNamespace(models=served)))


def test_one_model_is_better_than_two_and_english_than_another_language() -> None:
    every = translator("de_fr de_en", "fr_es en_es", "de_it")
    assert every.way("de", "fr") == ["de", "fr"]
    assert every.way("de", "es") == ["de", "en", "es"]
    assert every.way("de", "de") == ["de"]
    assert every.targets == {"de": ["fr", "en", "it", "es"], "fr": ["es"], "en": ["es"]}


@pytest.mark.parametrize(
    ("asked", "served", "found"),
    [
        ("PT_br", "pt-BR", "pt-BR"),
        ("pt", "pt-BR", "pt-BR"),
        ("pt-PT", "pt", "pt"),
        ("zh", "zh-Hans", "zh-Hans"),
        ("zt", "zh-Hant", "zh-Hant"),
        ("zh-Hant", "zh-TW", "zh-TW"),
        ("zh-Hans", "zh", "zh"),
    ],
)
def test_a_language_has_several_names(asked: str, served: str, found: str) -> None:
    assert translator(f"{served}_en").way(asked, "en") == [found, "en"]


@pytest.mark.parametrize(
    ("models", "source", "target", "said"),
    [
        ([], "de", "en", "no model here says which languages it is for"),
        (["_"], "de", "en", "no model here says which languages it is for"),
        (["de_en"], "en", "de", "no model here leads from en to de"),
        (["de_en", "en_fr", "fr_es"], "de", "es", "no model here leads from de to es"),
        (["de_en"], "xx", "en", "a language must be one of de, en, but one is xx."),
    ],
)
def test_where_no_way_leads(models: list[str], source: str, target: str, said: str) -> None:
    with pytest.raises(Refusal, match=said) as refused:
        translator(*models).way(source, target)
    assert refused.value.status == 400
