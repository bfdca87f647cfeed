"""Sides that are no texts: labels, and tags for the words of the other side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seqloom.data.few_words import FEW_WORDS
from seqloom.data.inspecting.examples import Pair
from seqloom.data.inspecting.sketches import Copies
from seqloom.data.inspecting.tally import Side

__all__ = ["are_labels", "tags_of"]

_MOST_LABELS = 100
_FEWEST_OF_A_LABEL = 5
_LABEL_WORDS = 3
_WORDS_A_TAG = 2
"""Different words for each different tag, at least: what turns round or spells a few signs has as many."""


def are_labels(texts: Copies, side: Side) -> bool:
    """Few short texts that come again and again."""
    kinds = len(texts.starts)
    often = kinds <= _MOST_LABELS and len(texts.keys) >= _FEWEST_OF_A_LABEL * kinds
    return often and side.quantile(0.99) <= _LABEL_WORDS


def tags_of(sample: Sequence[Pair]) -> Counter[str]:
    """As many of them as the source has words, in every pair, and far fewer that differ."""
    tags: Counter[str] = Counter()
    words: set[str] = set()
    for pair in sample:
        said, their = pair.source.split(), pair.target.split()
        tags.update(their)
        words.update(said)
        if len(said) != len(their) or len(tags) > FEW_WORDS:
            return Counter()
    several = tags.total() >= max(1.5 * len(sample), _FEWEST_OF_A_LABEL * len(tags))
    return tags if several and len(words) >= _WORDS_A_TAG * len(tags) else Counter()
