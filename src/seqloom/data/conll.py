"""CoNLL: a token a line with its labels in columns, and a blank line after each sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest
from seqloom.data.columns import Columns
from seqloom.data.rows import BadLine, Row

__all__ = ["read_conll"]

_SAMPLE = 1000
_UNIVERSAL = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""The columns of CoNLL-U."""
_SPACE = "_"
"""For a space within a token, so that words and labels stay one to one."""


@dataclass(slots=True, kw_only=True)
class _Sentence:
    line: int
    rows: list[list[str]]
    document: str
    fault: str = ""


def read_conll(
    lines: Iterator[str | BadLine], *, file: str, columns: Columns, sources_only: bool, universal: bool
) -> Iterator[Row | BadLine]:
    """A row a sentence: its tokens with spaces between them, and as many labels. The first column is the token and the
    last its label; of CoNLL-U the form and the part of speech. ``Row.extras`` say in which document it stands."""
    sample = list(islice(lines, _SAMPLE))
    tabs = any("\t" in line for line in sample if isinstance(line, str))
    sentences = _sentences(chain(sample, lines), "\t" if tabs or universal else None, universal=universal)
    first = list(islice(sentences, 1))
    if not first:
        what = "CoNLL-U: a number, a word and its part of speech" if universal else "CoNLL: a token and its label"
        raise DataError(
            f"{file} must have a line a word, as its name says {what}, but has none. Name it for what it is."
        )
    width = len(_UNIVERSAL) if universal else max((len(row) for each in first for row in each.rows), default=0)
    if first and width < 2 and not sources_only and not columns.target:
        raise DataError(
            f"{file}:{first[0].line}: expected a token and its label, found 1 column. Is this CoNLL, as its name says?"
        )
    names = {name: place for place, name in enumerate(_UNIVERSAL)} if universal else {}
    usual = (1, 3) if universal else (0, width - 1)
    source = [_place(column, names, width, "source", file) for column in columns.source or (usual[0] + 1,)]
    target = [_place(column, names, width, "target", file) for column in columns.target or (usual[1] + 1,)]
    extras = {name: _place(column, names, width, name, file) for name, column in columns.extras.items()}
    if sources_only and (width < 2 or target == source):
        target = []
    for sentence in chain(first, sentences):
        if not sentence.fault and any(len(row) != width for row in sentence.rows):
            wrong = next(len(row) for row in sentence.rows if len(row) != width)
            sentence.fault = f"expected {width} columns in every line of the sentence, found {wrong}"
        if sentence.fault:
            text = "\n".join("\t".join(row) for row in sentence.rows)
            yield BadLine(file=file, line=sentence.line, what=sentence.fault, text=text)
            continue
        said = [" ".join(_SPACE.join(row[place].split()) or _SPACE for row in sentence.rows) for place in range(width)]
        more = {name: said[place] for name, place in extras.items()}
        if sentence.document:
            more["document"] = sentence.document
        yield Row(
            source="\t".join(said[place] for place in source),
            targets=("\t".join(said[place] for place in target),) if target else (),
            extras=more,
            file=file,
            line=sentence.line,
        )


def _place(column: int | str, names: Mapping[str, int], width: int, side: str, file: str) -> int:
    if column in names:
        return names[str(column)]
    if isinstance(column, int) and column <= width:
        return column - 1
    listed = ", ".join(f"`{name}`" for name in names) or f"1 to {width}"
    guess = nearest(column, names)
    advice = f"Did you mean `{guess}`?" if guess else "Name one of those."
    setting = f"`data.{side}_columns`" if side in ("source", "target") else f"the column of `{side}`"
    raise DataError(f"{file}: {setting} has {column!r}, but the columns are {listed}. {advice}")


def _sentences(lines: Iterable[str | BadLine], separator: str | None, *, universal: bool) -> Iterator[_Sentence]:
    document, number_of_document = "", 0
    sentence = _Sentence(line=0, rows=[], document="")
    for number, line in enumerate(lines, start=1):
        if isinstance(line, BadLine):
            sentence.fault = sentence.fault or line.what
            sentence.line = sentence.line or number
            continue
        cells = line.strip("\r\n ").split(separator)
        if not line.strip():
            if sentence.rows or sentence.fault:
                yield sentence
            sentence = _Sentence(line=0, rows=[], document=document)
            continue
        if line.startswith(("-DOCSTART-", "# newdoc")):
            number_of_document += 1
            document = line.partition("=")[2].strip() if line.startswith("#") else ""
            document = sentence.document = document or str(number_of_document)
            continue
        # A hash is a token where labels stand beside it.
        if line.startswith("#") and (universal or len(cells) == 1 or (separator and "\t" not in line)):
            continue
        if universal and not cells[0].isdigit():
            continue  # a word that is written as one with others, or one that is not written at all
        sentence.line = sentence.line or number
        sentence.rows.append(cells)
    if sentence.rows or sentence.fault:
        yield sentence
