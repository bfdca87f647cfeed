"""The report as a page: the same findings, and plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom import pages
from seqloom.data.inspecting.characters import BEYOND, SCRIPTS
from seqloom.data.inspecting.finding import Finding
from seqloom.data.inspecting.inspection import Inspection
from seqloom.data.inspecting.report import cut, main_script, place
from seqloom.data.inspecting.suggestion import Suggestion, best_size
from seqloom.data.inspecting.tally import LONGEST, RATIOS, Side
from seqloom.pages import Column, Page, Section, Table, Tile, Tiles, number, percent

__all__ = ["page_of"]

_NAMES = ("source", "target")
_WIDE = 220
_BINS = 40
_BARS = 20


def page_of(found: Inspection, findings: Sequence[Finding], suggestion: Suggestion) -> Page:
    """One file to look at, to send and to print."""
    names = ", ".join(",".join(Path(part).name for part in name.split(",")) for name in found.files)
    sections = [
        Section(title="At a glance", blocks=[_tiles(found, findings)]),
        Section(title="Findings", blocks=_findings(found, findings), lead="The most important first."),
        Section(title="Lengths", blocks=_lengths(found), lead="In words; in characters where a script has no spaces."),
        Section(title="Vocabulary", blocks=_vocabulary(found)),
        Section(title="Characters", blocks=_characters(found)),
    ]
    if found.labels:
        sections.insert(2, Section(title="Labels", blocks=[_names(found.labels, "labels")]))
    if found.tags:
        sections.insert(2, Section(title="Tags", blocks=[_names(found.tags, "tags")]))
    code = pages.Code(text=suggestion.text, caption=f"From the recipe `{suggestion.base}`: {suggestion.why}")
    sections.append(
        Section(
            title="Suggested settings", blocks=[code], lead="Every line says why. `seqloom train` takes it as it is."
        )
    )
    return Page(
        title=f"What is in `{names}`",
        lead=f"{found.pairs:,} pairs"
        + (f", held against {', '.join(overlap.name for overlap in found.overlaps)}" if found.overlaps else "")
        + ".",
        sections=sections,
        foot=f"Made by `seqloom data inspect` in {found.seconds:.0f} s."
        + ("" if found.whole else f" Words, languages and misaligned pairs are of a sample of {len(found.sample):,}."),
    )


def _tiles(found: Inspection, findings: Sequence[Finding]) -> Tiles:
    again = round(found.sources.again.shape[1] / found.share)
    source, target = found.tally.sides
    bad = sum(finding.level == "bad" for finding in findings)
    warned = sum(finding.level == "warn" for finding in findings)
    tiles = [
        Tile(name="pairs", value=number(found.pairs), note=f"{main_script(found, 0)} → {main_script(found, 1)}"),
        Tile(name="words a source", value=f"{source.mean:.1f}", note=f"99 % have no more than {source.quantile(0.99)}"),
        Tile(name="words a target", value=f"{target.mean:.1f}", note=f"99 % have no more than {target.quantile(0.99)}"),
        Tile(name="duplicates", value=percent(again / found.pairs), note=f"{again:,} pairs"),
    ]
    for overlap in found.overlaps:
        touched = len(overlap.found)
        whole = max(1, len(overlap.held.pairs))
        tiles.append(
            Tile(
                name=f"{overlap.name} in training",
                value=percent(touched / whole),
                note=f"{touched:,} of {whole:,}, nearly or quite",
            )
        )
    tiles.append(Tile(name="to mend", value=str(bad), note=f"and {warned} to look at"))
    return Tiles(tiles=tiles)


def _findings(found: Inspection, findings: Sequence[Finding]) -> list[pages.Block]:
    if not findings:
        return [pages.Finding(level="good", title="Nothing is odd")]
    return [_finding(found, finding) for finding in findings]


def _finding(found: Inspection, finding: Finding) -> pages.Finding:
    share = f" · {percent(finding.share)}" if 0 < finding.share < 1 and finding.count else ""
    proof: list[pages.Block] = []
    if finding.examples:
        noted = any(example.note for example in finding.examples)
        columns = [
            Column(title="line", kind="number"),
            Column(title="source", kind="sample"),
            Column(title="target", kind="sample"),
        ]
        columns += [Column(title="what", kind="sample")] if noted else []
        rows: list[list[str | float | None]] = []
        for example in finding.examples:
            where = place(example, found).removeprefix("line ")
            row: list[str | float | None] = [
                where.rsplit("/", 1)[-1],
                cut(example.pair.source, _WIDE),
                cut(example.pair.target, _WIDE),
            ]
            rows.append([*row, cut(example.note.rsplit("/", 1)[-1], _WIDE)] if noted else row)
        proof.append(Table(caption="For example", columns=columns, rows=rows))
    return pages.Finding(
        level=finding.level, title=finding.title + share, text=finding.text, advice=finding.advice, proof=proof
    )


def _lengths(found: Inspection) -> list[pages.Block]:
    sides = found.tally.sides
    most = max(8, max(side.quantile(0.995) for side in sides))
    edges, counts = _binned(sides, most)
    words = pages.Histogram(
        caption="Length",
        alt=" ".join(
            f"Half of the {name}s have up to {side.quantile(0.5)} words, 99 % up to {side.quantile(0.99)}."
            for name, side in zip(_NAMES, sides, strict=True)
        ),
        edges=edges,
        counts=dict(zip(_NAMES, counts, strict=True)),
        x="words",
        marks={f"99 % of {name}s": side.quantile(0.99) for name, side in zip(_NAMES, sides, strict=True)},
    )
    blocks: list[pages.Block] = [words]
    ratios = found.tally.ratios
    if ratios.sum() and not found.coded:
        inside = np.flatnonzero(ratios)
        first, last = max(0, int(inside[0]) - 1), int(inside[-1]) + 2
        # A bin of a factor of 1.05 is too fine for few pairs.
        step = 2 if ratios.sum() > 2000 else 4
        grouped = [int(ratios[at : min(at + step, last)].sum()) for at in range(first, last, step)]
        marks = np.exp(RATIOS[[*range(first, last, step), min(last, len(RATIOS) - 1)]])
        middle = float(np.exp(RATIOS[int((ratios.cumsum() * 2 >= ratios.sum()).argmax())] + 0.025))
        blocks.append(
            pages.Histogram(
                caption="Ratio",
                alt=f"A target is mostly {middle:.2g} times as long as its source.",
                edges=marks.tolist(),
                counts={"pairs": grouped},
                x="target’s length / source’s, of pairs of six words or more",
                marks={f"half: {middle:.2g}": middle},
                logarithmic=True,
            )
        )
    return [pages.SideBySide(blocks=blocks)]


def _binned(sides: tuple[Side, Side], most: int) -> tuple[list[float], list[list[int]]]:
    """Bins of whole words, some forty of them; what is longer than 99.5 % is in the last."""
    step = max(1, -(-most // _BINS))
    starts = list(range(0, most + 1, step))
    counts: list[list[int]] = []
    for side in sides:
        lengths: NDArray[np.int64] = side.lengths
        several = [int(lengths[at : at + step].sum()) for at in starts]
        several[-1] += int(lengths[starts[-1] + step : LONGEST + 2].sum())
        counts.append(several)
    return [float(each) for each in [*starts, starts[-1] + step]], counts


def _vocabulary(found: Inspection) -> list[pages.Block]:
    columns = [Column(title="", kind="name"), *(Column(title=name, kind="number") for name in _NAMES)]
    rows: list[list[str | float | None]] = [
        ["running words", *(float(words.running) for words in found.words)],
        ["different words", *(float(len(words.counts)) for words in found.words)],
        ["of these, met once", *(percent(words.once) for words in found.words)],
        ["running words among the commonest 1,000", *(percent(words.covered(1000)) for words in found.words)],
        ["among the commonest 8,000", *(percent(words.covered(8000)) for words in found.words)],
    ]
    rows += [
        [f"words of {name} that are known", percent(source), percent(target)] for name, source, target in found.known
    ]
    sample = "" if found.whole else f"Of a sample of {len(found.sample):,} pairs. "
    words = Table(caption="Words", columns=columns, rows=rows, note=f"{sample}Small letters, no punctuation.")
    rare = Table(
        caption="Words that stand there once",
        columns=[Column(title="side", kind="name"), Column(title="some of them", kind="sample")],
        rows=[
            [name, " · ".join(each.rare(14))] for name, each in zip(_NAMES, found.words, strict=True) if each.rare(1)
        ],
    )
    blocks: list[pages.Block] = [words]
    if found.pieces and not found.coded:
        sizes = [float(pieces.size) for pieces in found.pieces]
        if len(sizes) > 1:
            lines = [
                pages.Line(name=name, x=sizes, y=[round(pieces.tokens[side], 1) for pieces in found.pieces])
                for side, name in enumerate(_NAMES)
            ]
            plot = pages.Lines(
                caption="Tokens a text, by the size of the vocabulary",
                alt="The larger the vocabulary of subwords, the fewer tokens a text has.",
                lines=lines,
                x="subwords, source and target together",
                y="tokens",
                logarithmic=True,
            )
            blocks = [pages.SideBySide(blocks=[words, plot])]
        blocks.append(_sizes(found))
    return [*blocks, rare] if rare.rows else blocks


def _sizes(found: Inspection) -> Table:
    columns = [Column(title="subwords", kind="number"), Column(title="tokens a source", kind="number")]
    columns += [Column(title="tokens a target", kind="number"), Column(title="99 % of the sources", kind="number")]
    columns += [Column(title="99 % of the targets", kind="number"), Column(title="words in one piece", kind="number")]
    columns += [Column(title="half of them are met", kind="number")]
    return Table(
        caption="Subwords",
        columns=columns,
        rows=[
            [
                pieces.size,
                *(f"{mean:.1f}" for mean in pieces.tokens),
                *pieces.longest,
                percent(pieces.whole),
                f"{pieces.often:,.0f} times",
            ]
            for pieces in found.pieces
        ],
        note=f"Suggested: {best_size(found):,}. A subword that is met a handful of times is hardly learnt.",
    )


def _characters(found: Inspection) -> list[pages.Block]:
    bars: list[pages.Block] = []
    for name, side in zip(_NAMES, found.tally.sides, strict=True):
        letters = {SCRIPTS[place]: float(count) for place, count in enumerate(side.letters[1:].tolist()) if count}
        letters |= {"no letters": float(side.letters[0])} if side.letters[0] else {}
        whole = sum(letters.values()) or 1.0
        ordered = dict(sorted(letters.items(), key=lambda each: -each[1]))
        notes = {script: f"{count:,.0f} · {percent(count / whole)}" for script, count in ordered.items()}
        bars.append(
            pages.Bars(caption=f"Script of the {name}s", alt=f"{len(ordered)} kinds.", bars=ordered, notes=notes)
        )
    columns = [
        Column(title="side", kind="name"),
        Column(title="different", kind="number"),
        Column(title="commonest", kind="sample"),
    ]
    columns += [Column(title="rarest", kind="sample")]
    rows: list[list[str | float | None]] = []
    for name, side in zip(_NAMES, found.tally.sides, strict=True):
        known = {
            code: count
            for code, count in side.characters.items()
            if code != BEYOND and chr(code).isprintable() and code != 32
        }
        order = sorted(known, key=lambda code: (-known[code], code))
        rows.append([name, len(side.characters), "".join(map(chr, order[:40])), "".join(map(chr, order[-40:]))])
    return [pages.SideBySide(blocks=bars), Table(caption="Characters", columns=columns, rows=rows)]


def _names(names: Counter[str], what: str) -> pages.Bars:
    bars = {name: float(count) for name, count in names.most_common(_BARS)}
    return pages.Bars(
        caption=what.capitalize() if len(names) <= _BARS else f"The commonest {_BARS} of {len(names)} {what}",
        alt=f"{len(names)} {what}.",
        bars=bars,
        notes={name: f"{count:,.0f} · {percent(count / names.total())}" for name, count in bars.items()},
    )
