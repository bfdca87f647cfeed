"""From rows of text to numbered pairs, and from numbers back to text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from random import Random
from types import MappingProxyType
from typing import Any, Literal

from seqloom.core.errors import DataError
from seqloom.core.specials import Specials
from seqloom.data.annotations import stretch
from seqloom.data.beside import Beside
from seqloom.data.features import Feature
from seqloom.data.numbered import ALIGNMENT, COPY, TARGET, TEXT, UNITS, VECTORS, Numbered
from seqloom.data.own_words import OwnWords, own_text, own_tokens
from seqloom.data.rows import Row
from seqloom.data.sentences import cut_sentences, group
from seqloom.data.stored import Stored
from seqloom.data.tokenizers.contract import TextTokenizer
from seqloom.decoding.request import Source

__all__ = ["Numbering", "OnLong"]

OnLong = Literal["truncate", "split", "drop"]
Count = Callable[[str, int], None]

_TOGETHER = 4096
"""Rows numbered in one go."""
_NONE: Mapping[str, Any] = MappingProxyType({})


def as_it_is(row: Row) -> Row:
    return row


class Numbering:
    """The tokenizers of both sides, and what happens to what is too long for the model.

    With ``copies``, a source token that the target vocabulary lacks is one of the row's own words; see ``OwnWords``.

    ``factors`` and ``further`` are the tokenizers of what else a source has, by name; ``made`` are the factors that are
    seen in words. With ``aligned`` there is an alignment, and with ``by_word`` words are labelled; see ``Beside``. With
    ``sourceless`` every source is the one token bos, whatever its text: a language model.
    """

    def __init__(
        self,
        source: TextTokenizer,
        target: TextTokenizer,
        *,
        copies: bool = False,
        factors: Mapping[str, TextTokenizer] = _NONE,
        further: Mapping[str, TextTokenizer] = _NONE,
        made: Mapping[str, Feature] = _NONE,
        aligned: bool = False,
        by_word: bool = False,
        sourceless: bool = False,
        max_source: int = 0,
        max_target: int = 0,
        on_long: OnLong = "drop",
        read: Callable[[Row], Row] = as_it_is,
        known: Mapping[str, Any] = _NONE,
        tasks: Mapping[str, Numbering] = _NONE,
    ) -> None:
        self.sources, self.targets = source, target
        self.own_words = OwnWords(source, target) if copies else None
        self.beside = Beside(
            source, target, factors=factors, further=further, made=made, aligned=aligned, by_word=by_word
        )
        self.sourceless = sourceless
        self.part = VECTORS if source.specials.channels else TEXT
        """What the model reads in the first place, as ``Source.parts`` names it."""
        self.max_source, self.max_target = max_source, max_target
        self.on_long = on_long
        self.read = read
        """What a task makes of a row before it is numbered; ``pairs`` does it, who asks for a source does it before."""
        self.known = known
        """What a task must know of the training pairs."""
        self.tasks = tasks
        """Of the model's further tasks: the same sources, other targets."""

    @property
    def source_vocabulary(self) -> Specials:
        return self.sources.specials

    @property
    def target_vocabulary(self) -> Specials:
        return self.targets.specials

    @property
    def channels(self) -> dict[str, int]:
        """Numbers a frame, by side, of sides that are series."""
        sides = {"source": self.source_vocabulary, "target": self.target_vocabulary}
        return {side: vocabulary.channels for side, vocabulary in sides.items() if vocabulary.channels}

    @property
    def part_vocabularies(self) -> dict[str, Specials]:
        """Of the source's parts beyond its text, as ``SourceBatch.parts`` names them."""
        return self.beside.vocabularies

    @property
    def stored(self) -> dict[str, Stored]:
        """The columns of a pair, and how they lie on disk."""
        # Own words have ids behind the vocabulary's, as many as a source is long.
        target = Stored(dtype="uint32") if self.own_words else _stored(self.target_vocabulary)
        columns = {self.part: _stored(self.source_vocabulary), TARGET: target}
        columns |= {COPY: Stored(dtype="uint32")} if self.own_words else {}
        return columns | self.beside.stored

    @property
    def samples(self) -> bool:
        """Whether ``again`` says anything new."""
        return any(each.samples for each in (self.sources, self.targets, *self.beside.further.values()))

    # ---- text to ids -------------------------------------------------------------------------------------------------

    def source(self, text: str, extras: Mapping[str, Any] = _NONE) -> tuple[Source, tuple[str, ...]]:
        """A source to be answered, and its own words, which ``text`` needs for the answer.

        ``extras`` are a row's; a DataError names what is missing among them.
        """
        if self.sourceless:
            return Source(parts={TEXT: [self.source_vocabulary.bos]}), ()
        ids = self.sources.encode(text)
        parts = {self.part: ids}
        if self.beside:
            parts |= self.beside.parts(text, ids, extras)
        units = self.beside.units(text, ids)
        if self.own_words is None:
            return Source(parts=parts, units=units), ()
        copy, own = self.own_words.copied(ids, text)
        return Source(parts=parts, copy=copy, units=units), tuple(own)

    def target(self, text: str, own_words: Sequence[str] = ()) -> Sequence[int]:
        """A given target, to be scored; ``own_words`` are those of its source."""
        ids = self.targets.encode(text)
        return self.own_words.said(ids, text, own_words) if self.own_words else ids

    def pairs(self, rows: Iterable[Row], *, count: Count) -> Iterator[Numbered]:
        """The rows, numbered. What is cut or left out because of its length is counted."""
        rows = map(self.read, rows)
        while chosen := list(islice(rows, _TOGETHER)):
            for row in chosen:
                if not row.targets:
                    raise DataError(f"{row.file}:{row.line}: has no target to learn from. Add it, or drop the line.")
            sources = self.sources.encode_all([row.source for row in chosen])
            targets = self.targets.encode_all([row.targets[0] for row in chosen])
            for row, source, target in zip(chosen, sources, targets, strict=True):
                yield from self._fitted(row, source, target, count)

    def _fitted(self, row: Row, source: list[int], target: list[int], count: Count) -> Iterator[Numbered]:
        pair = self._columns(row, source, target)
        further = self.beside.further
        if not len(target) or not len(source) or (further and not all(pair[name] for name in further)):
            count("pairs with an empty side left out", 1)
        elif self._fits(pair):
            yield self._pair(row, pair)
        elif self.on_long == "truncate":
            count("pairs cut to the longest length", 1)
            yield self._pair(row, self._cut(pair))
        elif self.on_long == "split" and (parts := self._split(row)):
            count("long pairs split into sentences", 1)
            yield from parts
        else:
            count("pairs that are too long left out", 1)

    def _pair(self, row: Row, columns: dict[str, Sequence[Any]]) -> Numbered:
        if self.own_words:
            columns[COPY], own = self.own_words.copied(columns[TEXT], row.source)
            columns[TARGET] = self.own_words.said(columns[TARGET], row.targets[0], own)
        return Numbered(columns=columns)

    def _columns(self, row: Row, source: list[int], target: list[int]) -> dict[str, Sequence[Any]]:
        """All of a pair but what is to be copied, however long."""
        if self.sourceless:
            return {TEXT: [self.source_vocabulary.bos], TARGET: target}
        columns: dict[str, Sequence[Any]] = {self.part: source, TARGET: target}
        if self.beside:
            columns |= self.beside.columns(row, source, target)
        return columns

    def _fits(self, pair: Mapping[str, Sequence[Any]]) -> bool:
        # 0 is no limit.
        if self.max_target and len(pair[TARGET]) > self.max_target:
            return False
        return not self.max_source or all(
            len(pair[name]) <= self.max_source for name in (self.part, *self.beside.further)
        )

    def _cut(self, pair: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        cut = {
            name: values[: (self.max_target if name == TARGET else self.max_source) or None]
            for name, values in pair.items()
            if name != ALIGNMENT
        }
        if self.beside.aligned:
            ends = len(cut[self.part]), len(cut[TARGET])
            cut[ALIGNMENT] = [each for each in pair[ALIGNMENT] if each[0] < ends[0] and each[1] < ends[1]]
        if self.beside.by_word:  # a word that is gone has no label
            cut[UNITS] = [place for place in pair[UNITS] if place < len(cut[self.part])][: len(cut[TARGET])]
            cut[TARGET] = cut[TARGET][: len(cut[UNITS])]
        return cut

    def _split(self, row: Row) -> list[Numbered]:
        """Both sides cut where both have as many sentences; nothing where they do not, or one alone is too long."""
        lead, source = self.lead(row.source)
        sources, targets = cut_sentences(source), cut_sentences(row.targets[0])
        if len(sources) != len(targets):
            return []
        places = _ends(sources, first=len(lead))

        def part(start: int, end: int) -> Row:
            cut = stretch(row, lead=len(lead), start=places[start], end=places[end], factors=self.beside.given)
            return replace(cut, source=cut.source.rstrip(), targets=("".join(targets[start:end]).rstrip(),))

        def numbered(cut: Row) -> dict[str, Sequence[Any]]:
            return self._columns(cut, self.sources.encode(cut.source), self.targets.encode(cut.targets[0]))

        stretches = group(len(sources), fits=lambda start, end: self._fits(numbered(part(start, end))))
        parts = [(cut, numbered(cut)) for cut in (part(*each) for each in stretches)]
        if not all(self._fits(columns) and columns[TEXT] and columns[TARGET] for _, columns in parts):
            return []
        return [self._pair(cut, columns) for cut, columns in parts]

    def split_row(self, row: Row, *, limit: int = 0) -> list[Row]:
        """A row's source as parts of at most ``limit`` tokens (0: ``max_source``), to be answered apart.

        They end where sentences do; a sentence that is too long is cut. What begins the text and says how to answer
        it, as ``<2de>`` does, begins every part, and each word keeps its factors. ``sentences.join_answers`` makes one
        text of the answers. Nobody knows which part of a further source belongs to which part of a text, so with one
        there is a DataError where both together are too long.
        """
        limit = limit or self.max_source
        if not limit or self.sourceless or self.part == VECTORS:
            return [row]
        text = row.source
        length = len(self.sources.encode(text))
        if self.beside.further:
            length += sum(len(ids) for ids in self.beside.further_parts(row.extras).values())
            if length > limit:
                names = ", ".join(self.beside.further)
                raise DataError(
                    f"a source with {names} must have at most {limit} tokens together, but has {length}. Shorten it."
                )
        if length <= limit:
            return [row]
        lead, rest = self.lead(text)
        room = max(1, limit - len(self.sources.encode(lead)))
        sentences = [part for sentence in cut_sentences(rest) for part in self._chopped(sentence, room)]
        places = _ends(sentences, first=len(lead))

        def fits(start: int, end: int) -> bool:
            return len(self.sources.encode(lead + "".join(sentences[start:end]))) <= limit

        return [
            stretch(row, lead=len(lead), start=places[start], end=places[end], factors=self.beside.given)
            for start, end in group(len(sentences), fits=fits)
        ]

    def _chopped(self, sentence: str, room: int) -> list[str]:
        """A sentence in halves until each is short enough, cut at the space nearest to the middle if it has any."""
        if len(sentence) < 2 or len(self.sources.encode(sentence)) <= room:
            return [sentence]
        middle = len(sentence) // 2
        spaces = [place + 1 for place, char in enumerate(sentence[:-1]) if char.isspace()]
        cut = min(spaces, key=lambda place: abs(place - middle), default=middle)
        return self._chopped(sentence[:cut], room) + self._chopped(sentence[cut:], room)

    def lead(self, text: str) -> tuple[str, str]:
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
        drawn = {} if self.sourceless else {self.part: (self.sources, self.max_source)}
        drawn[TARGET] = (self.targets, self.max_target)
        drawn |= {name: (tokenizer, self.max_source) for name, tokenizer in self.beside.further.items()}
        made = {
            name: _drawn(tokenizer, [pair.columns[name] for pair in pairs], longest, dice.getrandbits(32))
            for name, (tokenizer, longest) in drawn.items()
        }
        recopied = self.own_words if self.sources.samples else None
        again = []
        for place, pair in enumerate(pairs):
            columns = {**pair.columns, **{name: rows[place] for name, rows in made.items()}}
            if recopied:
                columns[COPY] = recopied.copied(columns[TEXT])[0]
            if self.beside:
                columns |= self.beside.moved(pair, columns)
            again.append(Numbered(columns=columns))
        return again

    # ---- ids to text -------------------------------------------------------------------------------------------------

    def source_pieces(self, text: str, extras: Mapping[str, Any] = _NONE) -> list[str]:
        """The tokens of a source, those of its further sources behind them: a position of the model's memory each."""
        return self.sources.pieces(text) + self.beside.further_pieces(extras)

    def show(self, ids: Sequence[int], own_words: Sequence[str] = ()) -> list[str]:
        """The token of each id of an answer."""
        if self.target_vocabulary.channels:
            return self.targets.show(ids)
        return own_tokens(self.targets, ids, own_words)

    def text(self, ids: Sequence[int], own_words: Sequence[str] = ()) -> str:
        """What an answer says, own words of its source included."""
        return own_text(self.targets, ids, own_words)


def _stored(vocabulary: Specials) -> Stored:
    if vocabulary.channels:
        return Stored(dtype="float32", channels=vocabulary.channels)
    return Stored.ids(vocabulary.size)


def _drawn(tokenizer: TextTokenizer, rows: list[Sequence[int]], longest: int, seed: int) -> list[Sequence[int]]:
    if not tokenizer.samples:
        return rows
    made = tokenizer.sample([tokenizer.decode(row) for row in rows], seed=seed)
    return [new if not longest or len(new) <= longest else old for old, new in zip(rows, made, strict=True)]


def _ends(texts: Sequence[str], *, first: int) -> list[int]:
    """Where the first text begins and each of them ends."""
    return [*accumulate(map(len, texts), initial=first)]
