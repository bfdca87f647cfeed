"""The report as text: what there is, then what was found, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqloom.data.inspecting.characters import SCRIPTS
from seqloom.data.inspecting.examples import Example
from seqloom.data.inspecting.finding import Finding
from seqloom.data.inspecting.inspection import Inspection
from seqloom.pages import percent

__all__ = ["cut", "report_lines"]

_SIGNS = {"bad": "✕", "warn": "!", "note": "·"}
_EXAMPLES = 3
_WIDE = 58


def report_lines(found: Inspection, findings: Sequence[Finding]) -> Iterator[str]:
    read = f"{found.pairs:,} pairs, looked at in {found.seconds:.1f} s"
    yield f"{', '.join(found.files)}: {read}"
    yield ""
    yield from _table(_rows(found))
    if found.pieces and not found.coded:
        yield ""
        yield from _table(_sizes(found))
    if found.coded:
        yield ""
        yield from _table(_labels(found))
    yield ""
    if not findings:
        yield "Nothing is odd."
    for finding in findings:
        yield from _finding(finding, found)


def _rows(found: Inspection) -> list[list[str]]:
    sides = found.tally.sides
    rows = [["", "source", "target"]]

    def row(name: str, values: Sequence[str]) -> None:
        rows.append([name, *values])

    row("words, mean", [f"{side.mean:.1f}" for side in sides])
    row("words, half have no more than", [f"{side.quantile(0.5):,}" for side in sides])
    row("words, 99 % have no more than", [f"{side.quantile(0.99):,}" for side in sides])
    row("words, the longest", [_most(side.quantile(1.0)) for side in sides])
    row("script", [main_script(found, number) for number in range(2)])
    row("different characters", [f"{len(side.characters):,}" for side in sides])
    row("different words" + ("" if found.whole else " of a sample"), [f"{len(w.counts):,}" for w in found.words])
    row("of these, met once", [percent(words.once) for words in found.words])
    different = [len(side.keys) and len(side.starts) / len(side.keys) for side in (found.sources, found.targets)]
    row("different texts", [percent(share) for share in different])
    return rows


def _most(length: int) -> str:
    return f"{length:,}" if length <= 1000 else "over 1,000"


def main_script(found: Inspection, number: int) -> str:
    """What most letters of most texts are."""
    letters = found.tally.sides[number].letters[1:]
    return SCRIPTS[int(letters.argmax())] if letters.sum() else "no letters"


def _sizes(found: Inspection) -> list[list[str]]:
    rows = [["subwords", "tokens a source", "tokens a target", "words in one piece", "half of them are met"]]
    for pieces in found.pieces:
        tokens = [f"{mean:.1f}" for mean in pieces.tokens]
        rows.append([f"{pieces.size:,}", *tokens, percent(pieces.whole), f"{pieces.often:,.0f} times"])
    return rows


def _labels(found: Inspection) -> list[list[str]]:
    names, what, of = (found.labels, "label", "texts") if found.labels else (found.tags, "tag", "words")
    whole = names.total()
    rows = [[what, of if found.whole else f"{of} of a sample", "share"]]
    rows += [[name, f"{count:,}", percent(count / whole)] for name, count in names.most_common(12)]
    return rows


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(["", f"{first:<{widths[0]}}", *cells]).rstrip()


def _finding(finding: Finding, found: Inspection) -> Iterator[str]:
    share = f" ({percent(finding.share)})" if 0 < finding.share < 1 and finding.count else ""
    yield f"{_SIGNS[finding.level]} {finding.title}{share}"
    if finding.text:
        yield f"  {finding.text}"
    for example in finding.examples[:_EXAMPLES]:
        yield f"    {place(example, found)}: {cut(example.pair.source)} | {cut(example.pair.target)}"
        if example.note:
            yield f"      {cut(example.note, 2 * _WIDE)}"
    if finding.advice:
        yield f"  → {finding.advice}"
    yield ""


def place(example: Example, found: Inspection) -> str:
    """The line; and the file, where it is not clear which."""
    pair = example.pair
    alone = len(found.files) == 1 and pair.file in found.files[0].split(",")
    return f"line {pair.line:,}" if alone else f"{pair.file}:{pair.line}"


def cut(text: str, most: int = _WIDE) -> str:
    """As much as fits a line."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
