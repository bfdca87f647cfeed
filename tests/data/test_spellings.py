"""What constraints believe to be written is what the tokenizer writes, token by token."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from seqloom.data.spellings import words_of
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.octets import ByteSettings
from seqloom.data.tokenizers.subwords import BpeSettings, UnigramSettings
from seqloom.data.tokenizers.words import WordSettings
from seqloom.decoding.constraints import SourceText
from seqloom.decoding.constraints.phrases import PhraseSettings

TEXTS = [
    "A man, in a blue shirt, is standing on a ladder.",
    "Two young guys with shaggy hair look at their hands (while hanging out).",
    "Ein Mädchen läuft über die Straße - schnell!",
    "我喜欢吃苹果。New York 100% of it's 3.14 <2de>",
    "two  spaces\tand a tab",
] * 8
KINDS: dict[str, Any] = {
    "bpe": BpeSettings(size=420),
    "unigram": UnigramSettings(size=420),
    "word": WordSettings(),
    "between spaces": WordSettings(split="space"),
    "character": CharacterSettings(),
    "byte": ByteSettings(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_written_as_the_tokenizer_does(kind: str) -> None:
    tokenizer = KINDS[kind].fit(TEXTS, special_tokens=["<2de>"])
    words = words_of(tokenizer)
    assert words_of(tokenizer) is words, "a vocabulary is looked at once"
    for text in TEXTS:
        assert words.text(tokenizer.encode(text)) == tokenizer.decode(tokenizer.encode(text))
    dice = random.Random(1)
    for _ in range(300):
        ids = [dice.randrange(4, tokenizer.specials.size) for _ in range(dice.randrange(1, 6))]
        # What is no character is shown by one sign or by several.
        assert re.sub("\ufffd+", "?", words.text(ids)) == re.sub("\ufffd+", "?", tokenizer.decode(ids)), ids


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phrase", ["blue shirt", "man", "ladder", "Straße", "苹果", "New York"])
def test_the_tokenizer_s_own_way_leads_to_a_phrase(kind: str, phrase: str) -> None:
    if kind == "between spaces" and phrase in ("ladder", "blue shirt", "苹果"):
        pytest.skip("stands in a longer token there")
    tokenizer = KINDS[kind].fit(TEXTS, special_tokens=["<2de>"])
    words = words_of(tokenizer)
    phrases = PhraseSettings(phrases=((phrase,),)).build(words, SourceText(text="", tokens=1))
    for lead in ("", "A man", "A man, in a", "我"):
        state, ids = phrases.start(), tokenizer.encode(lead)
        for token in ids:
            state = phrases.advance(state, token)
        if lead.startswith(phrase):
            continue
        while phrases.remaining(state):
            towards = phrases.towards(state)
            assert towards, (lead, tokenizer.decode(ids))
            ids.append(towards[0])
            state = phrases.advance(state, towards[0])
        assert phrases.missing(state) == 0
        assert phrase in tokenizer.decode(ids)


def test_own_words_are_written_too() -> None:
    tokenizer = KINDS["word"].fit(TEXTS)
    words = words_of(tokenizer, ["Ouagadougou", "."])
    size = tokenizer.specials.size
    man = tokenizer.id_of("man")
    assert man is not None
    assert words.text([man, size, size + 1]) == "man Ouagadougou."
