"""From rows of text to numbered pairs, and from numbers back to text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.specials import Specials
from seqloom.data.rows import Row
from seqloom.data.sentences import cut_sentences, group
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.decoding.request import Source

__all__ = ["Numbered", "Numbering", "OnLong"]

OnLong = Literal["truncate", "split", "drop"]
Count = Callable[[str, int], None]

_TOGETHER = 4096
"""Rows numbered in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A pair of sequences of ids, without bos and eos."""

    source: Sequence[int]
    target: Sequence[int]
    copy: Sequence[int] | None = None
    """Target ids of the source tokens; ids ≥ V are this row's own words."""


class Numbering:
    """The tokenizers of both sides, and what happens to what is too long for the model.

    With ``copies``, a source token that the target vocabulary lacks is one of the row's own words: the k-th gets the id
    V + k, in the source's ``copy`` and in the target alike, so that a head that copies can learn to say it.
    """

    def __init__(
        self,
        source: TextTokenizer,
        target: TextTokenizer,
        *,
        copies: bool = False,
        max_source: int = 0,
        max_target: int = 0,
        on_long: OnLong = "drop",
    ) -> None:
        if copies and source.samples and not target.samples:
            raise RecipeError(
                "`data.tokenizer.sampling` must be 0 where a head copies words that the target's tokenizer lacks, "
                f"but is {source.settings.sampling}. Set it to 0."
            )
        self.sources, self.targets = source, target
        self.copies = copies
        self.max_source, self.max_target = max_source, max_target
        self.on_long = on_long
        self._target_of = self._shared_ids() if copies else []

    @property
    def source_vocabulary(self) -> Specials:
        return self.sources.specials

    @property
    def target_vocabulary(self) -> Specials:
        return self.targets.specials

    @property
    def samples(self) -> bool:
        """Whether ``again`` says anything new."""
        return self.sources.samples or self.targets.samples

    # ---- text to ids -------------------------------------------------------------------------------------------------

    def source(self, text: str) -> tuple[Source, tuple[str, ...]]:
        """A source to be answered, and its own words, which ``text`` needs for the answer."""
        ids = self.sources.encode(text)
        if not self.copies:
            return Source(parts={"text": ids}), ()
        copy, own = self._copied(ids, text)
        return Source(parts={"text": ids}, copy=copy), tuple(own)

    def target(self, text: str, own_words: Sequence[str] = ()) -> list[int]:
        """A given target, to be scored; ``own_words`` are those of its source."""
        ids = self.targets.encode(text)
        return self._with_own(ids, text, own_words) if own_words else ids

    def pairs(self, rows: Iterable[Row], *, count: Count) -> Iterator[Numbered]:
        """The rows, numbered. What is cut or left out because of its length is counted."""
        rows = iter(rows)
        while chosen := list(islice(rows, _TOGETHER)):
            for row in chosen:
                if not row.targets:
                    raise DataError(f"{row.file}:{row.line}: has no target to learn from. Add it, or drop the line.")
            sources = self.sources.encode_all([row.source for row in chosen])
            targets = self.targets.encode_all([row.targets[0] for row in chosen])
            for row, source, target in zip(chosen, sources, targets, strict=True):
                yield from self._fitted(row, source, target, count)

    def _fitted(self, row: Row, source: list[int], target: list[int], count: Count) -> Iterator[Numbered]:
        if not source or not target:
            count("pairs with an empty side left out", 1)
        elif self._fits(source, target):
            yield self._pair(row.source, row.targets[0], source, target)
        elif self.on_long == "truncate":
            count("pairs cut to the longest length", 1)
            # 0 is no limit, and so is None.
            yield self._pair(
                row.source, row.targets[0], source[: self.max_source or None], target[: self.max_target or None]
            )
        elif self.on_long == "split" and (parts := self._split(row)):
            count("long pairs split into sentences", 1)
            yield from parts
        else:
            count("pairs that are too long left out", 1)

    def _fits(self, source: Sequence[int], target: Sequence[int]) -> bool:
        return len(source) <= (self.max_source or len(source)) and len(target) <= (self.max_target or len(target))

    def _split(self, row: Row) -> list[Numbered]:
        """Both sides cut where both have as many sentences; nothing where they do not, or one alone is too long."""
        lead, source = self._lead(row.source)
        sources, targets = cut_sentences(source), cut_sentences(row.targets[0])
        if len(sources) != len(targets):
            return []

        def texts(start: int, end: int) -> tuple[str, str]:
            return lead + "".join(sources[start:end]).rstrip(), "".join(targets[start:end]).rstrip()

        def ids(start: int, end: int) -> tuple[list[int], list[int]]:
            source, target = texts(start, end)
            return self.sources.encode(source), self.targets.encode(target)

        stretches = group(len(sources), fits=lambda start, end: self._fits(*ids(start, end)))
        parts = [(texts(*stretch), ids(*stretch)) for stretch in stretches]
        if not all(self._fits(*numbers) and all(numbers) for _, numbers in parts):
            return []
        return [self._pair(*words, *numbers) for words, numbers in parts]

    def split_source(self, text: str, *, limit: int = 0) -> list[str]:
        """A text as parts of at most ``limit`` tokens (0: ``max_source``), to be answered apart.

        They end where sentences do; a sentence that is too long is cut. What begins the text and says how to answer
        it, as ``<2de>`` does, begins every part. ``sentences.join_answers`` makes one text of the answers.
        """
        limit = limit or self.max_source
        if not limit or len(self.sources.encode(text)) <= limit:
            return [text]
        lead, rest = self._lead(text)
        room = max(1, limit - len(self.sources.encode(lead)))
        sentences = [part for sentence in cut_sentences(rest) for part in self._chopped(sentence, room)]

        def fits(start: int, end: int) -> bool:
            return len(self.sources.encode(lead + "".join(sentences[start:end]))) <= limit

        return [lead + "".join(sentences[start:end]) for start, end in group(len(sentences), fits=fits)]

    def _chopped(self, sentence: str, room: int) -> list[str]:
        """A sentence in halves until each is short enough, cut at the space nearest to the middle if it has any."""
        if len(sentence) < 2 or len(self.sources.encode(sentence)) <= room:
            return [sentence]
        middle = len(sentence) // 2
        spaces = [place + 1 for place, char in enumerate(sentence[:-1]) if char.isspace()]
        cut = min(spaces, key=lambda place: abs(place - middle), default=middle)
        return self._chopped(sentence[:cut], room) + self._chopped(sentence[cut:], room)

    def _lead(self, text: str) -> tuple[str, str]:
        """The special tokens that a text begins with, and the rest."""
        lead = ""
        while token := next((token for token in self.sources.special_tokens if text.startswith(token)), ""):
            rest = text[len(token) :].lstrip(" ")
            lead, text = lead + text[: len(text) - len(rest)], rest
        return lead, text

    # ---- another epoch -----------------------------------------------------------------------------------------------

    def again(self, pairs: Sequence[Numbered], *, seed: int) -> list[Numbered]:
        """The same pairs in another segmentation, where the tokenizers draw one; one grown too long stays as it is."""
        dice = Random(seed)
        sources = _drawn(self.sources, [pair.source for pair in pairs], self.max_source, dice.getrandbits(32))
        targets = _drawn(self.targets, [pair.target for pair in pairs], self.max_target, dice.getrandbits(32))
        recopied = self.copies and self.sources.samples
        return [
            Numbered(source=source, target=target, copy=self._copied(source)[0] if recopied else pair.copy)
            for pair, source, target in zip(pairs, sources, targets, strict=True)
        ]

    # ---- own words ---------------------------------------------------------------------------------------------------

    def _shared_ids(self) -> list[int]:
        """The target's id of each source token, -1 where it has none."""
        specials = self.sources.specials
        found = [self.targets.id_of(token) for token in self.sources.show(range(specials.size))]
        return [-1 if number is None or source <= specials.unk else number for source, number in enumerate(found)]

    def _copied(self, ids: Sequence[int], text: str | None = None) -> tuple[list[int], list[str]]:
        """``copy`` of a source and its own words. The text is needed where the source's tokenizer has unknowns."""
        copy = [self._target_of[number] for number in ids]
        own: dict[str, int] = {}
        if -1 in copy:
            pieces = self.sources.show(ids) if text is None else self.sources.pieces(text)
            for place, number in enumerate(copy):
                if number < 0:
                    known = self.targets.id_of(pieces[place])
                    if known is None:
                        known = own.setdefault(pieces[place], self.targets.specials.size + len(own))
                    copy[place] = known
        return copy, list(own)

    def _pair(self, source_text: str, target_text: str, source: list[int], target: list[int]) -> Numbered:
        if not self.copies:
            return Numbered(source=source, target=target)
        copy, own = self._copied(source, source_text)
        return Numbered(source=source, target=self._with_own(target, target_text, own), copy=copy)

    def _with_own(self, target: list[int], text: str, own: Sequence[str]) -> list[int]:
        """A target whose unknown tokens are own words of its source where these have them."""
        specials = self.targets.specials
        if not own or specials.unk not in target:
            return target
        numbers = {word: specials.size + number for number, word in enumerate(own)}
        pieces = self.targets.pieces(text)
        return [
            numbers.get(pieces[place], number) if number == specials.unk else number
            for place, number in enumerate(target)
        ]

    # ---- ids to text -------------------------------------------------------------------------------------------------

    def show(self, ids: Sequence[int], own_words: Sequence[str] = ()) -> list[str]:
        """The token of each id of an answer."""
        size = self.targets.specials.size
        known = size + len(own_words)
        return [
            own_words[number - size] if size <= number < known else self.targets.show([number])[0] for number in ids
        ]

    def text(self, ids: Sequence[int], own_words: Sequence[str] = ()) -> str:
        """What an answer says, own words of its source included."""
        size = self.targets.specials.size
        if not own_words or max(ids, default=0) < size:
            return self.targets.decode(ids)
        # Pieces that are own words are joined with those of the vocabulary, controls left out.
        unknown = self.targets.specials.unk
        known = size + len(own_words)
        kept = [number if number < known else unknown for number in ids if number >= unknown]
        return self.targets.join(
            [own_words[number - size] if number >= size else self.targets.show([number])[0] for number in kept]
        )


def _drawn(tokenizer: TextTokenizer, rows: list[Sequence[int]], longest: int, seed: int) -> list[Sequence[int]]:
    if not tokenizer.samples:
        return rows
    made = tokenizer.sample([tokenizer.decode(row) for row in rows], seed=seed)
    return [new if not longest or len(new) <= longest else old for old, new in zip(rows, made, strict=True)]
