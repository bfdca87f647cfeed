"""Pairs that are odd by themselves or beside the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seqloom.data.inspecting.characters import SCRIPTS
from seqloom.data.inspecting.examples import Example
from seqloom.data.inspecting.finding import SOME, Finding, counted, level_of, sampled
from seqloom.data.inspecting.inspection import Inspection
from seqloom.data.inspecting.sketches import Few
from seqloom.data.inspecting.tally import RATIOS

__all__ = ["ODD_PAIRS", "ratio_range"]


_USUAL = 0.02
"""The share of a side's texts from which a script belongs there."""


def _scripts(found: Inspection) -> Iterator[Finding]:
    for side, name in zip(found.tally.sides, ("source", "target"), strict=True):
        letters = side.letters[1:]
        whole = max(1, int(letters.sum()))
        usual = {script for script in range(len(SCRIPTS)) if letters[script] / whole >= _USUAL}
        kana, han = SCRIPTS.index("kana"), SCRIPTS.index("Chinese characters")
        usual |= {han} if kana in usual else set()
        if (name == "target" and found.coded) or not usual:
            continue
        odd = Few[Example]()
        named: list[str] = []
        for script, few in side.odd.items():
            if script - 1 not in usual:
                named.append(f"{few.count:,} in {SCRIPTS[script - 1]}")
                odd.merge(few)
        if odd.count:
            rule = " and ".join(SCRIPTS[script] for script in sorted(usual))
            yield Finding(
                key=f"script: {name}",
                level=level_of(odd.count / found.pairs),
                title=f"{counted(odd.count, name)} in another script than {rule}",
                count=odd.count,
                share=odd.count / found.pairs,
                text=f"{', '.join(named)}.",
                advice="Drop them, unless they are names that stay as they are.",
                examples=odd.shown,
            )


_FAULTS: dict[str, tuple[str, str]] = {
    "wordless": (
        "of which one side has no letter or digit",
        "Placeholders, lost lines, rows of dots: drop them.",
    ),
    "untranslated": (
        "whose target is the source, or nearly",
        '`data.cleaning.identical = "drop"` leaves out those that are the same.',
    ),
    "mojibake": ("with text that was decoded by the wrong table", "`data.cleaning.mojibake = true` repairs it."),
    "lost characters": (
        "with � or 锟斤拷, where characters were lost for good",
        "Get the file again from where it was still whole, or drop them.",
    ),
    "invisible": (
        "with invisible characters that spell nothing",
        "`data.cleaning.control = true` removes them.",
    ),
    "markup": (
        "with HTML tags or entities",
        "Unescape or remove them before training; a model would learn to write them.",
    ),
    "placeholders": (
        "whose placeholders differ",
        "A program fills them in, so they must be the same. Mend or drop these.",
    ),
    "numbers": ("whose numbers differ", "Look at them: a wrong number is often a wrong pair."),
    "look-alikes": (
        "with a word of two alphabets",
        "A Cyrillic а in a Latin word is another word to a model. Replace it.",
    ),
    "questions": ("of which only one side asks", "Look at them: the sides may not belong together."),
}


def _faults(found: Inspection) -> Iterator[Finding]:
    for name, (title, advice) in _FAULTS.items():
        few = found.tally.faults.get(name)
        if few is None or (found.coded and name in ("untranslated", "questions", "numbers", "placeholders")):
            continue
        share = few.count / found.pairs
        if name == "questions" and share > 0.1:  # the sides are no translations: questions and answers, say
            continue
        level = level_of(share if name not in ("questions", "numbers", "markup") else share / 10)
        title = f"{counted(few.count, 'pair')} {title}"
        yield Finding(
            key=name, level=level, title=title, count=few.count, share=share, advice=advice, examples=few.shown
        )


def _ratios(found: Inspection) -> Iterator[Finding]:
    if found.coded or found.tally.ratios.sum() < 50:
        return
    low, middle, high = ratio_range(found)
    times = math.exp(high - middle)
    for name, few, there, beyond in (
        ("short", found.tally.shorter, RATIOS[1:] <= low, f"less than 1/{times:.2g}"),
        ("long", found.tally.longer, RATIOS[:-1] >= high, f"more than {times:.2g}"),
    ):
        count = int(found.tally.ratios[there].sum())
        if count:
            yield Finding(
                key=f"ratio: {name}",
                level=level_of(count / found.pairs),
                title=f"{counted(count, 'target')} far too {name} for the source",
                count=count,
                share=count / found.pairs,
                text=f"Usual is {math.exp(middle):.2g} times the source's length; these have {beyond} times that.",
                advice="Look at them; `data.cleaning.max_ratio` drops such pairs.",
                examples=few.shown[: min(5, count)],
            )


def ratio_range(found: Inspection) -> tuple[float, float, float]:
    """Log ratios: what is too low, the middle, what is too high; three times as much or as little is too far, and what
    lies beyond four deviations where they vary more."""
    whole = found.tally.ratios.cumsum()
    at = [float(RATIOS[int((whole >= share * whole[-1]).argmax())]) + 0.025 for share in (0.16, 0.5, 0.84)]
    wide = max(1.1, 2 * (at[2] - at[0]))
    return at[1] - wide, at[1], at[1] + wide


def _languages(found: Inspection) -> Iterator[Finding]:
    strangers = found.strangers
    if few := strangers.exchanged.count:
        share = few / len(found.sample)
        yield Finding(
            key="wrong language",
            level=level_of(share),
            title=f"{counted(few, 'pair')} {sampled(found)}with a side in the other side's language",
            count=few,
            share=share,
            advice="Nobody translated them, or the columns are exchanged there. Drop them.",
            examples=strangers.exchanged.shown,
        )
    if few := strangers.unlike.count:
        share = few / len(found.sample)
        yield Finding(
            key="unlike",
            level="warn" if share >= SOME else "note",
            title=f"{counted(few, 'pair')} {sampled(found)}with a text that is unlike the rest of its side",
            count=few,
            share=share,
            text="By its letters in runs of three: a third language, a list of names, a formula.",
            advice="Look at them.",
            examples=strangers.unlike.shown,
        )


def _misaligned(found: Inspection) -> Iterator[Finding]:
    alignment = found.alignment
    if not alignment.judged:
        return
    if alignment.shifted.count:
        yield Finding(
            key="shifted",
            level="bad",
            title=f"{counted(alignment.shifted.count, 'stretch').replace('stretchs', 'stretches')} "
            "in which the sides are off by a line",
            count=alignment.shifted.count,
            share=1.0,
            advice="One of the files lacks a line there or has one too many. Mend it: all pairs after it are wrong.",
            examples=alignment.shifted.shown,
        )
    if alignment.odd.count:
        share = alignment.odd.count / alignment.judged
        judged = f"of {alignment.judged:,} judged " if alignment.judged < 0.8 * found.pairs else ""
        yield Finding(
            key="misaligned",
            level="warn" if share >= SOME else "note",
            title=f"{counted(alignment.odd.count, 'pair')} {judged}whose sides share no more than two that "
            "were drawn at random",
            count=alignment.odd.count,
            share=share,
            text="By the words that translate each other in the rest of the file. Proverbs and free translations "
            "look so too.",
            advice="Look at the first ones; drop them if they are wrong.",
            examples=alignment.odd.shown,
        )


ODD_PAIRS = (_misaligned, _faults, _languages, _scripts, _ratios)
"""Those that do most harm first."""
