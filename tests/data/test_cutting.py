"""A cut vocabulary writes its domain as before, and everything else all the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_tests
from hypothesis import strategies as st

from seqloom.core.errors import RecipeError
from seqloom.data.tokenizers import TextTokenizer, TokenizerSettings, load_tokenizer
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.cutting import Cut, cut_vocabulary
from seqloom.data.tokenizers.octets import ByteSettings
from seqloom.data.tokenizers.subwords import BpeSettings, UnigramSettings
from seqloom.data.tokenizers.vectors import VectorSettings
from seqloom.data.tokenizers.words import WordSettings

SYLLABLES = ["ba", "do", "ki", "lu", "me", "no", "ra", "si", "to", "wu"]
DICE = Random(1)
WORDS = ["".join(DICE.choices(SYLLABLES, k=DICE.randint(1, 5))) for _ in range(200)]
TEXTS = [" ".join(DICE.choices(WORDS, k=8)) + ", 我喜欢。" for _ in range(300)]
DOMAIN = [" ".join(DICE.choices(WORDS[:20], k=6)) for _ in range(40)]
SPECIAL = ("<2de>",)
SUBWORDS: list[TokenizerSettings] = [BpeSettings(size=600), UnigramSettings(size=600)]


@pytest.fixture(scope="module", params=SUBWORDS, ids=lambda settings: settings.kind)
def whole(request: pytest.FixtureRequest) -> TextTokenizer:
    return request.param.fit(TEXTS, special_tokens=SPECIAL)


def cut_to(tokenizer: TextTokenizer, texts: list[str]) -> Cut:
    return cut_vocabulary(tokenizer, {number for text in texts for number in tokenizer.encode(text)})


@pytest.fixture(scope="module")
def cut(whole: TextTokenizer) -> Cut:
    return cut_to(whole, DOMAIN)


def test_the_domain_is_the_same_tokens(whole: TextTokenizer, cut: Cut) -> None:
    assert cut.tokenizer.specials.size == len(cut.ids) < whole.specials.size
    for text in DOMAIN:
        assert [cut.ids[number] for number in cut.tokenizer.encode(text)] == whole.encode(text)
    assert cut.tokenizer.show(range(len(cut.ids))) == whole.show(cut.ids)


@settings_of_tests(max_examples=40, deadline=None)
@given(text=st.text() | st.sampled_from(TEXTS) | st.builds(" ".join, st.lists(st.sampled_from(WORDS), max_size=9)))
def test_any_text_can_still_be_written(text: str) -> None:
    for settings in SUBWORDS:
        cut = _CUTS.get(settings.kind) or _CUTS.setdefault(settings.kind, cut_to(settings.fit(TEXTS), DOMAIN))
        assert cut.tokenizer.decode(cut.tokenizer.encode(text)) == text.encode("utf-8", "replace").decode()


_CUTS: dict[str, Cut] = {}


def test_what_needs_a_lost_piece_is_made_of_smaller_ones(whole: TextTokenizer, cut: Cut) -> None:
    lost = {*range(whole.specials.size)} - {*cut.ids}
    word = next(word for word in WORDS[20:] if lost & {*whole.encode(word)})
    pieces = cut.tokenizer.pieces(word)
    assert len(pieces) > len(whole.pieces(word))
    assert not any(piece.startswith("<0x") for piece in pieces)
    assert cut.tokenizer.decode(cut.tokenizer.encode(word)) == word


def test_special_tokens_and_counts_stay(whole: TextTokenizer, cut: Cut, tmp_path: Path) -> None:
    cut.tokenizer.save(tmp_path)
    loaded = load_tokenizer(tmp_path)
    text = f"<2de> {DOMAIN[0]} 我"
    assert loaded.special_tokens == SPECIAL
    assert loaded.encode(text) == cut.tokenizer.encode(text)
    assert loaded.decode(loaded.encode(text)) == text
    assert loaded.id_of("<2de>") == len(cut.ids) - 1
    counts = whole.vocabulary.counts  # type: ignore[attr-defined]
    assert loaded.vocabulary.counts == tuple(counts[number] for number in cut.ids)  # type: ignore[attr-defined]


def test_a_cut_may_be_cut_again(cut: Cut) -> None:
    again = cut_to(cut.tokenizer, DOMAIN[:1])
    assert len(again.ids) < len(cut.ids)
    assert [again.ids[number] for number in again.tokenizer.encode(DOMAIN[0])] == cut.tokenizer.encode(DOMAIN[0])


@pytest.mark.parametrize("settings", [WordSettings(), WordSettings(split="space")], ids=["words", "spaces"])
def test_lost_words_are_unknown(settings: WordSettings, tmp_path: Path) -> None:
    whole = settings.fit([*TEXTS, "a  b\tc"], special_tokens=SPECIAL)
    cut = cut_to(whole, DOMAIN)
    for text in DOMAIN:
        assert [cut.ids[number] for number in cut.tokenizer.encode(text)] == whole.encode(text)
    lost = next(word for word in WORDS if word not in " ".join(DOMAIN).split() and word in " ".join(TEXTS).split())
    assert cut.tokenizer.encode(f"<2de> {lost}")[-1] == cut.tokenizer.specials.unk != whole.encode(lost)[-1]
    cut.tokenizer.save(tmp_path)
    assert load_tokenizer(tmp_path).encode(DOMAIN[0]) == cut.tokenizer.encode(DOMAIN[0])


@pytest.mark.parametrize("settings", [CharacterSettings(), ByteSettings()], ids=lambda settings: settings.kind)
def test_what_has_nothing_smaller_is_refused(settings: TokenizerSettings) -> None:
    with pytest.raises(RecipeError, match=f'but is of "{settings.kind}"'):
        cut_to(settings.fit(TEXTS), DOMAIN)


def test_series_have_no_vocabulary_to_cut() -> None:
    with pytest.raises(RecipeError, match='but is of "vectors"'):
        cut_vocabulary(VectorSettings().fit(["[1.0, 2.0]"]), {1})
