"""What a training's objectives may know of the target side: its tokens, its texts, and how often each is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from seqloom.data.corpus import Corpus
from seqloom.data.numbered import TARGET
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.training.objectives import Targets

__all__ = ["counted", "targets_of", "targets_of_rows"]

_OWN = 0xE000
"""Of the private characters that stand for a row's own words: each is the same in every text of that row."""

_AT_ONCE = 10_000_000


def targets_of(numbering: Numbering, counts: Callable[[], Sequence[int]]) -> Targets:
    size = numbering.target_vocabulary.size

    def text(ids: Sequence[int]) -> str:
        own = [chr(_OWN + number) for number in range(max(0, max(ids, default=0) - size + 1))]
        return numbering.text(ids, own)

    return Targets(
        vocabulary=numbering.target_vocabulary,
        joint=numbering.sources is numbering.targets,
        id_of=numbering.targets.id_of,
        text=text,
        counts=counts,
    )


def targets_of_rows(rows: Sequence[Row], numbering: Numbering) -> Targets:
    """The same where what is learnt from is in hand, and not on disk."""

    def counts() -> list[int]:
        return counted([Corpus.of([*numbering.pairs(rows, count=lambda what, number: None)])], numbering)

    return targets_of(numbering, counts)


def counted(corpora: Sequence[Corpus], numbering: Numbering) -> list[int]:
    """How often each id of the target is in the corpora, each pair's end included. Own words are not counted."""
    vocabulary = numbering.target_vocabulary
    found = np.zeros(vocabulary.size, dtype=np.int64)
    for corpus in corpora:
        said = corpus.columns[TARGET].values  # it may lie on disk, and be larger than memory
        for first in range(0, len(said), _AT_ONCE):
            stretch = said[first : first + _AT_ONCE]
            found += np.bincount(stretch[stretch < vocabulary.size], minlength=vocabulary.size)
        found[vocabulary.eos] += len(corpus)
    counts: list[int] = found.tolist()
    return counts
