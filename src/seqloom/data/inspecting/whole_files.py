"""What is true of the files as a whole: leaks, copies, labels, lengths."""

from __future__ import annotations

from collections.abc import Iterator

from seqloom.data.inspecting.characters import SCRIPTS
from seqloom.data.inspecting.examples import Example
from seqloom.data.inspecting.finding import Finding, Level, counted, level_of, sampled
from seqloom.data.inspecting.inspection import Inspection, most_beside
from seqloom.data.inspecting.overlap import Match, Overlap
from seqloom.pages import percent

__all__ = ["REPEATED", "SHAPE", "WRONG"]


_LEARNT = 0.005
"""The share of held pairs from which a score is better than the model."""


def _overlaps(found: Inspection) -> Iterator[Finding]:
    for overlap in found.overlaps:
        yield from _overlap(overlap, labelled=found.coded)


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
        text=f"Case, digits and punctuation aside: {told}. {counted(overlap.rows, 'training pair')} "
        "with the same source or target.",
        advice=clean if level != "note" else "Few enough to live with; know it when you compare scores.",
        examples=[overlap.example(match) for match in list(places.values())[:5]],
    )


def _exchanged(found: Inspection) -> Iterator[Finding]:
    if found.exchanged:
        number = len(found.sources.starts)
        yield Finding(
            key="labels first",
            level="bad",
            title=f"The sources are no more than {counted(number, 'text')} again and again, as labels are",
            count=found.pairs,
            share=1.0,
            advice="Where the text is to be read and the label to be said, name their columns: "
            "`--set 'data.source_columns=[2]' --set 'data.target_columns=[1]'`.",
        )


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
            title=f"{counted(count, 'pair')} stood there before, word for word",
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
            title=f"{counted(found.near, 'source')} {sampled(found)}nearly the same as another one",
            count=found.near,
            share=found.near / of,
            text="" if found.whole else f"In a sample of {of:,}; in all of them there are more.",
            advice="Do not part them between training and test: `seqloom data split` keeps them together.",
            examples=examples,
        )


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
    if found.coded:
        what = "label" if found.labels else "row of tags"
        yield Finding(
            key="conflicting labels",
            level="bad" if share >= 0.005 else "warn",
            title=f"{counted(count, 'text')} with more than one {what}",
            count=count,
            share=share,
            advice=f"One {what} is wrong, or the task is not decided by the text. Mend or drop them.",
            examples=examples,
        )
        return
    yield Finding(
        key="several targets",
        level="note",
        title=f"{counted(count, 'source')} with more than one target",
        count=count,
        share=share,
        text=f"The most has {int(found.sources.beside.max()):,}.",
        advice="A model learns their mean. Good for references, which JSON lines can hold in a list.",
        examples=examples,
    )


def _boilerplate(found: Inspection) -> Iterator[Finding]:
    """One target for many different sources."""
    if found.coded or found.exchanged:
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
                level=level_of(count / found.pairs),
                title=f"{counted(count, 'pair')} with a {name} that stands beside {most} {other}s or more",
                count=count,
                share=count / found.pairs,
                advice="A model would answer with it whenever in doubt. Keep a few of each.",
                examples=examples,
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
                advice='A model sees two words where there is one. `data.cleaning.chinese = "simplified"` makes them '
                "alike, here and, by `seqloom data clean`, in the test files.",
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
            title=f"{counted(found.ledger.bad, 'line')} that cannot be read",
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
            title=f"{counted(found.empty, 'pair')} with an empty side",
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
            title=f"The labels are uneven: `{most}` {percent(share)}, `{least}` {percent(fewest / whole)}",
            count=number,
            share=share,
            advice="Report F1 of each label, not accuracy alone; a focal or weighted objective helps the rare ones.",
        )


def _unknown(found: Inspection) -> Iterator[Finding]:
    for name, *known in found.known:
        worst = min(known[: 1 if found.coded else 2])
        if worst < 0.95:
            side = ("source", "target")[known.index(worst)]
            yield Finding(
                key=f"unknown words: {name}",
                level="warn" if worst < 0.85 else "note",
                title=f"{percent(1 - worst)} of the words of the {name} {side}s are in no training {side}"
                + ("" if found.whole else " of the sample"),
                count=0,
                share=1 - worst,
                advice="Another domain, or too few pairs: subwords help, more data helps more.",
            )


def _further(found: Inspection) -> Iterator[Finding]:
    if found.further:
        yield Finding(
            key="further targets",
            level="note",
            title=f"{counted(found.further, 'pair')} with several targets, of which this looks at the first",
            count=found.further,
            share=found.further / found.pairs,
            text="A training learns from the first, too; a test counts all of them as right.",
            advice="Where the others are another language, name that pair of files, as in `a.de,a.fr`.",
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


WRONG = (_broken, _exchanged, _overlaps)
REPEATED = (_boilerplate, _chinese, _duplicates, _conflicts)
SHAPE = (_balance, _lengths, _unknown, _further, _small)
