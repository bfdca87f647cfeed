"""Which models have a lexicon, what it is learnt from, and the shortlists that are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqloom.core.errors import RecipeError
from seqloom.data.corpus import Corpus
from seqloom.data.lexicon import Lexicon
from seqloom.data.numbered import TEXT
from seqloom.data.numbering import Numbering
from seqloom.data.ragged import Numbers
from seqloom.workflow.asking import ShortlistSettings

__all__ = ["Shortlisting", "learn_lexicon"]

_FEWEST = 1000
"""Target tokens below which no shortlist makes anything faster."""


def learn_lexicon(corpora: Sequence[Corpus], numbering: Numbering) -> Lexicon | None:
    """None where there is no text to read, or little to choose from."""
    source, target = numbering.source_vocabulary, numbering.target_vocabulary
    if numbering.sourceless or numbering.part != TEXT or target.channels or target.size <= _FEWEST:
        return None
    return Lexicon.learn(corpora, source_size=source.size, target_size=target.size)


@dataclass(frozen=True)
class Shortlisting:
    """Of a source's tokens, those that its answer may be made of."""

    lexicon: Lexicon
    settings: ShortlistSettings
    numbering: Numbering

    @classmethod
    def of(
        cls, lexicon: Lexicon | None, settings: ShortlistSettings, numbering: Numbering, *, asked: str
    ) -> Shortlisting:
        """A RecipeError that names what was ``asked`` where there is no lexicon."""
        if lexicon is None:
            raise RecipeError(
                f"`{asked}` needs the model's lexicon.safetensors, but there is none: `seqloom train` writes it where "
                "text is made of text with more than 1,000 tokens. Leave it out, or train anew."
            )
        return cls(lexicon, settings, numbering)

    def __call__(self, source: Sequence[int]) -> Numbers:
        return self.lexicon.shortlist(
            source,
            translations=self.settings.translations,
            frequent=self.settings.frequent,
            always=[self.numbering.target_vocabulary.unk, *self._copied(source)],
        )

    def because_of(self, token: int) -> list[int]:
        """What one source token brings."""
        likely = self.lexicon.translations_SX[token, : self.settings.translations].tolist()
        return [*self._copied([token]), *(id for id in likely if id >= 0)]

    @property
    def for_all(self) -> list[int]:
        """What every source has."""
        return [self.numbering.target_vocabulary.unk, *self.lexicon.frequent_V[: self.settings.frequent].tolist()]

    def _copied(self, source: Sequence[int]) -> Sequence[int]:
        """With one vocabulary a name may be said as it is."""
        return source if self.numbering.sources is self.numbering.targets else ()
