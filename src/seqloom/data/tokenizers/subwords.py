"""Subwords learnt from the data, by merging pairs or by a unigram language model."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seqloom.core.errors import ModelFolderError, RecipeError
from seqloom.core.settings import Positive, Rate, Scale, to_data
from seqloom.core.specials import Specials
from seqloom.data.tokenizers.files import Saved, write_folder
from seqloom.data.tokenizers.learning import FEWEST, learn, sample_lines
from seqloom.data.tokenizers.pieces import only_pieces
from seqloom.data.tokenizers.sampling import Lattice, Merges
from seqloom.data.tokenizers.special import SpecialTokens
from seqloom.data.tokenizers.surfaces import word_numbers
from seqloom.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import sentencepiece

__all__ = ["BpeSettings", "SubwordTokenizer", "UnigramSettings"]

_MODEL = "sentencepiece.model"
_VOCABULARY = "vocabulary.tsv"


@dataclass(frozen=True, kw_only=True)
class BpeSettings:
    """The byte-pair tokenizer (Sennrich et al. 2016)."""

    kind: Literal["bpe"] = "bpe"
    size: Positive = 8000
    """Tokens in the vocabulary; fewer where the texts do not have as many. 256 of them are bytes, so that nothing is
    unknown."""
    sampling: Rate = 0.0
    """Share of merges left out at random, anew each epoch (Provilkov et al. 2020)."""
    sample: Positive = 500_000
    """Lines that the merges are learnt from; of more, so many are drawn."""

    def __post_init__(self) -> None:
        _check_size(self.size)

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> SubwordTokenizer:
        return _fit(self, texts, special_tokens)

    def load(self, folder: Path, saved: Saved) -> SubwordTokenizer:
        return SubwordTokenizer.load(folder, self, saved)


@dataclass(frozen=True, kw_only=True)
class UnigramSettings:
    """The unigram tokenizer (Kudo 2018)."""

    kind: Literal["unigram"] = "unigram"
    size: Positive = 8000
    """Tokens in the vocabulary; fewer where the texts do not have as many. 256 of them are bytes, so that nothing is
    unknown."""
    sampling: Rate = 0.0
    """Share of words that are cut at random instead of best, anew each epoch."""
    alpha: Scale = 0.1
    """How far random cuts prefer the likely ones: 0 not at all (Kudo 2018, section 3.2)."""
    sample: Positive = 500_000
    """Lines that the pieces are learnt from; of more, so many are drawn."""

    def __post_init__(self) -> None:
        _check_size(self.size)

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> SubwordTokenizer:
        return _fit(self, texts, special_tokens)

    def load(self, folder: Path, saved: Saved) -> SubwordTokenizer:
        return SubwordTokenizer.load(folder, self, saved)


def _check_size(size: int) -> None:
    if size < FEWEST:
        raise RecipeError(f"size must be at least {FEWEST}, 256 of which are bytes, but is {size}. Raise it.")


def _fit(
    settings: BpeSettings | UnigramSettings, texts: Iterable[str], special_tokens: Sequence[str]
) -> SubwordTokenizer:
    special = SpecialTokens(special_tokens)
    lines = sample_lines(texts, most=settings.sample, special=special, escape=_escape)
    model = learn(lines, kind=settings.kind, size=settings.size, num_special=len(special.tokens))
    tokenizer = SubwordTokenizer(settings, special, model=model)
    tokenizer.count(lines)
    return tokenizer


# sentencepiece writes spaces as "▁" (U+2581). A text's own "▁" is hidden from it behind a private character.
_SPACE, _HIDER = "\u2581", "\uf8f1"
_HIDE = {_SPACE: f"{_HIDER}s", _HIDER: f"{_HIDER}h"}
_HIDDEN = re.compile(f"[{_SPACE}{_HIDER}\ud800-\udfff]")
"""Half of a surrogate pair, the third of them, is no character: it is read as the one that stands for what is not."""
_OTHER_SPACE = re.compile(r"[^\S ]")
_SHOW = {hidden: char for char, hidden in _HIDE.items()}


def _escape(text: str) -> str:
    # Neither a private character nor half of a pair can be printed.
    if text.isascii() or (text.isprintable() and _SPACE not in text):
        return text
    return _HIDDEN.sub(lambda found: _HIDE.get(found.group(), "\ufffd"), text)


def _unescape(text: str) -> str:
    if _HIDER in text:
        return re.sub(f"{_HIDER}[sh]", lambda found: _SHOW[found.group()], text)
    return text


_LONGEST_KEPT = 40
"""Characters of a word that is kept: a script without spaces has whole sentences for words."""
_MOST_WORDS = 15_000
"""Words that are kept, and as many again of those before: few enough that a file of any length takes the same memory,
and that common ones need not be encoded twice."""
_MOST_KEPT = 300_000
"""Variants."""
_VARIANT_BITS = 5
"""A word has 2^5 variants: enough to read a common word in all the likely ways, few enough to remember them."""


class _Words(dict[str, tuple[int, ...]]):
    """The ids of words seen before. No piece reaches over a space, so a text's ids are its words' ids in a row.

    They are tuples, which unlike lists the garbage collector does not look through again and again.

    A word is read as if a space stood before it. With a line break before it, which no piece reaches over either, it
    is a word that follows on something else, once the ids of the space and the break are taken away.
    """

    def __init__(self, model: sentencepiece.SentencePieceProcessor) -> None:
        super().__init__()
        self.before: dict[str, tuple[int, ...]] = {}
        self.model = model
        mark: list[int] = model.encode("\n")
        self.space = tuple(mark[:-1])
        self.mark_length = len(mark)

    def meet(self, words: Iterable[str]) -> None:
        """Encode those that are new in one go, which is quicker than one by one."""
        unseen = {word for word in set(words) if word not in self and word and len(word) <= _LONGEST_KEPT}
        new = [word for word in unseen if word not in self.before]
        self._make_room(len(unseen))
        self.update(zip(new, map(tuple, self.model.encode(new)), strict=True))

    def __missing__(self, word: str) -> tuple[int, ...]:
        ids = self.before.get(word) or (tuple(self.model.encode(word)) if word else self.space)
        if len(word) <= _LONGEST_KEPT:
            self._make_room(1)
            self[word] = ids
        return ids

    def _make_room(self, number: int) -> None:
        """Those of before are let go of, but for what was asked for since."""
        if len(self) + number > _MOST_WORDS:
            self.before = dict(self)
            self.clear()


class _Variants(dict[tuple[str, int], list[int]]):
    """Segmentations of a word drawn at random, numbered; the same for a word and a number in every process."""

    def __init__(self, cut: Callable[[str, random.Random], list[str]], ids_of: Callable[[str], list[int]]) -> None:
        super().__init__()
        self.cut = cut
        self.ids_of = ids_of

    def __missing__(self, key: tuple[str, int]) -> list[int]:
        word, number = key
        ids = [
            id_ for piece in self.cut(_SPACE + word, random.Random(f"{number} {word}")) for id_ in self.ids_of(piece)
        ]
        if len(word) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[key] = ids
        return ids


class SubwordTokenizer:
    """A sentencepiece model, and behind its ids those of the special tokens."""

    def __init__(
        self,
        settings: BpeSettings | UnigramSettings,
        special: SpecialTokens,
        *,
        model: bytes,
        counts: Sequence[int] | None = None,
    ) -> None:
        import sentencepiece

        self.settings = settings
        self._special = special
        self._bytes = model
        self._model = sentencepiece.SentencePieceProcessor(model_proto=model)
        self._first_special = self._model.get_piece_size()
        tokens = [self._model.id_to_piece(number) for number in range(self._first_special)] + list(special.tokens)
        self.vocabulary = Vocabulary(tokens=tuple(tokens), counts=tuple(counts or [0] * len(tokens)))
        self._words = _Words(self._model)
        self._variants = _Variants(self._cut, self._ids_of_piece)

    @property
    def specials(self) -> Specials:
        return self.vocabulary.specials

    @property
    def special_tokens(self) -> tuple[str, ...]:
        return self._special.tokens

    @property
    def samples(self) -> bool:
        return self.settings.sampling > 0

    def count(self, lines: Sequence[str]) -> None:
        """Note how often each token is in the lines that were learnt from, word by word."""
        words = Counter(chain.from_iterable(line.split(" ") for line in lines))
        self._words.meet(words)
        counts = [0] * self.specials.size
        for word, number in words.items():
            for id_ in self._words[word]:
                counts[id_] += number
        self.vocabulary = Vocabulary(tokens=self.vocabulary.tokens, counts=tuple(counts))

    # ---- text to ids -------------------------------------------------------------------------------------------------

    def encode(self, text: str) -> list[int]:
        return self._ids(text, self._words.__getitem__)

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        ids_of = self._words.__getitem__
        if self.special_tokens:
            return [self._ids(text, ids_of) for text in texts]
        return [list(chain.from_iterable(map(ids_of, _escape(text).split(" ")))) if text else [] for text in texts]

    def sample(self, texts: Sequence[str], *, seed: int) -> list[list[int]]:
        if not self.samples:
            return self.encode_all(texts)
        dice, variants = random.Random(seed), self._variants
        return [self._ids(text, lambda word: variants[word, dice.getrandbits(_VARIANT_BITS)]) for text in texts]

    def _ids(self, text: str, ids_of: Callable[[str], Sequence[int]]) -> list[int]:
        ids: list[int] = []
        for place, segment in enumerate(self._special.split(text)):
            if place % 2:
                ids.append(self.vocabulary.ids[segment])
            elif segment:
                words = _escape(segment).split(" ")
                if place:  # behind a special token, with no space between unless it is written
                    ids += ids_of("\n" + words[0])[self._words.mark_length :] if words[0] else []
                    del words[0]
                for word in words:
                    ids += ids_of(word)
        return ids

    @cached_property
    def scores(self) -> dict[str, float]:
        """Of each piece that text is cut into: the higher, the earlier it is merged, or the likelier it is."""
        model = self._model
        return {
            model.id_to_piece(number): float(model.get_score(number))
            for number in range(self._first_special)
            if not (model.is_control(number) or model.is_byte(number) or model.is_unknown(number))
        }

    @cached_property
    def _drawn(self) -> Merges | Lattice:
        scores, settings = self.scores, self.settings
        if settings.kind == "bpe":
            return Merges(scores=scores, dropout=settings.sampling)
        longest = max(map(len, scores))
        return Lattice(scores=scores, alpha=settings.alpha, longest=longest, unknown=min(scores.values()) - 10)

    def _cut(self, word: str, dice: random.Random) -> list[str]:
        if self.settings.kind == "unigram" and dice.random() >= self.settings.sampling:
            return self.show(self._words[word[1:]])
        return self._drawn.cut(word, dice)

    def _ids_of_piece(self, piece: str) -> list[int]:
        """One id; of a character that is no piece, those of its bytes."""
        number = self.vocabulary.ids.get(piece)
        return [number] if number is not None else [self.vocabulary.ids[f"<0x{value:02X}>"] for value in piece.encode()]

    # ---- ids to text -------------------------------------------------------------------------------------------------

    def decode(self, ids: Sequence[int]) -> str:
        known = [int(number) for number in ids]
        if max(known, default=0) < self._first_special:
            text: str = self._model.decode(known)
            return _unescape(text)
        size, unknown = self.specials.size, self.specials.unk
        return self.join(self.show([number if number < size else unknown for number in known if number >= unknown]))

    def pieces(self, text: str) -> list[str]:
        return self.show(self.encode(text))

    def words_of(self, text: str, ids: Sequence[int]) -> list[int]:
        if _OTHER_SPACE.search(text):
            # What a byte of such a space is cannot be seen from its name: then every beginning of the text is read.
            return [max(0, len(self.decode(ids[:end]).split()) - 1) for end in range(1, len(ids) + 1)]
        return word_numbers(piece.replace(_SPACE, " ") for piece in self.show(ids))

    def show(self, ids: Sequence[int]) -> list[str]:
        return [self.vocabulary.tokens[number] for number in ids]

    def join(self, pieces: Sequence[str]) -> str:
        # A piece that this vocabulary lacks comes from another's text: its spaces are written the same way.
        known = [piece if piece in self.vocabulary.ids else piece.replace(_SPACE, " ") for piece in pieces]
        text: str = self._model.decode_pieces(known)
        begins = known != [] and known[0] != pieces[0] and known[0].startswith(" ")
        return _unescape(text[1:] if begins else text)

    def id_of(self, piece: str) -> int | None:
        return self.vocabulary.ids.get(piece)

    # ---- files -------------------------------------------------------------------------------------------------------

    def of_pieces(self, ids: Sequence[int]) -> SubwordTokenizer:
        """The same with these tokens alone, in order; among them must be all controls, bytes and special tokens."""
        counts = [self.vocabulary.counts[number] for number in ids]
        model = only_pieces(self._bytes, {number for number in ids if number < self._first_special})
        return SubwordTokenizer(self.settings, self._special, model=model, counts=counts)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MODEL).write_bytes(self._bytes)
        self.vocabulary.write(folder / _VOCABULARY)
        write_folder(
            folder,
            settings=to_data(self.settings),
            special_tokens=self.special_tokens,
            files=(_MODEL, _VOCABULARY),
        )

    @classmethod
    def load(cls, folder: Path, settings: BpeSettings | UnigramSettings, saved: Saved) -> SubwordTokenizer:
        counts = Vocabulary.read(folder / _VOCABULARY).counts
        special = SpecialTokens(saved.special_tokens)
        try:
            found = cls(settings, special, model=(folder / _MODEL).read_bytes(), counts=counts)
        except RuntimeError:
            raise ModelFolderError(f"{folder / _MODEL} is no sentencepiece model. Save the tokenizer anew.") from None
        if len(found.vocabulary.tokens) != len(counts):
            raise ModelFolderError(f"{folder} has files of different tokenizers. Save the tokenizer anew.")
        return found
