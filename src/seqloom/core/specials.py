"""The ids that every vocabulary keeps for itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Specials"]


@dataclass(frozen=True, kw_only=True)
class Specials:
    """What the parts and the search must know of a vocabulary: its size and four ids; or that there is none."""

    size: int
    pad: int = 0
    """Fills short rows; no model gives it any probability."""
    bos: int = 1
    """What a decoder reads before its first token; never an answer."""
    eos: int = 2
    """Ends every answer."""
    unk: int = 3
    """What a decoder reads for ids it does not know."""
    channels: int = 0
    """Numbers a frame, where the sequence is one of real-valued vectors; 0: it is one of tokens."""
