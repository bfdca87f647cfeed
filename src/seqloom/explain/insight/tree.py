"""A beam search as a tree: who was kept, who was left behind and by how much, and where greed goes another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqloom.decoding.request import Answer
from seqloom.explain.insight.case import BEGIN, Case
from seqloom.explain.insight.matrices import finite
from seqloom.explain.insight.watching import Candidate, Level, watch
from seqloom.workflow.model import Model

__all__ = ["Node", "SearchTree", "search_tree"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A hypothesis, known by its last token."""

    id: int
    parent: int | None
    step: int
    """How many tokens it has."""
    token: str
    logp: float
    """Of the token."""
    total: float
    """Of all of them."""
    kept: bool = True
    by: float | None = None
    """How much its log-probability lacked to be kept."""
    score: float | None = None
    """What it is ranked by, where it took the end."""
    text: str | None = None
    """What all of it says, where it took the end."""
    best: bool = False
    """Whether it is on the way to the answer."""

    def to_data(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "parent": self.parent,
            "step": self.step,
            "token": self.token,
            "logp": finite(self.logp),
            "total": finite(self.total),
            "fate": "kept" if self.kept else "pruned",
            "by": None if self.by is None else finite(self.by),
            "score": None if self.score is None else finite(self.score),
            "text": self.text,
            "best": self.best,
        }


@dataclass(frozen=True, kw_only=True)
class SearchTree:
    """Parents before their children; the first is the beginning."""

    nodes: tuple[Node, ...]
    beams: int
    answer: str
    greedy: str
    """What a search with one hypothesis says."""
    greedy_parts_at: int | None
    """The place, counted from 0, where that says another token; None: nowhere."""

    def to_data(self) -> dict[str, Any]:
        return {
            "tree": [each.to_data() for each in self.nodes],
            "beams": self.beams,
            "answer": self.answer,
            "greedy": self.greedy,
            "greedy_parts_at": self.greedy_parts_at,
        }


def search_tree(case: Case, model: Model) -> SearchTree:
    """The model's own search for its answer, by the steps that it answers with."""
    answers = replace(case.asking.answers, shortlist=None) if case.request.constraints else case.asking.answers
    stepper = model.stepper(answers)
    found, levels = watch(stepper, case.request, device=model.device)
    greedy, _ = watch(stepper, replace(case.request, beams=1), device=model.device)
    eos = model.network.vocabulary.eos
    both = zip((*found.tokens, eos), (*greedy.tokens, eos), strict=False)
    return SearchTree(
        nodes=_grown(case, levels, found),
        beams=case.request.beams,
        answer=case.text(found.tokens),
        greedy=case.text(greedy.tokens),
        greedy_parts_at=next((place for place, (one, other) in enumerate(both) if one != other), None),
    )


def _grown(case: Case, levels: Sequence[Level], found: Answer) -> tuple[Node, ...]:
    eos = case.speaker.numbering.target_vocabulary.eos
    nodes = [Node(id=0, parent=None, step=0, token=BEGIN, logp=0.0, total=0.0, best=True)]
    right = (*found.tokens, eos)
    said: list[tuple[int, ...]] = [()]
    live: list[Node | None] = [nodes[0]]

    def grow(parent: Node, token: int, total: float) -> Node:
        node = Node(
            id=len(nodes),
            parent=parent.id,
            step=parent.step + 1,
            token=case.token(token),
            logp=total - parent.total,
            total=total,
            best=parent.best and right[parent.step] == token,
            score=total / case.request.length_penalty(parent.step + 1) if token == eos else None,
            text=case.text(said[parent.id]) if token == eos else None,
        )
        nodes.append(node)
        said.append((*said[parent.id], token))
        return node

    for level in levels:
        now: list[Node | None] = []
        for each in level.chosen:
            parent = None if each is None else live[each.beam]
            if each is None or parent is None:
                now.append(None)
                continue
            node = grow(parent, each.token, each.total)
            now.append(None if each.token == eos else node)
        floor = min((each.total for each in level.chosen if each is not None), default=0.0)
        for each in _nearly(level, live, floor):
            parent = live[each.beam]
            assert parent is not None
            node = grow(parent, each.token, each.total)
            nodes[-1] = replace(node, kept=False, by=floor - each.total, best=False)
        live = now
    return tuple(nodes)


def _nearly(level: Level, live: Sequence[Node | None], floor: float) -> list[Candidate]:
    """The best of those that were left behind, as many as were kept; of every hypothesis that ends here at least one.

    What is likelier than one that was kept was not left behind but barred.
    """
    kept = {(each.beam, each.token) for each in level.chosen if each is not None}
    parents = {beam for beam, _ in kept}
    lost = [
        replace(each, total=node.total + each.total)
        for each in level.likely
        if each.beam < len(live) and (node := live[each.beam]) is not None and (each.beam, each.token) not in kept
    ]
    lost = sorted((each for each in lost if -float("inf") < each.total <= floor), key=lambda each: -each.total)
    few, ends = lost[: len(kept)], []
    for each in lost[len(kept) :]:
        if each.beam not in parents:
            parents.add(each.beam)
            ends.append(each)
    return few + [each for each in ends if all(each.beam != other.beam for other in few)]
