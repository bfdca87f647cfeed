"""The tokenizer as people use it."""

import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.core.errors import RecipeError
from seqloom.data.tokenizers.public import Tokenizer

TEXTS = ["A dog runs.", "A cat sleeps."]


def test_fit_on_the_class_and_on_one_are_the_same() -> None:
    assert Tokenizer.fit(TEXTS, kind="word").encode(TEXTS) == Tokenizer(kind="word").fit(TEXTS).encode(TEXTS)


def test_one_text_or_many() -> None:
    tokenizer = Tokenizer.fit(TEXTS, kind="bpe", size=300, special_tokens=["<2de>"])
    assert tokenizer.encode(TEXTS) == [tokenizer.encode(text) for text in TEXTS]
    assert tokenizer.decode(tokenizer.encode(TEXTS)) == TEXTS
    assert tokenizer.decode(tokenizer.encode("<2de> A dog")) == "<2de> A dog"
    assert tokenizer.decode([]) == ""
    assert tokenizer.encode([]) == []


def test_saved_and_loaded(tmp_path: Path) -> None:
    tokenizer = Tokenizer.fit(TEXTS, kind="character")
    tokenizer.save(tmp_path)
    loaded = Tokenizer.load(tmp_path)
    assert loaded.encode(TEXTS) == tokenizer.encode(TEXTS)
    assert len(loaded) == len(tokenizer) == 4 + len(set("".join(TEXTS)))
    assert loaded.settings == tokenizer.settings


def test_mistakes_name_what_was_meant() -> None:
    with pytest.raises(RecipeError, match=r'`kind` must be one of .* Did you mean "word"'):
        Tokenizer(kind="words")
    with pytest.raises(RecipeError, match=r"`sice` is not a setting of the byte-pair tokenizer. Did you mean `size`"):
        Tokenizer(kind="bpe", sice=300)
    with pytest.raises(RecipeError, match="must be fitted before"):
        Tokenizer().encode("a")
    with pytest.raises(RecipeError, match="Put it in a list"):
        Tokenizer.fit("A dog", kind="byte")


def test_needs_neither_torch_nor_sentencepiece_to_import() -> None:
    code = "import sys, seqloom.data.tokenizers.public as _; sys.exit(bool({heavy!r} & set(sys.modules)))"
    code = code.replace("{heavy!r}", "{'torch', 'sentencepiece', 'jieba'}")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
