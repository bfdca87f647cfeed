"""Which target tokens a source token is likely to be said by, learnt from pairs: what a shortlist is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from seqloom.core.errors import ModelFolderError
from seqloom.data.corpus import Corpus
from seqloom.data.numbered import TARGET, TEXT
from seqloom.data.ragged import Numbers

__all__ = ["Lexicon"]

_ROUNDS = 5
_CELLS = 8_000_000
"""Source tokens × target tokens of all pairs that are looked at; of more data an even part is enough."""
_TRANSLATIONS = 100
"""Kept of each source token."""


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """The likeliest translations of each source token, and all target tokens by how often they are said."""

    translations_SX: Numbers
    """The likeliest first; -1 where there are no more."""
    frequent_V: Numbers
    """The most frequent first."""

    @classmethod
    def learn(cls, corpora: Sequence[Corpus], *, source_size: int, target_size: int) -> Self:
        """By IBM's first model (Brown et al. 1993, section 4.1): every source token of a pair, or none, may have made
        each of its target tokens."""
        counts_V = np.zeros(target_size, np.int64)
        for corpus in corpora:
            counts_V += np.bincount(np.asarray(corpus.columns[TARGET].values), minlength=target_size)[:target_size]
        cells = [_cells(corpus, target_size, most=_CELLS // len(corpora)) for corpus in corpora]
        source_C, target_C, starts_T = (
            np.concatenate([each[0] for each in cells]),
            np.concatenate([each[1] for each in cells]),
            np.concatenate([each[2] + first for each, first in zip(cells, _firsts(cells), strict=True)]),
        )
        pairs_P, pair_C = np.unique(source_C.astype(np.int64) * target_size + target_C, return_inverse=True)
        source_P, target_P = pairs_P // target_size, pairs_P % target_size
        p_P = np.ones(len(pairs_P))
        for _ in range(_ROUNDS):
            p_C = p_P[pair_C]
            whole_T = np.add.reduceat(p_C, starts_T)
            share_C = p_C / np.repeat(whole_T, np.diff(starts_T, append=len(p_C)))
            count_P = np.bincount(pair_C, share_C, minlength=len(pairs_P))
            p_P = count_P / np.bincount(source_P, count_P)[source_P]
        return cls(
            translations_SX=_likeliest(source_P, target_P, p_P, source_size=source_size),
            frequent_V=np.argsort(-counts_V, kind="stable").astype(np.int32),
        )

    def shortlist(self, source: Sequence[int], *, translations: int, frequent: int, always: Sequence[int]) -> Numbers:
        """The target tokens that an answer to this source may be made of, in order."""
        theirs = self.translations_SX[np.asarray(source, dtype=np.int64), :translations].ravel()
        every = np.concatenate([theirs[theirs >= 0], self.frequent_V[:frequent], np.asarray(always, dtype=np.int64)])
        return np.unique(every).astype(np.int64)

    # ---- on disk -----------------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"translations": self.translations_SX, "frequent": self.frequent_V}, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            found = load_file(path)
            return cls(translations_SX=found["translations"], frequent_V=found["frequent"])
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelFolderError(
                f"{path}: cannot be read as a lexicon: {error}. Copy the folder again, whole."
            ) from None


def _cells(corpus: Corpus, target_size: int, *, most: int) -> tuple[Numbers, Numbers, Numbers]:
    """Of every target token of a pair: each source token, 0 being none; the target token; and where its cells begin."""
    sources, targets = corpus.columns[TEXT], corpus.columns[TARGET]
    cells_B = (sources.lengths.astype(np.int64) + 1) * targets.lengths
    share = min(1.0, most / max(1, int(cells_B.sum())))
    rows = np.linspace(0, len(corpus) - 1, max(1, int(share * len(corpus)))).astype(np.int64)
    source_ids, target_ids = sources.flat(rows).astype(np.int64) + 1, targets.flat(rows).astype(np.int64)
    widths_B = sources.lengths[rows].astype(np.int64)
    starts_B = widths_B.cumsum() - widths_B
    width_T = np.repeat(widths_B, targets.lengths[rows]) + 1
    start_T = np.repeat(starts_B, targets.lengths[rows])
    said_T = target_ids < target_size  # a row's own words are nobody's translation
    width_T, start_T, target_ids = width_T[said_T], start_T[said_T], target_ids[said_T]
    first_T = width_T.cumsum() - width_T
    place_C = np.arange(int(width_T.sum())) - np.repeat(first_T, width_T)
    with_none = np.concatenate([source_ids, [0]])
    into_C = np.where(place_C == 0, len(source_ids), np.repeat(start_T, width_T) + place_C - 1)
    return with_none[into_C], np.repeat(target_ids, width_T), first_T


def _firsts(cells: Sequence[tuple[Numbers, Numbers, Numbers]]) -> list[int]:
    ends = np.cumsum([len(source_C) for source_C, _, _ in cells])
    return [0, *ends[:-1].tolist()]


def _likeliest(source_P: Numbers, target_P: Numbers, p_P: Numbers, *, source_size: int) -> Numbers:
    """A row a source token."""
    order = np.lexsort((-p_P, source_P))
    order = order[source_P[order] > 0]
    source_R = source_P[order] - 1
    rank_R = np.arange(len(order)) - np.searchsorted(source_R, source_R)
    kept = rank_R < _TRANSLATIONS
    found_SX = np.full((source_size, _TRANSLATIONS), -1, np.int32)
    found_SX[source_R[kept], rank_R[kept]] = target_P[order][kept]
    return found_SX
