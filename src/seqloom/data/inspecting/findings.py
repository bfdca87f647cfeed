"""What is worth saying of an inspection, the most important first: what was found, what proves it, what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from seqloom.data.inspecting.characters import SCRIPTS
from seqloom.data.inspecting.examples import Example
from seqloom.data.inspecting.inspection import Inspection, most_beside
from seqloom.data.inspecting.overlap import Match, Overlap
from seqloom.data.inspecting.sketches import Few
from seqloom.data.inspecting.tally import RATIOS

__all__ = ["Finding", "Level", "findings_of", "share_of"]

Level = Literal["bad", "warn", "note"]
_ORDER: dict[Level, int] = {"bad": 0, "warn": 1, "note": 2}
_MANY, _SOME = 0.02, 0.001
"""The shares of the pairs from which a fault is bad, and from which it is more than a note."""
_LEARNT = 0.005
"""The share of held pairs from which a score is better than the model."""
_USUAL = 0.02
"""The share of a side's texts from which a script belongs there."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is there."""

    key: str
    """What it is called where programs read it."""
    level: Level
    title: str
    count: int
    """Pairs, or held pairs."""
    share: float
    advice: str = ""
    text: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Parts of the count, where it has any."""
    examples: Sequence[Example] = ()


def findings_of(found: Inspection) -> list[Finding]:
    """The worst first, and of equals what would do most harm, as ``_LOOKS`` has it."""
    every = [finding for look in _LOOKS for finding in look(found)]
    return sorted(every, key=lambda finding: _ORDER[finding.level])


def share_of(share: float) -> str:
    """For people."""
    if 0 < share < 0.0001:
        return "<0.01 %"
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.1 else f"{100 * share:.2g} %"


def _count(number: int, noun: str) -> str:
    """1 pair, 1,200 pairs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _level(share: float) -> Level:
    return "bad" if share >= _MANY else "warn" if share >= _SOME else "note"


# ---- what is measured on what was learnt -----------------------------------------------------------------------------


def _overlaps(found: Inspection) -> Iterator[Finding]:
    for overlap in found.overlaps:
        yield from _overlap(overlap, labelled=bool(found.labels))


def _overlap(overlap: Overlap, *, labelled: bool) -> Iterator[Finding]:
    """One finding a set: a pair is counted under the worst that is true of it."""
    kinds = [("the whole pair", overlap.pairs)]
    kinds += [] if labelled else [("the target", overlap.same(1))]
    kinds += [("the source", overlap.same(0))]
    kinds += [] if labelled else [("nearly the target", overlap.near(1))]
    kinds += [("nearly the source", overlap.near(0))]
    counts: dict[str, int] = {}
    places: dict[int, Match] = {}
    for kind, matches in kinds:
        fresh = [match for match in matches if match.place not in places]
        places.update((match.place, match) for match in fresh)
        counts[kind] = len(fresh)
    if not places:
        return
    whole = max(1, len(overlap.held.pairs))
    share = len(places) / whole
    same = sum(count for kind, count in counts.items() if not kind.startswith("nearly")) / whole
    level: Level = "bad" if counts["the whole pair"] / whole >= _LEARNT or same >= 10 * _LEARNT else "note"
    if level == "note" and (same >= _LEARNT or share >= 4 * _LEARNT):
        level = "warn"
    told = ", ".join(f"{count:,} by {kind}" for kind, count in counts.items() if count)
    clean = "Leave them out of the training files: `seqloom data split` never parts near-duplicates."
    yield Finding(
        key=f"overlap: {overlap.name}",
        level=level,
        title=f"{len(places):,} of {whole:,} {overlap.name} pairs are in the training files, quite or nearly",
        count=len(places),
        share=share,
        counts=counts,
        text=f"Case, digits and punctuation aside: {told}. {_count(overlap.rows, 'training pair')} "
        "with the same source or target.",
        advice=clean if level != "note" else "Few enough to live with; know it when you compare scores.",
        examples=[overlap.example(match) for match in list(places.values())[:5]],
    )


# ---- pairs that say the same -----------------------------------------------------------------------------------------


def _duplicates(found: Inspection) -> Iterator[Finding]:
    again = found.sources.again
    count = round(again.shape[1] / found.share)
    if count:
        share = count / found.pairs
        examples = [
            Example(pair=found.shown[row], note=f"as in line {found.shown[first].line:,}")
            for row, first in again[:, :3].T.tolist()
        ]
        yield Finding(
            key="duplicates",
            level="warn" if share >= 0.01 else "note",
            title=f"{_count(count, 'pair')} stood there before, word for word",
            count=count,
            share=share,
            advice='`data.cleaning.duplicates = "drop"` leaves them out.',
            examples=examples,
        )
    if found.near:
        examples = [
            Example(pair=found.sample[high], note=f"line {found.sample[low].line:,}: {found.sample[low].source}")
            for low, high in found.near_rows[:3]
        ]
        of = len(found.sample)
        yield Finding(
            key="near duplicates",
            level="warn" if found.near / of >= 0.1 else "note",
            title=f"{_count(found.near, 'source')} {_sampled(found)}nearly the same as another one",
            count=found.near,
            share=found.near / of,
            text="" if found.whole else f"In a sample of {of:,}; in all of them there are more.",
            advice="Do not part them between training and test: `seqloom data split` keeps them together.",
            examples=examples,
        )


def _sampled(found: Inspection) -> str:
    return "" if found.whole else f"of {len(found.sample):,} sampled "


def _conflicts(found: Inspection) -> Iterator[Finding]:
    """One source, several targets."""
    several = found.sources.beside > 1
    count = round(int(several.sum()) / found.share)
    if not count:
        return
    rows = [found.sources.rows_of(place, most=3) for place in most_beside(found.sources)[:3]]
    examples = [
        Example(pair=found.shown[first], note=" | ".join(found.shown[row].target for row in others))
        for first, *others in rows
    ]
    share = count / max(1, round(len(several) / found.share))
    if found.labels:
        yield Finding(
            key="conflicting labels",
            level="bad" if share >= 0.005 else "warn",
            title=f"{_count(count, 'text')} with more than one label",
            count=count,
            share=share,
            advice="One of the labels is wrong, or the task is not decided by the text. Mend or drop them.",
            examples=examples,
        )
        return
    yield Finding(
        key="several targets",
        level="note",
        title=f"{_count(count, 'source')} with more than one target",
        count=count,
        share=share,
        text=f"The most has {int(found.sources.beside.max()):,}.",
        advice="A model learns their mean. Good for references, which JSON lines can hold in a list.",
        examples=examples,
    )


def _boilerplate(found: Inspection) -> Iterator[Finding]:
    """One target for many different sources."""
    if found.labels:
        return
    most = max(20, round(0.0005 * found.pairs))
    for side, name, other in ((found.targets, "target", "source"), (found.sources, "source", "target")):
        heavy = side.beside >= most
        count = round(int(side.times[heavy].sum()) / found.share)
        if count:
            examples = [
                Example(pair=found.shown[side.rows_of(place, most=1)[0]], note=f"{side.beside[place]:,} {other}s")
                for place in most_beside(side)
                if side.beside[place] >= most
            ]
            yield Finding(
                key=f"boilerplate: {name}",
                level=_level(count / found.pairs),
                title=f"{_count(count, 'pair')} with a {name} that stands beside {most} {other}s or more",
                count=count,
                share=count / found.pairs,
                advice="A model would answer with it whenever in doubt. Keep a few of each.",
                examples=examples,
            )


# ---- single pairs ----------------------------------------------------------------------------------------------------


def _scripts(found: Inspection) -> Iterator[Finding]:
    for side, name in zip(found.tally.sides, ("source", "target"), strict=True):
        letters = side.letters[1:]
        whole = max(1, int(letters.sum()))
        usual = {script for script in range(len(SCRIPTS)) if letters[script] / whole >= _USUAL}
        kana, han = SCRIPTS.index("kana"), SCRIPTS.index("Chinese characters")
        usual |= {han} if kana in usual else set()
        if (name == "target" and found.labels) or not usual:
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
                level=_level(odd.count / found.pairs),
                title=f"{_count(odd.count, name)} in another script than {rule}",
                count=odd.count,
                share=odd.count / found.pairs,
                text=f"{', '.join(named)}.",
                advice="Drop them, unless they are names that stay as they are.",
                examples=odd.shown,
            )


def _chinese(found: Inspection) -> Iterator[Finding]:
    for side, name in zip(found.tally.sides, ("source", "target"), strict=True):
        han = max(1, int(side.letters[SCRIPTS.index("Chinese characters") + 1]))
        if int(side.letters[SCRIPTS.index("kana") + 1]) > 0.02 * han:
            continue
        ways = [side.having.get(way, 0) for way in ("simplified", "traditional")]
        both = side.having.get("both ways of writing", 0)
        if min(ways) > 0.02 * han or both:
            share = (min(ways) + both) / found.pairs
            yield Finding(
                key=f"simplified and traditional: {name}",
                level="warn" if share > 0.01 else "note",
                title=f"{name.capitalize()}s are {ways[0]:,} times simplified and {ways[1]:,} times traditional Chinese"
                + (f", {both:,} times both at once" if both else ""),
                count=min(ways) + both,
                share=share,
                text="The others have only characters that both ways of writing share.",
                advice="A model sees two words where there is one. Make them alike, with OpenCC say, or want both.",
            )
        signs = [side.having.get(kind, 0) for kind in ("Latin punctuation", "Chinese punctuation")]
        full = side.having.get("full-width letters", 0)
        if min(signs) > 0.005 * han or full:
            yield Finding(
                key=f"width: {name}",
                level="note",
                title=f"{name.capitalize()}s have Chinese punctuation {signs[1]:,} times, Latin {signs[0]:,} "
                f"times, full-width letters or digits {full:,} times",
                count=min(signs) + full,
                share=(min(signs) + full) / found.pairs,
                advice='`data.cleaning.width = "half"` writes one of them for the other.',
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
        if few is None or (found.labels and name in ("untranslated", "questions", "numbers", "placeholders")):
            continue
        share = few.count / found.pairs
        if name == "questions" and share > 0.1:  # the sides are no translations: questions and answers, say
            continue
        level = _level(share if name not in ("questions", "numbers", "markup") else share / 10)
        title = f"{_count(few.count, 'pair')} {title}"
        yield Finding(
            key=name, level=level, title=title, count=few.count, share=share, advice=advice, examples=few.shown
        )


def _ratios(found: Inspection) -> Iterator[Finding]:
    if found.labels or found.tally.ratios.sum() < 50:
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
                level=_level(count / found.pairs),
                title=f"{_count(count, 'target')} far too {name} for the source",
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
            level=_level(share),
            title=f"{_count(few, 'pair')} {_sampled(found)}with a side in the other side's language",
            count=few,
            share=share,
            advice="Nobody translated them, or the columns are exchanged there. Drop them.",
            examples=strangers.exchanged.shown,
        )
    if few := strangers.unlike.count:
        share = few / len(found.sample)
        yield Finding(
            key="unlike",
            level="warn" if share >= _SOME else "note",
            title=f"{_count(few, 'pair')} {_sampled(found)}with a text that is unlike the rest of its side",
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
            title=f"{_count(alignment.shifted.count, 'stretch').replace('stretchs', 'stretches')} "
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
            level="warn" if share >= _SOME else "note",
            title=f"{_count(alignment.odd.count, 'pair')} {judged}whose sides share no more than two that "
            "were drawn at random",
            count=alignment.odd.count,
            share=share,
            text="By the words that translate each other in the rest of the file. Proverbs and free translations "
            "look so too.",
            advice="Look at the first ones; drop them if they are wrong.",
            examples=alignment.odd.shown,
        )


def _lengths(found: Inspection) -> Iterator[Finding]:
    sides = found.tally.sides
    usual = max(side.quantile(0.99) for side in sides)
    longest = found.tally.longest.shown[0]
    length = int(longest.note.split()[0].replace(",", ""))
    if length > max(50, 8 * usual):
        yield Finding(
            key="long",
            level="warn",
            title=f"The longest text has {length:,} words, while 99 % have no more than {usual:,}",
            count=1,
            share=1 / found.pairs,
            advice="One such text costs as much memory as a hundred others. `data.cleaning.max_length` drops it.",
            examples=found.tally.longest.shown,
        )


def _broken(found: Inspection) -> Iterator[Finding]:
    if found.ledger.bad:
        share = found.ledger.bad / (found.pairs + found.ledger.bad)
        yield Finding(
            key="bad lines",
            level="bad",
            title=f"{_count(found.ledger.bad, 'line')} that cannot be read",
            count=found.ledger.bad,
            share=share,
            text=f"{'; '.join(found.ledger.first_bad)}.",
            advice='A training stops at the first one. Mend them, or set `data.on_bad_line = "skip"`.',
        )
    if found.empty:
        share = found.empty / (found.pairs + found.empty)
        yield Finding(
            key="empty",
            level="warn" if share >= 0.01 else "note",
            title=f"{_count(found.empty, 'pair')} with an empty side",
            count=found.empty,
            share=share,
            text=f"{', '.join(found.first_empty)}{', …' if found.empty > len(found.first_empty) else ''}.",
            advice="A training leaves them out by itself; many of them in a row are a gap in one of the files.",
        )


def _balance(found: Inspection) -> Iterator[Finding]:
    if len(found.labels) < 2:
        return
    (most, number), *_, (least, fewest) = found.labels.most_common()
    whole = sum(found.labels.values())
    share = number / whole
    even = 1 / len(found.labels)
    if share > 0.5 + 0.5 * even or fewest < 0.1 * even * whole:
        yield Finding(
            key="labels",
            level="warn",
            title=f"The labels are uneven: `{most}` {share_of(share)}, `{least}` {share_of(fewest / whole)}",
            count=number,
            share=share,
            advice="Report F1 of each label, not accuracy alone; a focal or weighted objective helps the rare ones.",
        )


def _unknown(found: Inspection) -> Iterator[Finding]:
    for name, *known in found.known:
        worst = min(known[: 1 if found.labels else 2])
        if worst < 0.95:
            side = ("source", "target")[known.index(worst)]
            yield Finding(
                key=f"unknown words: {name}",
                level="warn" if worst < 0.85 else "note",
                title=f"{share_of(1 - worst)} of the words of the {name} {side}s are in no training {side}"
                + ("" if found.whole else " of the sample"),
                count=0,
                share=1 - worst,
                advice="Another domain, or too few pairs: subwords help, more data helps more.",
            )


def _small(found: Inspection) -> Iterator[Finding]:
    if found.pairs < 2000 and not found.labels:
        yield Finding(
            key="few pairs",
            level="warn",
            title=f"There are no more than {found.pairs:,} pairs",
            count=found.pairs,
            share=0.0,
            advice="Too few for a language; enough for a task with a rule, such as dates or spelling.",
        )


_LOOKS: Sequence[Callable[[Inspection], Iterator[Finding]]] = (
    _broken, _overlaps, _misaligned, _faults, _languages, _scripts, _ratios, _boilerplate, _chinese, _duplicates,
    _conflicts, _balance, _lengths, _unknown, _small,
)  # fmt: skip
