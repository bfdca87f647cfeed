"""Which models have a lexicon, and what it is learnt from."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.data.corpus import Corpus
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbered import TEXT
from seqloom.data.numbering import Numbering

__all__ = ["learn_lexicon"]

_FEWEST = 1000
"""Target tokens below which no shortlist makes anything faster."""


def learn_lexicon(corpora: Sequence[Corpus], numbering: Numbering) -> Lexicon | None:
    """None where there is no text to read, or little to choose from."""
    source, target = numbering.source_vocabulary, numbering.target_vocabulary
    if numbering.sourceless or numbering.part != TEXT or target.channels or target.size <= _FEWEST:
        return None
    return Lexicon.learn(corpora, source_size=source.size, target_size=target.size)
