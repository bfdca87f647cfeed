"""The pairs that a model has learnt from, kept ready for whoever asks what it has seen that is like a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.core.errors import DecodingError
from seqloom.workflow.speaker import Speaker

if TYPE_CHECKING:
    from seqloom.explain.insight.neighbours import Neighbours

__all__ = ["SeenBefore"]


class SeenBefore:
    """A file of pairs, read anew by each model that comes: every one has states of its own."""

    def __init__(self, pairs: str) -> None:
        self.pairs = pairs
        self._near: dict[Speaker, Neighbours] = {}

    def by(self, speaker: Speaker) -> Neighbours:
        """As this model sees them. The first time takes as long as reading them all."""
        if speaker not in self._near:
            self._near[speaker] = self._read(speaker)
        return self._near[speaker]

    def forget(self, speaker: Speaker) -> None:
        self._near.pop(speaker, None)

    def _read(self, speaker: Speaker) -> Neighbours:
        try:
            from seqloom.explain.insight.neighbours import neighbours_in
        except ModuleNotFoundError:
            raise DecodingError("`--pairs` needs torch, which this machine is without. Leave it out.") from None
        return neighbours_in(speaker, self.pairs)
