"""A finite automaton over characters, lifted to a vocabulary's tokens."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from seqloom.core.errors import DecodingError
from seqloom.decoding.constraints.words import BARE, Spellings, Words
from seqloom.decoding.request import Allowed, Only

__all__ = ["ByteAutomaton", "TokenAutomaton"]

_MOST_STATES = 5000
_BYTES = 256
_STAY = _BYTES
"""Read behind the end of a short token."""

Numbers = npt.NDArray[np.int32]


class ByteAutomaton:
    """A table: state × byte → state. State 0 is the one that nothing leads out of; 1 is the start."""

    def __init__(self, machine: Any) -> None:
        """Of an ``interegular.FSM``, whose alphabet is characters."""
        self._map, self._alphabet = machine.map, machine.alphabet
        self._numbers: dict[Any, int] = {None: 0}
        self._others, self._symbols = _symbols(machine.alphabet)
        self._lead = {char.encode()[:size] for char in self._symbols for size in range(1, len(char.encode()))}
        waiting = deque([machine.initial])
        self._number(machine.initial, waiting)
        rows: list[list[int]] = [[0] * (_BYTES + 1)]
        waiting.popleft()
        while waiting:
            state = waiting.popleft()
            rows.append([self._number(self._after(state, byte), waiting) for byte in range(_BYTES)] + [len(rows)])
        self.table: Numbers = np.array(rows, dtype=np.int32)
        self.accepts = np.zeros(len(rows), dtype=bool)
        for state, number in self._numbers.items():
            self.accepts[number] = isinstance(state, int) and state in machine.finals

    def _number(self, state: Any, waiting: deque[Any]) -> int:
        if state not in self._numbers:
            self._numbers[state] = len(self._numbers)
            waiting.append(state)
        return self._numbers[state]

    def _after(self, state: Any, byte: int) -> Any:
        """A state of the machine, (state, the bytes of a character that is begun), or, where that is none of those the
        machine tells apart, (state to come, how many bytes are left). None: nowhere.
        """
        if isinstance(state, int):
            if byte < 0x80:
                return self._step(state, chr(byte))
            length = 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4 if 0xF0 <= byte < 0xF5 else 0
            return self._begun(state, bytes([byte]), length - 1) if length else None
        if not 0x80 <= byte < 0xC0:
            return None
        come, begun = state
        if isinstance(begun, int):
            return come if begun == 1 else (come, begun - 1)
        begun += bytes([byte])
        left = 2 + (begun[0] >= 0xE0) + (begun[0] >= 0xF0) - len(begun)
        return self._begun(come, begun, left)

    def _begun(self, state: int, begun: bytes, left: int) -> Any:
        if left == 0:
            try:
                return self._step(state, begun.decode())
            except UnicodeDecodeError:
                return None
        if begun in self._lead:
            return state, begun
        come = self._map.get(state, {}).get(self._others)
        return None if come is None else (come, left)

    def _step(self, state: int, char: str) -> int | None:
        found: int | None = self._map.get(state, {}).get(self._symbols.get(char, self._others))
        return found


def _symbols(alphabet: Any) -> tuple[int, dict[str, int]]:
    """The symbol of all characters that are not told apart, and that of each other."""
    from interegular.fsm import anything_else

    return alphabet[anything_else], {char: symbol for char, symbol in alphabet.items() if char is not anything_else}


class TokenAutomaton:
    """The same automaton read token by token: a node is a state, and the side on which the next token is written.

    Nodes are looked at for all tokens at once, one byte after the other, and remembered.
    """

    def __init__(self, automaton: ByteAutomaton, spellings: Spellings) -> None:
        self._automaton = automaton
        self._vocabulary = _columns_of(spellings)
        self._spellings = spellings
        specials = spellings.specials
        self._controls = [specials.pad, specials.bos, specials.eos, specials.unk]
        self._nodes: dict[int, Numbers] = {}
        self._allowed: dict[int, Only] = {}
        self.start = 2 + BARE
        self._needs: dict[int, int] = {}
        self._explore(self.start)

    def advance(self, node: int, token: int, words: Words) -> int:
        if token < self._spellings.specials.size:
            return int(self._after(node)[token])
        state = node // 2
        for byte in words.surface(token, node % 2):
            state = self._automaton.table[state, byte]
        return int(state) * 2 + words.side_after(token)

    def missing(self, node: int) -> int | None:
        """The fewest tokens to an accepted end; None: there is no way."""
        if node not in self._needs:
            self._explore(node)
        return self._needs[node] if self._needs[node] >= 0 else None

    def allowed(self, node: int, words: Words) -> Allowed:
        """The tokens from which there is a way."""
        if node not in self._allowed:
            after_V = self._after(node)
            reached = np.unique(after_V)
            good = reached[[self.missing(int(each)) is not None for each in reached]]
            self._allowed[node] = Only(frozenset(np.flatnonzero(np.isin(after_V, good)).tolist()))
        only = self._allowed[node]
        own = [token for token in words.own_tokens if self.missing(self.advance(node, token, words)) is not None]
        return Only(only.ids.union(own)) if own else only

    def _after(self, node: int) -> Numbers:
        """The node after each token."""
        if node not in self._nodes:
            self._nodes[node] = self._compute(node)
        return self._nodes[node]

    def _compute(self, node: int) -> Numbers:
        columns, counts, order, sides_V = self._vocabulary[node % 2]
        state_V = np.full(len(order), node // 2, dtype=np.int32)
        for column, count in zip(columns, counts, strict=True):  # the longest come first
            state_V[:count] = self._automaton.table[state_V[:count], column]
        after_V = np.zeros(len(order), dtype=np.int32)
        after_V[order] = state_V * 2
        after_V[after_V > 0] += sides_V[after_V > 0]
        after_V[self._controls] = 0
        return after_V

    def _explore(self, first: int) -> None:
        """Find all that can be reached, and from each node the shortest way to an end, backwards."""
        before: dict[int, list[int]] = {}
        waiting, seen = [first], {first}
        while waiting:
            node = waiting.pop()
            if node < 2:
                continue
            if len(seen) > 2 * _MOST_STATES:
                raise DecodingError(
                    f"a constraint's automaton must have at most {_MOST_STATES} states, but has more. "
                    "Shorten what it repeats a given number of times."
                )
            for after in np.unique(self._compute(node)).tolist():
                before.setdefault(after, []).append(node)
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        ends = deque(node for node in seen if self._automaton.accepts[node // 2])
        needs = dict.fromkeys(seen, -1) | dict.fromkeys(ends, 0)
        while ends:
            node = ends.popleft()
            for earlier in before.get(node, ()):
                if needs[earlier] < 0:
                    needs[earlier] = needs[node] + 1
                    ends.append(earlier)
        self._needs |= needs


@lru_cache(maxsize=8)
def _columns_of(spellings: Spellings) -> tuple[tuple[list[Numbers], list[int], Numbers, Numbers], ...]:
    """For each side: the k-th byte of each token that has one, the longest token first, how many have one, the order
    of the tokens, and (in their own order) the side that each leaves.
    """
    found = []
    sides_V = np.array([0 if spelling.touches else 1 for spelling in spellings.spellings], dtype=np.int32)
    for side in (0, 1):
        surfaces = [spellings.surface(token, side) for token in range(len(spellings.spellings))]
        order = sorted(range(len(surfaces)), key=lambda token: -len(surfaces[token]))
        columns, counts = [], []
        for place in range(len(surfaces[order[0]])):
            column = [surfaces[token][place] for token in order if len(surfaces[token]) > place]
            columns.append(np.array(column, dtype=np.int32))
            counts.append(len(column))
        found.append((columns, counts, np.array(order, dtype=np.int32), sides_V))
    return tuple(found)
