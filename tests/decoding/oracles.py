"""A vocabulary small enough to try every answer, and what every answer says of a constraint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from seqloom.core.specials import Specials
from seqloom.decoding.constraints import Words
from seqloom.decoding.constraints.words import Spelling, Spellings
from seqloom.decoding.request import AllBut, Allowed, Only

CONTROLS = ["<pad>", "<bos>", "<eos>", "<unk>"]


def pieces(*written: str, encode: Callable[[str], list[int]] | None = None) -> Words:
    """Tokens as subwords are: a space is a part of a token, and the first token of a text loses it."""
    spellings = [Spelling(name.encode(), name.encode()) for name in CONTROLS]
    spellings += [Spelling(text.removeprefix(" ").encode(), text.encode()) for text in written]
    return _words(spellings, encode)


def octets(*written: bytes) -> Words:
    """Tokens that may be parts of a character; each touches the next."""
    spellings = [Spelling(name.encode(), name.encode()) for name in CONTROLS]
    return _words(spellings + [Spelling(each, each, touches=True) for each in written], None)


def whole_words(*written: str) -> Words:
    """Tokens as words are: a space stands between two of them, but not before "." and around "-"."""
    spellings = [Spelling(name.encode(), b" " + name.encode()) for name in CONTROLS]
    spellings += [
        Spelling(text.encode(), text.encode() if text in ".-" else b" " + text.encode(), touches=text == "-")
        for text in written
    ]
    return _words(spellings, None)


def _words(spellings: Sequence[Spelling], encode: Callable[[str], list[int]] | None) -> Words:
    table = Spellings(spellings, specials=Specials(size=len(spellings)))
    made = Words(spellings=table, encode=encode or (lambda text: greedy(made, text)))
    return made


def greedy(words: Words, text: str) -> list[int]:
    """The longest token that fits, from the left; what none fits is unknown."""
    ids: list[int] = []
    left, side = text.encode(), 0
    while left:
        fitting = [token for token in words.every if token > 3 and _fits(words, token, side, left)]
        token = max(fitting, key=lambda each: len(words.surface(each, side)), default=3)
        ids.append(token)
        left = left[len(words.surface(token, side)) if token != 3 else 1 :]
        side = words.side_after(token)
    return ids


def _fits(words: Words, token: int, side: int, left: bytes) -> bool:
    surface = words.surface(token, side)
    return surface != b"" and left.startswith(surface)


def allows(allowed: Allowed, token: int) -> bool:
    if isinstance(allowed, Only):
        return token in allowed.ids
    return not (isinstance(allowed, AllBut) and token in allowed.ids)


def said_by(constraint: Any, words: Words, longest: int) -> Iterator[tuple[int, ...]]:
    """Every answer that the automaton lets through, up to a length."""

    def grow(tokens: tuple[int, ...], state: Any) -> Iterator[tuple[int, ...]]:
        if constraint.missing(state) == 0:
            yield tokens
        if len(tokens) < longest:
            allowed = constraint.allowed(state)
            for token in words.every:
                if token > 3 and allows(allowed, token):
                    yield from grow((*tokens, token), constraint.advance(state, token))

    return grow((), constraint.start())


def check(
    constraint: Any,
    words: Words,
    holds: Callable[[str], bool],
    *,
    longest: int,
    exact: bool = True,
) -> None:
    """The automaton lets through just the answers for which it holds, and ``missing`` is the way to the nearest."""
    tokens = [token for token in words.every if token > 3]
    every = [each for length in range(longest + 1) for each in product(tokens, repeat=length)]
    right = {each for each in every if holds(words.text(each))}
    assert 0 < len(right) < len(every), "the test must tell something apart"
    found = set(said_by(constraint, words, longest))
    assert found == right, [words.text(each) for each in sorted(found ^ right)[:5]]
    nearest: dict[tuple[int, ...], float] = {}
    for each in right:
        for length in range(len(each) + 1):
            nearest[each[:length]] = min(nearest.get(each[:length], math.inf), len(each) - length)
    for prefix, steps in nearest.items():
        state = constraint.start()
        for token in prefix:
            state = constraint.advance(state, token)
        missing = constraint.missing(state)
        assert missing == steps if exact and steps < longest - len(prefix) else missing <= steps, words.text(prefix)
