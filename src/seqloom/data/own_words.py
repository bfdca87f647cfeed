"""A row's own words: source tokens that the target vocabulary lacks, with ids behind its own."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.core.errors import RecipeError
from seqloom.data.tokenizers.contract import TextTokenizer

__all__ = ["OwnWords", "own_text", "own_tokens"]


class OwnWords:
    """The k-th of them gets the id V + k, in the source's ``copy`` and in the target alike, so that a head that copies
    can learn to say it."""

    def __init__(self, source: TextTokenizer, target: TextTokenizer) -> None:
        if source.samples and not target.samples:
            raise RecipeError(
                "`data.tokenizer.sampling` must be 0 where a head copies words that the target's tokenizer lacks, "
                f"but is {source.settings.sampling}. Set it to 0."
            )
        self.source, self.target = source, target
        found = [target.id_of(token) for token in source.show(range(source.specials.size))]
        unknown = source.specials.unk
        self._target_of = [-1 if id_ is None or number <= unknown else id_ for number, id_ in enumerate(found)]
        """The target's id of each source token, -1 where it has none."""

    def copied(self, ids: Sequence[int], text: str | None = None) -> tuple[list[int], list[str]]:
        """``copy`` of a source and its own words. The text is needed where the source's tokenizer has unknowns."""
        copy = [self._target_of[number] for number in ids]
        own: dict[str, int] = {}
        if -1 in copy:
            pieces = self.source.show(ids) if text is None else self.source.pieces(text)
            for place, number in enumerate(copy):
                if number < 0:
                    known = self.target.id_of(pieces[place])
                    if known is None:
                        known = own.setdefault(pieces[place], self.target.specials.size + len(own))
                    copy[place] = known
        return copy, list(own)

    def said(self, target: Sequence[int], text: str, own: Sequence[str]) -> Sequence[int]:
        """A target whose unknown tokens are own words of its source where these have them."""
        specials = self.target.specials
        if not own or specials.unk not in target:
            return target
        numbers = {word: specials.size + number for number, word in enumerate(own)}
        pieces = self.target.pieces(text)
        return [
            numbers.get(pieces[place], number) if number == specials.unk else number
            for place, number in enumerate(target)
        ]


def own_tokens(target: TextTokenizer, ids: Sequence[int], own: Sequence[str]) -> list[str]:
    """The token of each id, own words included."""
    size = target.specials.size
    known = size + len(own)
    return [own[number - size] if size <= number < known else target.show([number])[0] for number in ids]


def own_text(target: TextTokenizer, ids: Sequence[int], own: Sequence[str]) -> str:
    """What an answer says, own words included; an id beyond them is unknown."""
    specials = target.specials
    if not own or max(ids, default=0) < specials.size:
        return target.decode(ids)
    # Pieces that are own words are joined with those of the vocabulary, controls left out.
    known = specials.size + len(own)
    kept = [number if number < known else specials.unk for number in ids if number >= specials.unk]
    return target.join(own_tokens(target, kept, own))
