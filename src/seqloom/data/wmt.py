"""WMT's test sets: documents with segments, in one XML file or with each side in an SGML file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from seqloom.core.errors import DataError
from seqloom.data.columns import Columns
from seqloom.data.fields import Record, canonical
from seqloom.data.markup import nodes_of
from seqloom.data.rows import BadLine, Row
from seqloom.data.sgml import tags_of

__all__ = ["Segment", "read_segments", "segments_of", "wmt_records"]

_SETS = ("srcset", "refset", "tstset")


# ---- one XML file ----------------------------------------------------------------------------------------------------


def wmt_records(file: str, blocks: Iterable[bytes]) -> Iterator[Record | BadLine]:
    """A record a segment, with its document and every reference of a language; `de:A` is translator A's alone."""
    for node in nodes_of(file, blocks, whole=("doc",), root=("dataset",), kind="WMT's XML"):
        if not node.whole:
            continue
        source = node.child("src")
        if source is None:
            continue
        origin = canonical(source.attributes.get("lang", "")) or "source"
        references = []
        for each in node.children("ref"):
            language = canonical(each.attributes.get("lang", "")) or "target"
            said = {one.attributes.get("id", ""): one.text() for one in each.below("seg")}
            references.append((language, each.attributes.get("translator", ""), said))
        for segment in source.below("seg"):
            name = segment.attributes.get("id", "")
            values: dict[str, tuple[str, ...]] = {origin: (segment.text(),)}
            for language, translator, said in references:
                if name in said:
                    values[language] = (*values.get(language, ()), said[name])
                    if translator:
                        values[f"{language}:{translator}"] = (said[name],)
            extras = {"document": node.attributes.get("id", ""), "id": name}
            yield Record(values=values, line=segment.line, origin=origin, extras=extras)


# ---- a file a side ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    document: str
    name: str
    text: str
    line: int
    bad: BadLine | None = None


def segments_of(file: str, lines: Iterable[str | BadLine]) -> Iterator[Segment]:
    """The segments of the one set in a file."""
    document, sets = "", 0
    for tag in tags_of(lines, (*_SETS, "doc", "seg")):
        if tag.name in _SETS and not tag.closes:
            sets += 1
            if sets > 1:
                raise DataError(f"{file}:{tag.line}: it must hold one set, but here begins another. Part them.")
        elif tag.name == "doc" and not tag.closes:
            document = tag.attributes.get("docid", "")
        elif tag.name == "seg" and not tag.closes:
            name = tag.attributes.get("id", "")
        elif tag.name == "seg":
            text = " ".join(tag.before.split("\n")).strip()
            yield Segment(document=document, name=name, text=text, line=tag.line, bad=tag.bad)
    if not sets:
        raise DataError(f"{file} must be SGML of WMT or of Reuters, as its name says, but has no <srcset> or <refset>.")


def read_segments(
    files: Sequence[str], sides: Sequence[Iterator[Segment]], *, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """The source from the first file, references from all others, as ``read_parallel`` has it."""
    if len(files) == 1 and not sources_only:
        next(sides[0], None)  # which says so where it is no side of any
        raise DataError(
            f"{files[0]} is one side of a test set. Name both, the source first: `{files[0]},REFERENCES.sgm`."
        )
    order = [column for column in (*columns.source, *columns.target) if column not in ("source", "target")]
    if any(not isinstance(column, int) or column > len(files) for column in order):
        raise DataError(
            f"{','.join(files)}: `data.source_columns` and `data.target_columns` must be numbers of these files. "
            "Name them by number."
        )
    first = next((column - 1 for column in columns.source if isinstance(column, int)), 0)
    asked = [column - 1 for column in columns.target if isinstance(column, int)]
    others = asked or [place for place in range(len(files)) if place != first]
    for found in zip_longest(*sides):
        there = [each for each in found if each is not None]
        odd = next(
            (
                each
                for each in found
                if each is None or (each.document, each.name) != (there[0].document, there[0].name)
            ),
            there[0],
        )
        if odd is not there[0]:
            place = found.index(odd)
            said = "ends" if odd is None else f"has `{odd.document}`, segment {odd.name}"
            raise DataError(
                f"{files[place]}: it {said} where {files[found.index(there[0])]}:{there[0].line} has "
                f"`{there[0].document}`, segment {there[0].name}. The files must be sides of one test set."
            )
        if bad := next((each.bad for each in there if each.bad), None):
            yield bad
            continue
        yield Row(
            source=there[first].text,
            targets=tuple(there[place].text for place in others),
            extras={"document": there[first].document, "id": there[first].name},
            file=files[first],
            line=there[first].line,
        )
