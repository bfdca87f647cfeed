"""A list of answers, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from seqloom.core.errors import DecodingError
from seqloom.core.wording import show
from seqloom.decoding.constraints.basic import Every
from seqloom.decoding.constraints.words import Spellings
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed, Constraint, Only

__all__ = ["Trie", "trie_of"]


@lru_cache(maxsize=8)
def trie_of(texts: tuple[str, ...], encode: Callable[[str], list[int]], spellings: Spellings) -> Trie:
    """Each text is said as the tokenizer cuts it; what the vocabulary cannot say is left out.

    Made once for a vocabulary: nine thousand names take a tenth of a second.
    """
    unknown = spellings.specials.unk
    answers = [tokens for text in texts if (tokens := encode(text)) and unknown not in tokens]
    if not answers:
        raise DecodingError(f"`texts` must have an answer that the vocabulary can say, but {show(texts[0])} is none.")
    return Trie(answers)


class Trie:
    """The answer is one of these. A state is a node; an answer may go on where a shorter one ends."""

    def __init__(self, answers: Iterable[Sequence[int]]) -> None:
        self._children: list[dict[int, int]] = [{}]
        self._ends = frozenset(self._insert(answer) for answer in answers)
        if not self._ends:
            raise DecodingError("`answers` of a trie must have at least one answer, but is empty. Name some.")
        self._only = [Only(frozenset(children)) for children in self._children]
        self._missing = [0] * len(self._children)
        for node in reversed(range(len(self._children))):  # children come after their parents
            if node not in self._ends:
                self._missing[node] = 1 + min(self._missing[child] for child in self._children[node].values())

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self._only[state]

    def advance(self, state: int, token: int) -> int:
        return self._children[state][token]

    def missing(self, state: int) -> int:
        """The tokens of the shortest way to an answer's end."""
        return self._missing[state]

    def _insert(self, answer: Sequence[int]) -> int:
        node = 0
        for token in map(int, answer):
            if token not in self._children[node]:
                self._children[node][token] = len(self._children)
                self._children.append({})
            node = self._children[node][token]
        return node

    # ---- some of its answers -----------------------------------------------------------------------------------------

    def without(self, answers: Iterable[Sequence[int]]) -> Constraint:
        """All its answers but these; what is none of them changes nothing. The trie stays as it is."""
        barred = {path[-1]: tuple(answer) for answer in answers if (path := self.path(answer))}
        return Every([self, _Barred(self, barred.values())]) if barred else self

    def path(self, answer: Sequence[int]) -> list[int]:
        """The nodes from the start to an answer's end; none where it is no answer."""
        nodes = [0]
        for token in answer:
            node = self._children[nodes[-1]].get(int(token))
            if node is None:
                return []
            nodes.append(node)
        return nodes if nodes[-1] in self._ends else []

    def after(self, node: int) -> Mapping[int, int]:
        """The node after each token."""
        return self._children[node]

    def ends(self, node: int) -> bool:
        return node in self._ends


class _Barred:
    """Answers of a trie that are none. Its states are the trie's, beside which it stands and bars what leads to those
    answers alone: what the trie allows is a large set that is the same for every request, and so made and kept once."""

    def __init__(self, trie: Trie, answers: Iterable[Sequence[int]]) -> None:
        self._trie = trie
        before: dict[int, tuple[int, int]] = {}
        barred = set()
        for answer in answers:
            nodes = trie.path(answer)
            barred.add(nodes[-1])
            before |= {
                node: (parent, int(token)) for parent, token, node in zip(nodes, answer, nodes[1:], strict=False)
            }
        dead: dict[int, set[int]] = {}
        self._missing: dict[int, int] = {}
        """Of the nodes on the way to those answers that still lead to another one."""
        for node in sorted({*before, 0}, reverse=True):  # children come after their parents
            here = trie.ends(node) and node not in barred
            gone = dead.get(node, set())
            if not here and len(gone) == len(trie.after(node)):
                if node == 0:
                    raise DecodingError("`without` bars every answer that there is. Allow one of them.")
                parent, token = before[node]
                dead.setdefault(parent, set()).add(token)
            else:
                self._missing[node] = 0 if here else 1 + self._least(node, gone)
        self._all_but = {node: AllBut(frozenset(gone)) for node, gone in dead.items() if node in self._missing}

    def _least(self, node: int, gone: set[int]) -> int:
        """What is missing after the best of the tokens that are left."""
        best, found = self._trie.missing(node) - 1, None
        for token, child in self._trie.after(node).items():
            if token not in gone:
                missing = self.missing(child)
                found = missing if found is None else min(found, missing)
                if found <= best:
                    break
        assert found is not None
        return found

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return self._all_but.get(state, EVERYTHING)

    def advance(self, state: int, token: int) -> int:
        return self._trie.advance(state, token)

    def missing(self, state: int) -> int:
        return self._missing.get(state, self._trie.missing(state))
