"""Answers that a regular expression matches from beginning to end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from seqloom.core.errors import DecodingError, MissingExtraError
from seqloom.core.wording import show
from seqloom.decoding.constraints.automaton import ByteAutomaton, TokenAutomaton
from seqloom.decoding.constraints.words import SourceText, Spellings, Words
from seqloom.decoding.request import Allowed

__all__ = ["Regex", "RegexSettings"]


@dataclass(frozen=True, kw_only=True)
class RegexSettings:
    """The regular expression."""

    kind: Literal["regex"] = "regex"
    pattern: str = ".*"
    """What the whole answer must match. Without anchors, back references and Unicode classes, of which a finite
    automaton knows nothing; `\\\\d` and `\\\\w` are ASCII."""

    def build(self, words: Words, source: SourceText) -> Regex:
        return Regex(self.pattern, words)


class Regex:
    """A state is a node of the expression's automaton over the vocabulary; one from which no end is in reach is never
    entered."""

    def __init__(self, pattern: str, words: Words, *, name: str = "pattern") -> None:
        self._automaton = _token_automaton(pattern, words.spellings, name)
        self._words = words
        if self._automaton.missing(self._automaton.start) is None:
            raise DecodingError(
                f"`{name}` must match something that the model's vocabulary can say, but {show(pattern)} does not. "
                "Correct it."
            )

    def start(self) -> int:
        return self._automaton.start

    def allowed(self, state: int) -> Allowed:
        return self._automaton.allowed(state, self._words)

    def advance(self, state: int, token: int) -> int:
        return self._automaton.advance(state, token, self._words)

    def missing(self, state: int) -> int:
        needed = self._automaton.missing(state)
        return _NO_WAY if needed is None else needed


_NO_WAY = 1 << 30
"""More tokens than any answer has."""


@lru_cache(maxsize=64)
def _token_automaton(pattern: str, spellings: Spellings, name: str) -> TokenAutomaton:
    """Kept, since many requests have the same."""
    return TokenAutomaton(byte_automaton(pattern, name), spellings)


def byte_automaton(pattern: str, name: str) -> ByteAutomaton:
    """The expression's minimal automaton; a DecodingError with one line where it is none."""
    return ByteAutomaton(machine_of(pattern, name).reduce())


def machine_of(pattern: str, name: str) -> Any:
    """An ``interegular.FSM`` over characters."""
    try:
        import interegular
    except ImportError:
        raise MissingExtraError(name, extra="constraints") from None
    try:
        return interegular.parse_pattern(pattern).to_fsm()
    except Exception as error:  # the library raises a bare Exception for {3,2}
        reason = str(error).split("\n")[0]
        raise DecodingError(
            f"`{name}` must be a regular expression that a finite automaton can match, but is {show(pattern)}"
            f"{': ' + reason if reason else ''}. Correct it."
        ) from None
