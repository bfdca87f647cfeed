"""TMX, the format of translation memories: units that say one thing in several languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqloom.data.fields import Record, canonical
from seqloom.data.markup import Node, nodes_of
from seqloom.data.rows import BadLine

__all__ = ["tmx_records"]

_CODES = frozenset({"bpt", "ept", "ph", "it", "ut"})
"""What stands in these is another program's markup, not text."""
_ANY = "*all*"


def tmx_records(file: str, blocks: Iterable[bytes]) -> Iterator[Record | BadLine]:
    """A record a unit, with all its languages; `tuid` and properties of the unit are its extras."""
    origin = ""
    for node in nodes_of(file, blocks, whole=("tu",), root=("tmx",), kind="TMX"):
        if node.tag == "header":
            origin = _origin(node)
        elif node.tag == "tu" and node.whole:
            yield _record(file, node, origin)


def _origin(node: Node) -> str:
    language = node.attributes.get("srclang", "")
    return "" if language == _ANY else canonical(language)


def _record(file: str, unit: Node, origin: str) -> Record | BadLine:
    values: dict[str, tuple[str, ...]] = {}
    for variant in unit.children("tuv"):
        language = canonical(variant.attributes.get("xml:lang") or variant.attributes.get("lang", ""))
        segment = variant.child("seg")
        if not language:
            return BadLine(file=file, line=variant.line, what="a <tuv> has no xml:lang", text=unit.text(_CODES))
        if segment is not None:
            values[language] = (*values.get(language, ()), segment.text(_CODES))
    extras = {}
    if name := unit.attributes.get("tuid"):
        extras["id"] = name
    for property_ in unit.children("prop"):
        extras[property_.attributes.get("type", "").removeprefix("x-")] = property_.text()
    return Record(values=values, line=unit.line, origin=_origin(unit) or origin, extras=extras)
