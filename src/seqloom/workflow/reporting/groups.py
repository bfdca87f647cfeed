"""A test set in groups: the score of each with its interval, so that a mean hides nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqloom.core.wording import show
from seqloom.data.numbering import Numbering
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure
from seqloom.metrics.words import plain, tokens
from seqloom.pages import Block, Column, Details, Range, Ranges, Table
from seqloom.workflow.evaluating import Report
from seqloom.workflow.use import EvaluationSettings

__all__ = ["Breakdown", "blocks_of", "by_column", "by_length", "by_rarity", "quantiles"]

_GROUPS = 5
_FEWEST = 10
"""Sentences of a group, where groups are cut by a number."""
_CUT = 0.5
"""The share of words in pieces from which on a vocabulary is not one of words."""
_DOMAINS = 12
"""More are put together."""
_SAMPLES = 500
"""Resamples of an interval."""


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """Which sentences are in which group."""

    title: str
    meaning: str
    groups: Mapping[str, Sequence[int]]
    """Places in the report, by the group's name."""


def by_length(report: Report) -> Breakdown:
    lengths = [len(tokens(plain(each.source))) for each in report.tested]
    return Breakdown(
        title="By source length",
        meaning="Words of the source; of writings without spaces, characters.",
        groups=quantiles(lengths, one="word", several="words"),
    )


def by_rarity(report: Report, numbering: Numbering) -> Breakdown:
    """By the words that the vocabulary does not have whole; else by how often the file has the rarest word.

    A vocabulary is learnt from the training pairs, and what is frequent there is one piece. A finished model knows no
    more of its training data than that. Where no word is one piece (characters, bytes), or every word is, it says
    nothing; then the file must do.
    """
    cut, words = _cut_words(report, numbering)
    groups = quantiles(cut, one="word in pieces", several="words in pieces")
    if sum(cut) < _CUT * words and len(groups) > 1:
        return Breakdown(
            title="By rare words",
            meaning="Words of the source that the model's vocabulary does not have as one piece: they were rare in, or "
            "absent from, what it was learnt from.",
            groups=groups,
        )
    split = [tokens(plain(each.source)) for each in report.tested]
    counts = Counter(word for each in split for word in set(each))
    return Breakdown(
        title="By rare words",
        meaning="How many sources of this file have the source's rarest word; of writings without spaces, character. "
        "The model's vocabulary does not tell which words were rare in training.",
        groups=quantiles(
            [min((counts[word] for word in each), default=0) for each in split],
            one="source has it",
            several="sources have it",
        ),
    )


def by_column(report: Report, column: int | str) -> Breakdown:
    """The largest first."""
    name = str(column)
    values = [str(each.extras.get(name, "")).strip() or "(none)" for each in report.tested]
    largest = [value for value, _ in Counter(values).most_common(_DOMAINS)]
    groups: dict[str, list[int]] = {value: [] for value in largest}
    for place, value in enumerate(values):
        groups.setdefault(value if value in groups else "(others)", []).append(place)
    title = f"By column {name}" if isinstance(column, int) else f"By {name}"
    return Breakdown(title=title, meaning=f"The column {show(column)} of the file.", groups=groups)


def quantiles(values: Sequence[int], *, one: str, several: str) -> dict[str, list[int]]:
    """Groups of about the same size, those of small values first. Equal values are in one group."""
    ordered = sorted(values)
    number = max(1, min(_GROUPS, len(values) // _FEWEST))
    wanted = {ordered[0], *(ordered[len(ordered) * each // number] for each in range(1, number))}
    starts: list[int] = []
    for start in sorted(wanted):
        if not starts or _between(ordered, starts[-1], start) >= _FEWEST:
            starts.append(start)
    groups: dict[str, list[int]] = {}
    for start, after in zip(starts, [*starts[1:], ordered[-1] + 1], strict=True):
        inside = [place for place, value in enumerate(values) if start <= value < after]
        last = max(values[place] for place in inside)
        span = f"{start}" if start == last else f"{start}\u2013{last}"
        groups[f"{span} {one if last == 1 else several}"] = inside
    return groups


def _between(ordered: Sequence[int], start: int, after: int) -> int:
    return bisect_left(ordered, after) - bisect_left(ordered, start)


def blocks_of(breakdown: Breakdown, report: Report, settings: EvaluationSettings) -> list[Block]:
    """The first metric to be seen, all of them to be read."""
    scores = {name: _scores(places, report, settings) for name, places in breakdown.groups.items()}
    whole = report.scores[0]
    ranges = [
        Range(
            name=name, value=each[0].value, low=each[0].low, high=each[0].high, count=len(places), beside=_told(each[0])
        )
        for (name, places), each in zip(breakdown.groups.items(), scores.values(), strict=True)
    ]
    better = "more" if whole.higher_is_better else "less"
    drawn = Ranges(
        caption=f"{breakdown.title}: {whole.name}, {better} is better",
        alt="; ".join(f"{each.name}: {each.beside}" for each in ranges),
        ranges=ranges,
        counted="sentences",
        whole=whole.value,
    )
    columns = [Column(title="group", kind="name"), Column(title="sentences", kind="number")]
    # A report may have scores that need more than answers and references; those of its groups are these.
    names = [*dict.fromkeys(score.name for each in scores.values() for score in each)]
    columns += [Column(title=name, kind="number") for name in names]
    told = {group: {score.name: _told(score) for score in each} for group, each in scores.items()}
    rows: list[list[str | float | None]] = [
        [group, len(breakdown.groups[group]), *map(each.get, names)] for group, each in told.items()
    ]
    table = Table(caption=f"{breakdown.title}, with 95 % intervals", columns=columns, rows=rows)
    return [drawn, Details(summary="Every metric", blocks=[table])]


def _told(score: Score) -> str:
    value = score.shown(score.value)
    if score.low is None or score.high is None:
        return value
    return f"{value} ({score.shown(score.low)} to {score.shown(score.high)})"


def _scores(places: Sequence[int], report: Report, settings: EvaluationSettings) -> list[Score]:
    return measure(
        settings.metrics,
        [report.answers[place].text for place in places],
        [report.tested[place].references for place in places],
        bleu_tokenizer=settings.bleu_tokenizer,
        sources=[report.tested[place].source for place in places],
        samples=_SAMPLES,
    )


def _cut_words(report: Report, numbering: Numbering) -> tuple[list[int], int]:
    """How many words of each source are more than one token or an unknown one, and how many words there are in all.

    A full stop behind a word does not make two of it.
    """
    found, words, unknown = [], 0, numbering.source_vocabulary.unk
    for each in report.tested:
        ids = numbering.sources.encode(each.source)
        pieces: dict[int, list[int]] = {}
        for word, id, token in zip(
            numbering.sources.words_of(each.source, ids), ids, numbering.sources.show(ids), strict=True
        ):
            if id == unknown or any(map(str.isalnum, token)):
                pieces.setdefault(word, []).append(id)
        words += len(pieces)
        found.append(sum(len(ids) > 1 or unknown in ids for ids in pieces.values()))
    return found, words
