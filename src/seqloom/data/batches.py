"""Pairs side by side in padded batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from seqloom.core.errors import DataError
from seqloom.core.specials import Specials
from seqloom.data.buckets import Batches, Padding, arrange
from seqloom.data.corpus import Corpus
from seqloom.data.epoch import BatchSettings, MixtureSettings
from seqloom.data.mixture import Mixture, classes_of
from seqloom.data.numbered import ALIGNMENT, COPY, TARGET, TEXT, UNITS, Numbered
from seqloom.data.ragged import Numbers, Ragged
from seqloom.decoding.collate import collate, pad
from seqloom.decoding.request import Pair
from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Part, SourceBatch
from seqloom.nn.vectors import edged

__all__ = ["BatchStream", "batches_of", "make_batch", "ordered_batches"]


def make_batch(pairs: Sequence[Pair], *, vocabulary: Specials, device: torch.device | None = None) -> Batch:
    """Targets get their bos and eos here; what is padding is known from their lengths, not from the ids."""
    rows: list[Any] = [
        np.pad(pair.target, ((1, 1), (0, 0))) if vocabulary.channels else [vocabulary.bos, *pair.target, vocabulary.eos]
        for pair in pairs
    ]
    target_BT = pad(rows, fill=vocabulary.pad, device=device)
    lengths_B = torch.tensor([len(row) for row in rows], device=device)
    mask_BT = torch.arange(target_BT.shape[1], device=device) < lengths_B[:, None]
    return Batch(
        source=collate([pair.source for pair in pairs], device=device),
        target_BT=edged(target_BT, mask_BT) if vocabulary.channels else target_BT,
        target_mask_BT=mask_BT,
    )


def batches_of(pairs: Iterable[Pair], *, size: int, vocabulary: Specials) -> Iterator[Batch]:
    """The pairs in the order given, ``size`` a batch, until there are no more."""
    pairs = iter(pairs)
    while chosen := list(islice(pairs, size)):
        yield make_batch(chosen, vocabulary=vocabulary)


def ordered_batches(corpus: Corpus, *, tokens: int, vocabulary: Specials) -> Iterator[Batch]:
    """Every pair once, short ones first."""
    for rows in arrange(corpus.source_lengths, corpus.target_lengths, tokens=tokens, dice=None):
        yield _gathered([corpus], rows, vocabulary)


# ---- the stream that training reads ----------------------------------------------------------------------------------

_WINDOW = 1_000_000
"""Pairs arranged in one go: as many as leave no trace in the padding, and as few as fit into any memory."""
_SAMPLED_WINDOW = 65_536
"""The same where each has to be cut into subwords anew, and a resumed run waits for that."""


@dataclass(frozen=True, kw_only=True)
class _Window:
    """A stretch of an epoch: its batches, which name rows of the corpora."""

    corpora: Sequence[Corpus]
    batches: Batches
    first: int
    """Pairs of the epoch before it."""


class BatchStream:
    """Batches without end, the same for the same seed, which can be taken up at any batch.

    ``again`` makes other segmentations of pairs (``Numbering.again``), for tokenizers that sample.
    """

    def __init__(
        self,
        corpora: Sequence[Corpus],
        settings: BatchSettings,
        *,
        vocabulary: Specials,
        seed: int,
        mixture: MixtureSettings | None = None,
        again: Callable[[Sequence[Numbered], int], list[Numbered]] | None = None,
    ) -> None:
        self.corpora = tuple(corpora)
        self.settings = settings
        self.vocabulary = vocabulary
        self.seed = seed
        self.again = again
        mixture = mixture or MixtureSettings()
        classes = [classes_of(corpus.columns[TARGET]) for corpus in corpora] if mixture.balance else None
        self.mixture = Mixture([len(corpus) for corpus in corpora], mixture, seed=seed, classes=classes)
        self._longest_window = _WINDOW if again is None else _SAMPLED_WINDOW
        self._enter(epoch=0, window=0)
        self.batches_per_epoch = round(len(self._window.batches) * self.mixture.size / len(self._window.batches.order))
        """Exact for the first epoch of what is arranged in one go; the others differ by very little."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        if self._place == len(self._window.batches):
            last = self._window.first + len(self._window.batches.order) == self.mixture.size
            self._enter(epoch=self._epoch + last, window=0 if last else self._number + 1)
        rows = self._window.batches[self._place]
        self._place += 1
        return _gathered(self._window.corpora, rows, self.vocabulary)

    @property
    def epoch(self) -> float:
        """Epochs read, the last one in part."""
        return self._epoch + (self._window.first + self._window.batches.given(self._place)) / self.mixture.size

    @property
    def padding(self) -> Padding:
        """Of the epoch being read, as far as it is arranged in one go."""
        return self._window.batches.padding

    def position(self) -> dict[str, Any]:
        """Where the stream stands, as plain data."""
        return {"epoch": self._epoch, "window": self._number, "batch": self._place, "of": self._fingerprint()}

    def seek(self, position: Mapping[str, Any]) -> None:
        """Stand where ``position`` was told, of this stream or of another that was made alike."""
        for name, value in self._fingerprint().items():
            if position["of"].get(name) != value:
                raise DataError(
                    f"the {name} must be as the run began ({position['of'].get(name)}), but is {value}. "
                    "Begin a new run, or put it back."
                )
        self._enter(epoch=position["epoch"], window=position["window"])
        self._place = position["batch"]

    def _fingerprint(self) -> dict[str, Any]:
        """What else a position hangs on."""
        return {
            "number of pairs": list(self.mixture.sizes),
            "pairs an epoch reads of each corpus": list(self.mixture.counts),
            "setting `data.batches.tokens`": self.settings.tokens,
            "setting `data.batches.shuffle`": self.settings.shuffle,
            "seed": self.seed,
        }

    def _enter(self, *, epoch: int, window: int) -> None:
        self._epoch, self._number, self._place = epoch, window, 0
        # An epoch's order is made again for each of its windows: rarely, and in less time than it takes to read one.
        order = self.mixture.epoch(epoch, shuffle=self.settings.shuffle)
        first = window * self._longest_window
        rows = order[first : first + self._longest_window]
        corpora: Sequence[Corpus] = self.corpora
        if self.again is not None:
            seed = int(np.random.SeedSequence([self.seed, epoch, window]).generate_state(1)[0])
            pairs = self.again([self._pair(row) for row in rows.tolist()], seed)
            corpora = [Corpus.of(pairs, self.corpora[0].stored)]
            rows = np.arange(len(rows))
        dice = np.random.default_rng([self.seed, epoch, window]) if self.settings.shuffle else None
        batches = arrange(
            _lengths([corpus.source_lengths for corpus in corpora], rows),
            _lengths([corpus.target_lengths for corpus in corpora], rows),
            tokens=self.settings.tokens,
            dice=dice,
        )
        batches = Batches(order=rows[batches.order], ends=batches.ends, padding=batches.padding)
        self._window = _Window(corpora=corpora, batches=batches, first=first)

    def _pair(self, row: int) -> Numbered:
        for corpus in self.corpora:
            if row < len(corpus):
                return corpus.pair(row)
            row -= len(corpus)
        raise IndexError(row)


# ---- rows of corpora → tensors ---------------------------------------------------------------------------------------


def _gathered(corpora: Sequence[Corpus], rows: Numbers, vocabulary: Specials) -> Batch:
    """A batch of pairs that are numbered through all corpora."""

    def filled(name: str, *, fill: int = 0, around: tuple[Any, Any] | None = None) -> tuple[Tensor, Tensor]:
        return _filled([corpus.columns[name] for corpus in corpora], rows, fill=fill, around=around)

    here = corpora[0].columns
    parts = {}
    for name in corpora[0].parts:
        values, mask_BS = filled(name)
        parts[name] = Part(values=values, mask_BS=mask_BS)
    if vocabulary.channels:
        frames_BTC, mask_BT = filled(TARGET, around=(0.0, 0.0))
        target_BT = edged(frames_BTC, mask_BT)
    else:
        target_BT, mask_BT = filled(TARGET, fill=vocabulary.pad, around=(vocabulary.bos, vocabulary.eos))
    source = SourceBatch(
        parts=parts,
        copy_BS=filled(COPY)[0] if COPY in here else None,
        units_BU=filled(UNITS, fill=-1)[0] if UNITS in here else None,
    )
    if ALIGNMENT not in here:
        return Batch(source=source, target_BT=target_BT, target_mask_BT=mask_BT)
    aligned_BTS = _aligned(
        [corpus.columns[ALIGNMENT] for corpus in corpora],
        rows,
        shape=(len(rows), target_BT.shape[1] - 1, parts[TEXT].values.shape[1]),
    )
    return Batch(source=source, target_BT=target_BT, target_mask_BT=mask_BT, alignment_BTS=aligned_BTS)


def _aligned(columns: Sequence[Ragged], rows: Numbers, *, shape: tuple[int, int, int]) -> Tensor:
    """Where each token that should be said has its like in the source; the end has none."""
    aligned = np.zeros(shape, dtype=np.bool_)
    for column, here, local in _by_column(columns, rows):
        source, target = column.flat(local).astype(np.int64).T
        aligned[np.repeat(here, column.lengths[local]), target, source] = True
    return torch.from_numpy(aligned)


def _filled(
    columns: Sequence[Ragged], rows: Numbers, *, fill: int = 0, around: tuple[Any, Any] | None = None
) -> tuple[Tensor, Tensor]:
    """Padded rows and where they are real; ``around`` stands before the first and behind the last value of each.

    Whole numbers become int64, real ones float32; channels are the last axis, also of what stands around.
    """
    lengths = _lengths([column.lengths for column in columns], rows)
    lead = 0 if around is None else 1
    width = int(lengths.max()) + 2 * lead
    inner = (np.arange(width) >= lead) & (np.arange(width) < lengths[:, None] + lead)
    like = columns[0].values
    values = np.full(inner.shape + like.shape[1:], fill, dtype=np.float32 if like.dtype.kind == "f" else np.int64)
    for column, here, local in _by_column(columns, rows):
        if len(here) == len(rows):
            values[inner] = column.flat(local)
        else:
            some = values[here]
            some[inner[here]] = column.flat(local)
            values[here] = some
    if around is not None:
        values[:, 0] = around[0]
        values[np.arange(len(rows)), lengths + 1] = around[1]
    mask = np.arange(width) < lengths[:, None] + 2 * lead
    return torch.from_numpy(values), torch.from_numpy(mask)


def _lengths(columns: Sequence[Numbers], rows: Numbers) -> Numbers:
    lengths = np.empty(len(rows), dtype=np.int64)
    for each, here, local in _by_column(columns, rows):
        lengths[here] = each[local]
    return lengths


_Column = TypeVar("_Column", Ragged, Numbers)


def _by_column(columns: Sequence[_Column], rows: Numbers) -> Iterator[tuple[_Column, Numbers, Numbers]]:
    """Which of the rows are of which corpus' column, and their numbers there."""
    first = 0
    for column in columns:
        here = np.flatnonzero((rows >= first) & (rows < first + len(column)))
        if len(here):
            yield column, here, rows[here] - first
        first += len(column)
