"""XLIFF 1.2 and 2: what translators are sent, with a source and by and by a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqloom.data.fields import Record, canonical
from seqloom.data.markup import Node, nodes_of
from seqloom.data.rows import BadLine

__all__ = ["xliff_records"]

_CODES = frozenset({"bpt", "ept", "ph", "it", "x", "bx", "ex", "sc", "ec"})
_UNFINISHED = ("new", "needs-", "initial")
"""How the states begin in which a target is none yet."""


def xliff_records(file: str, blocks: Iterable[bytes]) -> Iterator[Record | BadLine]:
    """A record a unit, or a segment of one in XLIFF 2; `document` is the file it was taken from."""
    source, target, document = "source", "target", ""
    for node in nodes_of(file, blocks, whole=("trans-unit", "unit"), root=("xliff",), kind="XLIFF"):
        said = node.attributes
        if not node.whole:
            # XLIFF 2 names languages at its root, 1.2 at each file.
            source = canonical(said.get("source-language") or said.get("srcLang", "")) or source
            target = canonical(said.get("target-language") or said.get("trgLang", "")) or target
            if node.tag == "file":
                document = said.get("original") or said.get("id", "")
            continue
        extras = {"document": document} if document else {}
        if name := said.get("resname") or said.get("name") or said.get("id"):
            extras["id"] = name
        for group in node.children("context-group"):
            for each in group.children("context"):
                kind = each.attributes.get("context-type", "")
                if kind.startswith("x-"):
                    extras[kind.removeprefix("x-")] = each.text(preserve=True)
        if node.tag == "trans-unit":
            yield _record(node, source, target, extras)
        else:
            for segment in node.children("segment"):
                yield _record(segment, source, target, extras)


def _record(node: Node, source: str, target: str, extras: dict[str, str]) -> Record:
    values: dict[str, tuple[str, ...]] = {}
    said, answer = node.child("source"), node.child("target")
    preserve = node.attributes.get("xml:space") == "preserve"
    if said is not None:
        values[canonical(said.attributes.get("xml:lang", "")) or source] = (said.text(_CODES, preserve=preserve),)
    state = node.attributes.get("state", "")
    if answer is not None:
        values[canonical(answer.attributes.get("xml:lang", "")) or target] = (answer.text(_CODES, preserve=preserve),)
        state = answer.attributes.get("state", "") or state
    # A target that is there is what a translator left; without one there is nothing to be unfinished.
    unfinished = answer is not None and state.startswith(_UNFINISHED)
    return Record(
        values=values,
        line=node.line,
        origin=source,
        extras=extras,
        left_out="not translated to the end" if unfinished else "",
    )
