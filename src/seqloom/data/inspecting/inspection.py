"""The inspection: files are read once, counted in stretches on all cores, and once more for what is to be shown."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import get_all_start_methods, get_context
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.settings import override, parse
from seqloom.data.few_words import few_words
from seqloom.data.inspecting.alignment import Alignment, find_misaligned
from seqloom.data.inspecting.examples import Pair
from seqloom.data.inspecting.labels import are_labels, tags_of
from seqloom.data.inspecting.languages import Strangers, find_strangers
from seqloom.data.inspecting.overlap import Held, Overlap
from seqloom.data.inspecting.sketches import Blocks, Copies, Places
from seqloom.data.inspecting.tally import Counted, Tally, tally
from seqloom.data.inspecting.vocabulary import Pieces, Words, count_words, cut_at_sizes, share_known
from seqloom.data.ledger import Ledger
from seqloom.data.nearness import near_pairs
from seqloom.data.opening import flows, shown
from seqloom.data.readers import read_rows
from seqloom.data.settings import DataSettings

__all__ = ["Inspection", "data_settings", "inspect_files", "most_beside"]

T = TypeVar("T")
_STRETCH = 8000
_PAYS = 8
"""Stretches from which on it pays to start other processes."""
_MOST_HELD = 200_000


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """All that was found in files of pairs."""

    files: tuple[str, ...]
    tally: Tally
    ledger: Ledger
    sources: Copies
    targets: Copies
    share: float
    """Of all texts, those whose copies were counted; 1 up to two million of them."""
    sample: Sequence[Pair]
    whole: bool
    """Whether the sample is all there is."""
    near: int
    """Of the sample, sources that are nearly another source, but not quite."""
    near_rows: Sequence[tuple[int, int]]
    overlaps: tuple[Overlap, ...]
    words: tuple[Words, Words]
    known: tuple[tuple[str, float, float], ...]
    """Of each held set, its name and the share of its running words that the sample has, sources and targets."""
    pieces: Sequence[Pieces]
    labels: Counter[str]
    """Of targets that are labels, how often each was met in the sample; empty where they are texts."""
    tags: Counter[str]
    """The same of tags, where every word of a source has one."""
    exchanged: bool
    """Whether the sources look like labels, and the targets do not."""
    strangers: Strangers
    alignment: Alignment
    shown: dict[int, Pair]
    """Pairs by their number in the order of reading, where a finding needs them."""
    further: int = 0
    """Pairs with more targets than the one that is looked at."""
    empty: int = 0
    first_empty: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def coded(self) -> bool:
        """Whether targets are labels or tags, and so say nothing in a language."""
        return bool(self.labels or self.tags)

    @property
    def pairs(self) -> int:
        return self.tally.pairs


def inspect_files(
    files: Sequence[str], settings: DataSettings, *, held: Sequence[tuple[str, Sequence[str]]] = (), workers: int = 0
) -> Inspection:
    """Look at training files; each held set is a name and its files. 0 workers: one a core, where it pays."""
    begun = time.perf_counter()
    names = [name for _, several in held for name in several]
    for name in (*files, *names):
        if flows(name):
            raise DataError(f"{shown(name)} must be a file, for it is read twice. Save it first.")
    against = [(name, Held(list(islice(_Reading(several, settings), _MOST_HELD)))) for name, several in held]
    reading = _Reading(files, settings)
    gathered = _Gathered(overlaps=tuple(Overlap(each, name) for name, each in against))
    hands = _Hands([each for _, each in against], workers or os.cpu_count() or 1)
    with hands:
        for counted, stretch in hands.counted(reading):
            gathered.add(counted, stretch)
        if not gathered.tally.pairs:
            raise DataError(f"{', '.join(map(shown, files))}: no pair has text on both sides. Check the columns.")
        sample = gathered.blocks.items
        copies = gathered.places[0].copies(), gathered.places[1].copies()
        labels = (
            Counter(pair.target for pair in sample) if are_labels(copies[1], gathered.tally.sides[1]) else Counter()
        )
        tags = tags_of(sample)
        texts = sample if not labels and not tags else []
        alignment = hands.do(find_misaligned, texts)
        pieces = hands.do(_pieces, sample, gathered.tally.pairs)
        strangers = hands.do(find_strangers, texts)
        near = [] if few_words(pair.source for pair in sample) else _near(sample)
        words = count_words([pair.source for pair in sample]), count_words([pair.target for pair in sample])
        wanted = _wanted(copies)
        return Inspection(
            files=tuple(files),
            tally=gathered.tally,
            ledger=reading.ledger,
            sources=copies[0],
            targets=copies[1],
            share=gathered.places[0].share,
            sample=sample,
            whole=gathered.blocks.whole,
            near=len({high for _, high in near}),
            near_rows=near,
            overlaps=gathered.overlaps,
            words=words,
            known=tuple(
                (name, share_known(words[0], each.texts[0]), share_known(words[1], each.texts[1]))
                for name, each in against
            ),
            pieces=pieces(),
            labels=labels,
            tags=tags,
            exchanged=not labels and are_labels(copies[0], gathered.tally.sides[0]),
            strangers=strangers(),
            alignment=alignment(),
            shown={row: sample[row] for row in wanted} if gathered.blocks.whole else _at(files, settings, wanted),
            further=reading.further,
            empty=reading.empty,
            first_empty=reading.first_empty,
            seconds=time.perf_counter() - begun,
        )


def data_settings(overrides: Sequence[str]) -> DataSettings:
    """How the files are read: what a recipe's `[data]` says, by keys like `data.encoding=gb18030`."""
    tables = override({}, overrides)
    if others := [name for name in tables if name != "data"]:
        raise RecipeError(f"`--set {others[0]}…` must be a setting of `data` here, as in `data.encoding=gb18030`.")
    return parse(DataSettings, tables.get("data", {}), where="--set data")


class _Reading:
    """Pairs of files in order; what is no pair is counted."""

    def __init__(self, files: Sequence[str], settings: DataSettings) -> None:
        self.files, self.settings = files, settings
        self.ledger = Ledger(on_bad_line="skip")
        self.further = self.empty = 0
        self.first_empty: list[str] = []

    def __iter__(self) -> Iterator[Pair]:
        settings = self.settings
        alone = settings.rows == "texts"
        for file in self.files:
            rows = read_rows(file, encoding=settings.encoding, columns=settings.columns, sources_only=alone)
            for row in self.ledger.rows(rows):
                target = row.source if alone else row.targets[0] if row.targets else ""
                if not row.source or not target or row.source.isspace() or target.isspace():
                    self.empty += 1
                    if len(self.first_empty) < 3:
                        self.first_empty.append(f"{row.file}:{row.line}")
                else:
                    self.further += len(row.targets) > 1
                    yield Pair(row.source, target, row.file, row.line)


@dataclass
class _Gathered:
    """All stretches so far."""

    overlaps: tuple[Overlap, ...]
    tally: Tally = field(default_factory=Tally)
    places: tuple[Places, Places] = field(default_factory=lambda: (Places(), Places()))
    blocks: Blocks[Pair] = field(default_factory=Blocks)

    def add(self, counted: Counted, stretch: Sequence[Pair]) -> None:
        rows = np.arange(self.tally.pairs, self.tally.pairs + len(stretch), dtype=np.uint64)
        sources, targets = counted.hashes
        self.places[0].add(sources, targets, rows)
        self.places[1].add(targets, sources, rows)
        self.blocks.add(stretch)
        self.tally.merge(counted.tally)
        for overlap, (matches, number) in zip(self.overlaps, counted.matches, strict=True):
            overlap.add(matches, number)


# ---- several cores ---------------------------------------------------------------------------------------------------

_HELD: list[Held] = []
"""Of a helper: sent once, not with every stretch."""


def _begin(held: Sequence[Held]) -> None:
    _HELD[:] = held


def _work(stretch: Sequence[Pair]) -> Counted:
    return tally(stretch, _HELD)


class _Hands:
    """Helpers where there is enough to do for them; what is found does not depend on who finds it."""

    def __init__(self, held: Sequence[Held], workers: int) -> None:
        self.held, self.workers = held, workers
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    def counted(self, pairs: Iterable[Pair]) -> Iterator[tuple[Counted, Sequence[Pair]]]:
        """Each stretch in order."""
        stretches = _stretches(pairs)
        first = list(islice(stretches, _PAYS))
        if self.workers == 1 or len(first) < _PAYS:
            for stretch in chain(first, stretches):
                yield tally(stretch, self.held), stretch
            return
        for each in self.held:  # before they are handed over, so that no helper need do it again
            _ = each.signatures, each.few
        method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
        self.pool = ProcessPoolExecutor(self.workers, get_context(method), _begin, (self.held,))
        ahead: deque[tuple[Future[Counted], Sequence[Pair]]] = deque()
        for stretch in chain(first, stretches):
            ahead.append((self.pool.submit(_work, stretch), stretch))
            if len(ahead) > self.workers + 1:
                done, its = ahead.popleft()
                yield done.result(), its
        for done, its in ahead:
            yield done.result(), its

    def do(self, work: Callable[..., T], *given: object) -> Callable[[], T]:
        """Begin something; what it found, once it is asked for."""
        if self.pool is None:
            done = work(*given)
            return lambda: done
        return self.pool.submit(work, *given).result


def _stretches(pairs: Iterable[Pair]) -> Iterator[Sequence[Pair]]:
    pairs = iter(pairs)
    while stretch := list(islice(pairs, _STRETCH)):
        yield stretch


# ---- what only all of them show --------------------------------------------------------------------------------------


def _pieces(sample: Sequence[Pair], total: int) -> list[Pieces]:
    return cut_at_sizes(sample, total=total)


def _near(sample: Sequence[Pair]) -> list[tuple[int, int]]:
    """Sources that are nearly another one, but not quite."""
    nearly = near_pairs([pair.source for pair in sample])
    return [(low, high) for low, high in nearly.tolist() if sample[low].source != sample[high].source]


def _wanted(copies: tuple[Copies, Copies]) -> list[int]:
    """The rows that a finding may show."""
    rows: set[int] = set()
    rows.update(copies[0].again[:, :5].ravel().tolist())
    for side in copies:
        for place in most_beside(side):
            rows.update(side.rows_of(place, most=3))
    return sorted(rows)


def most_beside(side: Copies) -> list[int]:
    """The texts with most different partners."""
    beside: NDArray[np.int64] = side.beside
    order = np.argsort(-beside, kind="stable")[:5]
    return [int(place) for place in order if beside[place] > 1]


def _at(files: Sequence[str], settings: DataSettings, rows: Sequence[int]) -> dict[int, Pair]:
    """Read again, as far as the last of these rows."""
    wanted = set(rows)
    last = rows[-1] + 1 if rows else 0
    return {row: pair for row, pair in enumerate(islice(_Reading(files, settings), last)) if row in wanted}
