"""Words that carry little meaning, taken out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Literal

__all__ = ["StopLanguage", "stop_words_remover"]

StopLanguage = Literal["zh", "en", "fr", "de"]


@cache
def stop_words_remover(languages: tuple[StopLanguage, ...]) -> Callable[[str], str]:
    """What takes the stop words of these languages out of a text.

    Negations are none, because they turn a sentence round. In Chinese the longest word wins, and a word such as 目的,
    which only looks as if it held a stop word, stays whole. A text of nothing else stays as it is.
    """
    spaced = [word for language in languages if language != "zh" for word in _words(language)]
    removers = [_spaced_remover(spaced)] if spaced else []
    if "zh" in languages:
        removers.append(_chinese_remover())

    def remove(text: str) -> str:
        left = text
        for each in removers:
            left = each(left)
        return left if any(map(str.isalnum, left)) else text

    return remove


def _spaced_remover(words: Sequence[str]) -> Callable[[str], str]:
    """Takes whole words with the spaces behind them, and an elided article (l', d') from the front of its word."""
    whole = _either(word for word in words if not word.endswith("'"))
    elided = _either(word for word in words if word.endswith("'")) or "(?!)"
    pattern = re.compile(f"(?<![\\w'’-])(?:(?:{elided})(?=\\w)|(?:{whole})(?![\\w'’-])(?: +)?)", re.IGNORECASE)

    def remove(text: str) -> str:
        left = pattern.sub("", text)
        return left if left == text else left.rstrip(" ")

    return remove


def _chinese_remover() -> Callable[[str], str]:
    kept = frozenset(_words("zh-keep"))
    pattern = re.compile(_either({*_words("zh"), *kept}))
    return lambda text: pattern.sub(lambda found: found[0] if found[0] in kept else "", text)


def _either(words: Iterable[str]) -> str:
    """Any of the words, the longest first."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace("'", "['’]") for word in longest_first)


def _words(name: str) -> list[str]:
    from importlib.resources import files  # which few recipes need, and which is slow to import

    text = files("seqloom.data").joinpath("stopwords", f"{name}.txt").read_text(encoding="utf-8")
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
