"""A search's tree as a picture has it: what matters of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from seqloom.explain.insight.tree import Node, SearchTree
from seqloom.pages import Tree, Twig

__all__ = ["drawn_tree"]

_CUT = 2
"""Of a step's hypotheses that were left behind, so many are drawn: those that lacked least."""
_BEHIND = 1
"""Steps that are drawn behind the answer's end, where others still went on."""


def drawn_tree(tree: SearchTree) -> Tree:
    last = max(node.step for node in tree.nodes if node.best) + _BEHIND
    below: dict[int | None, list[Node]] = defaultdict(list)
    for node in (*(each for each in tree.nodes if each.kept), *_nearest(tree.nodes)):
        if node.step <= last:
            below[node.parent].append(node)
    root = tree.nodes[0]
    return Tree(
        caption="The search: the answer on the strong line, others thin, what was left behind dashed",
        alt=_spoken(tree),
        root=_twig(root, below),
    )


def _nearest(nodes: Sequence[Node]) -> list[Node]:
    cut: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        if not node.kept:
            cut[node.step].append(node)
    return [node for step in cut.values() for node in sorted(step, key=lambda node: node.by or 0.0)[:_CUT]]


def _twig(node: Node, below: Mapping[int | None, Sequence[Node]]) -> Twig:
    kind: Literal["best", "kept", "cut"] = "best" if node.best else "kept" if node.kept else "cut"
    after = sorted(below.get(node.id, ()), key=lambda each: (not each.best, not each.kept, -each.total))
    twigs = [_twig(each, below) for each in after]
    return Twig(text=node.token, note=_note(node), kind=kind, twigs=twigs)


def _note(node: Node) -> str:
    """How likely all of it is; of what was left behind, how much it lacked; of what ended, what it is worth."""
    if node.parent is None:
        return ""
    if node.by is not None:
        return f"lacks {node.by:.2f}"
    return f"= {node.score:.2f}" if node.score is not None else f"{node.total:.2f}"


def _spoken(tree: SearchTree) -> str:
    kept = sum(node.kept for node in tree.nodes) - 1
    parts = "" if tree.greedy_parts_at is None else f" Greedy search would say {tree.greedy!r}."
    return (
        f"A search with {tree.beams} hypotheses a step kept {kept} of those it grew and answers {tree.answer!r}.{parts}"
    )
